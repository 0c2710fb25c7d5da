import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { wholeProgram } from '../../src/cli/program.js'
import { shellCommands } from '../support/documents.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What they show and no session runs is held here: commands that need a network or root, and links. */
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

const read = (document: string): string => readFileSync(join(root, document), 'utf8')

/** The command line with nothing behind it: it takes or refuses arguments. */
async function emptyProgram(): Promise<Command> {
  const program = await wholeProgram()
  const empty = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    if (command.parent !== null) command.action(() => undefined)
    for (const own of command.commands) empty(own)
  }
  empty(program)
  return program
}

describe.each(documents.filter((document) => shellCommands(read(document)).length > 0))('%s', (document) => {
  it.each(
    shellCommands(read(document)).map((args) => [args.join(' '), args] as const),
  )('shows a command that there is: %s', async (_, args) => {
    await (await emptyProgram()).parseAsync(args, { from: 'user' })
  })
})

/** As a heading is named in an address, and names that a page gives to places itself. */
function anchorsOf(markdown: string): readonly string[] {
  const text = markdown.replaceAll(/^```[\s\S]*?^```$/gm, '')
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return [...headings, ...[...text.matchAll(/^<a id="([^"]+)"><\/a>$/gm)].map(([, id]) => id!)]
}

it.each(documents)('%s links to what there is', (document) => {
  const text = read(document).replaceAll(/^```[\s\S]*?^```$/gm, '')
  const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path, anchor] = target.split('#') as [string, string | undefined]
      const file = path === '' ? document : join(dirname(document), path)
      if (!existsSync(join(root, file))) return true
      if (anchor === undefined || statSync(join(root, file)).isDirectory()) return false
      return !anchorsOf(read(file)).includes(anchor)
    })
  expect(broken).toEqual([])
})

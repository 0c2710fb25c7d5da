import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/**
 * Sessions of the command line in Markdown, run as tests. A `console` block holds `$ svcsplit ...` (or
 * `$ npx svcsplit ...`) lines, each followed by everything it prints and, unless it is 0, `[exit N]`.
 * UPDATE=1 rewrites the blocks from what the commands print; the diff is then read as any other.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const main = join(root, 'dist/cli/main.js')
const documents = [
  'README.md',
  ...readdirSync(join(root, 'test/transcripts'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `test/transcripts/${name}`),
]

let folder = ''
beforeAll(() => {
  // The commands run in a folder of their own that sees the shipped data under its usual names.
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-transcript-'))
  for (const name of ['constraints', 'profiles', 'fixtures'])
    symlinkSync(join(root, name), join(folder, name))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3]!)
}

function session(command: string): string {
  const [program, ...args] = words(command)[0] === 'npx' ? words(command).slice(1) : words(command)
  expect(program, 'only svcsplit is run').toBe('svcsplit')
  const run = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', COLUMNS: '110', FORCE_COLOR: undefined },
  })
  const output = `${run.stdout}${run.stderr}`
  return output + (run.status === 0 ? '' : `[exit ${run.status}]\n`)
}

/** The block with each command's recorded output replaced by what it prints now. */
function replay(block: string): string {
  const commands = block.split('\n').filter((line) => line.startsWith('$ '))
  return commands.map((line) => `${line}\n${session(line.slice(2))}`).join('')
}

describe.each(documents)('%s', (document) => {
  const text = readFileSync(join(root, document), 'utf8')
  const blocks = [...text.matchAll(/^```console\n(\$ (?:npx )?svcsplit [\s\S]*?)^```$/gm)].map(
    (match) => match[1]!,
  )

  it('shows sessions', () => {
    expect(blocks.length).toBeGreaterThan(0)
  })

  it.each(blocks.map((block) => [block.split('\n')[0]!, block] as const))('%s', (_title, block) => {
    const now = replay(block)
    if (process.env.UPDATE === '1') {
      const path = join(root, document)
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(block, () => now),
      )
    } else expect(now).toBe(block)
  })
})

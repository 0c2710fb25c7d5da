import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { toolVersion } from '#version.js'
import { commandTree, type ToldCommand } from '../../src/cli/command-tree.js'
import { bashScript, fishScript, zshScript } from '../../src/cli/completion-scripts.js'
import { wholeProgram } from '../../src/cli/program.js'
import { manPage, referenceMarkdown } from '../../src/cli/reference.js'

let root: ToldCommand
beforeAll(async () => {
  root = commandTree(await wholeProgram())
}, 60_000)

const docs = fileURLToPath(new URL('../../docs/', import.meta.url))

/** A generated page is as the commands are now; UPDATE=1 writes it. */
function expectPage(path: string, text: string): void {
  if (process.env.UPDATE === '1') writeFileSync(path, text)
  expect(readFileSync(path, 'utf8')).toBe(text)
}

describe('what is generated from the commands', () => {
  it('is docs/reference.md, as it stands there', () => {
    expectPage(`${docs}reference.md`, referenceMarkdown(root))
  })

  it('is the man page docs/svcsplit.1, as it stands there', () => {
    const page = manPage(root, toolVersion())
    expectPage(`${docs}svcsplit.1`, page)
    // Every line that begins with a dot is a request that man(7) has.
    for (const line of page.split('\n').filter((one) => one.startsWith('.')))
      expect(line).toMatch(/^\.(TH|SH|SS|TP|B|I)\b/)
  })

  it('names every command', () => {
    const names = root.commands.map(({ name }) => name)
    expect(names).toContain('gate')
    for (const name of names) {
      expect(referenceMarkdown(root)).toContain(`## \`svcsplit ${name}\``)
      expect(fishScript(root)).toContain(`-a '${name}'`)
    }
  })
})

describe('completion in bash', () => {
  /** What bash offers after these words, the last of which is being typed. */
  function offered(...words: readonly string[]): readonly string[] {
    const program = `${bashScript(root)}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _svcsplit; printf '%s\\n' "\${COMPREPLY[@]}"`
    const output = execFileSync('bash', ['-c', program, 'bash', ...words], { encoding: 'utf8', cwd: docs })
    return output.split('\n').filter((line) => line !== '')
  }

  it.each([
    [['svcsplit', 'ga'], ['gate']],
    [['svcsplit', 'completion', ''], []],
    [['svcsplit', 'gate', '--base'], ['--baseline']],
    [
      ['svcsplit', 'gate', '--platform', ''],
      ['linux/amd64', 'linux/arm64'],
    ],
    [['svcsplit', 'gate', '--color', 'n'], ['never']],
    [['svcsplit', 'gate', '--policy', 'refer'], ['reference.md']],
    [['svcsplit', 'catalog', 'sh'], ['show']],
    [['svcsplit', '--col'], ['--color']],
  ])('%j', (words, expected) => {
    expect(offered(...words)).toEqual(expect.arrayContaining(expected))
    expect(offered(...words).filter((word) => !word.startsWith(words.at(-1)!))).toEqual([])
  })

  it('has no syntax that zsh would see and bash would not run', () => {
    execFileSync('bash', ['-n'], { input: zshScript(root).replace(/^autoload.*$/gm, ':') })
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, exported, isSession, replay, shows, writeShown } from '../support/documents.js'

/**
 * Sessions of the command line in Markdown, run as tests. A `console` block holds `$ svcsplit ...` (or
 * `$ npx svcsplit ...`) lines, each followed by everything it prints and, unless it is 0, `[exit N]`. A block with a
 * path behind its language (```yaml policy.yaml) is that file for the sessions below it, and `export NAME=VALUE` of a `sh`
 * block is set for them.
 * Documents may leave out lines, transcripts may not: see `shows`. UPDATE=1 rewrites the blocks that are not so any more
 * from what the commands print; the diff is then read as any other.
 */
const root = fileURLToPath(new URL('../../', import.meta.url))
const main = join(root, 'dist/cli/svcsplit.cjs')

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
}

const documents = ['README.md', ...['docs', 'docs/guides', 'test/transcripts'].flatMap(markdownIn)]
  .map((document) => ({ document, blocks: blocksOf(readFileSync(join(root, document), 'utf8')) }))
  .filter(({ blocks }) => blocks.some((block) => isSession(block)))

it('there are sessions in the README, in every guide and in every transcript', () => {
  const names = documents.map(({ document }) => document)
  expect(names).toEqual(expect.arrayContaining(['README.md', ...markdownIn('test/transcripts')]))
  expect(names).toEqual(expect.arrayContaining([...markdownIn('docs/guides')]))
})

describe.each(documents)('$document', ({ document, blocks }) => {
  let folder = ''
  beforeAll(() => {
    // The commands run in a folder of their own that sees the shipped data under its usual names.
    folder = mkdtempSync(join(tmpdir(), 'svcsplit-transcript-'))
    for (const name of ['constraints', 'profiles', 'fixtures'])
      symlinkSync(join(root, name), join(folder, name))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const run = (variables: Readonly<Record<string, string>>) => (args: readonly string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', COLUMNS: '110', FORCE_COLOR: undefined, ...variables },
    })
    return { output: `${stdout}${stderr}`, status }
  }

  for (const [index, block] of blocks.entries()) {
    if (!isSession(block)) continue
    it(block.text.split('\n')[0]!, () => {
      const before = blocks.slice(0, index)
      for (const shown of before.slice(before.findLastIndex((one) => isSession(one)) + 1))
        writeShown(shown, folder)
      const now = replay(block, run(exported(before)))
      const isKept = document.startsWith('test/') ? now === block.text : shows(block, now)
      if (process.env.UPDATE === '1' && !isKept) {
        const path = join(root, document)
        writeFileSync(
          path,
          readFileSync(path, 'utf8').replace(block.text, () => now),
        )
      } else if (!isKept) expect(now).toBe(block.text)
    })
  }
})

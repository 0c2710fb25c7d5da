import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, isSession, replay, shows, writeShown } from '../support/documents.js'
import { needs } from '../support/tools.js'

/** The sessions of the README and the guides that make images: fetched, built, proved and read with the real tools. */
const root = join(import.meta.dirname, '../..')
const main = join(root, 'dist/cli/svcsplit.cjs')
const tools = needs('mmdebstrap', 'buildah', 'setpriv')

const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs/guides')).map((name) => `docs/guides/${name}`),
]
  .map((document) => ({ document, blocks: blocksOf(readFileSync(join(root, document), 'utf8')) }))
  .filter(({ blocks }) => blocks.some((block) => isSession(block, 'images')))

it('the README shows how an image is built', () => {
  expect(documents.map(({ document }) => document)).toContain('README.md')
})

describe.skipIf(tools.missing).each(documents)(`$document${tools.title('')}`, ({ blocks }) => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'svcsplit-documents-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function run(args: readonly string[]) {
    const { stdout, status } = spawnSync(process.execPath, [main, ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', COLUMNS: '110', FORCE_COLOR: undefined },
    })
    return { output: stdout, status }
  }

  for (const [index, block] of blocks.entries()) {
    if (!isSession(block, 'images')) continue
    it(block.text.split('\n')[0]!, () => {
      for (const shown of blocks.slice(0, index)) writeShown(shown, folder)
      const now = replay(block, run)
      if (!shows(block, now)) expect(now).toBe(block.text)
    })
  }
})

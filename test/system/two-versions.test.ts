import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLayout, refNames } from '#image/layout.js'
import { tempPrefix } from '#io/temp-dir.js'
import { olderVersion } from '../support/older-version.js'
import { keepRows } from '../support/reliability.js'
import { type Ended, isBuilt, runCommand, type SmallTool, smallTool } from '../support/small-tool.js'
import { validateImage } from '../support/validate-image.js'

/** Revisions of this repository, with commas between: `npm run test:versions`. */
const older = (process.env.SVCSPLIT_TEST_OLDER ?? '').split(',').filter((text) => text !== '')
const rounds = 10

let tool: SmallTool
/** What comes before the arguments of each version; the first is the one under test. */
const versions: (readonly string[])[] = []
beforeAll(async () => {
  if (!isBuilt || older.length === 0) return
  tool = await smallTool()
  versions.push(tool.command, ...older.map((revision) => olderVersion(tool, revision)))
}, 600_000)
afterAll(() => tool?.close())

const path = (name: string): string => tool.world.path(name)
const forget = (...names: readonly string[]): void => {
  for (const name of names) rmSync(path(name), { recursive: true, force: true })
}

function run(version: readonly string[], args: readonly string[], cache = 'cache'): Promise<Ended> {
  return runCommand([...version, ...args], {
    env: { ...tool.env, SVCSPLIT_CACHE_DIR: path(cache) },
    cwd: tool.world.dir,
  })
}

const build = (output: string): readonly string[] => [
  ...['build', 'alpha@2025.1', 'beta@2025.1', '-o', `oci:${path(output)}`, '--base', tool.world.base],
  ...['--no-verify', '--index-url', tool.world.index.url, '--no-progress'],
]
const lock = (output: string): readonly string[] => [
  ...['lock', 'alpha@2025.1', '-o', path(output), '--index-url', tool.world.index.url, '--no-progress'],
]

/** Files of the cache whose bytes are not those of their name, and what writers left. */
function spoilt(cache: string): readonly string[] {
  return readdirSync(path(cache), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      if (file.includes(tempPrefix)) return true
      const [, named] = /\/sha256\/([0-9a-f]{64})$/.exec(file) ?? []
      const digest = named && createHash('sha256').update(readFileSync(file)).digest('hex')
      return digest !== named
    })
}

describe.runIf(isBuilt && older.length > 0)(`this version and ${older.join(', ')} on one cache`, () => {
  const tally = { tried: 0, losses: 0, longestMs: 0 }
  /** By version: what it makes with nobody else around. */
  const alone: { readonly index: string; readonly lock: string }[] = []

  function judge(ended: Ended, faults: readonly string[] = []): void {
    const all = ended.status === 0 ? faults : [`exit ${ended.status}: ${ended.stderr}`]
    tally.tried++
    tally.losses += all.length > 0 ? 1 : 0
    tally.longestMs = Math.max(tally.longestMs, Math.round(ended.ms))
    expect(all).toEqual([])
  }

  const madeBy = (output: string): { readonly index: string; readonly lock: string } => ({
    index: readFileSync(path(`${output}/index.json`), 'utf8'),
    lock: readFileSync(path(`${output}.toml`), 'utf8'),
  })

  it('make in turn what each makes alone', async () => {
    for (const [number, version] of versions.entries()) {
      judge(await run(version, build(`alone-${number}`), `cache-${number}`))
      judge(await run(version, lock(`alone-${number}.toml`), `cache-${number}`))
      alone.push(madeBy(`alone-${number}`))
    }
    for (let round = 0; round < rounds; round++)
      for (const [number, version] of versions.entries()) {
        forget('out')
        judge(await run(version, lock('out.toml')))
        const ended = await run(version, build('out'))
        judge(ended, JSON.stringify(madeBy('out')) === JSON.stringify(alone[number]) ? [] : ['other bytes'])
      }
    expect(spoilt('cache')).toEqual([])
  }, 600_000)

  it('make at once, on an empty cache, what each makes alone', async () => {
    for (let round = 0; round < rounds; round++) {
      forget('cache', ...versions.map((_, number) => `out-${number}`))
      const runs = await Promise.all(versions.map((version, number) => run(version, build(`out-${number}`))))
      for (const [number, ended] of runs.entries()) {
        const index = readFileSync(path(`out-${number}/index.json`), 'utf8')
        judge(ended, index === alone[number]!.index ? [] : ['other bytes'])
      }
      expect(spoilt('cache')).toEqual([])
    }
  }, 600_000)

  it('write at once to one layout, which is whole each time', async () => {
    for (let round = 0; round < rounds; round++) {
      if (round % 2 === 0) forget('shared')
      const runs = await Promise.all(versions.map((version) => run(version, build('shared'))))
      for (const ended of runs) judge(ended)
      const names = refNames(await readLayout(path('shared')))
      expect(names.length).toBeGreaterThan(0)
      for (const name of names) await validateImage(path('shared'), name)
    }
  }, 600_000)

  afterAll(() => {
    if (tally.tried === 0) return
    keepRows('versions', [
      {
        promise: 'P2',
        what: `this version and older ones (${older.join(', ')}) on one cache and one layout: in turn and at once, each makes what it makes alone`,
        tried: tally.tried,
        injected: tally.tried,
        survived: tally.tried - tally.losses,
        losses: tally.losses,
        longestMs: tally.longestMs,
        command: `SVCSPLIT_TEST_OLDER=${older.join(',')} npm run test:versions`,
      },
    ])
  })
})

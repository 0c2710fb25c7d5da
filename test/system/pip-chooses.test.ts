import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PrereleaseMode } from '#solver/problem.js'
import { resolve } from '#verbs/resolve.js'
import { type IndexFile, indexWheel, type PackageIndex, startPackageIndex } from '../support/package-index.js'
import { needs } from '../support/tools.js'

interface Case {
  readonly name: string
  /** Each as the index has it; `!` marks a yanked one. */
  readonly versions: readonly string[]
  readonly specifiers: string
}

/**
 * One distribution each, so that one run of pip answers all of them. Not among them: `>1.0` where only a pre-release is
 * above, which packaging 26.3 takes and pip 23.2 does not (docs/solver.md has it).
 */
const cases: readonly Case[] = [
  { name: 'finals', versions: ['1.0', '1.1', '2.0rc1'], specifiers: '' },
  { name: 'named', versions: ['1.0', '2.0rc1'], specifiers: '>=2.0rc1' },
  { name: 'named_but_final', versions: ['1.0', '2.0rc1'], specifiers: '>=0.9rc1' },
  { name: 'only', versions: ['1.0a1', '1.0b2', '1.0.dev3'], specifiers: '' },
  { name: 'below', versions: ['1.0', '2.0rc1'], specifiers: '<2.0' },
  { name: 'yanked', versions: ['1.0', '!2.0'], specifiers: '' },
  { name: 'yanked_pinned', versions: ['1.0', '!2.0'], specifiers: '==2.0' },
  { name: 'yanked_arbitrary', versions: ['1.0', '!2.0'], specifiers: '===2.0' },
  { name: 'local', versions: ['1.0', '1.0+cpu'], specifiers: '==1.0' },
  { name: 'local_named', versions: ['1.0+cpu', '1.0+gpu'], specifiers: '==1.0+cpu' },
  { name: 'local_order', versions: ['1.0+2', '1.0+10'], specifiers: '' },
  { name: 'local_above', versions: ['1.0', '1.0+cpu', '1.1'], specifiers: '>1.0' },
  { name: 'epoch', versions: ['9.0', '1!0.5'], specifiers: '' },
  { name: 'epoch_below', versions: ['9.0', '1!0.5'], specifiers: '<1!0' },
  { name: 'epoch_pinned', versions: ['9.0', '1!0.5'], specifiers: '==1!0.5' },
  { name: 'post', versions: ['1.0', '1.0.post1'], specifiers: '' },
  { name: 'post_compatible', versions: ['1.0', '1.0.post1', '1.1'], specifiers: '~=1.0.0' },
  { name: 'post_below', versions: ['1.0', '1.0.post1'], specifiers: '<=1.0' },
  { name: 'arbitrary', versions: ['1.0', '1.0.post1'], specifiers: '===1.0' },
  { name: 'zeros', versions: ['1.0', '1.1'], specifiers: '==1.0.0' },
  { name: 'wildcard', versions: ['1.0', '1.0.9', '1.1'], specifiers: '==1.0.*' },
  { name: 'unlike', versions: ['1.0', '1.0.9', '1.1'], specifiers: '!=1.1.*' },
]

const files: IndexFile[] = cases.flatMap(({ name, versions }) =>
  versions.map((text) =>
    indexWheel(name, text.replace('!2.0', '2.0'), {}, text.startsWith('!') ? { yanked: 'broken' } : {}),
  ),
)
const requirements = cases.map(({ name, specifiers }) => `${name}${specifiers}`)
const canonical = (name: string) => name.replaceAll('_', '-')

const need = needs('python3')
const folder = mkdtempSync(join(tmpdir(), 'svcsplit-pip-'))
let index: PackageIndex
const cacheBefore = process.env.SVCSPLIT_CACHE_DIR

beforeAll(async () => {
  index = await startPackageIndex({ files, coreMetadata: true })
  process.env.SVCSPLIT_CACHE_DIR = join(folder, 'cache')
})
afterAll(async () => {
  await index.close()
  if (cacheBefore === undefined) delete process.env.SVCSPLIT_CACHE_DIR
  else process.env.SVCSPLIT_CACHE_DIR = cacheBefore
  rmSync(folder, { recursive: true, force: true })
})

async function byPip(...more: readonly string[]): Promise<unknown> {
  const run = await promisify(execFile)(
    'python3',
    [
      ...['-m', 'pip', 'install', '--isolated', '--quiet', '--disable-pip-version-check', '--no-cache-dir'],
      ...['--ignore-installed', '--dry-run', '--report', '-', '--index-url', index.url, ...more],
      ...requirements,
    ],
    { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, PIP_BREAK_SYSTEM_PACKAGES: '1' } },
  )
  const report = JSON.parse(run.stdout) as { install: { metadata: { name: string; version: string } }[] }
  return Object.fromEntries(
    report.install.map(({ metadata }) => [canonical(metadata.name), metadata.version]).sort(),
  )
}

async function bySvcsplit(prereleases: PrereleaseMode): Promise<unknown> {
  const result = await resolve({
    requirements,
    requirementsFiles: [],
    constraintsFiles: [],
    python: '3.11',
    platform: 'linux/amd64',
    prereleases,
    offline: false,
    indexUrl: index.url,
  })
  if (result.kind !== 'solution') throw new Error(JSON.stringify(result))
  return Object.fromEntries([...result.pins].sort())
}

describe.skipIf(need.missing)('Which version is chosen where pip chooses one', () => {
  it('is the one that pip chooses', async () => {
    expect(await bySvcsplit('pip')).toEqual(await byPip())
  })

  it('is the one that pip chooses with --pre, where pre-releases are allowed', async () => {
    expect(await bySvcsplit('allow')).toEqual(await byPip('--pre'))
  })
})

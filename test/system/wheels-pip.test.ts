import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadFleet } from '#inputs/fleet.js'
import { releaseNamed } from '#inputs/releases.js'
import { openBlobStore } from '#io/blob-store.js'
import { cacheDir } from '#io/cache-dir.js'
import type { LockedDistribution } from '#lock/lock.js'
import { shippedSnapshot } from '#verbs/known-data.js'
import { lockRelease, urlOf } from '#verbs/lock.js'
import { lazyIndex } from '#verbs/open-index.js'
import { type InstalledWheel, installWheel, readWheelFile } from '#wheels/install-wheel.js'
import { unpackEntry } from '#wheels/wheel-entry.js'
import { keepRows } from '../support/reliability.js'
import { needs } from '../support/tools.js'

/**
 * Real wheels, each for something that installers do differently: `.data/headers` (greenlet), `.data/data` and
 * `.data/scripts` (glance), `.data/scripts` alone (jsonpatch, jsonpointer), vendored `.dist-info` (setuptools),
 * console scripts (alembic, oslo.config, netaddr), extension modules (PyYAML), data files (pycadf), plain.
 */
const requirements = [
  'glance==30.2.0',
  'pycadf==4.0.1',
  'greenlet==3.1.1',
  'jsonpatch==1.33',
  'jsonpointer==3.0.0',
  'setuptools==75.6.0',
  'alembic==1.14.1',
  'oslo.config==9.7.1',
  'netaddr==1.3.0',
  'PyYAML==6.0.2',
  'six==1.17.0',
]

interface File {
  readonly mode: string
  readonly sha256: string
}

/**
 * Releases, in place of the sample: every wheel of the closures of all their services. An environment has one version of
 * a distribution, so each wheel goes into the first environment that has no other one. `npm run test:wheels` names all
 * releases.
 */
const releases = process.env.SVCSPLIT_TEST_WHEELS_OF?.split(',')

const need = needs('python3')
/** Which Python compares; the wheels exist for 3.11 to 3.13. */
const version = need.missing
  ? '3.11'
  : python('-c', 'import sys; print("%d.%d" % sys.version_info[:2])').trim()
const site = `lib/python${version}/site-packages`

/** The same wheels, installed here and by pip. */
interface Compared {
  readonly venv: string
  readonly wheels: readonly InstalledWheel[]
  readonly byPip: ReadonlyMap<string, File>
  readonly bySvcsplit: ReadonlyMap<string, File>
}

/** What was compared, for docs/reliability.md. */
const seen = { wheels: 0, files: 0, wrappers: 0, different: 0, longestMs: 0 }

async function install(dir: string): Promise<Compared> {
  const venv = join(dir, 'venv')
  const downloads = join(dir, 'wheels')
  const wheels: InstalledWheel[] = []
  const pinned: string[] = []
  for (const filename of readdirSync(downloads).filter((name) => name.endsWith('.whl'))) {
    const path = join(downloads, filename)
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
    const started = performance.now()
    const how = { filename, sha256, prefix: venv, python: version, requested: true }
    const wheel = await installWheel(path, how)
    seen.longestMs = Math.max(seen.longestMs, Math.ceil(performance.now() - started))
    wheels.push(wheel)
    pinned.push(`${wheel.name}==${wheel.version} --hash=sha256:${sha256}`)
  }
  writeFileSync(join(dir, 'requirements.txt'), `${pinned.join('\n')}\n`)
  python('-m', 'venv', '--without-pip', venv)
  const before = new Set(tree(venv).keys())
  const args = ['install', '-q', '--no-deps', '--no-compile', '--no-index', '--find-links', downloads]
  const hashed = ['--require-hashes', '-r', join(dir, 'requirements.txt')]
  python('-m', 'pip', '--python', join(venv, 'bin/python'), ...args, ...hashed)
  const byPip = new Map([...tree(venv)].filter(([path]) => !before.has(path)))
  return { venv, wheels, byPip, bySvcsplit: new Map(wheels.flatMap((wheel) => filesOf(wheel, venv))) }
}

function downloadSample(folder: string): void {
  const only = ['--no-deps', '--only-binary', ':all:']
  python('-m', 'pip', 'download', '-q', ...only, '-d', folder, ...requirements)
}

/** By name of the distribution: the wheels that one environment gets. */
type Wheels = ReadonlyMap<string, LockedDistribution>

/** The wheels that the shipped facts choose for this Python, each once; what has only an sdist has none. */
function environmentsOf(names: readonly string[]): readonly Wheels[] {
  const fleet = loadFleet()
  const snapshot = shippedSnapshot(fleet)
  const environments: Map<string, LockedDistribution>[] = []
  const placed = new Set<string>()
  for (const release of names)
    for (const service of releaseNamed(fleet.releases, release).services.keys()) {
      const target = { service, release, python: version, platform: 'linux/amd64', glibc: '2.36' } as const
      for (const distribution of lockRelease(fleet, snapshot, target).distributions) {
        const { name, wheel } = distribution
        if (wheel === undefined || placed.has(wheel.sha256)) continue
        placed.add(wheel.sha256)
        const environment = environments.find((one) => !one.has(name)) ?? new Map()
        if (environment.size === 0) environments.push(environment)
        environment.set(name, distribution)
      }
    }
  return environments
}

/** Links wheels out of the store, which gets those that it lacks. */
async function download(wheels: Wheels, folder: string): Promise<void> {
  const index = lazyIndex({ cacheDir: cacheDir() })
  const store = openBlobStore(join(cacheDir(), 'blobs'))
  mkdirSync(folder)
  for (const distribution of wheels.values()) {
    const wheel = distribution.wheel!
    if (!(await store.has(wheel.sha256)))
      await index.http.download(await urlOf(distribution, await index.open()), wheel, store)
    linkSync(store.path(wheel.sha256), join(folder, wheel.filename))
  }
  await index.close()
}

/** RECORD and INSTALLER name the installer, wrappers are its own text, and bytecode is left out on purpose. */
function comparable({ byPip, wheels }: Compared): readonly (readonly [string, File])[] {
  const wrappers = new Set(wheels.flatMap(({ scripts }) => scripts.map(({ name }) => `bin/${name}`)))
  const ownBooks = /^[^/]+\.dist-info\/(?:RECORD|INSTALLER)$/
  return [...byPip].filter(
    ([path]) =>
      !ownBooks.test(path.replace(`${site}/`, '')) && !wrappers.has(path) && !path.includes('__pycache__/'),
  )
}

/** None is the sample. */
const environments: readonly (Wheels | undefined)[] =
  releases === undefined || need.missing ? [undefined] : environmentsOf(releases)

describe.skipIf(need.missing).each(environments.map((wheels, number) => ({ wheels, number })))(
  need.title('an environment made from real wheels equals the one that pip makes ($number)'),
  ({ wheels: asked }) => {
    const dir = mkdtempSync(join(tmpdir(), 'svcsplit-wheels-'))
    let compared: Compared

    beforeAll(async () => {
      if (asked === undefined) downloadSample(join(dir, 'wheels'))
      else await download(asked, join(dir, 'wheels'))
      compared = await install(dir)
    }, 3_600_000)
    afterAll(() => rmSync(dir, { recursive: true, force: true }))

    it('has the same files', () => {
      const { byPip, bySvcsplit } = compared
      const names = (files: ReadonlyMap<string, File>) =>
        [...files.keys()].filter((path) => !path.includes('__pycache__/')).sort()
      seen.different += names(bySvcsplit).filter((path) => !byPip.has(path)).length

      expect(names(bySvcsplit)).toEqual(names(byPip))
    })

    it('has the same bytes and modes', () => {
      const { wheels, bySvcsplit } = compared
      const files = comparable(compared)
      const different = files.filter(([path, file]) => {
        const own = bySvcsplit.get(path)
        return own?.mode !== file.mode || own.sha256 !== file.sha256
      })
      seen.wheels += wheels.length
      seen.files += files.length
      seen.different += different.length

      expect(different).toEqual([])
    })

    it('has wrappers with the same interpreter, import and call', () => {
      const { venv, wheels } = compared
      const essence = (text: string) => ({
        interpreter: /^#!(.*)$/m.exec(text)?.[1],
        import: /^from .* import .*$/m.exec(text)?.[0],
        call: /sys\.exit\((.*)\)/.exec(text)?.[1],
      })
      for (const wheel of wheels)
        for (const { name } of wheel.scripts) {
          const own = entryText(wheel, `bin/${name}`, venv)

          seen.wrappers++
          expect(essence(own), name).toEqual(essence(readFileSync(join(venv, 'bin', name), 'utf8')))
        }
    })

    it('has the same RECORD, but for order, installer and bytecode', () => {
      const { venv, wheels } = compared
      // Of a script that an entry point of the same name replaces, pip leaves the row, and no file.
      const aside = /__pycache__|INSTALLER|^\.\.\/\.\.\/\.\.\/bin\/|^[^/]+\.data\/scripts\//
      const rows = (text: string) =>
        text
          .split(/\r?\n/)
          .filter((row) => row !== '' && !aside.test(row))
          .sort()
      for (const wheel of wheels) {
        const isRecord = (path: string) =>
          /^[^/]+\.dist-info\/RECORD$/.test(relative(join(venv, site), `/${path}`))
        const record = wheel.entries.find(({ path }) => isRecord(path))!
        const path = relative(venv, `/${record.path}`)

        expect(rows(entryText(wheel, path, venv))).toEqual(rows(readFileSync(join(venv, path), 'utf8')))
      }
    })

    it('is read by importlib.metadata in the same way', () => {
      const { venv, wheels } = compared
      const listed = python(
        '-c',
        'import importlib.metadata as m, sys\n' +
          'for d in m.distributions(path=[sys.argv[1]]):\n print(d.metadata["Name"].lower(), d.version)',
        join(venv, site),
      )

      expect(new Set(listed.trim().split('\n').map(normal))).toEqual(
        new Set(wheels.map(({ name, version }) => normal(`${name} ${version}`))),
      )
    })
  },
)

afterAll(() => {
  if (releases === undefined || need.missing) return
  const { wheels, files, wrappers, different, longestMs } = seen
  const pip = python('-m', 'pip', '--version').split(' ')[1]
  keepRows('wheels', [
    {
      promise: 'P4',
      what:
        `wheels of all services in ${releases.length} releases for Python ${version}: ${count(files)} files ` +
        `byte for byte and mode for mode as pip ${pip} leaves them, ${count(wrappers)} wrappers and each RECORD alike`,
      tried: wheels,
      injected: 0,
      survived: 0,
      losses: different,
      longestMs,
      command: `${version === '3.11' ? '' : `PYENV_VERSION=${version} `}npm run test:wheels`,
    },
  ])
})

function normal(text: string): string {
  return text.toLowerCase().replace(/[-_.]+/g, '-')
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function entryText(wheel: InstalledWheel, path: string, venv: string): string {
  const entry = wheel.entries.find((candidate) => relative(venv, `/${candidate.path}`) === path)!
  return unpackEntry(entry, readWheelFile(wheel.path), wheel.filename).toString('utf8')
}

function filesOf(wheel: InstalledWheel, venv: string): readonly [string, File][] {
  const archive = readWheelFile(wheel.path)
  return wheel.entries.map((entry) => {
    const bytes = unpackEntry(entry, archive, wheel.filename)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return [relative(venv, `/${entry.path}`), { mode: entry.mode.toString(8), sha256 }]
  })
}

function tree(root: string): ReadonlyMap<string, File> {
  const files = new Map<string, File>()
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const status = lstatSync(join(root, name))
    // The walk follows lib64, which is a link to lib.
    if (!status.isFile() || name.startsWith('lib64/')) continue
    const sha256 = createHash('sha256')
      .update(readFileSync(join(root, name)))
      .digest('hex')
    files.set(name, { mode: (status.mode & 0o7777).toString(8), sha256 })
  }
  return files
}

function python(...args: string[]): string {
  return execFileSync('python3', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

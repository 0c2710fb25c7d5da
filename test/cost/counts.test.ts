import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBlobStore } from '#io/blob-store.js'
import { environmentLayers } from '#layers/environment-layers.js'
import type { WheelSource } from '#layers/wheel-reader.js'
import { normalizeName } from '#pep/name.js'
import { solve } from '#solver/session.js'
import { solvableFit } from '#solver/sharing.js'
import { finish } from '#solver/task.js'
import { isExpanded, type Universe } from '#solver/universe.js'
import { analyze } from '#verbs/analyze.js'
import { resolve } from '#verbs/resolve.js'
import { sharingProblem } from '#verbs/share.js'
import { client, registryServer, testImage } from '../registry/fixture.js'
import { countWork } from '../support/count-work.js'
import { indexWheel, startPackageIndex } from '../support/package-index.js'
import { resolvelibCases } from '../support/resolvelib-cases.js'
import { lines, smallSession } from '../support/universe.js'
import { saveWheel, writeWheel } from '../support/wheel-writer.js'

/**
 * Work is counted, not timed: a count is the same on every machine. More than is recorded is a regression; far less
 * wants to be recorded. `UPDATE=1 npx vitest run --project unit test/cost` records.
 */
const path = new URL('counts.json', import.meta.url)
type Counts = Readonly<Record<string, number>>
const recorded = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Counts>
const counted: Record<string, Counts> = {}

let folder = ''
const cacheBefore = process.env.SVCSPLIT_CACHE_DIR
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-work-'))
  process.env.SVCSPLIT_CACHE_DIR = join(folder, 'cache')
})
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.SVCSPLIT_CACHE_DIR
  else process.env.SVCSPLIT_CACHE_DIR = cacheBefore
  rmSync(folder, { recursive: true, force: true })
  if (process.env.UPDATE === '1')
    writeFileSync(path, `${JSON.stringify({ ...recorded, ...counted }, undefined, 2)}\n`)
})

function holdTo(what: string, counts: Counts): void {
  counted[what] = counts
  if (process.env.UPDATE === '1') return
  const known = recorded[what]
  expect(Object.keys(known ?? {})).toEqual(Object.keys(counts))
  for (const [key, count] of Object.entries(counts)) {
    expect(count, `${what}: ${key}`).toBeLessThanOrEqual(Math.ceil(known![key]! * 1.1))
    expect(count, `${what}: ${key} has become far less: record it`).toBeGreaterThanOrEqual(known![key]! / 2)
  }
}

/** Versions of which the demands were read. */
function versionsRead({ packages }: Universe): number {
  return [...packages.values()].reduce(
    (sum, one) => sum + one.candidates.filter((_, i) => isExpanded(one, i + 1)).length,
    0,
  )
}

it('The cases of resolvelib are solved with the steps and the versions that are recorded.', () => {
  let [read, steps] = [0, 0]
  for (const { universe, demands } of resolvelibCases()) {
    const session = smallSession(universe)
    finish(solve(session, { lines: lines(demands) }))
    read += versionsRead(session.universe)
    steps += session.universe.engine.steps
  }
  holdTo('resolvelib', { read, steps })
})

it('All pairs of the services of a release cost what one universe costs, and little for each pair.', async () => {
  const names = ['cinder', 'glance', 'heat', 'horizon', 'keystone', 'neutron', 'nova', 'swift']
  const { problem } = await sharingProblem({
    services: names.flatMap((name) => [`${name}@2025.1`, `${name}@2026.1`]),
    python: '3.11',
    platform: 'linux/amd64',
  })
  const holds = solvableFit(problem)
  const { session, services } = problem
  for (const i of services.keys()) for (let j = i + 1; j < services.length; j += 1) finish(holds([i, j]))
  holdTo('120 pairs', { read: versionsRead(session.universe), steps: session.universe.engine.steps })
})

it('An analysis opens no file twice and hashes its inputs once.', async () => {
  const { work, opened } = await countWork(() =>
    analyze({
      services: ['nova@2026.1'],
      host: '2025.1',
      python: '3.11',
      platform: 'linux/amd64',
      index: { offline: true },
    }),
  )
  expect(opened.filter((one, position) => opened.indexOf(one) !== position)).toEqual([])
  holdTo('analyze nova@2026.1 --host 2025.1', { ...work })
})

it('Layers read each wheel once, nothing when nothing changed, and one wheel when one changed.', async () => {
  const written = Array.from({ length: 20 }, (_, i) =>
    writeWheel([{ name: `lib${i}/__init__.py`, content: `value = ${i}\n`.repeat(2000) }], {
      name: `lib${i}`,
      version: '1.0',
    }),
  )
  const changed = writeWheel([{ name: 'lib7/__init__.py', content: 'value = "changed"\n'.repeat(2000) }], {
    name: 'lib7',
    version: '1.1',
  })
  const source = (wheel: (typeof written)[number]): WheelSource => {
    const [name = '', version = ''] = wheel.filename.split('-')
    const { filename, sha256 } = wheel
    return {
      name: normalizeName(name),
      version,
      filename,
      sha256,
      path: saveWheel(folder, wheel),
      requested: false,
    }
  }
  const wheels = written.map(source)
  const other = source(changed)
  const make = (sources: readonly WheelSource[]) => () =>
    environmentLayers({
      prefix: '/opt/venv',
      python: '3.11',
      pythonPath: '/usr/bin/python3.11',
      wheels: sources,
      groups: [
        { title: 'libraries', distributions: sources.slice(0, 10).map(({ name }) => name) },
        { title: 'more', distributions: sources.slice(10).map(({ name }) => name) },
      ],
      configuration: {
        user: { name: 'demo', uid: 42400, gid: 42400 },
        directories: [],
        data: new Map(),
        sudoers: '',
        systemModules: [],
        passwd: 'root:x:0:0:root:/root:/bin/bash\n',
        group: 'root:x:0:\n',
      },
      store: openBlobStore(join(folder, 'blobs')),
      cacheDir: join(folder, 'layer-cache'),
    })
  const cold = await countWork(make(wheels))
  const again = await countWork(make(wheels))
  const one = await countWork(make(wheels.map((wheel, i) => (i === 7 ? other : wheel))))
  holdTo('layers of 20 wheels', { ...cold.work })
  holdTo('the same again', { ...again.work })
  holdTo('one wheel changed', { ...one.work })
  expect(again.work.inflated).toBe(0)
})

it('A push asks once for each blob, and a second push sends none.', async () => {
  const server = await registryServer()
  const image = await testImage([500, 700, 900, 1100])
  const to = { registry: server.host, repository: 'openstack/glance', tag: '1' }
  const patient = { idleTimeoutMs: 60_000 }
  const first = await client(patient).push(image.source, image.root, to)
  holdTo('push of 4 layers', { requests: server.log.length, bytes: first.uploaded.bytes })
  server.log.length = 0
  await client(patient).push(image.source, image.root, to)
  holdTo('push again', { requests: server.log.length })
})

it('Resolving from an index asks for a page a name and metadata a version, and for less once it is known.', async () => {
  const index = await startPackageIndex({
    files: [
      indexWheel('app', '1.0', { requires: ['lib>=1', 'tool'] }),
      ...['1.0', '1.1', '1.2', '2.0'].map((version) => indexWheel('lib', version, { requires: ['base<2'] })),
      ...['1.0', '2.0'].map((version) => indexWheel('base', version)),
      indexWheel('tool', '3.0', { requires: ['lib<2'] }),
    ],
  })
  const ask = () =>
    resolve({
      requirements: ['app'],
      requirementsFiles: [],
      constraintsFiles: [],
      python: '3.11',
      platform: 'linux/amd64',
      prereleases: 'pip',
      offline: false,
      indexUrl: index.url,
    })
  try {
    expect((await ask()).kind).toBe('solution')
    holdTo('resolve from an index', { requests: index.requests.length })
    const before = index.requests.length
    await ask()
    holdTo('resolve again', { requests: index.requests.length - before })
  } finally {
    await index.close()
  }
})

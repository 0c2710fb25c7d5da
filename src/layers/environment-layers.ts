import { join } from 'node:path'
import pLimit from 'p-limit'
import type { BlobStore } from '#io/blob-store.js'
import type { DistributionName } from '#pep/name.js'
import type { Progress } from '#progress.js'
import { checkClashes } from '#wheels/clashes.js'
import { type InstalledWheel, installWheelBytes, readWheelFile } from '#wheels/install-wheel.js'
import { type ConfigurationOptions, configurationEntries } from './configuration-layer.js'
import { type DescriptorCache, type LayerKey, openDescriptorCache } from './descriptor-cache.js'
import { type Layer, writeLayer } from './layer.js'
import type { LayerEntry } from './layer-stream.js'
import type { LayerGroup } from './plan.js'
import { venvEntries } from './venv-layer.js'
import { type WheelBytes, wheelEntries } from './wheel-layer.js'

/** A wheel that is to be installed, and where its file lies. */
export interface WheelSource {
  readonly name: DistributionName
  readonly version: string
  readonly filename: string
  /** Hex. */
  readonly sha256: string
  readonly path: string
  /** Whether somebody asked for it; of a service, the service's own distribution. */
  readonly requested: boolean
}

export interface EnvironmentOptions {
  /** Absolute, constant over all services: `/opt/venv`. */
  readonly prefix: string
  /** `3.11` */
  readonly python: string
  /** Where the base has it: `/usr/bin/python3.11`. */
  readonly pythonPath: string
  readonly wheels: readonly WheelSource[]
  /** Lowest first; each wheel in exactly one. */
  readonly groups: readonly LayerGroup[]
  readonly configuration: Omit<ConfigurationOptions, 'prefix'>
  readonly store: BlobStore
  readonly cacheDir: string
  readonly progress?: Progress
}

/**
 * Makes the layers that a service has above its base, lowest first: the empty environment, the groups, the
 * configuration. Layers that are in the store are not made again, and when all are there no wheel is read.
 * @throws SvcsplitError E-FS-*, E-IDX-HASH, E-WHL-*, E-IMG-BASE
 */
export async function environmentLayers(options: EnvironmentOptions): Promise<readonly Layer[]> {
  const { store, prefix, python, progress } = options
  const cache = openDescriptorCache(join(options.cacheDir, 'layers'), store)
  const wheels = wheelReader(options)
  await checkOnce(options, cache, wheels)

  const planned = plannedLayers(options, wheels)
  let done = 0
  progress?.step?.('layers', done, planned.length)
  const turn = pLimit(atOnce)
  return Promise.all(
    planned.map(async ({ title, key, entries }) => {
      const known = await cache.find([prefix, python, ...key], title)
      const layer = known ?? (await turn(() => writeLayer(title, entries(), store)))
      // Outside of its turn: the next layer need not wait until this is on the disk.
      if (known === undefined) await cache.keep([prefix, python, ...key], layer)
      progress?.step?.('layers', ++done, planned.length)
      return layer
    }),
  )
}

/** While one layer waits for the disk another is worked on; more at once would only hold more wheels in memory. */
const atOnce = 2

interface PlannedLayer {
  readonly title: string
  readonly key: LayerKey
  readonly entries: () => readonly LayerEntry[]
}

interface WheelReader {
  readonly read: (sources: readonly WheelSource[]) => readonly InstalledWheel[]
  readonly bytesOf: WheelBytes
}

/** So many bytes of wheels are kept between looking at them and writing them; others are read a second time. */
const keptBytes = 256 * 1024 ** 2

/** Reads each wheel once, and only when somebody asks for it. */
function wheelReader({ prefix, python }: EnvironmentOptions): WheelReader {
  const read = new Map<WheelSource, InstalledWheel>()
  const kept = new Map<string, Buffer>()
  let room = keptBytes
  const install = (source: WheelSource): InstalledWheel => {
    const known = read.get(source)
    if (known !== undefined) return known
    const { path, filename, sha256, requested } = source
    const bytes = readWheelFile(path)
    const wheel = installWheelBytes(bytes, path, { filename, sha256, requested, prefix, python })
    read.set(source, wheel)
    if (bytes.length <= room) {
      room -= bytes.length
      kept.set(path, bytes)
    }
    return wheel
  }
  return {
    read: (sources) => sources.map(install),
    bytesOf: ({ path }) => kept.get(path) ?? readWheelFile(path),
  }
}

/** Two distributions may clash from different layers, so all are looked at together, once per set of wheels. */
async function checkOnce(
  options: EnvironmentOptions,
  cache: DescriptorCache,
  wheels: WheelReader,
): Promise<void> {
  const sources = [...options.wheels].sort((a, b) => (a.name < b.name ? -1 : 1))
  const key = ['clashes', options.prefix, options.python, wheelKeys(sources)]
  if (await cache.isChecked(key)) return
  checkClashes(wheels.read(sources))
  await cache.keepCheck(key)
}

function plannedLayers(options: EnvironmentOptions, wheels: WheelReader): readonly PlannedLayer[] {
  const { prefix, python, pythonPath } = options
  const byName = new Map(options.wheels.map((wheel) => [wheel.name, wheel]))
  const planned: PlannedLayer[] = [
    {
      title: `virtual environment ${prefix} of Python ${python}`,
      key: ['venv', pythonPath],
      entries: () => venvEntries({ prefix, python, pythonPath }),
    },
  ]
  for (const { title, distributions } of options.groups) {
    const sources = distributions.map((name) => {
      const source = byName.get(name)
      if (source === undefined) throw new Error(`${name} is in no wheel, or in two layers`)
      byName.delete(name)
      return source
    })
    const list = sources.map(({ name, version }) => `${name} ${version}`).join(', ')
    planned.push({
      title: `${title}: ${list}`,
      key: ['wheels', wheelKeys(sources)],
      entries: () => wheelEntries(wheels.read(sources), wheels.bytesOf),
    })
  }
  const [forgotten] = byName.keys()
  if (forgotten !== undefined) throw new Error(`${forgotten} is in no layer`)
  const configuration = { ...options.configuration, prefix }
  const { user, directories, data, passwd, group } = configuration
  planned.push({
    title: `configuration of ${user.name}`,
    key: [
      'configuration',
      data.size === 0 ? [] : wheelKeys(options.wheels),
      [...data].sort(),
      [user.name, user.uid, user.gid, directories, passwd, group],
    ],
    entries: () =>
      configurationEntries(configuration, data.size === 0 ? [] : wheels.read(options.wheels), wheels.bytesOf),
  })
  return planned
}

function wheelKeys(sources: readonly WheelSource[]): readonly string[] {
  return sources.map(({ sha256, requested }) => `${sha256}${requested ? ' requested' : ''}`).sort()
}

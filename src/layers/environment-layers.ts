import { join } from 'node:path'
import type { BlobStore } from '#io/blob-store.js'
import type { Progress } from '#progress.js'
import { checkClashes } from '#wheels/clashes.js'
import { unpackEntry } from '#wheels/wheel-entry.js'
import { bringsData, type ConfigurationOptions, configurationEntries } from './configuration-layer.js'
import { type DescriptorCache, isInStore, type LayerKey, openDescriptorCache } from './descriptor-cache.js'
import { type Layer, writeLayer } from './layer.js'
import type { LayerEntry } from './layer-stream.js'
import type { LayerGroup } from './plan.js'
import { openProvers, type Prover, type ProverPool } from './provers.js'
import { venvEntries } from './venv-layer.js'
import { wheelEntries } from './wheel-layer.js'
import { type WheelReader, type WheelSource, wheelReader } from './wheel-reader.js'

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
  readonly configuration: Omit<ConfigurationOptions, 'prefix' | 'python'>
  readonly store: BlobStore
  readonly cacheDir: string
  /** Brings wheels to where their paths say, before they are read; left out if all are there. */
  readonly fetch?: (wheels: readonly WheelSource[]) => Promise<void>
  /** Layers that were made once and are not made again although their blobs are gone: the destination may have them. */
  readonly spare?: (layer: Layer) => boolean | Promise<boolean>
  /** This thread alone if left out. */
  readonly provers?: ProverPool
  readonly progress?: Progress
}

/**
 * Makes the layers that a service has above its base, lowest first: the empty environment, the groups, the
 * configuration. Layers that are in the store are not made again, and when all are there no wheel is read.
 * @throws SvcsplitError E-FS-*, E-IDX-HASH, E-WHL-*, E-IMG-BASE, and what `fetch` throws
 */
export async function environmentLayers(options: EnvironmentOptions): Promise<readonly Layer[]> {
  const cache = openDescriptorCache(join(options.cacheDir, 'layers'))
  const wheels = wheelReader(options)
  const planned = plannedLayers(options, wheels)
  const known = await knownLayers(options, cache, planned)
  const missing = await missingWheels(planned, known)
  const isChecked = await cache.isChecked(clashKey(options))
  const others = isChecked ? [] : options.wheels.filter((source) => !missing.has(source))
  await options.fetch?.([...missing, ...(await wheels.unread(others))])

  const provers = (options.provers ?? openProvers(false)).provers()
  const layers: Promise<Layer>[] = []
  let done = known.filter((layer) => layer !== undefined).length
  let hasFailed = false
  options.progress?.step?.('layers', done, planned.length)
  // One after another as far as reading goes; the next ones are read while those before are still proved and flushed.
  for (const [position, plan] of planned.entries()) {
    const there = known[position]
    const prover = there === undefined ? await provers.take() : undefined
    // The first that failed of those begun is the first of all.
    if (hasFailed) {
      if (prover !== undefined) provers.give(prover)
      break
    }
    const layer = prover === undefined ? Promise.resolve(there!) : makeLayer(options, cache, plan, prover)
    layers.push(layer)
    if (prover === undefined) continue
    layer
      .then(
        () => options.progress?.step?.('layers', ++done, planned.length),
        () => {
          hasFailed = true
        },
      )
      .finally(() => provers.give(prover))
    // Layers that have begun come first: the other thread waits for what is written, not for what is read.
    await new Promise((resolve) => setImmediate(resolve))
  }
  const checking = isChecked || hasFailed ? undefined : checkAll(options, cache, wheels, missing)
  await Promise.allSettled([...layers, checking])
  const made = await Promise.all(layers)
  await checking
  return made
}

async function makeLayer(
  { prefix, python, store }: EnvironmentOptions,
  cache: DescriptorCache,
  { title, key, entries }: PlannedLayer,
  prover: Prover,
): Promise<Layer> {
  const layer = await writeLayer(title, await entries(), store, prover)
  await cache.keep([prefix, python, ...key], layer)
  return layer
}

/** The layers that need not be made: in the store, or spared. */
function knownLayers(
  { prefix, python, store, spare }: EnvironmentOptions,
  cache: DescriptorCache,
  planned: readonly PlannedLayer[],
): Promise<readonly (Layer | undefined)[]> {
  return Promise.all(
    planned.map(async ({ title, key }) => {
      const layer = await cache.recall([prefix, python, ...key], title)
      if (layer === undefined || (await isInStore(layer, store))) return layer
      return (await spare?.(layer)) === true ? layer : undefined
    }),
  )
}

/** The wheels that are read because a layer is made of them. */
async function missingWheels(
  planned: readonly PlannedLayer[],
  known: readonly (Layer | undefined)[],
): Promise<ReadonlySet<WheelSource>> {
  const missing = new Set<WheelSource>()
  for (const [position, { sources }] of planned.entries())
    if (known[position] === undefined) for (const source of await sources(missing)) missing.add(source)
  return missing
}

/** Fetches the wheels that `environmentLayers` will read, ahead of it. @throws what `fetch` throws */
export async function fetchForLayers(options: EnvironmentOptions): Promise<void> {
  const cache = openDescriptorCache(join(options.cacheDir, 'layers'))
  const wheels = wheelReader(options)
  const planned = plannedLayers(options, wheels)
  const missing = await missingWheels(planned, await knownLayers(options, cache, planned))
  const others = options.wheels.filter((source) => !missing.has(source))
  const unread = (await cache.isChecked(clashKey(options))) ? [] : await wheels.unread(others)
  await options.fetch?.([...missing, ...unread])
}

/** What is known of a layer before anything is made. */
export interface SurveyedLayer {
  readonly title: string
  /** The layer as it was made once; none if it never was. */
  readonly layer?: Layer
  /** Bytes: of the layer if it is known, else of its wheels, which come close. */
  readonly size: number
}

/** The layers as `environmentLayers` would give them, as far as they are known; nothing is fetched or made. */
export async function surveyLayers(
  options: EnvironmentOptions,
  sizeOf: (wheel: WheelSource) => number,
): Promise<readonly SurveyedLayer[]> {
  const { prefix, python } = options
  const cache = openDescriptorCache(join(options.cacheDir, 'layers'))
  return Promise.all(
    plannedLayers(options, wheelReader(options)).map(async ({ title, key, sources, estimated }) => {
      const layer = await cache.recall([prefix, python, ...key], title)
      if (layer !== undefined) return { title, layer, size: layer.descriptor.size }
      return {
        title,
        size: estimated ? (await sources(new Set())).reduce((sum, wheel) => sum + sizeOf(wheel), 0) : 0,
      }
    }),
  )
}

interface PlannedLayer {
  readonly title: string
  readonly key: LayerKey
  /** The wheels that it takes to make it, beside those that are read in any case. */
  readonly sources: (read: ReadonlySet<WheelSource>) => Promise<readonly WheelSource[]>
  /** Whether its size is about that of its wheels. */
  readonly estimated: boolean
  readonly entries: () => Promise<readonly LayerEntry[]>
}

/** Two distributions may clash from different layers, so all are looked at together, once per set of wheels. */
async function checkAll(
  options: EnvironmentOptions,
  cache: DescriptorCache,
  wheels: WheelReader,
  missing: ReadonlySet<WheelSource>,
): Promise<void> {
  const sources = [...options.wheels].sort((a, b) => (a.name < b.name ? -1 : 1))
  const placed = await Promise.all(
    sources.map((source) => (missing.has(source) ? wheels.placesByReading(source) : wheels.places(source))),
  )
  checkClashes(placed, ({ sha256 }, path) => {
    const [wheel] = wheels.read(sources.filter((source) => source.sha256 === sha256))
    const entry = wheel!.entries.find((one) => one.path === path)!
    return unpackEntry(entry, wheel!.archive, wheel!.filename)
  })
  await cache.keepCheck(clashKey(options))
}

function clashKey({ prefix, python, wheels }: EnvironmentOptions): LayerKey {
  return ['clashes', prefix, python, wheelKeys(wheels)]
}

function plannedLayers(options: EnvironmentOptions, wheels: WheelReader): readonly PlannedLayer[] {
  const { prefix, python, pythonPath } = options
  const byName = new Map(options.wheels.map((wheel) => [wheel.name, wheel]))
  const planned: PlannedLayer[] = [
    {
      title: `virtual environment ${prefix} of Python ${python}`,
      key: ['venv', pythonPath],
      sources: async () => [],
      estimated: false,
      entries: async () => venvEntries({ prefix, python, pythonPath }),
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
      sources: async () => sources,
      estimated: true,
      entries: async () => wheelEntries(wheels.read(sources)),
    })
  }
  const [forgotten] = byName.keys()
  if (forgotten !== undefined) throw new Error(`${forgotten} is in no layer`)
  const configuration = { ...options.configuration, prefix, python }
  const { user, directories, data, sudoers, systemModules, rootwrap, passwd, group } = configuration
  /** The few that bring data, among those that may. */
  const holders = async (sure: ReadonlySet<WheelSource>): Promise<readonly WheelSource[]> => {
    if (data.size === 0) return []
    const others = options.wheels.filter((source) => !sure.has(source))
    const unread = new Set(await wheels.unread(others))
    const brings = async (source: WheelSource): Promise<boolean> =>
      unread.has(source) || bringsData(configuration, (await wheels.places(source)).entries)
    const wanted = await Promise.all(others.map(brings))
    return others.filter((_, position) => wanted[position])
  }
  planned.push({
    title: `configuration of ${user.name}`,
    key: [
      'configuration',
      data.size === 0 ? [] : wheelKeys(options.wheels),
      [...data].sort(),
      [user.name, user.uid, user.gid, directories, passwd, group, sudoers, systemModules, rootwrap ?? ''],
    ],
    sources: holders,
    estimated: false,
    entries: async () => configurationEntries(configuration, wheels.read(await holders(new Set()))),
  })
  return planned
}

function wheelKeys(sources: readonly WheelSource[]): readonly string[] {
  return sources.map(({ sha256, requested }) => `${sha256}${requested ? ' requested' : ''}`).sort()
}

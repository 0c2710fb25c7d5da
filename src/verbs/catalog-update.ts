import { join } from 'node:path'
import type { DistributionFile, Metadata } from '#catalog/catalog.js'
import type { IndexCatalog, PendingMetadata } from '#catalog/index-catalog.js'
import { isUsableOnLinux } from '#catalog/linux-files.js'
import type { BuildMetadata } from '#catalog/metadata-source.js'
import { loadSnapshot, type Snapshot } from '#catalog/snapshot.js'
import {
  formatEntryPoints,
  formatFiles,
  formatMetadata,
  formatUnpinned,
  snapshotFiles,
  type VersionFacts,
} from '#catalog/snapshot-format.js'
import {
  collectUniverse,
  type Universe,
  type UniverseFacts,
  type UniverseInput,
  type UniverseRoot,
  universeFactsOf,
} from '#catalog/universe.js'
import type { EntryPoints } from '#catalog/wheel-facts.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import { releaseNamed } from '#inputs/releases.js'
import { openBlobStore } from '#io/blob-store.js'
import { cacheDir } from '#io/cache-dir.js'
import { writeIfChanged } from '#io/files.js'
import type { DistributionName } from '#pep/name.js'
import { parseVersion, tryParseVersion } from '#pep/version.js'
import type { Wheelhouse } from '#wheelhouse/wheelhouse.js'
import type { WheelPlace } from './fetch-wheels.js'
import { type IndexRequest, lazyIndex } from './open-index.js'
import { sdistBuilder } from './sdist-builder.js'
import { profileAdditions } from './service-release.js'

export interface CatalogUpdateOptions extends Partial<IndexRequest> {
  /** Folder that holds `constraints/` and `profiles/`; default: the shipped one. */
  readonly root?: string
  /** Remake the shipped facts, though the user has releases of their own. */
  readonly shipped?: boolean
  /** Where the facts go; default: `constraints/catalog` in `root`. */
  readonly to?: string
  /** Begin with the services of this release only, and keep what is known of the others. */
  readonly release?: string
  /** Read the wheels, too, for the names that they use and bind. Default true. */
  readonly names?: boolean
  /** Build the sdists that do not state their metadata, in a sandbox of this base (`debian:bookworm`). */
  readonly buildOn?: string
}

export interface CatalogUpdateResult {
  readonly names: number
  readonly versions: number
  readonly files: number
  /** Versions by how their metadata is known. */
  readonly from: Readonly<Record<Metadata['from'], number>>
  /** Exist, and their metadata could not be had. */
  readonly pending: readonly PendingMetadata[]
  /** Demanded or pinned, and not on the index. */
  readonly absent: readonly string[]
  readonly unreadable: readonly string[]
  /** How many versions' sources were read, if they were; those without a wheel that can be. */
  readonly sources?: { readonly read: number; readonly without: readonly string[]; readonly unread: number }
  /** Names of the files that changed. */
  readonly written: readonly string[]
}

interface Facts {
  readonly metadata: readonly Metadata[]
  readonly files: readonly VersionFacts<readonly DistributionFile[]>[]
  readonly entryPoints: readonly VersionFacts<EntryPoints>[]
  readonly unpinned: ReadonlyMap<DistributionName, ReadonlyMap<string, string>>
}

/**
 * Collects what the index says of every distribution version that the services of the releases may come to demand,
 * and writes it as sorted text. Where the user has releases of their own, it is their facts that are written: what
 * the shipped facts lack for those releases, beside them. What was fetched once is kept in the cache, so that an
 * interrupted run goes on where it was; without news on the index, running it again changes no byte.
 */
export async function catalogUpdate(options: CatalogUpdateOptions): Promise<CatalogUpdateResult> {
  const fleet = options.shipped === true ? loadFleet(options.root, false) : loadFleet(options.root)
  if (options.release !== undefined) releaseNamed(fleet.releases, options.release)
  const folder = options.cacheDir ?? cacheDir()
  const builder =
    options.buildOn === undefined ? undefined : sdistMetadata(fleet.root, folder, options.buildOn, options)
  const index = lazyIndex({
    ...options,
    cacheDir: folder,
    ...(builder === undefined ? {} : { buildMetadata: builder.buildMetadata }),
  })
  try {
    const result = await updateFacts(fleet, await index.open(), options)
    const { to = fleet.catalogDirs[0], progress } = options
    const place = {
      index,
      store: openBlobStore(join(folder, 'blobs')),
      cacheDir: folder,
      to,
      ...(progress === undefined ? {} : { progress }),
    }
    return options.names === false ? result : await addWheelFacts(fleet, result, place)
  } finally {
    await builder?.close()
    await index.close()
  }
}

/** What only the wheels themselves tell: which files they share, and which names their code uses and binds. */
async function addWheelFacts(
  fleet: Fleet,
  result: CatalogUpdateResult,
  place: WheelPlace & { readonly to: string },
): Promise<CatalogUpdateResult> {
  const snapshot = fleet.own === undefined ? loadSnapshot(place.to) : loadSnapshot(...fleet.catalogDirs)
  const [{ updateSharedPaths }, { pinnedWheels, versionWheels }] = await Promise.all([
    import('./catalog-paths.js'),
    import('./fetch-wheels.js'),
  ])
  const wheels =
    fleet.own === undefined ? versionWheels(snapshot) : pinnedWheels(snapshot, fleet, fleet.own.releases)
  const paths = await updateSharedPaths({ ...place, wheels })
  const { shippedNames, updateNames } = await import('./catalog-names.js')
  const known = fleet.own === undefined ? undefined : shippedNames(fleet.catalogDirs.at(-1)!)
  const { written: names, ...sources } = await updateNames({
    ...place,
    fleet,
    snapshot,
    wheels,
    ...(known === undefined ? {} : { known }),
  })
  return { ...result, sources, written: [...result.written, ...paths.written, ...names] }
}

/** A sandbox that is set up when the first sdist needs it. Builds fetch their own requirements. */
function sdistMetadata(
  root: string,
  folder: string,
  base: string,
  options: Partial<IndexRequest>,
): { readonly buildMetadata: BuildMetadata; close(): Promise<void> } {
  const { progress } = options
  const index = lazyIndex({ ...options, cacheDir: folder })
  let opened: Promise<Wheelhouse> | undefined
  return {
    async buildMetadata({ sdistPath, ...sdist }) {
      opened ??= sdistBuilder({
        root,
        base,
        platform: 'linux/amd64',
        buildPackages: [],
        index,
        store: openBlobStore(join(folder, 'blobs')),
        cacheDir: folder,
        ...(progress === undefined ? {} : { progress }),
      })
      progress?.step?.(`building ${sdist.filename}`)
      return (await opened).buildMetadata({ ...sdist, path: sdistPath })
    },
    async close() {
      await opened?.then((wheelhouse) => wheelhouse.close()).catch(() => undefined)
      await index.close()
    },
  }
}

async function updateFacts(
  fleet: Fleet,
  index: IndexCatalog,
  { to = fleet.catalogDirs[0], release, progress }: CatalogUpdateOptions,
): Promise<CatalogUpdateResult> {
  const input = universeInput(fleet, release)
  const shipped = fleet.own === undefined ? undefined : loadSnapshot(fleet.catalogDirs.at(-1)!)
  const before = loadSnapshot(to)
  const asked: UniverseFacts = {
    ...universeFactsOf(index),
    metadata: (name, version) => metadataOf(index, before, name, version),
  }
  const source = shipped === undefined ? asked : factsBeside(shipped, input, asked)
  const reached = await collectUniverse(input, source, (done, known) =>
    progress?.step?.('following demands', done, known),
  )
  const universe = shipped === undefined ? reached : without(reached, shipped)
  const fresh = await readFacts(universe, input.roots, index, before)
  const facts = release === undefined ? fresh : mergeFacts(fresh, before)
  const written = await writeFacts(facts, to)
  const count = (from: Metadata['from']): number => facts.metadata.filter((row) => row.from === from).length
  return {
    names: new Set(facts.files.map((row) => row.name)).size,
    versions: facts.files.length,
    files: facts.files.reduce((sum, row) => sum + row.facts.length, 0),
    from: { wheel: count('wheel'), sdist: count('sdist'), build: count('build') },
    pending: index.pending().filter((row) => before.metadata(row.name, row.version) === undefined),
    absent: universe.absent,
    unreadable: universe.unreadable,
    written,
  }
}

/** Facts of the shipped versions from where they are shipped; the index is asked for the rest. */
function factsBeside(shipped: Snapshot, input: UniverseInput, asked: UniverseFacts): UniverseFacts {
  const known = (name: DistributionName) =>
    new Map(shipped.versions(name).map((version) => [parseVersion(version).key, version]))
  const wanted = (name: DistributionName): readonly string[] => [
    ...(input.pins.get(name) ?? []),
    ...input.roots.filter((root) => root.name === name).map(({ version }) => version),
  ]
  return {
    metadata: async (name, version) =>
      shipped.metadata(name, version) ?? (await asked.metadata(name, version)),
    versions: async (name) => {
      const there = known(name)
      const all = wanted(name)
      const isKnown = all.length > 0 && all.every((version) => there.has(tryParseVersion(version)?.key ?? ''))
      return isKnown || (all.length === 0 && there.size > 0)
        ? there
        : new Map([...(await asked.versions(name)), ...there])
    },
    newest: async (name) => shipped.unpinned().versions.get(name) ?? (await asked.newest(name)),
  }
}

/** What is not shipped of a universe. */
function without(universe: Universe, shipped: Snapshot): Universe {
  const fresh = [...universe.versions].map(
    ([name, versions]) =>
      [name, versions.filter((version) => shipped.metadata(name, version) === undefined)] as const,
  )
  return {
    ...universe,
    versions: new Map(fresh.filter(([, versions]) => versions.length > 0)),
    unpinned: new Map([...universe.unpinned].filter(([name]) => !shipped.unpinned().versions.has(name))),
  }
}

/** Where the demands begin, and every version that any release pins, whatever its marker. */
export function universeInput(fleet: Fleet, release?: string): UniverseInput {
  const roots: UniverseRoot[] = []
  const additions = []
  const pins = new Map<DistributionName, Set<string>>()
  for (const { name, services } of fleet.releases.list) {
    for (const [distribution, list] of fleet.constraints(name).pins) {
      const versions = pins.get(distribution) ?? new Set()
      pins.set(distribution, versions)
      for (const pin of list) versions.add(pin.version)
    }
    for (const { distribution, version } of fleet.own?.overrides ?? [])
      if (version !== undefined) pins.set(distribution, new Set([...(pins.get(distribution) ?? []), version]))
    if (release !== undefined && release !== name) continue
    for (const [service, shipped] of services) {
      const profile = fleet.profile(service)
      roots.push({ name: shipped.distribution, version: shipped.version, extras: profile.extras })
      additions.push(...profileAdditions(profile, name).map(({ requirement }) => requirement))
    }
  }
  return { roots, additions, pins }
}

/** What a build told once stays known, and its demands are followed, where nothing can be built. */
async function metadataOf(
  index: IndexCatalog,
  before: Snapshot,
  name: DistributionName,
  version: string,
): Promise<Metadata | undefined> {
  return (await index.metadata(name, version)) ?? before.metadata(name, version)
}

async function readFacts(
  universe: Universe,
  roots: readonly UniverseRoot[],
  index: IndexCatalog,
  before: Snapshot,
): Promise<Facts> {
  const isRoot = new Set(roots.map(({ name, version }) => `${name} ${parseVersion(version).key}`))
  const rows = await Promise.all(
    [...universe.versions].flatMap(([name, versions]) =>
      versions.map(async (version) => {
        const listed = (await index.files(name, version)).filter(({ filename }) => isUsableOnLinux(filename))
        const metadata = await metadataOf(index, before, name, version)
        const starts = isRoot.has(`${name} ${parseVersion(version).key}`)
          ? await index.entryPoints(name, version)
          : undefined
        return { name, version: metadata?.version ?? version, listed, metadata, starts }
      }),
    ),
  )
  return {
    metadata: rows.flatMap(({ metadata }) => metadata ?? []),
    files: rows.map(({ name, version, listed }) => ({ name, version, facts: listed })),
    entryPoints: rows.flatMap(({ name, version, starts }) =>
      starts === undefined ? [] : [{ name, version, facts: starts }],
    ),
    unpinned: universe.unpinned,
  }
}

/** Fresh facts over the ones known before. */
function mergeFacts(fresh: Facts, before: Snapshot): Facts {
  const key = (name: string, version: string): string => `${name} ${parseVersion(version).key}`
  const renewed = new Set(fresh.files.map((row) => key(row.name, row.version)))
  const known = before.names().flatMap((name) => before.versions(name).map((version) => ({ name, version })))
  const kept = known.filter(({ name, version }) => !renewed.has(key(name, version)))
  // Of a service that is pinned as a library, too, versions of other releases are renewed without what starts them.
  const started = new Set(fresh.entryPoints.map((row) => key(row.name, row.version)))
  const keptEntryPoints = known.flatMap(({ name, version }) => {
    if (started.has(key(name, version))) return []
    const facts = before.entryPoints(name, version)
    return facts === undefined ? [] : [{ name, version, facts }]
  })
  return {
    metadata: [...fresh.metadata, ...kept.map(({ name, version }) => before.metadata(name, version)!)],
    files: [
      ...fresh.files,
      ...kept.map(({ name, version }) => ({ name, version, facts: before.files(name, version) })),
    ],
    entryPoints: [...fresh.entryPoints, ...keptEntryPoints],
    unpinned: new Map([...before.unpinned().versions, ...fresh.unpinned]),
  }
}

/** The clock has no say: the newest upload among the facts tells how new they are. */
function newestUpload(facts: Facts): string | undefined {
  return facts.files
    .flatMap((row) => row.facts.flatMap(({ uploadTime }) => uploadTime ?? []))
    .reduce<string | undefined>(
      (newest, time) => (newest === undefined || time > newest ? time : newest),
      undefined,
    )
}

async function writeFacts(facts: Facts, to: string): Promise<readonly string[]> {
  const asOf = newestUpload(facts)
  const texts: readonly (readonly [string, string])[] = [
    [snapshotFiles.metadata, formatMetadata(facts.metadata)],
    [snapshotFiles.files, formatFiles(facts.files)],
    [snapshotFiles.entryPoints, formatEntryPoints(facts.entryPoints)],
    [
      snapshotFiles.unpinned,
      formatUnpinned({ ...(asOf === undefined ? {} : { asOf }), versions: facts.unpinned }),
    ],
  ]
  const written: string[] = []
  for (const [name, text] of texts) if (await writeIfChanged(join(to, name), text)) written.push(name)
  return written
}

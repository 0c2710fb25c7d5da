import { join } from 'node:path'
import type { Metadata } from '#catalog/catalog.js'
import type { IndexCatalog, PendingMetadata } from '#catalog/index-catalog.js'
import type { BuildMetadata } from '#catalog/metadata-source.js'
import { loadSnapshot } from '#catalog/snapshot.js'
import { collectUniverse, type UniverseFacts, universeFactsOf } from '#catalog/universe.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import { releaseNamed } from '#inputs/releases.js'
import { openBlobStore } from '#io/blob-store.js'
import { cacheDir } from '#io/cache-dir.js'
import { replaceSet } from '#io/file-set.js'
import type { Wheelhouse } from '#wheelhouse/wheelhouse.js'
import { mergeFacts, metadataOf, readFacts, writeFacts } from './catalog-facts.js'
import type { CatalogNamesResult } from './catalog-names.js'
import { factsBeside, universeInput, without } from './catalog-universe.js'
import type { WheelPlace } from './fetch-wheels.js'
import { type IndexRequest, lazyIndex } from './open-index.js'
import {
  keepWheels,
  type OwnSources,
  ownSources,
  universeWithOwnSources,
  withOwnSources,
} from './own-sources.js'
import { sdistBuilder } from './sdist-builder.js'

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
  readonly sources?: Omit<CatalogNamesResult, 'written'>
  /** Names of the files that changed. */
  readonly written: readonly string[]
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
    const { to = fleet.catalogDirs[0], progress } = options
    const given = await ownSources(fleet)
    const opened = withOwnSources(await index.open(), given)
    const store = openBlobStore(join(folder, 'blobs'))
    await keepWheels(given, store)
    let told: Omit<CatalogUpdateResult, 'written'> | undefined
    const written = await replaceSet(to, async (aside) => {
      const facts = await updateFacts(fleet, opened, given, { ...options, to }, aside)
      const place = {
        index,
        store,
        cacheDir: folder,
        to: aside,
        ...(progress === undefined ? {} : { progress }),
      }
      told = options.names === false ? facts : { ...facts, sources: await addWheelFacts(fleet, given, place) }
    })
    return { ...told!, written }
  } finally {
    await builder?.close()
    await index.close()
  }
}

/** What only the wheels themselves tell: which files they share, and which names their code uses and binds. */
async function addWheelFacts(
  fleet: Fleet,
  given: OwnSources,
  place: WheelPlace & { readonly to: string },
): Promise<NonNullable<CatalogUpdateResult['sources']>> {
  const snapshot = loadSnapshot(place.to, ...fleet.catalogDirs.slice(1))
  const [{ updateSharedPaths }, { pinnedWheels, versionWheels }] = await Promise.all([
    import('./catalog-paths.js'),
    import('./fetch-wheels.js'),
  ])
  const wheels =
    fleet.own === undefined ? versionWheels(snapshot) : pinnedWheels(snapshot, fleet, fleet.own.releases)
  await updateSharedPaths({ ...place, wheels })
  const { shippedNames, updateNames } = await import('./catalog-names.js')
  const known = fleet.own === undefined ? undefined : shippedNames(fleet.catalogDirs.at(-1)!)
  return updateNames({
    ...place,
    fleet,
    snapshot,
    wheels,
    given,
    ...(known === undefined ? {} : { known }),
  })
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
  given: OwnSources,
  { to, release, progress }: CatalogUpdateOptions & { readonly to: string },
  aside: string,
): Promise<Omit<CatalogUpdateResult, 'written'>> {
  const input = universeInput(fleet, release)
  const shipped = fleet.own === undefined ? undefined : loadSnapshot(fleet.catalogDirs.at(-1)!)
  const before = loadSnapshot(to)
  const asked: UniverseFacts = {
    ...universeWithOwnSources(universeFactsOf(index), input, given),
    metadata: (name, version) => metadataOf(index, before, name, version),
  }
  const source = shipped === undefined ? asked : factsBeside(shipped, input, asked)
  const reached = await collectUniverse(input, source, (done, known) =>
    progress?.step?.('following demands', done, known),
  )
  const universe = shipped === undefined ? reached : without(reached, shipped)
  const fresh = await readFacts(universe, input.roots, index, before)
  const facts = release === undefined ? fresh : mergeFacts(fresh, before)
  await writeFacts(facts, aside)
  const count = (from: Metadata['from']): number => facts.metadata.filter((row) => row.from === from).length
  return {
    names: new Set(facts.files.map((row) => row.name)).size,
    versions: facts.files.length,
    files: facts.files.reduce((sum, row) => sum + row.facts.length, 0),
    from: { wheel: count('wheel'), sdist: count('sdist'), build: count('build') },
    pending: index.pending().filter((row) => before.metadata(row.name, row.version) === undefined),
    absent: universe.absent,
    unreadable: universe.unreadable,
  }
}

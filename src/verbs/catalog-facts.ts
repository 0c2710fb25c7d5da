import { join } from 'node:path'
import type { DistributionFile, Metadata } from '#catalog/catalog.js'
import type { IndexCatalog } from '#catalog/index-catalog.js'
import { isUsableOnLinux } from '#catalog/linux-files.js'
import type { Snapshot } from '#catalog/snapshot.js'
import {
  formatEntryPoints,
  formatFiles,
  formatMetadata,
  formatUnpinned,
  snapshotFiles,
  type VersionFacts,
} from '#catalog/snapshot-format.js'
import type { Universe, UniverseRoot } from '#catalog/universe.js'
import type { EntryPoints } from '#catalog/wheel-facts.js'
import { writeIfChanged } from '#io/write-files.js'
import type { DistributionName } from '#pep/name.js'
import { parseVersion } from '#pep/version.js'

/** What the files of the catalog say. */
export interface Facts {
  readonly metadata: readonly Metadata[]
  readonly files: readonly VersionFacts<readonly DistributionFile[]>[]
  readonly entryPoints: readonly VersionFacts<EntryPoints>[]
  readonly unpinned: ReadonlyMap<DistributionName, ReadonlyMap<string, string>>
}

/** What a build told once stays known, and its demands are followed, where nothing can be built. */
export async function metadataOf(
  index: IndexCatalog,
  before: Snapshot,
  name: DistributionName,
  version: string,
): Promise<Metadata | undefined> {
  return (await index.metadata(name, version)) ?? before.metadata(name, version)
}

/** What the index says of every version of a universe. */
export async function readFacts(
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
export function mergeFacts(fresh: Facts, before: Snapshot): Facts {
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

/** The names of those of its files that changed. */
export async function writeFacts(facts: Facts, to: string): Promise<readonly string[]> {
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

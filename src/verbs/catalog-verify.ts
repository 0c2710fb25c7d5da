import { formatSharedPaths } from '#catalog/shared-paths.js'
import { loadSnapshot, type Snapshot } from '#catalog/snapshot.js'
import {
  formatEntryPoints,
  formatFiles,
  formatMetadata,
  formatUnpinned,
  snapshotFiles,
  type VersionFacts,
} from '#catalog/snapshot-format.js'
import { collectUniverse } from '#catalog/universe.js'
import { formatOrigin } from '#errors.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import { type Override, overridesFor } from '#inputs/overrides.js'
import { pathInSet } from '#io/file-set.js'
import { existsSync, readText } from '#io/files.js'
import type { DistributionName } from '#pep/name.js'
import { parseVersion } from '#pep/version.js'
import { surfaceProblems } from '#surface/check.js'
import { universeInput } from './catalog-universe.js'
import { ownDistributions } from './lock.js'
import { expiredNote, unusedOverrides } from './override-notes.js'
import { keyOfVersion, sourcesNamed } from './own-sources.js'

export interface CatalogVerifyOptions {
  /** Folder that holds `constraints/` and `profiles/`; default: the shipped one. */
  readonly root?: string
  /** Against which overrides expire; default: the clock. */
  readonly now?: Date
}

export interface CatalogVerifyResult {
  readonly names: number
  readonly versions: number
  /** What is wrong, one sentence each, sorted; empty if the facts are whole. */
  readonly problems: readonly string[]
}

/**
 * Whether the facts, shipped and the user's own, are whole without asking anybody: every file is exactly what would be written for its
 * content, and every version that the service releases may come to demand has its metadata and at least one file.
 */
export async function catalogVerify(options: CatalogVerifyOptions = {}): Promise<CatalogVerifyResult> {
  const now = options.now ?? new Date()
  const fleet = loadFleet(options.root)
  const snapshot = loadSnapshot(...fleet.catalogDirs)
  const problems = new Set<string>()
  // A user who has only overrides needs no facts of their own.
  for (const dir of fleet.catalogDirs) {
    if (!existsSync(dir)) continue
    await checkForm(dir, loadSnapshot(dir), problems)
    for (const problem of surfaceProblems(dir, (...key) => snapshot.metadata(...key) !== undefined))
      problems.add(problem)
  }
  for (const { path, holders } of snapshot.sharedPaths() ?? [])
    for (const { name, version } of holders)
      if (snapshot.metadata(name, version) === undefined)
        problems.add(`${snapshotFiles.sharedPaths}: ${path} is of ${name} ${version}, which is not known`)
  const universe = await collectUniverse(universeInput(fleet), {
    metadata: async (name, version) => snapshot.metadata(name, version),
    versions: async (name) =>
      new Map(snapshot.versions(name).map((version) => [parseVersion(version).key, version])),
    newest: async (name) => snapshot.unpinned().versions.get(name) ?? new Map(),
  })
  for (const absent of universe.absent) problems.add(`${absent} is demanded or pinned, and not known`)
  for (const text of universe.unreadable) problems.add(`a requirement cannot be parsed: ${text}`)
  const fromSources = new Set(
    sourcesNamed(fleet).map(({ distribution, version }) => keyOfVersion(distribution, version)),
  )
  let versions = 0
  for (const [name, reached] of universe.versions)
    for (const version of reached) {
      versions += 1
      if (snapshot.metadata(name, version) === undefined) problems.add(`${name} ${version} has no metadata`)
      if (snapshot.files(name, version).length === 0 && !fromSources.has(keyOfVersion(name, version)))
        problems.add(`${name} ${version} has no file`)
    }
  checkOverrides(fleet, snapshot, now, problems)
  return { names: universe.versions.size, versions, problems: [...problems].sort() }
}

/** Overrides that have expired, and those that change nothing in any service release that they are for. */
function checkOverrides(fleet: Fleet, snapshot: Snapshot, now: Date, problems: Set<string>): void {
  const overrides = fleet.own?.overrides ?? []
  if (overrides.length === 0) return
  const used = new Set<Override>()
  for (const { name: release, services } of fleet.releases.list)
    for (const service of services.keys()) {
      const target = { service, release, python: '3.11', platform: 'linux/amd64' } as const
      const distributions = ownDistributions(fleet, snapshot, target)
      const unused = new Set(unusedOverrides(fleet, { ...target, distributions }))
      for (const override of overridesFor(overrides, service, release))
        if (!unused.has(override)) used.add(override)
    }
  for (const override of overrides) {
    const expired = expiredNote(override, now)
    if (expired !== undefined) problems.add(expired)
    if (!used.has(override))
      problems.add(`${formatOrigin(override.at)}: the override ${override.change} changes nothing anywhere`)
  }
}

/** A hand-made change, a merge or another order of lines shows as a difference to what would be written. */
async function checkForm(dir: string, snapshot: Snapshot, problems: Set<string>): Promise<void> {
  const rows = <T>(get: (name: DistributionName, version: string) => T | undefined): VersionFacts<T>[] =>
    snapshot.names().flatMap((name) =>
      snapshot.versions(name).flatMap((version) => {
        const facts = get(name, version)
        return facts === undefined ? [] : [{ name, version, facts }]
      }),
    )
  const expected = new Map<string, string>([
    [snapshotFiles.metadata, formatMetadata(rows(snapshot.metadata).map(({ facts }) => facts))],
    [snapshotFiles.files, formatFiles(rows(snapshot.files))],
    [snapshotFiles.entryPoints, formatEntryPoints(rows(snapshot.entryPoints))],
    [snapshotFiles.unpinned, formatUnpinned(snapshot.unpinned())],
  ])
  // Only what reads wheels writes it.
  const shared = snapshot.sharedPaths()
  if (shared !== undefined) expected.set(snapshotFiles.sharedPaths, formatSharedPaths(shared))
  for (const [file, text] of expected) {
    const path = pathInSet(dir, file)
    if (!existsSync(path)) problems.add(`${file} is missing`)
    else if ((await readText(path)) !== text) problems.add(`${file} is not as catalog update writes it`)
  }
}

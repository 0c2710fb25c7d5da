import { join } from 'node:path'
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
import { loadFleet } from '#inputs/fleet.js'
import { existsSync, readText } from '#io/files.js'
import type { DistributionName } from '#pep/name.js'
import { parseVersion } from '#pep/version.js'
import { universeInput } from './catalog-update.js'

export interface CatalogVerifyOptions {
  /** Folder that holds `constraints/` and `profiles/`; default: the shipped one. */
  readonly root?: string
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
  const fleet = loadFleet(options.root)
  const snapshot = loadSnapshot(...fleet.catalogDirs)
  const problems = new Set<string>()
  for (const dir of fleet.catalogDirs) await checkForm(dir, loadSnapshot(dir), problems)
  const universe = await collectUniverse(universeInput(fleet), {
    metadata: async (name, version) => snapshot.metadata(name, version),
    versions: async (name) =>
      new Map(snapshot.versions(name).map((version) => [parseVersion(version).key, version])),
    newest: async (name) => snapshot.unpinned().versions.get(name) ?? new Map(),
  })
  for (const absent of universe.absent) problems.add(`${absent} is demanded or pinned, and not known`)
  for (const text of universe.unreadable) problems.add(`a requirement cannot be parsed: ${text}`)
  let versions = 0
  for (const [name, reached] of universe.versions)
    for (const version of reached) {
      versions += 1
      if (snapshot.metadata(name, version) === undefined) problems.add(`${name} ${version} has no metadata`)
      if (snapshot.files(name, version).length === 0) problems.add(`${name} ${version} has no file`)
    }
  return { names: universe.versions.size, versions, problems: [...problems].sort() }
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
  const expected = new Map([
    [snapshotFiles.metadata, formatMetadata(rows(snapshot.metadata).map(({ facts }) => facts))],
    [snapshotFiles.files, formatFiles(rows(snapshot.files))],
    [snapshotFiles.entryPoints, formatEntryPoints(rows(snapshot.entryPoints))],
    [snapshotFiles.unpinned, formatUnpinned(snapshot.unpinned())],
  ])
  for (const [file, text] of expected) {
    const path = join(dir, file)
    if (!existsSync(path)) problems.add(`${file} is missing`)
    else if ((await readText(path)) !== text) problems.add(`${file} is not as catalog update writes it`)
  }
}

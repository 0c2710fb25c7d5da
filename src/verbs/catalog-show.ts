import type { DistributionFile, Metadata } from '#catalog/catalog.js'
import { loadSnapshot, type Snapshot } from '#catalog/snapshot.js'
import type { EntryPoints } from '#catalog/wheel-facts.js'
import { SvcsplitError, visible } from '#errors.js'
import { loadFleet } from '#inputs/fleet.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'

export interface CatalogShowOptions {
  /** Default: the shipped facts, and the user's own beside them. */
  readonly dir?: string
  readonly name?: string
  readonly version?: string
}

/** How much is known. */
interface CatalogSummary {
  readonly kind: 'summary'
  readonly names: number
  readonly versions: number
  readonly asOf?: string
  /** Distributions that no release pins, sorted. */
  readonly unpinned: readonly DistributionName[]
}

interface CatalogName {
  readonly kind: 'name'
  readonly name: DistributionName
  /** Oldest first. */
  readonly versions: readonly string[]
}

interface CatalogVersion {
  readonly kind: 'version'
  readonly metadata: Metadata
  readonly files: readonly DistributionFile[]
  readonly entryPoints?: EntryPoints
}

/** What is known offline: of everything, of one distribution, or of one version of it. @throws E-CAT-MISSING */
export function catalogShow(options: CatalogShowOptions): CatalogSummary | CatalogName | CatalogVersion {
  const snapshot =
    options.dir === undefined ? loadSnapshot(...loadFleet().catalogDirs) : loadSnapshot(options.dir)
  if (options.name === undefined) return summary(snapshot)
  const name = normalizeName(options.name)
  const versions = snapshot.versions(name)
  if (versions.length === 0)
    throw new SvcsplitError('E-CAT-MISSING', `nothing is known offline of ${visible(options.name, 80)}`, {
      hint: 'svcsplit catalog show tells how much is known; catalog update learns more',
    })
  if (options.version === undefined) return { kind: 'name', name, versions }
  const known =
    tryParseVersion(options.version) === undefined ? undefined : snapshot.metadata(name, options.version)
  if (known === undefined)
    throw new SvcsplitError(
      'E-CAT-MISSING',
      `nothing is known offline of ${name} ${visible(options.version, 40)}`,
      {
        hint: `known are ${versions.join(', ')}`,
      },
    )
  const entryPoints = snapshot.entryPoints(name, options.version)
  return {
    kind: 'version',
    metadata: known,
    files: snapshot.files(name, options.version),
    ...(entryPoints === undefined ? {} : { entryPoints }),
  }
}

function summary(snapshot: Snapshot): CatalogSummary {
  const names = snapshot.names()
  const { asOf, versions } = snapshot.unpinned()
  return {
    kind: 'summary',
    names: names.length,
    versions: names.reduce((sum, name) => sum + snapshot.versions(name).length, 0),
    ...(asOf === undefined ? {} : { asOf }),
    unpinned: [...versions.keys()],
  }
}

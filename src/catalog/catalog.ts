import type { DistributionName } from '#pep/name.js'

/** What the index says of one version of a distribution (core metadata 2.x; PEP 643 where static). */
export interface Metadata {
  readonly distribution: DistributionName
  /** As the index spells it. */
  readonly version: string
  readonly requiresPython?: string
  /** Requires-Dist lines in their own order, so that an index into them is a place to look up. */
  readonly requires: readonly string[]
  /** Provides-Extra, as written. */
  readonly extras: readonly string[]
  /** How it is known: from a wheel, from an sdist that says it is static, or by building the sdist. */
  readonly from: 'wheel' | 'sdist' | 'build'
}

/** One file of a distribution version on the index (PEP 691, PEP 700). */
export interface DistributionFile {
  readonly filename: string
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  /** ISO 8601, UTC. */
  readonly uploadTime?: string
  readonly requiresPython?: string
  /** PEP 592: true or the reason. */
  readonly yanked?: boolean | string
  /** Known only when an index was asked: shipped facts name no host. */
  readonly url?: string
}

/** What exists and what it demands; offline from a snapshot, or from an index. Rejects only for broken input or infrastructure. */
export interface Catalog {
  /** Every version known, in PEP 440 order, oldest first; empty if the name is unknown. */
  versions(name: DistributionName): Promise<readonly string[]>
  metadata(name: DistributionName, version: string): Promise<Metadata | undefined>
  files(name: DistributionName, version: string): Promise<readonly DistributionFile[]>
}

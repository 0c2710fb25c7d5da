import type { FileOrigin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { SpecifierSet } from '#pep/specifier-set.js'

/** One version of a distribution that could be chosen. */
export interface Candidate {
  /** As the catalog spells it. */
  readonly version: string
  /** Requires-Python where it is known without the metadata. */
  readonly requiresPython?: SpecifierSet
  /** PEP 592: to be chosen only where it is pinned. */
  readonly yanked?: boolean
}

/** One line of Requires-Dist that counts in this environment, with or without an extra. */
export interface Demand {
  readonly name: DistributionName
  readonly extras: readonly string[]
  readonly specifiers: SpecifierSet
  /** Counts only where this extra of the demanding distribution is wanted. */
  readonly underExtra?: string
  /** Place in Requires-Dist, from 0. */
  readonly index: number
}

/**
 * What the code of one version needs beyond its metadata: if the distribution is there, then in a version that has
 * the name. It asks for nothing by itself.
 */
export interface CodeNeed {
  readonly name: DistributionName
  /** The known versions that have it. */
  readonly specifiers: SpecifierSet
  /** `oslo_utils.secretutils.md5`. */
  readonly needs: string
  /** The first line of the code that uses it. */
  readonly at: FileOrigin
}

/** What one version demands in one marker environment. */
export interface VersionFacts {
  readonly requiresPython?: SpecifierSet
  readonly demands: readonly Demand[]
  /** Provides-Extra, normalised; what is not among them can be wanted, and brings nothing. */
  readonly extras?: readonly string[]
  /** None where the code is not asked, or not known. */
  readonly code?: readonly CodeNeed[]
  /** Why the facts cannot be used: missing, not readable, or a direct URL. */
  readonly trouble?: string
  /** With `trouble`: the facts exist, and could be had by other means; an answer that rests on this is not certain. */
  readonly isMissing?: boolean
}

/**
 * What the solver knows of distributions, for one marker environment. The answer `undefined` means "not loaded
 * yet": the search then stops and says what it waits for. Facts never change once they have been given.
 */
export interface Facts {
  /** Whether a distribution without candidates is known not to exist; else it is only not known. */
  readonly knowsAllNames: boolean
  /** Each version once; empty if there is no such distribution. */
  candidates(name: DistributionName): readonly Candidate[] | undefined
  release(name: DistributionName, version: string): VersionFacts | undefined
}

/** Facts that a search waits for. */
export interface Needs {
  readonly names: readonly DistributionName[]
  readonly releases: readonly { readonly name: DistributionName; readonly version: string }[]
}

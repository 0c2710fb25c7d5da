import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { SpecifierSet } from '#pep/specifier-set.js'

/**
 * One thing that somebody asked for, and could take back. A conflict is a set of lines, and so is a fix.
 * - `demand`: the distribution has to be there, in a version that the specifiers admit;
 * - `pin`: if the distribution is there, then in a version that the specifiers admit (a constraint);
 * - `python`: the environment's Python, which Requires-Python may refuse;
 * - `gap`: a fact that is not known, or cannot be used; nobody can take it back, but knowing more could.
 */
export interface Line {
  /** Unique in a session; lines are put in order by it, never by where they stood in the input. */
  readonly key: string
  readonly kind: 'demand' | 'pin' | 'python' | 'gap'
  readonly name: DistributionName
  readonly extras: readonly string[]
  readonly specifiers: SpecifierSet
  /** Version and name as written: `oslo.service>=4.5.0`. */
  readonly text: string
  /** Who asks: `nova 33.0.0`, `profile nova`, `2025.1 constraints`, `command line`. */
  readonly by: string
  /** `nova@2026.1`, where the line belongs to a service release. */
  readonly owner?: string
  readonly origin?: Origin
  /** Of a gap: what is wrong with the fact. */
  readonly trouble?: string
  /** Of a gap: knowing more could change the answer. */
  readonly isMissing?: boolean
}

/** How pre-releases may be chosen; see docs/solver.md. */
export type PrereleaseMode = 'pip' | 'allow' | 'disallow' | 'explicit'

export interface Solution {
  readonly kind: 'solution'
  /** Versions as the catalog spells them, by name in order. */
  readonly pins: ReadonlyMap<DistributionName, string>
  /** Extras that are wanted of each distribution that has some. */
  readonly extras: ReadonlyMap<DistributionName, readonly string[]>
}

export interface Unsolvable {
  readonly kind: 'unsolvable'
  /** Lines that cannot hold together; not necessarily a smallest such set. */
  readonly core: readonly Line[]
}

/** The budget ended before there was an answer. */
export interface Undecided {
  readonly kind: 'undecided'
}

import type { DistributionName } from '#pep/name.js'
import { type SpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { compareVersions, tryParseVersion, type Version } from '#pep/version.js'
import { addRank, type Bitset, complementOf, emptySet, fullSet, setOf } from './bitset.js'
import type { Variable } from './engine.js'
import type { Candidate } from './facts.js'

/**
 * One distribution as a variable: rank 0 is "not there", ranks 1, 2, ... are its versions, oldest first in the
 * order of PEP 440, so that sets of versions are sets of bits.
 */
export interface Package {
  readonly name: DistributionName
  readonly variable: Variable
  /** Ranks, "not there" among them. */
  readonly size: number
  /** At `rank - 1`. */
  readonly candidates: readonly Candidate[]
  readonly versions: readonly Version[]
  /** Versions that specifiers admit, by their text; rank 0 never among them. */
  readonly admitted: Map<string, Bitset>
  readonly prereleases: Bitset
  readonly yanked: Bitset
  /** Ranks whose demands have become clauses: by extra, `''` for those that count in any case. */
  readonly expanded: Map<string, Bitset>
  /** Boolean variables: is this extra wanted? */
  readonly extras: Map<string, Variable>
  /** `all but this rank`, made when first needed. */
  readonly others: (Bitset | undefined)[]
}

/** Versions that are none by PEP 440 are left out: no index tool can order them. */
export function ordered(candidates: readonly Candidate[]): { candidate: Candidate; version: Version }[] {
  return candidates
    .flatMap((candidate) => {
      const version = tryParseVersion(candidate.version)
      return version === undefined ? [] : [{ candidate, version }]
    })
    .sort(
      (a, b) => compareVersions(a.version, b.version) || (a.candidate.version < b.candidate.version ? -1 : 1),
    )
}

export function packageOf(
  name: DistributionName,
  known: readonly { candidate: Candidate; version: Version }[],
  variable: Variable,
): Package {
  const size = known.length + 1
  const ranksWhere = (test: (item: { candidate: Candidate; version: Version }) => boolean) =>
    setOf(
      size,
      known.flatMap((item, i) => (test(item) ? [i + 1] : [])),
    )
  return {
    name,
    variable,
    size,
    candidates: known.map(({ candidate }) => candidate),
    versions: known.map(({ version }) => version),
    admitted: new Map(),
    prereleases: ranksWhere(({ version }) => version.prerelease),
    yanked: ranksWhere(({ candidate }) => candidate.yanked === true),
    expanded: new Map([['', emptySet(size)]]),
    extras: new Map(),
    others: [],
  }
}

/** The versions that the specifiers admit, pre-releases among them: when those may be chosen is another rule. */
export function admittedBy(pack: Package, specifiers: SpecifierSet): Bitset {
  const known = pack.admitted.get(specifiers.text)
  if (known !== undefined) return known
  const set = emptySet(pack.size)
  for (let i = 0; i < pack.versions.length; i++) if (admits(pack, i, specifiers)) addRank(set, i + 1)
  pack.admitted.set(specifiers.text, set)
  return set
}

/** `===` compares spellings: the catalog's and the canonical one both count. */
function admits(pack: Package, index: number, specifiers: SpecifierSet): boolean {
  if (specifierSetContains(specifiers, pack.versions[index]!, true)) return true
  return (
    specifiers.spellings.length > 0 && specifierSetContains(specifiers, pack.candidates[index]!.version, true)
  )
}

export function allBut(pack: Package, rank: number): Bitset {
  let set = pack.others[rank]
  if (set === undefined) {
    set = complementOf(setOf(pack.size, [rank]), pack.size)
    pack.others[rank] = set
  }
  return set
}

/** The same set, or "not there". */
export function orAbsent(set: Bitset): Bitset {
  const result = Int32Array.from(set)
  addRank(result, 0)
  return result
}

export function anyVersion(pack: Package): Bitset {
  const set = fullSet(pack.size)
  set[0]! &= ~1
  return set
}

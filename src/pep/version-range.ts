import type { Cut } from './cut.js'
import { complementCuts, cutsContain, everything, intersectCuts, nothing, uniteCuts } from './cuts.js'
import { cutsOf } from './specifier.js'
import type { SpecifierSet } from './specifier-set.js'
import { tryParseVersion, type Version } from './version.js'

/**
 * A set of versions, as intervals of the order of PEP 440, and of spellings. What `===` names is a spelling: it
 * admits the candidates that are written so and no equal ones, and it may be no version at all. Pre-releases
 * are versions like others here. The algebra is that of packaging 26.3's VersionRange (decision 0012).
 */
export interface VersionRange {
  /** Two for each interval, ascending. */
  readonly cuts: readonly Cut[]
  /** Lower-case spellings that are in whatever the cuts say. */
  readonly admitted: ReadonlySet<string>
  /** Lower-case spellings that are out whatever the cuts say. */
  readonly refused: ReadonlySet<string>
  /** Whether texts that are no versions are in, while no version is out: so it is for the empty specifier set. */
  readonly anyText: boolean
}

const none: ReadonlySet<string> = new Set()

export const anyVersion: VersionRange = { cuts: everything, admitted: none, refused: none, anyText: true }
export const noVersion: VersionRange = { cuts: nothing, admitted: none, refused: none, anyText: false }

/** What a specifier set admits, pre-releases included. */
export function rangeOf(set: SpecifierSet): VersionRange {
  if (set.specifiers.length === 0) return anyVersion
  if (set.spellings.length === 0) return range(set.cuts, none, none, false)
  return set.specifiers
    .map((specifier) =>
      specifier.operator === '==='
        ? range(nothing, new Set([specifier.version.toLowerCase()]), none, false)
        : range(cutsOf(specifier), none, none, false),
    )
    .reduce(intersect, anyVersion)
}

/** Whether a version is in; a text is looked up as it is spelled first, and as a version then. */
export function rangeContains(versions: VersionRange, version: Version | string): boolean {
  const { cuts, admitted, refused } = versions
  if (admitted.size > 0 || refused.size > 0) {
    const spelling = (typeof version === 'string' ? version : version.text).toLowerCase()
    if (refused.has(spelling)) return false
    if (admitted.has(spelling)) return true
  }
  const parsed = typeof version === 'string' ? tryParseVersion(version) : version
  return parsed === undefined ? admitsAnyText(versions) : cutsContain(cuts, parsed.key)
}

export function intersect(a: VersionRange, b: VersionRange): VersionRange {
  const cuts = intersectCuts(a.cuts, b.cuts)
  return combine(a, b, cuts, a.anyText && b.anyText && cuts.length > 0, (inA, inB) => inA && inB)
}

export function union(a: VersionRange, b: VersionRange): VersionRange {
  const cuts = uniteCuts(a.cuts, b.cuts)
  const anyText =
    cuts.length > 0
      ? (a.anyText && a.cuts.length > 0) || (b.anyText && b.cuts.length > 0)
      : a.anyText || b.anyText
  return combine(a, b, cuts, anyText, (inA, inB) => inA || inB)
}

/** What is in `a` and not in `b`; unlike an intersection with the complement it keeps spellings that `b` does not know. */
export function difference(a: VersionRange, b: VersionRange): VersionRange {
  if (b.cuts.length === 0 && b.admitted.size === 0) return a
  const cuts = intersectCuts(a.cuts, complementCuts(b.cuts))
  return combine(a, b, cuts, a.anyText && equalCuts(cuts, a.cuts), (inA, inB) => inA && !inB)
}

/** All versions that are not in it. Of texts that are no versions, those that it names change sides. */
export function complement({ cuts, admitted, refused, anyText }: VersionRange): VersionRange {
  return range(complementCuts(cuts), refused, admitted, anyText)
}

export function isEmpty(versions: VersionRange): boolean {
  return versions.cuts.length === 0 && versions.admitted.size === 0
}

export function isSubset(a: VersionRange, b: VersionRange): boolean {
  if (admitsAnyText(a) && !admitsAnyText(b)) return false
  return isEmpty(difference(a, b))
}

export function isDisjoint(a: VersionRange, b: VersionRange): boolean {
  return isEmpty(intersect(a, b))
}

export function equalRanges(a: VersionRange, b: VersionRange): boolean {
  return isSubset(a, b) && isSubset(b, a)
}

function admitsAnyText({ cuts, anyText }: VersionRange): boolean {
  return anyText && equalCuts(cuts, everything)
}

function combine(
  a: VersionRange,
  b: VersionRange,
  cuts: readonly Cut[],
  anyText: boolean,
  keep: (inA: boolean, inB: boolean) => boolean,
): VersionRange {
  const spellings = [...a.admitted, ...a.refused, ...b.admitted, ...b.refused]
  if (spellings.length === 0) return range(cuts, none, none, anyText)
  const admitted = new Set<string>()
  const refused = new Set<string>()
  for (const spelling of spellings)
    (keep(rangeContains(a, spelling), rangeContains(b, spelling)) ? admitted : refused).add(spelling)
  return range(cuts, admitted, refused, anyText)
}

/** Spellings that say no more than the cuts do are left out, so that equal sets look equal. */
function range(
  cuts: readonly Cut[],
  admitted: ReadonlySet<string>,
  refused: ReadonlySet<string>,
  anyText: boolean,
): VersionRange {
  if (admitted.size === 0 && refused.size === 0) return { cuts, admitted, refused, anyText }
  const plain: VersionRange = { cuts, admitted: none, refused: none, anyText }
  const differing = (spellings: ReadonlySet<string>, unless: boolean) =>
    new Set([...spellings].filter((spelling) => rangeContains(plain, spelling) !== unless))
  return {
    cuts,
    admitted: differing(admitted, true),
    refused: differing(refused, false),
    anyText,
  }
}

function equalCuts(a: readonly Cut[], b: readonly Cut[]): boolean {
  return a === b || (a.length === b.length && a.every((cut, at) => cut.key === b[at]!.key))
}

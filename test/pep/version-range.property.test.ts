import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { parseVersion } from '#pep/version.js'
import {
  complement,
  difference,
  equalRanges,
  intersect,
  isDisjoint,
  isEmpty,
  isSubset,
  noVersion,
  rangeContains,
  rangeOf,
  union,
  type VersionRange,
} from '#pep/version-range.js'
import { orderedSet, orderedSpecifier, specifierSet, version } from './arbitraries.js'

const range = orderedSet.map((text) => rangeOf(parseSpecifierSet(text)))

describe('the range of a specifier set', () => {
  it('contains the versions that the set contains', () => {
    fc.assert(
      fc.property(specifierSet, version, (text, candidate) => {
        const set = parseSpecifierSet(text)
        expect(rangeContains(rangeOf(set), candidate)).toBe(specifierSetContains(set, candidate))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the algebra of ranges', () => {
  it('is that of sets, version by version', () => {
    fc.assert(
      fc.property(range, range, version, (a, b, candidate) => {
        const [inA, inB] = [rangeContains(a, candidate), rangeContains(b, candidate)]
        expect(rangeContains(intersect(a, b), candidate)).toBe(inA && inB)
        expect(rangeContains(union(a, b), candidate)).toBe(inA || inB)
        expect(rangeContains(complement(a), candidate)).toBe(!inA)
        expect(rangeContains(difference(a, b), candidate)).toBe(inA && !inB)
        if (isSubset(a, b) && inA) expect(inB).toBe(true)
        if (isDisjoint(a, b)) expect(inA && inB).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  it('has one form for one set, whatever way led there', () => {
    const keys = ({ cuts }: VersionRange) => cuts.map(({ key }) => key)
    fc.assert(
      fc.property(range, range, range, (a, b, c) => {
        expect(keys(complement(complement(a)))).toEqual(keys(a))
        expect(keys(complement(union(a, b)))).toEqual(keys(intersect(complement(a), complement(b))))
        expect(keys(intersect(a, union(b, c)))).toEqual(keys(union(intersect(a, b), intersect(a, c))))
        expect(keys(difference(a, b))).toEqual(keys(intersect(a, complement(b))))
        expect(isSubset(a, b)).toBe(isEmpty(intersect(a, complement(b))))
        expect(equalRanges(intersect(a, complement(a)), noVersion)).toBe(true)
      }),
    )
  })

  it('calls no range empty that holds a version, and none full of gaps: each interval has a witness', () => {
    fc.assert(
      fc.property(orderedSpecifier, orderedSpecifier, (one, other) => {
        const both = intersect(rangeOf(parseSpecifierSet(one)), rangeOf(parseSpecifierSet(other)))
        for (let at = 0; at < both.cuts.length; at += 2) {
          const found = witnesses(both.cuts[at]!.version?.text).filter((text) => rangeContains(both, text))
          expect([one, other, found.length > 0]).toEqual([one, other, true])
        }
      }),
      { numRuns: 2000 },
    )
  })
})

/** Versions right above a cut, however it was named. */
function witnesses(base: string | undefined): string[] {
  if (base === undefined) return ['0.dev0']
  const found = [base]
  const { text, local, dev, pre, post, epoch, release } = parseVersion(base)
  found.push(local === undefined ? `${text}+0a` : `${text}.${'0'.repeat(30)}a`)
  if (local !== undefined) return found
  if (dev !== undefined) found.push(text.replace(/\d+$/, (digits) => String(BigInt(digits) + 1n)))
  else if (post !== undefined)
    found.push(`${text.replace(/\d+$/, (digits) => String(BigInt(digits) + 1n))}.dev0`)
  else found.push(`${text}.post0.dev0`)
  if (pre !== undefined && post === undefined && dev === undefined)
    found.push(`${text.replace(/\d+$/, (digits) => String(BigInt(digits) + 1n))}.dev0`)
  // Above all post-releases of a final release there is no first version: go as near as any case here needs.
  if (post === undefined && dev === undefined && pre === undefined)
    found.push(`${epoch}!${text.replace(/^\d+!/, '')}${'.0'.repeat(8 - release.length)}.1.dev0`)
  return found
}

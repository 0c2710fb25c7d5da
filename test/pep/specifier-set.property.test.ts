import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  filterVersions,
  formatSpecifierSet,
  parseSpecifierSet,
  specifierSetContains,
} from '#pep/specifier-set.js'
import { orderedSpecifier, specifierSet, version } from './arbitraries.js'

describe('a specifier set', () => {
  it('holds what all of its specifiers hold, in whatever order they stand', () => {
    fc.assert(
      fc.property(
        fc
          .array(orderedSpecifier, { minLength: 1, maxLength: 4 })
          .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        version,
        fc.constantFrom(undefined, true, false),
        ([all, shuffled], candidate, mode) => {
          const holds = specifierSetContains(parseSpecifierSet(all.join(',')), candidate, mode)
          expect(specifierSetContains(parseSpecifierSet(shuffled.join(' , ')), candidate, mode)).toBe(holds)
          expect(all.every((one) => specifierSetContains(parseSpecifierSet(one), candidate, mode))).toBe(
            holds,
          )
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('keeps its meaning when it is printed and read', () => {
    fc.assert(
      fc.property(specifierSet, version, (text, candidate) => {
        const set = parseSpecifierSet(text)
        const printed = formatSpecifierSet(set)
        expect(formatSpecifierSet(parseSpecifierSet(printed))).toBe(printed)
        expect(specifierSetContains(parseSpecifierSet(printed), candidate)).toBe(
          specifierSetContains(set, candidate),
        )
      }),
    )
  })

  it('filters a list to what it contains, but for pre-releases beside final ones', () => {
    fc.assert(
      fc.property(specifierSet, fc.array(version), (text, candidates) => {
        const set = parseSpecifierSet(text)
        const held = candidates.filter((candidate) => specifierSetContains(set, candidate))
        expect(filterVersions(set, candidates, true)).toEqual(held)
        const finals = held.filter((candidate) => specifierSetContains(set, candidate, false))
        expect(filterVersions(set, candidates, false)).toEqual(finals)
        const expected = set.asksForPrereleases || finals.length === 0 ? held : finals
        expect(filterVersions(set, candidates)).toEqual(expected)
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'
import { parseSpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { tryParseVersion } from '#pep/version.js'
import {
  anyVersion,
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
} from '#pep/version-range.js'
import { formatRange } from '#pep/version-range-format.js'
import { answers, differences } from './answers.js'

interface Answers {
  candidates: string[]
  sets: [text: string, empty: boolean][]
  pairs: string[]
  algebra: [a: number, b: number, empty: boolean[], cells: string][]
}
const { candidates, sets, pairs, algebra } = answers<Answers>('ranges')
const ranges = sets.map(([text]) => rangeOf(parseSpecifierSet(text)))
const of = (text: string) => rangeOf(parseSpecifierSet(text))

describe('version ranges agree with packaging 26.3', () => {
  it('on which sets are empty', () => {
    expect(
      differences(
        sets,
        ([text]) => isEmpty(of(text)),
        ([, empty]) => empty,
      ),
    ).toEqual([])
  })

  it('on which of two is a subset of the other, equal to it, or disjoint', () => {
    const wrong: string[] = []
    for (const [a, row] of pairs.entries())
      for (const [b, cell] of [...row].entries()) {
        const [left, right] = [ranges[a]!, ranges[b]!]
        const actual =
          Number(isSubset(left, right)) +
          2 * Number(isDisjoint(left, right)) +
          4 * Number(equalRanges(left, right))
        if (actual !== Number(cell)) wrong.push(`${sets[a]![0]} and ${sets[b]![0]}: ${actual}, not ${cell}`)
      }
    expect(wrong).toEqual([])
  })

  it('on what intersections, unions, complements and differences contain', () => {
    const actual = ([a, b]: Answers['algebra'][number]) => {
      const [left, right] = [ranges[a]!, ranges[b]!]
      const results = [intersect(left, right), union(left, right), complement(left), difference(left, right)]
      const cells = candidates.map((candidate) =>
        results
          .reduce((sum, result, at) => sum + (Number(rangeContains(result, candidate)) << at), 0)
          .toString(16),
      )
      return [results.map(isEmpty), cells.join('')]
    }
    expect(differences(algebra, actual, ([, , empty, cells]) => [empty, cells])).toEqual([])
  })

  it('and contain what the specifier sets contain', () => {
    for (const [at, [text]] of sets.entries()) {
      const set = parseSpecifierSet(text)
      for (const candidate of candidates) {
        const asked = `${candidate} in ${text}`
        expect([asked, rangeContains(ranges[at]!, candidate)]).toEqual([
          asked,
          specifierSetContains(set, candidate),
        ])
        const version = tryParseVersion(candidate)
        if (version === undefined) continue
        expect([asked, rangeContains(ranges[at]!, version)]).toEqual([
          asked,
          specifierSetContains(set, version),
        ])
      }
    }
  })
})

describe('formatRange', () => {
  it.each([
    ['>=1.0,<2.0', '>=1.0,<2.0'],
    ['>=1.0,<2.0,!=1.5,!=1.6.*', '>=1.0,<2.0,!=1.5,!=1.6.*'],
    ['==1.2.*', '==1.2.*'],
    ['==1.2.*,!=1.2.3', '==1.2.*,!=1.2.3'],
    ['==1.0', '==1.0'],
    ['==1.0+a', '==1.0+a'],
    ['~=1.4.2', '>=1.4.2,<1.5'],
    ['!=1.0', '!=1.0'],
    ['>1.0', '>1.0'],
    ['<=1.0', '<=1.0'],
    ['>=1.0,!=1.0', '>=1.0,!=1.0'],
    ['>1.0.post1', '>1.0.post1'],
    ['<2.0a1', '<2.0a1'],
    ['===weird', '===weird'],
    ['===1.0', '===1.0'],
    ['', 'any version'],
    ['>=2,<1', 'no version'],
  ])('says %j as %j', (text, expected) => {
    expect(formatRange(of(text))).toBe(expected)
  })

  it('joins intervals that no specifier set can', () => {
    expect(formatRange(union(of('<1'), of('>=2,<3')))).toBe('<1 or >=2,<3')
    expect(formatRange(complement(of('>=2')))).toBe('<=2,!=2')
    expect(formatRange(complement(of('===weird')))).toBe('any version')
    expect(formatRange(complement(of('===1.0')))).toBe('any version except ===1.0')
    expect(formatRange(union(of('==1.0'), of('===weird')))).toBe('==1.0 or ===weird')
    expect(formatRange(anyVersion)).toBe('any version')
    expect(formatRange(noVersion)).toBe('no version')
  })

  it('names every range of the oracle in a way that means the same, where one interval is left', () => {
    for (const range of ranges) {
      const text = formatRange(range)
      if (/version| or |except/.test(text)) continue
      expect([text, equalRanges(of(text), range)]).toEqual([text, true])
    }
  })
})

import { describe, expect, it } from 'vitest'
import {
  filterVersions,
  formatSpecifierSet,
  parseSpecifierSet,
  specifierSetContains,
  tryParseSpecifierSet,
} from '#pep/specifier-set.js'
import { tryParseVersion } from '#pep/version.js'
import { answers, differences } from './answers.js'

type Mode = boolean | null
interface Answers {
  candidates: string[]
  contains: [text: string, formatted: string, cells: string][]
  lists: string[][]
  filter: [text: string, mode: Mode, kept: number[][], long: [count: number, checksum: number]][]
  syntax: [text: string, formatted: string | null][]
}

const { candidates, contains, lists, filter, syntax } = answers<Answers>('specifiers')

describe('specifier sets agree with packaging 26.3', () => {
  it('on what they contain, for every pre-release mode', () => {
    const actual = ([text]: Answers['contains'][number]) => {
      const set = parseSpecifierSet(text)
      return candidates
        .map(
          (candidate) =>
            Number(specifierSetContains(set, candidate)) +
            2 * Number(specifierSetContains(set, candidate, true)) +
            4 * Number(specifierSetContains(set, candidate, false)),
        )
        .join('')
    }
    expect(differences(contains, actual, ([, , cells]) => cells)).toEqual([])
    expect(contains.length * candidates.length).toBeGreaterThan(6_600)
  })

  it('on what they keep of a list', () => {
    const actual = ([text, mode]: Answers['filter'][number]) => {
      const set = parseSpecifierSet(text)
      const places = (items: readonly string[]) => keptPlaces(set, items, mode ?? undefined)
      const long = places(candidates)
      return [lists.map(places), [long.length, long.reduce((sum, at) => sum + at * at, 0)]]
    }
    expect(differences(filter, actual, ([, , kept, long]) => [kept, long])).toEqual([])
  })

  it('on how they are printed', () => {
    const actual = ([text]: Answers['contains'][number]) => formatSpecifierSet(parseSpecifierSet(text))
    expect(differences(contains, actual, ([, formatted]) => formatted)).toEqual([])
  })

  it('on what is one at all', () => {
    const actual = ([text]: Answers['syntax'][number]) => {
      const set = tryParseSpecifierSet(text)
      return set === undefined ? null : formatSpecifierSet(set)
    }
    expect(differences(syntax, actual, ([, formatted]) => formatted)).toEqual([])
  })
})

describe('specifierSetContains', () => {
  it('gives the same answer for a version and for its text', () => {
    for (const [text] of contains) {
      const set = parseSpecifierSet(text)
      for (const candidate of candidates) {
        const version = tryParseVersion(candidate)
        if (version?.text === candidate)
          expect(specifierSetContains(set, version)).toBe(specifierSetContains(set, candidate))
      }
    }
  })
})

describe('parseSpecifierSet', () => {
  it.each([
    ['>=1.0, <', 'E-REQ-SPEC', 9, "no version follows '<'"],
    ['>=1.0 <2', 'E-REQ-VERSION', 6, "'1.0 <2' is not a version by PEP 440"],
    ['1.0', 'E-REQ-SPEC', 1, "'1.0' does not start with one of ~= == != <= >= < > ==="],
    ['>=1,>=1.0.*', 'E-REQ-SPEC', 10, "'.*' may stand only right after a release and only with '==' or '!='"],
    ['<1+a', 'E-REQ-SPEC', 3, "a local version may stand only with '==', '!=' or '==='"],
    ['~=1', 'E-REQ-SPEC', 3, "'~=1' needs a release of at least two numbers"],
    ['==one', 'E-REQ-VERSION', 3, "'one' is not a version by PEP 440"],
    ['===a b', 'E-REQ-SPEC', 4, "'a b' holds a blank, ')' or ';', which '===' cannot compare"],
  ])('says of %j what is wrong and where', (text, code, column, message) => {
    expect(() => parseSpecifierSet(text)).toThrow(
      expect.objectContaining({ code, message, at: { path: '', line: 1, column, text } }),
    )
  })
})

/** Where the kept items stood, though the same text may stand in a list twice. */
function keptPlaces(
  set: ReturnType<typeof parseSpecifierSet>,
  items: readonly string[],
  mode: boolean | undefined,
) {
  const boxed = items.map((text, at) => ({ text, at }))
  const kept = filterVersions(set, items, mode)
  const places: number[] = []
  let next = 0
  for (const { text, at } of boxed)
    if (text === kept[next]) {
      places.push(at)
      next++
    }
  return places
}

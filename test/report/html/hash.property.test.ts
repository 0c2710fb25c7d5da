import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatHash, parseHash } from '#report/html/page/hash.js'

/** Whole characters: half of a surrogate pair cannot stand in an address. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })

describe('a place in a report', () => {
  it('is the same place when its address is read back', () => {
    const places = fc.record({
      path: fc.array(text, { maxLength: 4 }),
      query: fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        text,
        { maxKeys: 5, noNullPrototype: true },
      ),
    })
    fc.assert(
      fc.property(places, (place) => {
        expect(parseHash(formatHash(place))).toEqual(place)
      }),
    )
  })

  it('has one spelling', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 40 }), (hash) => {
        const once = formatHash(parseHash(hash))
        expect(formatHash(parseHash(once))).toBe(once)
      }),
    )
  })

  it.each([
    ['', [], {}],
    ['#', [], {}],
    ['#/', [], {}],
    [
      '#/library/oslo-service?from=2025.1&to=2026.1',
      ['library', 'oslo-service'],
      { from: '2025.1', to: '2026.1' },
    ],
    ['#/?q=%E0%A4%A&rule', [], { q: '%E0%A4%A' }],
  ])('%j is read without complaint', (hash, path, query) => {
    expect(parseHash(hash)).toEqual({ path, query })
  })
})

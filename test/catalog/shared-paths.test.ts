import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatSharedPaths, parseSharedPaths, sharedPaths } from '#catalog/shared-paths.js'
import { loadSnapshot } from '#catalog/snapshot.js'
import { shippedRoot } from '#inputs/shipped-path.js'
import { normalizeName } from '#pep/name.js'

const installs = fc.array(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c').map(normalizeName),
    version: fc.constantFrom('1', '2'),
    paths: fc
      .dictionary(fc.constantFrom('x', 'y"\\', 'z\u2028'), fc.constantFrom('p', 'q'))
      .map((paths) => new Map(Object.entries(paths))),
  }),
  { maxLength: 6 },
)

describe('shared paths', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(installs, (all) => {
        const shared = sharedPaths(all)
        expect(parseSharedPaths(formatSharedPaths(shared), 's.jsonl')).toEqual(shared)
      }),
    )
  })

  it('are exactly those that two names bring with different contents', () => {
    fc.assert(
      fc.property(installs, (all) => {
        const told = new Set(sharedPaths(all).map(({ path }) => path))
        for (const path of ['x', 'y"\\', 'z\u2028']) {
          const there = all.filter(({ paths }) => paths.has(path))
          const clash = there.some((one) =>
            there.some((other) => one.name !== other.name && one.paths.get(path) !== other.paths.get(path)),
          )
          expect(told.has(path)).toBe(clash)
        }
      }),
    )
  })

  it('of the shipped versions are known', () => {
    expect(loadSnapshot(`${shippedRoot()}constraints/catalog`).sharedPaths()).toEqual([])
  })

  const header = formatSharedPaths([])
  it.each([
    ['nothing', '', 1],
    ['another header', '{}\n', 1],
    ['a line cut off', `${header}{"path":"x"`, 1],
    ['no JSON', `${header}x\n`, 2],
    ['other fields', `${header}{"path":1,"holders":[]}\n`, 2],
    ['a holder of two', `${header}{"path":"x","holders":[["a","1"]]}\n`, 2],
  ])('with %s are refused with their line', (_, text, line) => {
    expect(() => parseSharedPaths(text, 's.jsonl')).toThrow(
      expect.objectContaining({ code: 'E-CAT-FORM', at: { path: 's.jsonl', line } }),
    )
  })
})

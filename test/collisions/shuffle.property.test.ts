import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkSmall, type SmallFleet, told } from '../support/fleet.js'

const names = ['a', 'b', 'c', 'd', 'e', 'f']
const versions = ['1.0', '1.5', '2.0']

const line = fc
  .tuple(
    fc.constantFrom(...names),
    fc.constantFrom('', '[x]'),
    fc.constantFrom('', '>=1.5', '<2', '!=1.5', '>=2'),
  )
  .map((parts) => parts.join(''))
const requires = fc.array(
  fc.tuple(line, fc.constantFrom('', '; extra == "x"')).map((parts) => parts.join('')),
  { maxLength: 5 },
)
const pins = fc
  .tuple(...names.map(() => fc.option(fc.constantFrom(...versions), { nil: undefined })))
  .map((chosen) => chosen.flatMap((version, index) => (version ? [`${names[index]}===${version}`] : [])))

const fleets = fc.record({
  facts: fc.tuple(requires, ...names.flatMap(() => versions.map(() => requires))).map(([root, ...rest]) => ({
    'svc 2.0': root,
    ...Object.fromEntries(
      names.flatMap((name, i) =>
        versions.map((version, j) => [
          `${name} ${version}`,
          { requires: rest[i * versions.length + j]!, extras: ['x'] },
        ]),
      ),
    ),
  })),
  A: pins,
  B: pins,
})

function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  return items
    .map((item, index) => ({ item, key: Math.imul(index + 1, seed | 1) >>> 0 }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item)
}

function shuffle(fleet: SmallFleet, seed: number): SmallFleet {
  const facts = shuffled(Object.entries(fleet.facts), seed).map(([key, value]) => [
    key,
    'length' in value ? shuffled(value, seed) : { ...value, requires: shuffled(value.requires ?? [], seed) },
  ])
  const pinned = Object.entries(fleet.pins).map(([release, lines]) => [release, shuffled(lines, seed)])
  return { ...fleet, facts: Object.fromEntries(facts), pins: Object.fromEntries(pinned) }
}

it('finds the same whatever the order of facts, lines and pins', () => {
  fc.assert(
    fc.property(fleets, fc.integer(), ({ facts, A, B }, seed) => {
      const fleet: SmallFleet = { service: 'svc 2.0', release: 'B', facts, pins: { A, B } }
      const one = checkSmall(fleet, 'A')
      const other = checkSmall(shuffle(fleet, seed), 'A')
      expect(told(other)).toEqual(told(one))
      expect(other.findings.map(({ id, via }) => [id, via])).toEqual(
        one.findings.map(({ id, via }) => [id, via]),
      )
      expect(other.summary).toEqual(one.summary)
    }),
    { numRuns: 300 },
  )
})

it('tells each (rule, demanding distribution, specifier) once, and counts what it tells', () => {
  fc.assert(
    fc.property(fleets, ({ facts, A, B }) => {
      const { findings, summary } = checkSmall(
        { service: 'svc 2.0', release: 'B', facts, pins: { A, B } },
        'A',
      )
      const keys = findings.map(({ rule, demand, distribution }) =>
        JSON.stringify([rule, demand.by, distribution, demand.specifier]),
      )
      expect(new Set(keys).size).toBe(keys.length)
      expect(new Set(findings.map(({ id }) => id)).size).toBe(findings.length)
      for (const [rule, count] of Object.entries(summary.findings))
        expect(findings.filter((finding) => finding.rule === rule)).toHaveLength(count)
    }),
    { numRuns: 300 },
  )
})

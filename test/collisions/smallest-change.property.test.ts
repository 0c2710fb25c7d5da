import fc from 'fast-check'
import { expect, it } from 'vitest'
import { smallestChange } from '#collisions/smallest-change.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { specifierSetContains } from '#pep/specifier-set.js'
import type { Pins } from '#solver/closure.js'
import { type Facts, factsFrom, pinsOf } from '../support/fleet.js'

const names = ['a', 'b', 'c', 'd']
/** Oldest first; from each to each other is a patch, a minor or a major jump. */
const versions = ['1.0', '1.0.1', '1.1', '2.0']
const python = '3.11'
const environment = markerEnvironment(python, 'linux/amd64')

interface Row {
  readonly requires: readonly string[]
  readonly extras: readonly string[]
  readonly python?: string
}

const line = fc
  .tuple(
    fc.constantFrom(...names),
    fc.constantFrom('', '', '[x]'),
    fc.constantFrom('', '>=1.0.1', '>=1.1', '>=2', '<1.1', '<2', '!=1.1'),
    fc.constantFrom('', '', '; extra == "x"'),
  )
  .map((parts) => parts.join(''))
const requires = fc.array(
  fc.oneof({ weight: 12, arbitrary: line }, { weight: 1, arbitrary: fc.constant('svc>=3') }),
  {
    maxLength: 3,
  },
)
const row = fc.record({
  requires,
  extras: fc.constant(['x']),
  floor: fc.integer({ min: 0, max: 9 }),
})
const pinned = fc
  .tuple(...names.map(() => fc.option(fc.constantFrom(...versions), { nil: undefined, freq: 6 })))
  .map(
    (chosen) =>
      new Map(chosen.flatMap((version, index) => (version ? [[names[index]!, version] as const] : []))),
  )

const fleets = fc.record({
  own: fc.array(line, { minLength: 1, maxLength: 4 }),
  rows: fc.tuple(...names.flatMap(() => versions.map(() => row))),
  host: pinned,
  tested: pinned,
})

type Fleet = typeof fleets extends fc.Arbitrary<infer T> ? T : never

function rowsOf({ own, rows }: Fleet): ReadonlyMap<string, Row> {
  const all = new Map<string, Row>([['svc 2.0', { requires: own, extras: ['x'] }]])
  for (const [i, name] of names.entries())
    for (const [j, version] of versions.entries()) {
      const { floor, ...said } = rows[i * versions.length + j]!
      // The oldest version of each runs on every Python, so that there is always a newest one that does.
      all.set(`${name} ${version}`, j > 0 && floor === 0 ? { ...said, python: '>=3.12' } : said)
    }
  return all
}

/** Whether the service meets no error with these versions: written anew, without the closure of the product. */
function isSound(
  fleet: Fleet,
  rows: ReadonlyMap<string, Row>,
  changed: ReadonlyMap<string, string>,
): boolean {
  const { host, tested } = fleet
  const versionOf = (name: string): string =>
    changed.get(name) ??
    (name === 'svc'
      ? '2.0'
      : (host.get(name) ??
        tested.get(name) ??
        versions.findLast((version) => rows.get(`${name} ${version}`)!.python === undefined)!))
  const isFirm = (name: string): boolean => name === 'svc' || changed.has(name) || host.has(name)
  const isAnyones = (name: string): boolean => !isFirm(name) && !tested.has(name)
  const reached = new Map<string, Set<string>>([['svc', new Set()]])
  const demands: { readonly name: string; readonly accepts: (version: string) => boolean }[] = []
  for (let isChanged = true; isChanged; ) {
    isChanged = false
    demands.length = 0
    for (const [name, extras] of [...reached]) {
      for (const text of rows.get(`${name} ${versionOf(name)}`)!.requires) {
        const [demand = '', marker] = text.split('; ')
        if (marker !== undefined && !extras.has('x')) continue
        const requirement = parseRequirement(demand)
        const { name: target } = requirement
        const before = reached.get(target)
        const wanted = before ?? new Set<string>()
        if (before === undefined) isChanged = true
        for (const extra of requirement.extras) {
          if (!wanted.has(extra)) isChanged = true
          wanted.add(extra)
        }
        reached.set(target, wanted)
        demands.push({
          name: target,
          accepts: (version) => specifierSetContains(requirement.specifiers, version, true),
        })
      }
    }
  }
  const fits = (name: string): boolean =>
    !isFirm(name) || rows.get(`${name} ${versionOf(name)}`)!.python === undefined
  return (
    [...reached.keys()].every(fits) &&
    demands.every(({ name, accepts }) => {
      if (accepts(versionOf(name))) return true
      if (!isAnyones(name)) return false
      const others = versions.filter(
        (version) => version !== versionOf(name) && rows.get(`${name} ${version}`)!.python === undefined,
      )
      return !others.some(accepts)
    })
  )
}

function costOf(
  fleet: Fleet,
  rows: ReadonlyMap<string, Row>,
  changed: ReadonlyMap<string, string>,
): number[] {
  const cost = [0, 0, 0, 0, 0]
  for (const [name, to] of changed) {
    const pin = fleet.host.get(name)
    const from =
      pin ??
      fleet.tested.get(name) ??
      versions.findLast((version) => rows.get(`${name} ${version}`)!.python === undefined)!
    cost[4]! += Math.abs(versions.indexOf(to) - versions.indexOf(from))
    if (pin === undefined) {
      cost[3]! += 1
      continue
    }
    cost[0]! += 1
    if (from[0] !== to[0]) cost[1]! += 1
    else if (from[2] !== to[2]) cost[2]! += 1
  }
  return cost
}

function compare(one: readonly number[], other: readonly number[]): number {
  const place = one.findIndex((value, index) => value !== other[index])
  return place === -1 ? 0 : one[place]! - other[place]!
}

/** Every change of every distribution, tried. */
function bruteForce(fleet: Fleet, rows: ReadonlyMap<string, Row>): number[] | undefined {
  let best: number[] | undefined
  const choose = (index: number, changed: ReadonlyMap<string, string>): void => {
    if (index === names.length) {
      const cost = costOf(fleet, rows, changed)
      if ((best === undefined || compare(cost, best) < 0) && isSound(fleet, rows, changed)) best = cost
      return
    }
    const name = names[index]!
    const usual =
      fleet.host.get(name) ??
      fleet.tested.get(name) ??
      versions.findLast((version) => rows.get(`${name} ${version}`)!.python === undefined)
    choose(index + 1, changed)
    for (const version of versions)
      if (version !== usual && rows.get(`${name} ${version}`)!.python === undefined)
        choose(index + 1, new Map(changed).set(name, version))
  }
  choose(0, new Map())
  return best
}

function ask(fleet: Fleet, rows: ReadonlyMap<string, Row>, budget = 10_000) {
  const pins = (chosen: ReadonlyMap<string, string>): Pins =>
    pinsOf([...chosen].map(([name, version]) => `${name}===${version}`))
  return smallestChange({
    root: {
      service: 'svc',
      distribution: { name: normalizeName('svc'), version: '2.0' },
      extras: [],
      additions: [],
    },
    pins: pins(fleet.host),
    ownPins: pins(fleet.tested),
    environment,
    facts: factsFrom(Object.fromEntries(rows) as Facts),
    budget,
  })
}

it('finds a smallest change of the host exactly where one exists, as trying every change does', () => {
  const seen = { found: 0, none: 0, moved: 0 }
  fc.assert(
    fc.property(fleets, (fleet) => {
      const rows = rowsOf(fleet)
      const best = bruteForce(fleet, rows)
      const change = ask(fleet, rows)
      if (best === undefined) {
        seen.none += 1
        expect(change.kind).toBe('none')
        return
      }
      if (change.kind !== 'found') throw new Error(`${change.kind}, but ${best.join(' ')} will do`)
      seen.found += 1
      if (change.versions.size > 1) seen.moved += 1
      const versionsFound: ReadonlyMap<DistributionName, string> = change.versions
      expect(isSound(fleet, rows, versionsFound)).toBe(true)
      expect(costOf(fleet, rows, versionsFound)).toEqual(best)
      expect(change).toMatchObject({ exact: true, atLeast: best[0] })
    }),
    { numRuns: 1500 },
  )
  // Most random fleets must be neither hopeless nor trivial, or this shows little.
  expect(Math.min(seen.found, seen.none)).toBeGreaterThan(100)
  expect(seen.moved).toBeGreaterThan(50)
})

it('gives with a small budget a change that works, or none, and a bound that holds', () => {
  fc.assert(
    fc.property(fleets, fc.integer({ min: 1, max: 4 }), (fleet, budget) => {
      const rows = rowsOf(fleet)
      const best = bruteForce(fleet, rows)
      const change = ask(fleet, rows, budget)
      if (change.kind === 'none') expect(best).toBeUndefined()
      else {
        if (best !== undefined) expect(change.atLeast).toBeLessThanOrEqual(best[0]!)
        if (change.kind === 'found') expect(isSound(fleet, rows, change.versions)).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

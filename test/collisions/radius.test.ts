import { describe, expect, it } from 'vitest'
import type { Candidate } from '#collisions/analysis.js'
import { cellBudget, type Radius, type RadiusOptions } from '#collisions/radius.js'
import { withRaises } from '#collisions/raises.js'
import { normalizeName } from '#pep/name.js'
import { checkSmall, factsFrom, type SmallFleet } from '../support/fleet.js'

type Small = Pick<SmallFleet, 'facts' | 'pins'> & Partial<SmallFleet>

/** Another service of the host's release. */
function neighbour(service: string): Candidate {
  return {
    service,
    release: 'A',
    version: '1.0',
    root: {
      service,
      distribution: { name: normalizeName(service), version: '1.0' },
      extras: [],
      additions: [],
    },
    ownPins: () => undefined,
    entryPoints: () => undefined,
  }
}

function askOnA(
  fleet: Small,
  others: readonly string[] | undefined = [],
  options: Partial<RadiusOptions> = {},
) {
  const cell = checkSmall({ service: 'svc 2.0', release: 'B', ...fleet }, 'A')
  return withRaises(cell, {
    facts: factsFrom(fleet.facts),
    on: () => others?.map(neighbour),
    budget: cellBudget,
    ...options,
  })
}

function moved(radius: Radius | undefined): readonly string[] {
  if (radius?.kind !== 'moves') return [radius?.kind ?? 'nothing to ask']
  return radius.moves.map(({ distribution, from, to, jump }) => `${distribution} ${from} ${to} ${jump}`)
}

describe('the smallest change of the host', () => {
  it('is not asked for where nothing is refused', () => {
    expect(
      askOnA({ facts: { 'svc 2.0': ['lib'], 'lib 1.0': [] }, pins: { A: ['lib===1.0'], B: [] } }).radius,
    ).toBeUndefined()
  })

  it.each([
    ['the patch before the minor', ['1.0', '1.0.3', '1.1', '2.0'], '>1.0', 'lib 1.0 1.0.3 patch'],
    ['the minor before the major', ['1.0', '1.4', '2.0'], '>1.0', 'lib 1.0 1.4 minor'],
    ['the nearest of equal jumps', ['1.0', '1.4', '1.5'], '>1.0', 'lib 1.0 1.4 minor'],
    ['down where it must', ['0.9', '1.0', '2.0'], '<1', 'lib 1.0 0.9 major'],
    ['no pre-release where there is a final one', ['1.0', '1.1rc1', '2.0'], '>1.0', 'lib 1.0 2.0 major'],
  ])('takes %s', (_title, versions, specifier, expected) => {
    const facts = Object.fromEntries(versions.map((version) => [`lib ${version}`, []]))
    const fleet = { facts: { ...facts, 'svc 2.0': [`lib${specifier}`] }, pins: { A: ['lib===1.0'], B: [] } }
    expect(moved(askOnA(fleet).radius)).toEqual([expected])
  })

  it('follows what moved pins demand, and prefers fewer pins to smaller jumps', () => {
    const facts = {
      'svc 2.0': ['a>1'],
      'a 1.0': [],
      'a 1.1': ['b>=2', 'c>=2'],
      'a 2.0': ['b>=2'],
      'b 1.0': [],
      'b 2.0': [],
      'c 1.0': [],
      'c 2.0': [],
    }
    const pins = { A: ['a===1.0', 'b===1.0', 'c===1.0'], B: [] }
    expect(moved(askOnA({ facts, pins }).radius)).toEqual(['a 1.0 2.0 major', 'b 1.0 2.0 major'])
  })

  it('may move who demands in place of what is demanded', () => {
    const facts = {
      'svc 2.0': ['a', 'c>=2'],
      'a 1.0': ['c<2'],
      'a 1.1': [],
      'c 1.0': [],
      'c 2.0': [],
    }
    expect(moved(askOnA({ facts, pins: { A: ['a===1.0', 'c===1.0'], B: [] } }).radius)).toEqual([
      'a 1.0 1.1 minor',
      'c 1.0 2.0 major',
    ])
  })

  it('moves a pin that refuses the Python', () => {
    const facts = { 'svc 2.0': ['lib'], 'lib 1.0': [], 'lib 2.0': { python: '>=3.12' } }
    expect(moved(askOnA({ facts, pins: { A: ['lib===2.0'], B: [] } }).radius)).toEqual(['lib 2.0 1.0 major'])
  })

  it('names what has to come in another version, though no pin moves for it', () => {
    const facts = {
      'svc 2.0': ['new', 'lib'],
      'new 3.0': ['lib>=2'],
      'new 2.0': ['lib'],
      'lib 1.0': [],
      'lib 2.0': [],
    }
    const { radius } = askOnA({ facts, pins: { A: ['lib===1.0'], B: ['new===3.0', 'lib===2.0'] } })
    expect(radius).toMatchObject({ kind: 'moves', moves: [], adds: new Map([['new', '2.0']]), exact: true })
  })

  it('is none where the service itself refuses the Python, and where no known version will do', () => {
    const floor = askOnA({
      facts: { 'svc 2.0': { python: '>=3.12' }, 'lib 1.0': [] },
      pins: { A: ['lib===1.0'], B: [] },
    }).radius
    expect(floor).toMatchObject({ kind: 'none', by: { rule: 'python-floor', distribution: 'svc' } })
    const unknown = askOnA({
      facts: { 'svc 2.0': ['lib>=3'], 'lib 1.0': [], 'lib 2.0': [] },
      pins: { A: ['lib===1.0'], B: [] },
    }).radius
    expect(unknown).toMatchObject({ kind: 'none', by: { rule: 'collision', distribution: 'lib' } })
  })

  it('says what it knows when the budget ends', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const facts = Object.fromEntries(
      names.flatMap((name, index) => [
        [`${name} 1.0`, []],
        [`${name} 2.0`, index + 1 < names.length ? [`${names[index + 1]}>=2`] : ['g<2']],
      ]),
    )
    const fleet = {
      facts: { ...facts, 'svc 2.0': ['a>=2', 'h'], 'g 1.0': [], 'g 2.0': [], 'h 1.0': ['g>=2'], 'h 2.0': [] },
      pins: { A: [...names.map((name) => `${name}===1.0`), 'g===2.0', 'h===1.0'], B: [] },
    }
    const whole = askOnA(fleet).radius
    expect(whole).toMatchObject({ kind: 'moves', exact: true, atLeast: 8 })
    const cut = askOnA(fleet, [], { budget: 1 }).radius
    expect(cut).toMatchObject({ kind: 'moves', exact: false })
    expect(cut?.kind === 'moves' && cut.atLeast).toBeLessThanOrEqual(8)
  })
})

describe('who is disturbed', () => {
  const facts = {
    'svc 2.0': ['lib>=2'],
    'svc 1.0': ['lib'],
    'lib 1.0': [],
    'lib 2.0': ['deep>=2'],
    'deep 1.0': [],
    'deep 2.0': [],
    'calm 1.0': ['other'],
    'other 1.0': [],
    'kept 1.0': ['lib'],
    'torn 1.0': ['lib<2'],
  }
  const pins = { A: ['lib===1.0', 'deep===1.0', 'other===1.0'], B: ['lib===2.0', 'deep===2.0'] }

  it('is every other service with a moved pin in its closure, with what the moved pins refuse', () => {
    const { radius, findings } = askOnA({ facts, pins }, ['calm', 'kept', 'svc', 'torn'])
    expect(radius?.kind === 'moves' && radius.disturbs).toMatchObject([
      { service: 'kept', holds: ['lib'], refused: [] },
      { service: 'torn', holds: ['lib'], refused: [{ demand: { by: 'torn 1.0', specifier: '<2' } }] },
    ])
    expect(findings[0]!.fixes).toMatchObject([
      { kind: 'separate', verified: true },
      {
        kind: 'raise',
        pins: new Map([
          ['lib', '2.0'],
          ['deep', '2.0'],
        ]),
        disturbs: ['kept', 'torn'],
        verified: true,
      },
    ])
  })

  it("is not known on a host of the user's own", () => {
    const { radius, findings } = askOnA({ facts, pins }, undefined, { on: () => undefined })
    expect(radius).toMatchObject({ kind: 'moves', disturbs: undefined })
    expect(findings[0]!.fixes[1]).not.toHaveProperty('disturbs')
  })
})

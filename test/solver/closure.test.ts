import { describe, expect, it } from 'vitest'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { normalizeName } from '#pep/name.js'
import { closure, demandsOf, distributionsOf, type Root } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import { needsExtra } from '#solver/requires-line.js'
import { type Facts, factsFrom, pinsOf } from '../support/fleet.js'

const environment = markerEnvironment('3.11', 'linux/amd64')

function rootOf(service: string): Root {
  const [name = '', version = ''] = service.split(' ')
  return { service: name, distribution: { name: normalizeName(name), version }, extras: [], additions: [] }
}

function walk(facts: Facts, pins: readonly string[], ownPins: readonly string[] = []) {
  return closure({
    root: rootOf('svc 1.0'),
    pins: pinsOf(pins),
    ownPins: pinsOf(ownPins),
    environment,
    facts: factsFrom(facts),
  })
}

describe('a closure', () => {
  it('reaches everything, says why each version is there, and keeps each demand with place and chain', () => {
    const walked = walk(
      {
        'svc 1.0': ['a>=1', 'old; python_version < "3.9"'],
        'a 1.0': ['b[x]'],
        'b 1.0': { requires: ['c; extra == "x"', 'd; extra == "y"'], extras: ['x', 'y'] },
        'c 1.0': [],
        'e 1.0': [],
        'e 2.0b1': [],
      },
      ['a===1.0', 'b===1.0', 'd===9'],
      ['c===1.0'],
    )
    expect(
      [...distributionsOf(walked)].map(([name, { version, reason }]) => [name, version, reason]),
    ).toEqual([
      ['svc', '1.0', 'service'],
      ['a', '1.0', 'pin'],
      ['b', '1.0', 'pin'],
      ['c', '1.0', 'missing'],
    ])
    expect(
      demandsOf(walked).map(({ by, target, specifier, via, direct }) => [by, target, specifier, via, direct]),
    ).toEqual([
      ['svc 1.0', 'a', '>=1', ['svc'], true],
      ['a 1.0', 'b', '', ['svc', 'a'], false],
      ['b 1.0', 'c', '', ['svc', 'a', 'b'], false],
    ])
    expect(demandsOf(walked)[2]!.origin).toEqual({
      distribution: 'b',
      version: '1.0',
      field: 'Requires-Dist',
      index: 0,
    })
  })

  it('takes the newest final version of what nobody pins that this Python may have', () => {
    const facts = {
      'svc 1.0': ['e'],
      'e 1.0': [],
      'e 2.0': { python: '>=3.12' },
      'e 1.5': [],
      'e 1.6rc1': [],
    }
    const e = distributionsOf(walk(facts, [])).get(normalizeName('e'))
    expect(e).toMatchObject({ version: '1.5', reason: 'unpinned' })
  })

  it('takes two lines with one specifier and different extras as both', () => {
    const walked = walk(
      {
        'svc 1.0': ['a>=1', 'a[x]>=1'],
        'a 1.0': { requires: ['b; extra == "x"'], extras: ['x'] },
        'b 1.0': [],
      },
      ['a===1.0', 'b===1.0'],
    )
    expect([...distributionsOf(walked).keys()]).toEqual(['svc', 'a', 'b'])
    expect(demandsOf(walked).filter(({ target }) => target === 'a')).toHaveLength(1)
  })

  it('asks for the facts of a version once, however many walks meet it', () => {
    const known = factsFrom({ 'svc 1.0': ['a'], 'a 1.0': ['b'], 'b 1.0': [], 'b 2.0': [] })
    const asked: string[] = []
    const facts: ClosureFacts = {
      versions: known.versions,
      metadata: (name, version) => {
        asked.push(`${name} ${version}`)
        return known.metadata(name, version)
      },
    }
    const root = rootOf('svc 1.0')
    for (const b of ['1.0', '2.0', '1.0'])
      closure({ root, pins: pinsOf(['a===1.0', `b===${b}`]), environment, facts })
    expect(asked.sort()).toEqual(['a 1.0', 'b 1.0', 'b 2.0', 'svc 1.0'])
  })
})

it.each([
  ['a; extra == "x"', true],
  ["a (>=1) ; extra == 'x'", true],
  ["a ; (python_version < '3') and extra == 'x'", true],
  ['a ; python_version < "3" or extra == "x"', false],
  ['a ; extra != "x"', false],
  ['a ; extra == "x" and python_version < "3"', false],
  ['extra-lib>=1', false],
  ['a[extra]; python_version == "3.9"', false],
])('whether %s can hold without an extra is told without parsing: %s', (line, needed) => {
  expect(needsExtra(line)).toBe(needed)
})

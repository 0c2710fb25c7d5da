import { describe, expect, it } from 'vitest'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { normalizeName } from '#pep/name.js'
import { chainsTo } from '#solver/chains.js'
import { closure, distributionsOf } from '#solver/closure.js'
import { type Facts, factsFrom } from '../support/fleet.js'

function chains(facts: Facts, target: string, most = 100) {
  const walked = closure({
    root: {
      service: 'svc',
      distribution: { name: normalizeName('svc'), version: '1' },
      extras: [],
      additions: [],
    },
    pins: new Map(),
    environment: markerEnvironment('3.11', 'linux/amd64'),
    facts: factsFrom(facts),
  })
  const found = chainsTo(walked, distributionsOf(walked).get(normalizeName(target))!, most)
  const texts = found.chains.map((chain) =>
    ['svc', ...chain.map(({ demands }) => demands[0]!.target)].join(' '),
  )
  return { texts, isAll: found.isAll }
}

describe('chains of demands', () => {
  it('are all told, shortest first, through circles and not round them', () => {
    const facts = {
      'svc 1': ['a', 'b', 'x'],
      'a 1': ['b', 'x'],
      'b 1': ['a', 'x', 'c'],
      'c 1': ['svc', 'c'],
      'x 1': ['a'],
    }
    expect(chains(facts, 'x')).toEqual({
      texts: ['svc x', 'svc a x', 'svc b x', 'svc a b x', 'svc b a x'],
      isAll: true,
    })
  })

  it('hold an extra only where it is asked for', () => {
    const row = { requires: ['y; extra == "fast"'], extras: ['fast'] }
    expect(chains({ 'svc 1': ['a[fast]', 'b'], 'a 1': row, 'b 1': ['a'], 'y 1': [] }, 'y').texts).toEqual([
      'svc a y',
      'svc b a y',
    ])
  })

  it('end at a limit and say so', () => {
    const layers = Array.from({ length: 12 }, (_, layer) => [`l${layer}`, `r${layer}`])
    const facts = Object.fromEntries(
      layers.flatMap((names, layer) => names.map((name) => [`${name} 1`, layers[layer + 1] ?? ['z']])),
    )
    const all = { ...facts, 'svc 1': layers[0]!, 'z 1': [] }
    expect(chains(all, 'z', 50)).toMatchObject({ isAll: false, texts: { length: 50 } })
    expect(chains(all, 'z', 5000)).toMatchObject({ isAll: true, texts: { length: 4096 } })
  })
})

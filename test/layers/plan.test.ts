import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PlannedDistribution, planLayers } from '#layers/plan.js'
import { type DistributionName, normalizeName } from '#pep/name.js'

const name = normalizeName
const small = 50_000

function planned(
  names: readonly string[],
  sizes: Readonly<Record<string, number>> = {},
): PlannedDistribution[] {
  return names.map((text) => ({ name: name(text), version: '1.0', size: sizes[text] ?? small }))
}

function weights(pairs: Readonly<Record<string, number>>): ReadonlyMap<DistributionName, number> {
  return new Map(Object.entries(pairs).map(([text, weight]) => [name(text), weight]))
}

describe('the layers of a service', () => {
  const shares = weights({ six: 15, 'oslo.config': 15, cryptography: 15, eventlet: 9, 'os-brick': 3 })

  it('go from what all services share to the service itself', () => {
    const groups = planLayers({
      distributions: planned(['nova', 'six', 'oslo.config', 'eventlet', 'os-brick', 'websockify']),
      root: name('nova'),
      weights: shares,
      services: 15,
    })

    expect(groups.map(({ distributions }) => distributions.join(' '))).toEqual([
      'six',
      'oslo-config',
      'eventlet',
      'os-brick',
      'websockify',
      'nova',
    ])
  })

  it('give a large distribution a layer of its own, below its like', () => {
    const groups = planLayers({
      distributions: planned(['nova', 'six', 'attrs', 'cryptography'], { cryptography: 4_000_000 }),
      root: name('nova'),
      weights: weights({ six: 15, attrs: 15, cryptography: 15 }),
      services: 15,
    })

    expect(groups.map(({ distributions }) => distributions.join(' '))).toEqual([
      'cryptography',
      'attrs six',
      'nova',
    ])
  })

  it('are equal from below in two services whose shared pins agree', () => {
    const common = ['six', 'attrs', 'oslo.config', 'cryptography']
    const all = weights(Object.fromEntries(common.map((text) => [text, 15])))
    const lowest = (service: string, own: readonly string[]) =>
      planLayers({
        distributions: planned([service, ...common, ...own], { cryptography: 4_000_000 }),
        root: name(service),
        weights: all,
        services: 15,
      }).slice(0, 3)

    expect(lowest('nova', ['websockify', 'os-vif'])).toEqual(lowest('glance', ['boto3']))
  })

  it('stay few, however many large distributions there are', () => {
    const many = Array.from({ length: 60 }, (_, index) => `big${index}`)
    const groups = planLayers({
      distributions: planned(['nova', ...many], Object.fromEntries(many.map((text) => [text, 5_000_000]))),
      root: name('nova'),
      weights: new Map(),
      services: 1,
    })

    expect(groups.length).toBeLessThanOrEqual(13)
  })

  it('hold every distribution once, in whatever order they come', () => {
    const any = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(
        any,
        fc.infiniteStream(fc.nat(15)),
        fc.infiniteStream(fc.nat(6_000_000)),
        (names, shares, sizes) => {
          const distributions = names.map((text) => ({
            name: name(text),
            version: '1',
            size: sizes.next().value,
          }))
          const weights = new Map(names.map((text) => [name(text), shares.next().value]))
          const options = { distributions, root: name(names[0]!), weights, services: 15 }

          const groups = planLayers(options)

          expect(groups.flatMap((group) => group.distributions).sort()).toEqual(names.map(name).sort())
          expect(planLayers({ ...options, distributions: [...distributions].reverse() })).toEqual(groups)
          expect(groups.at(-1)!.distributions).toEqual([name(names[0]!)])
        },
      ),
    )
  })
})

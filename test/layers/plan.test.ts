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

  const many = Array.from({ length: 150 }, (_, index) => `big${index}`)
  const large = {
    distributions: planned(['nova', ...many], Object.fromEntries(many.map((text) => [text, 5_000_000]))),
    root: name('nova'),
    weights: new Map(),
    services: 1,
  }

  it('stay few, however many large distributions there are', () => {
    expect(planLayers(large).length).toBeLessThanOrEqual(62)
  })

  it('are at most as many as somebody wants, and as many as that allows', () => {
    expect(planLayers({ ...large, layers: 11 }).length).toBeLessThanOrEqual(9)
    expect(planLayers({ ...large, layers: 153 }).length).toBe(151)
    const glance = planned(['glance', 'six', 'attrs', 'oslo.log', 'oslo.i18n'], {
      'oslo.log': 1000,
      'oslo.i18n': 1000,
    })
    const options = { distributions: glance, root: name('glance'), weights: new Map(), services: 1 }
    expect(planLayers(options)).toHaveLength(3)
    expect(planLayers({ ...options, layers: 20 })).toHaveLength(5)
  })

  it('give a library that often changes a layer of its own, unless it is tiny', () => {
    const groups = planLayers({
      distributions: planned(['nova', 'six', 'attrs', 'oslo.config', 'oslo.i18n', 'oslo.limit'], {
        'oslo.i18n': 20_000,
        'oslo.limit': 20_000,
      }),
      root: name('nova'),
      weights: weights({ six: 15, attrs: 15, 'oslo.config': 15, 'oslo.i18n': 15, 'oslo.limit': 15 }),
      services: 15,
    })

    expect(groups.map(({ distributions }) => distributions.join(' '))).toEqual([
      'attrs six',
      'oslo-config',
      'oslo-i18n oslo-limit',
      'nova',
    ])
  })

  it('stay the same when one of them has another version', () => {
    const distributions = planned(['nova', 'six', 'oslo.config', 'eventlet', 'os-brick'])
    const options = { root: name('nova'), weights: shares, services: 15 }
    const patched = distributions.map((one) =>
      one.name === 'oslo-config' ? { ...one, version: '1.0.1' } : one,
    )

    expect(planLayers({ ...options, distributions: patched })).toEqual(
      planLayers({ ...options, distributions }),
    )
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

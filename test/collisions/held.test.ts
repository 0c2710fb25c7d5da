import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadSnapshot } from '#catalog/snapshot.js'
import type { Held } from '#collisions/held.js'
import { pinsFor } from '#inputs/constraints-file.js'
import { loadFleet } from '#inputs/fleet.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { closure, demandsOf, distributionsOf } from '#solver/closure.js'
import { type Analysis, analyze } from '#verbs/analyze.js'
import { factsOf, serviceRoot } from '#verbs/service-release.js'

const python = '3.11'
const platform = 'linux/amd64'
const asked = { python, platform, index: { offline: true }, surroundings: true } as const

describe('what a host holds of the distributions that findings speak of', () => {
  let result: Analysis
  let held: readonly Held[]

  beforeAll(async () => {
    result = await analyze({ ...asked, services: ['nova@2026.1'], host: '2025.1' })
    held = result.held!
  }, 60_000)

  it('has every distribution of an error, and every pin that would move', () => {
    expect(held.map(({ distribution }) => distribution)).toEqual([
      'cotyledon',
      'futurist',
      'os-traits',
      'oslo-service',
    ])
  })

  it('agrees with the closures of the services that run there', () => {
    const fleet = loadFleet()
    const facts = factsOf(loadSnapshot(join(fleet.root, 'constraints/catalog')))
    const environment = markerEnvironment(python, platform)
    const pins = pinsFor(fleet.constraints('2025.1'), environment)
    for (const { distribution, version, services, demandedBy } of held) {
      const walks = [...fleet.releases.byName.get('2025.1')!.services.keys()].sort().map((service) => ({
        service,
        walked: closure({ root: serviceRoot(fleet, facts, service, '2025.1'), pins, environment, facts }),
      }))
      const having = walks.filter(({ walked }) => distributionsOf(walked).has(distribution))
      expect(services).toEqual(having.map(({ service }) => service))
      for (const { walked } of having)
        expect(distributionsOf(walked).get(distribution)?.version).toBe(version)
      const demands = new Set(
        walks.flatMap(({ service, walked }) =>
          demandsOf(walked)
            .filter(({ target }) => target === distribution)
            .map(({ by, specifier }) => `${service}: ${by} wants ${specifier}`),
        ),
      )
      const told = demandedBy.flatMap(({ by, specifier, services: who }) =>
        who.map((service) => `${service}: ${by} wants ${specifier}`),
      )
      expect(told.sort()).toEqual([...demands].sort())
    }
  })

  it('takes the candidates where nobody knows who runs there', async () => {
    const own = await analyze({
      ...asked,
      services: ['nova@2026.1'],
      constraints: ['constraints/2025.1.txt'],
    })
    const service = own.held!.find(({ distribution }) => distribution === 'oslo-service')!
    expect(service.services).toEqual(['nova'])
    expect(service.demandedBy.find(({ by }) => by.startsWith('nova '))).toMatchObject({ refused: true })
  })

  it('is left out where nobody asked', async () => {
    const bare = await analyze({ ...asked, surroundings: false, services: ['nova@2026.1'], host: '2025.1' })
    expect(bare.held).toBeUndefined()
    expect(bare.images).toBeUndefined()
  })
})

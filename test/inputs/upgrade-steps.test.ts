import { describe, expect, it } from 'vitest'
import { loadSnapshot } from '#catalog/snapshot.js'
import { loadFleet } from '#inputs/fleet.js'
import { secondsOf } from '#inputs/upgrade-steps.js'
import { normalizeName } from '#pep/name.js'

const fleet = loadFleet()
const services = [...fleet.releases.list.at(-1)!.services.keys()]

/** Programs of the libraries, and those that each base has. */
const elsewhere = new Set(['django-admin'])

describe('the upgrades of the shipped profiles', () => {
  const snapshot = loadSnapshot(`${fleet.root}/constraints/catalog`)

  it.each(services)('call for %s only programs that every release of it brings', (service) => {
    const { distribution } = fleet.profile(service)
    const { upgrade } = fleet.upgrade(service)
    const programs = upgrade!.steps.flatMap(({ run }) => (run === undefined ? [] : [run[0]!]))
    for (const { services: shipped } of fleet.releases.list) {
      const facts = snapshot.entryPoints(normalizeName(distribution), shipped.get(service)!.version)!
      const scripts = new Set([
        ...(facts.groups.get('console_scripts')?.keys() ?? []),
        ...facts.scripts.keys(),
      ])
      expect(programs.filter((program) => !scripts.has(program) && !elsewhere.has(program))).toEqual([])
    }
  })

  it.each(services)('say what every code of %s means, and where that is written down', (service) => {
    const { upgrade } = fleet.upgrade(service)
    expect(upgrade!.sources.length).toBeGreaterThan(0)
    for (const { answers, run, shell, set, restart } of upgrade!.steps) {
      expect([run, shell, set, restart].filter((one) => one !== undefined)).toHaveLength(1)
      expect(answers.some(({ code }) => code === 0)).toBe(true)
      expect(new Set(answers.map(({ code }) => code)).size).toBe(answers.length)
    }
  })

  it('mark a point of no return wherever the schema changes', () => {
    const without = services.filter((service) =>
      fleet.upgrade(service).upgrade!.steps.every(({ final }) => final === undefined),
    )
    expect(without.sort()).toEqual(['horizon', 'swift'])
    for (const service of services)
      if (fleet.upgrade(service).upgrade!.restart === 'cold')
        expect(fleet.upgrade(service).upgrade!.interrupts).toBeDefined()
  })

  it('order services without a circle', () => {
    const after = new Map(
      services.map((service) => [service, fleet.upgrade(service).edges.map((edge) => edge.after)]),
    )
    const left = new Set(services)
    for (;;) {
      const ready = [...left].filter((service) => after.get(service)!.every((other) => !left.has(other)))
      if (ready.length === 0) break
      for (const service of ready) left.delete(service)
    }
    expect([...left]).toEqual([])
  })

  it('name only processes of the profile in their order, where the profile has any', () => {
    for (const service of services) {
      const { processes } = fleet.profile(service)
      const { upgrade } = fleet.upgrade(service)
      if (new Set(processes.map(({ name }) => name)).size < 2) continue
      const known = new Set(upgrade!.order)
      expect([service, processes.filter(({ name }) => !known.has(name)).map(({ name }) => name)]).toEqual([
        service,
        [],
      ])
    }
  })
})

it.each([
  ['90s', 90],
  ['30m', 1800],
  ['2h', 7200],
  ['0m', undefined],
  ['30', undefined],
  ['1.5h', undefined],
])('%s is %s seconds', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds)
})

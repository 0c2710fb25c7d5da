import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Plan, Step } from '#upgrade/plan.js'
import { stepsOf } from '#upgrade/plan.js'
import { plan } from '#verbs/plan.js'

/** A service that is upgraded cold, and one with a task that wants every container stopped, on two machines. */
const fleet = `release: "2024.1"
images: registry.example/cloud/{service}:{release}
services:
  heat:
    containers:
      - {name: heat-api-a, process: heat-api, host: a}
      - {name: heat-engine-a, process: heat-engine, host: a}
      - {name: heat-engine-b, process: heat-engine, host: b}
  neutron:
    containers:
      - {name: neutron-server-a, process: neutron-server, host: a}
      - {name: neutron-server-b, process: neutron-server, host: b}
`

let folder = ''
let made: Plan
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-hosts-'))
  const path = join(folder, 'fleet.yaml')
  writeFileSync(path, fleet)
  made = await plan({
    targets: ['heat@2024.2', 'neutron@2024.2'],
    fleet: path,
    glibc: '2.36',
    offline: true,
  })
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The machine that the name of a container in a command ends with. */
const machinesOf = ({ commands }: Pick<Step, 'commands'>): readonly string[] => [
  ...new Set(
    commands.flatMap((line) =>
      [...line.matchAll(/(?:heat|neutron)-[a-z-]+-([ab])\b/g)].map(([, one]) => one!),
    ),
  ),
]

describe('Steps of containers on several machines', () => {
  it('each run on the machine of the containers that they name, the way back too', () => {
    const steps = made.services.flatMap((service) => [...stepsOf(service), ...service.restore])
    const naming = steps.filter((step) => machinesOf(step).length > 0)
    expect(naming.length).toBeGreaterThan(10)
    for (const step of naming) {
      expect([step.id, machinesOf(step)]).toEqual([step.id, [step.host]])
      if (step.undo.commands.length > 0) expect(machinesOf(step.undo)).toEqual([step.host])
    }
  })

  it('stop a service that is upgraded cold everywhere, before its schema is touched', () => {
    const { window } = made.services.find(({ service }) => service === 'heat')!
    const stops = window.filter(({ phase }) => phase === 'stop')
    expect(stops.map(({ host }) => host)).toEqual(['a', 'b'])
    expect(window.findIndex(({ phase }) => phase === 'expand')).toBeGreaterThan(window.indexOf(stops[1]!))
  })

  it('stop and start everything around a task that wants that', () => {
    const { later } = made.services.find(({ service }) => service === 'neutron')!
    const phases = later.map(({ phase, host }) => [phase, host])
    expect(phases.slice(-5)).toEqual([
      ['stop', 'a'],
      ['stop', 'b'],
      ['contract', undefined],
      ['restart', 'a'],
      ['restart', 'b'],
    ])
  })
})

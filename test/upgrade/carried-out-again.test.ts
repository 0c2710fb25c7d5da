import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Plan, type ServicePlan, stepsOf } from '#upgrade/plan.js'
import { plan } from '#verbs/plan.js'

/** Replaced in place, taken over, stopped in between, off a shared host, with processes that come and go. */
const fleet = `release: "2024.1"
proxy: {socket: /run/haproxy.sock, drain: 2}
hosts: {shared: {release: "2024.1"}}
services:
  cinder:
    containers:
      - {name: c1, process: cinder-api, port: 8001, backend: cinder/c1, spare: {name: c3, port: 8003, backend: cinder/c3}}
      - {name: c2, process: cinder-api, port: 8002, backend: cinder/c2}
      - {name: volume, process: cinder-volume}
  heat:
    containers:
      - {name: h1, process: heat-api, port: 7001}
      - {name: h2, process: heat-engine}
  neutron:
    containers:
      - {name: n1, process: neutron-server, host: a}
      - {name: n2, process: neutron-server, host: b}
  designate:
    containers:
      - {name: d1, process: designate-api}
      - {name: d2, process: designate-agent}
  glance:
    on: shared
    containers:
      - {name: g1, port: 6001}
`

const folder = mkdtempSync(join(tmpdir(), 'svcsplit-again-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const services = ['cinder', 'heat', 'neutron', 'designate', 'glance']
const engines = ['podman', 'docker'] as const
const made = new Map<string, Plan>()
beforeAll(async () => {
  for (const engine of engines) {
    const path = join(folder, `${engine}.yaml`)
    writeFileSync(path, `engine: ${engine}\n${fleet}`)
    const targets = services.map((service) => `${service}@2024.2`)
    made.set(engine, await plan({ targets, fleet: path, glibc: '2.36', offline: true }))
  }
}, 120_000)

/** Names of containers that are there. */
type World = Set<string>

/** An engine as strict as a real one: a name is there once, and nothing is done with one that is not there. */
function carryOut(world: World, commands: readonly string[]): boolean {
  for (const line of commands) {
    const run = /^(?:podman|docker) run --detach --name=(\S+)/.exec(line)?.[1]
    const wanted = /^(?:podman|docker) (?:start|restart --time 60) (\S+)$/.exec(line)?.[1]
    const removed = /(?:podman|docker) rm (?:--ignore )?--force (\w+)/.exec(line)?.[1]
    if (run !== undefined && world.has(run)) return false
    if (wanted !== undefined && !world.has(wanted)) return false
    if (run !== undefined) world.add(run)
    if (removed !== undefined) world.delete(removed)
  }
  return true
}

const of = (engine: string, service: string): ServicePlan =>
  made.get(engine)!.services.find((one) => one.service === service)!
const beginning = ({ containers, on }: ServicePlan): World =>
  new Set(
    on === undefined ? containers.filter(({ before }) => before !== undefined).map(({ name }) => name) : [],
  )
const cases = engines.flatMap((engine) => services.map((service) => [engine, service] as const))

describe('Every step of a plan', () => {
  it.each(cases)('may be carried out again, whether it has failed or not (%s, %s)', (engine, service) => {
    const plan = of(engine, service)
    const world = beginning(plan)
    for (const { id, commands } of stepsOf(plan)) {
      for (let end = 0; end < commands.length; end++)
        expect([id, end, carryOut(world, commands.slice(0, end))]).toEqual([id, end, true])
      expect([id, carryOut(world, commands)]).toEqual([id, true])
    }
  })

  it.each(cases)('is undone from wherever it has failed (%s, %s)', (engine, service) => {
    const plan = of(engine, service)
    const world = beginning(plan)
    let undone = 0
    for (const { id, commands, undo } of stepsOf(plan)) {
      const before = [...world].sort()
      if (undo.commands.length > 0)
        for (let end = 0; end <= commands.length; end++) {
          const there = new Set(world)
          carryOut(there, commands.slice(0, end))
          for (const round of [1, 2])
            expect([id, end, round, carryOut(there, undo.commands), [...there].sort()]).toEqual([
              ...[id, end, round, true, before],
            ])
          undone += 1
        }
      carryOut(world, commands)
    }
    expect(undone).toBeGreaterThan(0)
  })

  it.each(cases)('of a restore too, from wherever the plan stands (%s, %s)', (engine, service) => {
    const plan = of(engine, service)
    const world = beginning(plan)
    for (const { id, commands } of stepsOf(plan)) {
      carryOut(world, commands)
      const there = new Set(world)
      for (const step of [...plan.restore, ...plan.restore])
        expect([id, step.id, carryOut(there, step.commands)]).toEqual([id, step.id, true])
      for (const name of beginning(plan)) expect([id, there.has(name)]).toEqual([id, true])
    }
  })
})

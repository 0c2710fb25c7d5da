import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Plan, ServicePlan, Step } from '#upgrade/plan.js'
import { plan } from '#verbs/plan.js'

/** Two services whose replicas are taken over, and two that are stopped before anything starts beside them. */
const fleet = `release: "2024.1"
images: registry.example/cloud/{service}:{release}
proxy: {socket: /run/haproxy.sock, drain: 2}
hosts: {shared: {release: "2024.1"}}
services:
  cinder:
    containers:
      - {name: c1, process: cinder-api, port: 8001, backend: cinder/c1, spare: {name: c3, port: 8003, backend: cinder/c3}}
      - {name: c2, process: cinder-api, port: 8002, backend: cinder/c2, spare: {name: c4, port: 8004, backend: cinder/c4}}
      - {name: volume, process: cinder-volume}
  neutron:
    containers:
      - {name: n1, process: neutron-server, port: 9001, backend: neutron/n1, spare: {name: n3, port: 9003, backend: neutron/n3}}
      - {name: n2, process: neutron-server, port: 9002, backend: neutron/n2, spare: {name: n4, port: 9004, backend: neutron/n4}}
  heat:
    containers:
      - {name: h1, process: heat-api, port: 7001, backend: heat/h1, spare: {name: h2, port: 7002, backend: heat/h2}}
  glance:
    on: shared
    containers:
      - {name: g1, port: 6001, backend: glance/g1, spare: {name: g2, port: 6002, backend: glance/g2}}
`

const folder = mkdtempSync(join(tmpdir(), 'svcsplit-after-take-over-'))
let made: Plan
beforeAll(async () => {
  const path = join(folder, 'fleet.yaml')
  writeFileSync(path, fleet)
  const targets = ['cinder', 'neutron', 'heat', 'glance'].map((service) => `${service}@2024.2`)
  made = await plan({ targets, fleet: path, glibc: '2.36', offline: true })
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const of = (service: string): ServicePlan => made.services.find((one) => one.service === service)!

/** Containers that commands do something with. */
const named = (commands: readonly string[], what: RegExp): readonly string[] =>
  commands.flatMap((line) => [...(what.exec(line)?.slice(1) ?? [])])
const stopped = (steps: readonly Pick<Step, 'commands'>[]): readonly string[] =>
  steps.flatMap(({ commands }) => named(commands, /^podman stop .* (\w+)$/))
const startedBy = ({ commands }: Pick<Step, 'commands'>): readonly string[] =>
  named(commands, /^podman run --detach --name=(\w+) /)

describe('After new replicas have taken over', () => {
  it('it is they that are restarted once more, and asked for', () => {
    const again = of('cinder').later.filter(({ commands }) => commands.join('\n').includes('podman restart'))
    expect(again.map(({ id }) => id)).toEqual([
      'cinder/restart-again-volume',
      'cinder/restart-again-c3',
      'cinder/restart-again-c4',
    ])
    expect(named(again[1]!.commands, /podman restart .* (\w+)$/)).toEqual(['c3'])
    expect(again[1]!.commands.join('\n')).toContain('cinder/c3 state drain')
    const asked = of('cinder').later.find(({ id }) => id === 'cinder/before-again-c3')!
    expect(asked.commands.join('\n')).toContain('$2!="c3"')
  })

  it('it is they that are stopped around a task that wants that', () => {
    const contract = of('neutron').later.find(({ final }) => final !== undefined)!
    expect(stopped([contract])).toEqual(['n3', 'n4'])
    expect(startedBy(contract)).toEqual(['n3', 'n4'])
    expect(contract.commands.join('\n')).toContain('neutron/n3 state ready')
  })

  it.each([
    ['cinder', ['volume', 'c3', 'c4'], ['volume', 'c1', 'c2']],
    ['neutron', ['n3', 'n4'], ['n1', 'n2']],
    ['heat', ['h1'], ['h1']],
  ])('it is they that are stopped before a dump of %s is restored', (service, ended, begun) => {
    const { restore } = of(service)
    const at = restore.findIndex(({ phase }) => phase === 'restore')
    expect(stopped(restore.slice(0, at))).toEqual(ended)
    expect(restore.slice(at).flatMap(startedBy)).toEqual(begun)
  })
})

describe('A service that is stopped before the new release starts', () => {
  it.each(['heat', 'glance'])('has nothing beside it: %s', (service) => {
    expect(of(service).containers.map(({ beside }) => beside)).toEqual(
      of(service).containers.map(() => undefined),
    )
    expect(of(service).later.filter(({ id }) => id.includes('retire'))).toEqual([])
  })
})

describe('A step that is undone where it failed on its way', () => {
  it.each([
    ['cinder', /\/retire-c1$/],
    ['heat', /\/stop-/],
  ])('ends what may still be there before it starts it again: %s %s', (service, id) => {
    const { window, later } = of(service)
    const { undo } = [...window, ...later].find((step) => id.test(step.id))!
    for (const name of startedBy(undo)) {
      const ended = undo.commands.indexOf(`podman rm --ignore --force ${name}`)
      expect(ended).toBeGreaterThan(-1)
      expect(ended).toBeLessThan(undo.commands.findIndex((line) => line.includes(`--name=${name} `)))
    }
    expect(startedBy(undo)).not.toEqual([])
  })

  it('also where containers of several machines are stopped for a task', async () => {
    const path = join(folder, 'hosts.yaml')
    writeFileSync(
      path,
      `release: "2024.1"
services:
  neutron:
    containers:
      - {name: n1, process: neutron-server, host: a}
      - {name: n2, process: neutron-server, host: b}
`,
    )
    const { services } = await plan({
      targets: ['neutron@2024.2'],
      fleet: path,
      glibc: '2.36',
      offline: true,
    })
    const stop = services[0]!.later.filter(({ phase }) => phase === 'stop')
    expect(stop.map(({ undo }) => stopped([undo]))).toEqual([['n1'], ['n2']])
    const ids = services[0]!.later.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => /restart-/.test(id))).toEqual(['neutron/restart-3', 'neutron/restart-4'])
  })
})

describe('The question whether another replica serves', () => {
  it('is put once something depends on the answer: the first new replica serves before an old one is drained', () => {
    const before = of('cinder').window.filter(({ id }) => /\/before-/.test(id))
    expect(before.map(({ id }) => id)).toEqual(['cinder/before-c2'])
  })

  it('comes with what a reload of the proxy would undo', () => {
    const step = of('cinder').window.find(({ id }) => id === 'cinder/restart-c1')!
    expect(step.note).toContain('load-server-state-from-file')
  })
})

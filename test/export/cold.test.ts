import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compose } from '#export/compose.js'
import type { ExportFile } from '#export/files.js'
import { quadlet } from '#export/quadlet.js'
import type { Plan } from '#upgrade/plan.js'
import { smallPlan } from './plan-fixture.js'

let made: Plan
const linesOf = (files: readonly ExportFile[]): readonly string[] =>
  files.find(({ path }) => path === 'upgrade/run.sh')!.text.split('\n')
beforeAll(async () => {
  const plan = await smallPlan()
  // A container of a process that the new release has no longer.
  const services = plan.services.map((service) => {
    const [first] = service.containers
    const { after: _, ...old } = { ...first!, name: `${service.service}-gone` }
    return { ...service, containers: [...service.containers, old] }
  })
  made = { ...plan, services }
}, 120_000)

describe('A service that is upgraded cold', () => {
  it.each([
    [
      'compose',
      compose,
      /compose -f compose\.yaml stop .*heat-engine/,
      /^podman stop --ignore --time 60 heat-gone/,
    ],
    [
      'quadlet',
      quadlet,
      /^systemctl stop heat-engine\.service/,
      /^if systemctl cat heat-gone\.service .*; then systemctl stop heat-gone\.service; fi$/,
    ],
  ] as const)('is stopped by %s before its database is dumped and its schema changed', (_, engine, stop, gone) => {
    const lines = linesOf(engine(made))
    const at = (form: RegExp) => lines.findIndex((line) => form.test(line))
    const [stopped, ended] = [at(stop), at(gone)]
    const [dumped, changed] = [at(/mariadb-dump.*heat/), at(/heat-expand-1|heat-manage db_sync/)]
    expect(Math.min(stopped, ended, dumped, changed)).toBeGreaterThan(-1)
    expect(Math.max(stopped, ended)).toBeLessThan(Math.min(dumped, changed))
  })
})

/** Commands of a script with a `systemctl` and a `podman` that know no container and no unit. */
describe('A script whose containers have gone already', () => {
  const folder = mkdtempSync(join(tmpdir(), 'svcsplit-gone-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  it.each([
    ['compose', compose],
    ['quadlet', quadlet],
  ] as const)('goes on: %s', (_, engine) => {
    const lines = linesOf(engine(made)).filter((line) => line.includes('heat-gone') && !line.startsWith('#'))
    for (const [name, script] of [
      ['systemctl', 'exit 4'],
      ['podman', 'case "$*" in *--ignore*) exit 0 ;; esac; exit 125'],
      ['socat', 'cat > /dev/null'],
      ['rm', 'exit 0'],
    ]) {
      writeFileSync(join(folder, name!), `#!/bin/sh\n${script}\n`)
      chmodSync(join(folder, name!), 0o755)
    }
    expect(lines.length).toBeGreaterThan(0)
    const { status, stderr } = spawnSync('sh', ['-eu', '-c', lines.join('\n')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    })
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe('A service that is upgraded cold, behind a proxy', () => {
  const backed = (): Plan => ({
    ...made,
    proxy: { socket: '/run/haproxy.sock', drain: 2 },
    services: made.services
      .filter(({ restart }) => restart === 'cold')
      .map((service) => ({
        ...service,
        containers: service.containers.map((one) => ({ ...one, backend: `heat/${one.name}` })),
      })),
  })
  it.each([
    ['compose', compose, /compose -f compose\.yaml stop /],
    ['quadlet', quadlet, /systemctl stop /],
  ] as const)('is drained by %s before it is stopped, once, and admitted as it starts', (_, engine, stop) => {
    const lines = linesOf(engine(backed()))
    const drains = (name: string) =>
      lines.flatMap((line, index) => (line.includes(`set server heat/${name} state drain`) ? [index] : []))
    const at = lines.findIndex((line) => stop.test(line) && line.includes('heat-engine'))
    const [drained, ...again] = drains('heat-engine')
    expect(drained).toBeLessThan(at)
    expect(again).toEqual([])
    expect(drains('heat-gone')).toHaveLength(1)
    expect(lines.filter((line) => /stop .*heat-gone/.test(line))).toHaveLength(1)
    const admitted = lines.findIndex((line) => line.includes('set server heat/heat-engine state ready'))
    expect(admitted).toBeGreaterThan(at)
    expect(lines.join('\n')).not.toContain('heat/heat-gone state ready')
  })

  it('has no stop without a name, which would stop everything', () => {
    const plan = {
      ...made,
      services: made.services.map((service) => ({
        ...service,
        containers: service.containers.filter(({ after }) => after === undefined),
      })),
    }
    expect(linesOf(compose(plan)).filter((line) => /compose\.yaml stop\s*$/.test(line))).toEqual([])
  })

  it('has its units stopped as its plan says, where they are on a shared host', () => {
    const [service] = backed().services
    const stop = service!.window.find(({ phase }) => phase === 'stop')!
    const units = { ...stop, commands: ['sudo systemctl stop heat-of-the-host.service'] }
    const plan = {
      ...made,
      services: [
        { ...service!, on: 'shared', window: service!.window.map((one) => (one === stop ? units : one)) },
      ],
    }
    const lines = linesOf(quadlet(plan))
    expect(lines).toContain(units.commands[0])
    expect(lines).not.toContain('systemctl stop heat-engine.service')
  })
})

describe('A script that ends where a command fails', () => {
  it.each([
    ['compose', compose],
    ['quadlet', quadlet],
  ] as const)('goes on where a check answers what a person has to read, and stops where it says stop: %s', (_, engine) => {
    const check = { ...made.services[0]!.ahead[0]!, id: 'x/check-1', phase: 'check' as const }
    const answers = [
      { code: 0, do: 'go on' as const, means: 'well' },
      { code: 1, do: 'look' as const, means: 'warnings' },
    ]
    const { run: _run, ...plain } = check
    const answered = (command: string) => {
      const [service] = made.services
      const step = { ...plain, answers, title: 'asked', commands: [command] }
      const lines = linesOf(engine({ ...made, services: [{ ...service!, ahead: [step] }] }))
      const at = lines.indexOf('# asked')
      return spawnSync('sh', ['-eu', '-c', `${lines[at + 1]}\necho on`], { encoding: 'utf8' }).stdout.trim()
    }
    expect(['(exit 0)', '(exit 1)', '(exit 2)'].map(answered)).toEqual(['on', 'on', ''])
    // A shell takes no notice of what fails behind an exclamation mark.
    expect(['! (exit 1)', '! true'].map(answered)).toEqual(['on', 'on'])
  })
})

describe('A service that leaves a shared host', () => {
  const moved = (): Plan => {
    const [service] = made.services.filter(({ restart }) => restart === 'cold')
    const stop = service!.window.find(({ phase }) => phase === 'stop')!
    const units = {
      ...stop,
      commands: ['systemctl stop heat.service'],
      undo: { means: 'back', commands: ['systemctl start heat.service'] },
    }
    const window = service!.window.map((one) => (one === stop ? units : one))
    return { ...made, services: [{ ...service!, on: 'shared', window }] }
  }
  it.each([
    ['compose', compose, 'up -d', 'compose.yaml'],
    ['quadlet', quadlet, 'systemctl restart', 'heat-engine.container'],
  ] as const)('has its units stopped before anything starts, and on the way back they alone are started: %s', (_, engine, start, file) => {
    const files = engine(moved())
    const lines = linesOf(files)
    const at = lines.indexOf('systemctl stop heat.service')
    expect(at).toBeGreaterThan(-1)
    expect(at).toBeLessThan(lines.findIndex((line) => line.includes('mariadb-dump')))
    expect(at).toBeLessThan(lines.findIndex((line) => line.includes(start)))
    const back = files.find(({ path }) => path === 'fallback/run.sh')!.text.split('\n')
    const begun = back.indexOf('systemctl start heat.service')
    const ended = back.findIndex((line) => /stop .*heat-engine/.test(line))
    expect(ended).toBeGreaterThan(-1)
    expect(begun).toBeGreaterThan(ended)
    expect(back.filter((line) => line.includes(start))).toEqual([])
    const text = files.find(({ path }) => path === `fallback/${file}`)?.text ?? ''
    expect(text).not.toContain('heat-engine')
  })
})

describe('What comes later', () => {
  it.each([
    ['compose', compose],
    ['quadlet', quadlet],
  ] as const)('is told and not done, with options that are unset and containers that are stopped for it: %s', (_, engine) => {
    const [service] = made.services
    const step = { ...service!.window[0]!, answers: [{ code: 0, do: 'go on' as const, means: 'done' }] }
    const { run: _run, ...plain } = step
    const later = [
      { ...plain, id: 'x/retire-1', phase: 'stop' as const, commands: ['podman stop old'] },
      { ...plain, id: 'x/migrate-1', phase: 'migrate' as const, commands: ['crudini --del x y z'] },
      { ...plain, id: 'x/again-1', phase: 'restart' as const, commands: ['podman restart a'] },
      { ...plain, id: 'x/again-2', phase: 'restart' as const, commands: ['podman restart b'] },
      {
        ...step,
        ...{ id: 'x/contract-1', phase: 'contract' as const, final: 'gone', run: ['contract'] },
        commands: ['podman stop a', 'podman run --rm image contract', 'podman run --detach --name=a'],
      },
    ]
    const lines = linesOf(engine({ ...made, services: [{ ...service!, later }] }))
    const told = lines.slice(lines.findIndex((line) => line.startsWith('# Later')))
    expect(told.filter((line) => !/^(#.*)?$/.test(line))).toEqual([])
    const order = ['crudini --del x y z', ' restart ', ' stop ', /contract/, / (?:start|up -d) /].map(
      (what) => told.findIndex((line) => (typeof what === 'string' ? line.includes(what) : what.test(line))),
    )
    expect(order).toEqual([...order].sort((one, other) => one - other))
    expect(order).not.toContain(-1)
    expect(told.filter((line) => line.includes(' restart '))).toHaveLength(1)
    expect(told.join('\n')).not.toContain('podman stop old')
    expect(told.join('\n')).toContain('POINT OF NO RETURN')
  })
})

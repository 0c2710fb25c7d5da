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

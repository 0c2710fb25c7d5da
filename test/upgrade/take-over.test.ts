import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ServicePlan, Step } from '#upgrade/plan.js'
import { beginning, mark, wayBack } from '#upgrade/progress.js'
import { admitCommands, drainCommands, othersServe } from '#upgrade/proxy.js'
import { plan } from '#verbs/plan.js'

const folder = mkdtempSync(join(tmpdir(), 'svcsplit-take-over-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fleet = `release: "2025.1"
proxy: {socket: /run/haproxy.sock, drain: 2}
services:
  glance:
    environment: {COMMON: "1"}
    containers:
      - name: glance-1
        port: 9293
        backend: glance/g1
        environment: {PORT: "9293"}
        spare: {name: glance-3, port: 9295, backend: glance/g3, environment: {PORT: "9295"}}
      - {name: glance-2, port: 9294, backend: glance/g2, spare: {name: glance-4, port: 9296, backend: glance/g4}}
`
const planned = async (to: string) => {
  const path = join(folder, 'fleet.yaml')
  writeFileSync(path, fleet)
  return plan({ targets: [`glance@${to}`], fleet: path, glibc: '2.36', offline: true })
}

describe('a replica with a spare place', () => {
  let glance: ServicePlan
  const step = (id: string): Step =>
    [...glance.window, ...glance.later].find((one) => one.id === `glance/${id}`)!
  beforeAll(async () => {
    glance = (await planned('2026.1')).services[0]!
  }, 60_000)

  it('is started there, and the old one is neither stopped nor removed', () => {
    const commands = step('restart-glance-1').commands
    const said = commands.join('\n')
    const run = commands.find((line) => line.startsWith('podman run '))
    expect(run).toContain('podman run --detach --name=glance-3 ')
    expect(run).toContain('--env=COMMON=1 --env=PORT=9295')
    // The new release has another server, and it listens at the spare port.
    expect(run).toContain('--http-socket=0.0.0.0:9295')
    expect(said).not.toMatch(/podman (?:stop|rm).*glance-1/)
    expect(said.indexOf('glance/g3 state ready')).toBeLessThan(said.indexOf('glance/g1 state drain'))
  })

  it('gives back to the old one before it ends', () => {
    const said = step('restart-glance-1').undo.commands.join('\n')
    const order = ['podman start glance-1', 'glance/g1 state ready', 'glance/g3 state drain', 'podman stop']
    const places = order.map((words) => said.indexOf(words))
    expect(places).toEqual([...places].sort((one, other) => one - other))
    expect(places).not.toContain(-1)
    expect(said).not.toContain('podman run')
    expect(said).not.toMatch(/podman (?:stop|rm).* glance-1$/m)
  })

  it('keeps the old one until nobody wants to go back, before the point of no return', () => {
    const ids = glance.later.map(({ id }) => id)
    expect(ids.slice(0, 3)).toEqual(['glance/retire-glance-1', 'glance/retire-glance-2', 'glance/contract-1'])
    expect(step('retire-glance-1').commands.join('\n')).toContain('podman rm --ignore --force glance-1')
    expect(step('retire-glance-1').undo.commands.join('\n')).toContain('podman run --detach --name=glance-1 ')
  })

  it('is left alone by a way back from where no other one served', async () => {
    const all = await planned('2026.1')
    let progress = beginning(all)
    for (const { id } of [...glance.ahead, ...glance.window]) {
      if (id === 'glance/before-glance-2') break
      progress = mark(progress, id, 'done')
    }
    const back = wayBack(mark(progress, 'glance/before-glance-2', 'failed'))
    expect(back.steps.map(({ id }) => id)).toEqual(['glance/restart-glance-1/undo'])
  })

  it('wants a proxy that can change over', async () => {
    const path = join(folder, 'no-proxy.yaml')
    writeFileSync(path, fleet.replace(/^proxy.*\n/m, ''))
    await expect(
      plan({ targets: ['glance@2025.2'], fleet: path, glibc: '2.36', offline: true }),
    ).rejects.toMatchObject({ code: 'E-FLT-STATE', at: { line: 6 } })
  })
})

/** Commands, with a proxy that answers what it is told: `socat` is a script here. */
describe('what is said to the proxy', () => {
  const proxy = { socket: '/run/haproxy.sock', drain: 1 }
  const row = (server: string, sessions: number, state: string): string =>
    ['api', server, 0, 0, sessions, ...Array.from({ length: 12 }, () => 0), state, ''].join(',')
  function carryOut(command: string, answer: string, code = 0, delay = 0) {
    const tool = join(folder, 'socat')
    writeFileSync(join(folder, 'answer'), answer)
    // Once all is said, socat waits half a second for the answer, or as long as `-t` says; then it ends well.
    const script = `cat > /dev/null
wait=0.5
if [ "$1" = -t ]; then wait=$2; fi
timeout "$wait" sh -c 'sleep ${delay}; cat ${folder}/answer'
exit ${code}`
    writeFileSync(tool, `#!/bin/sh\n${script}\n`)
    chmodSync(tool, 0o755)
    return spawnSync('sh', ['-c', command], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    })
  }
  const [drain = '', empty = ''] = drainCommands(proxy, 'api/a1')
  const [admit = ''] = admitCommands(proxy, 'api/a1')

  it.each([
    ['is done', drain, '\n', 0, 0],
    ['names a server that it does not have', drain, 'No such server.\n\n', 0, 1],
    ['names a server that it does not have', admit, 'No such server.\n\n', 0, 1],
    ['cannot be sent', admit, '', 1, 1],
  ])('fails unless it %s', (_, command, answer, code, status) => {
    const run = carryOut(command, answer, code)
    expect(run.status).toBe(status)
    expect(run.stderr.trim()).toBe(answer.trim())
  })

  it.each([drain, admit])('fails where the complaint comes late', (command) => {
    expect(carryOut(command, 'No such server.\n\n', 0, 1).status).toBe(1)
  })

  it('waits no longer than it may for the last request', () => {
    expect(carryOut(empty, row('a1', 0, 'DRAIN')).status).toBe(0)
    const began = Date.now()
    expect(carryOut(empty, row('a1', 3, 'DRAIN')).status).toBe(0)
    expect(Date.now() - began).toBeGreaterThan(900)
  })

  it.each([
    ['another one is up', [row('a1', 0, 'UP'), row('a2', 0, 'UP')], 0],
    ['another one is up while it is checked', [row('a1', 0, 'UP'), row('a2', 0, 'UP 1/3')], 0],
    ['no other one is there', [row('a1', 0, 'UP'), row('BACKEND', 0, 'UP')], 1],
    ['the other one is drained', [row('a1', 0, 'UP'), row('a2', 0, 'DRAIN')], 1],
    ['the other one is down', [row('a1', 0, 'UP'), row('a2', 0, 'DOWN')], 1],
    ['it says nothing', [], 1],
  ])('asks whether another replica serves: %s', (_, rows, status) => {
    expect(carryOut(othersServe(proxy, 'api/a1'), rows.join('\n')).status).toBe(status)
  })
})

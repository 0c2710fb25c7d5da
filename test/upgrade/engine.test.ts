import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { FleetFile, RunningService } from '#inputs/fleet-file.js'
import { engineOf, haltCommands } from '#upgrade/engine.js'

const folder = mkdtempSync(join(tmpdir(), 'svcsplit-engine-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const fleet = { engine: 'podman', options: [], services: new Map(), hosts: new Map() } as unknown as FleetFile

function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
}

/** Lines as the script of a plan carries them out: in a shell of its own each, up to the first that fails. */
function carryOut(lines: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  for (const line of lines) {
    const { status, stderr } = spawnSync('sh', ['-c', line], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    })
    if (status !== 0) return { status, stderr }
  }
  return { status: 0, stderr: '' }
}

describe('A dump', () => {
  const dumps = join(folder, 'dumps')
  const file = join(dumps, 'heat.sql')
  const { dump, setAside } = engineOf(fleet)
  beforeEach(() => rmSync(dumps, { recursive: true, force: true }))

  it('can be read by nobody else', () => {
    program('mariadb-dump', 'echo first')
    expect(carryOut(dump(['heat'], file, 60))).toEqual({ status: 0, stderr: '' })
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('is not written over by a step that is carried out again: by then it may be of the new release', () => {
    program('mariadb-dump', 'echo first')
    carryOut(dump(['heat'], file, 60))
    program('mariadb-dump', 'echo second')
    const again = carryOut(dump(['heat'], file, 60))
    expect(again.status).toBe(1)
    expect(again.stderr).toContain(`${file} is there`)
    expect(readFileSync(file, 'utf8')).toBe('first\n')
  })

  it('is taken again once it has been put aside, which does no harm where there is none', () => {
    expect(carryOut(setAside(file)).status).toBe(0)
    program('mariadb-dump', 'echo first')
    carryOut(dump(['heat'], file, 60))
    expect(carryOut(setAside(file)).status).toBe(0)
    program('mariadb-dump', 'echo second')
    expect(carryOut(dump(['heat'], file, 60)).status).toBe(0)
    expect(readFileSync(file, 'utf8')).toBe('second\n')
  })

  it('has no name before it came to its end, and may be tried again', () => {
    program('mariadb-dump', 'echo half; exit 3')
    expect(carryOut(dump(['heat'], file, 60)).status).toBe(3)
    expect(existsSync(file)).toBe(false)
    program('mariadb-dump', 'echo whole')
    expect(carryOut(dump(['heat'], file, 60)).status).toBe(0)
    expect(readFileSync(file, 'utf8')).toBe('whole\n')
  })
})

describe('A container that docker is to end', () => {
  const done = join(folder, 'done')
  beforeEach(() => rmSync(done, { force: true }))
  const docker = (there: string) =>
    program('docker', `case $1 in ps) ${there} ;; *) echo "$*" >> ${done}; exit \${FAILS:-0} ;; esac`)

  it('is stopped and taken away', () => {
    docker('echo 4f5a')
    expect(carryOut(haltCommands('docker', 'heat.1')).status).toBe(0)
    expect(readFileSync(done, 'utf8')).toBe('stop --time 60 heat.1\nrm --force heat.1\n')
    expect(haltCommands('docker', 'heat.1')[0]).toContain("--filter 'name=^heat\\.1$'")
  })

  it('may have gone', () => {
    docker('true')
    expect(carryOut(haltCommands('docker', 'heat')).status).toBe(0)
    expect(existsSync(done)).toBe(false)
  })

  it.each([
    ['cannot be stopped', 'echo 4f5a; export FAILS=1'],
    ['cannot be asked for', 'exit 1'],
  ])('fails where it %s: it may go on writing', (_, there) => {
    program('docker', `case $1 in ps) ${there} ;; *) exit 1 ;; esac`)
    expect(carryOut(haltCommands('docker', 'heat')).status).not.toBe(0)
  })
})

describe('A task', () => {
  it('ends after its time inside its container too, whose first process would take no notice of the outer one', () => {
    const running = { volumes: [], environment: {}, options: [] } as unknown as RunningService
    expect(engineOf(fleet).task(running, 'image', ['nova-manage', 'db', 'sync'], 60)).toBe(
      'timeout 60 podman run --rm image timeout 60 nova-manage db sync',
    )
  })
})

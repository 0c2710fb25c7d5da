import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { pause, run, serve } from '../../proof/world/processes.mjs'

const folder = mkdtempSync(join(tmpdir(), 'svcsplit-processes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Whether a process goes on; one that has ended and that nobody has asked for does not. */
function goesOn(pid: string): boolean {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' })
  return status === 0 && !stdout.startsWith('Z')
}

/** A script that starts a process of its own, tells its id, and waits for it. */
const family = (file: string) => `sleep 60 & echo $! > ${file}; wait`
const childIn = (file: string) => readFileSync(file, 'utf8').trim()
async function hasEnded(pid: string): Promise<boolean> {
  for (let round = 0; round < 50 && goesOn(pid); round++) await pause(0.1)
  return !goesOn(pid)
}

describe('A program that is run', () => {
  it('answers on stdout, whatever it warns of', async () => {
    const { status, stdout, output } = await run('sh', ['-c', 'echo careful >&2; echo 42; exit 3'], {
      seconds: 20,
    })
    expect([status, stdout]).toEqual([3, '42\n'])
    expect(output).toContain('careful')
  })

  it('is ended after its time with what it has started', async () => {
    const file = join(folder, 'run')
    expect((await run('sh', ['-c', family(file)], { seconds: 1 })).status).toBe(137)
    expect(await hasEnded(childIn(file))).toBe(true)
  })

  it('ends with whoever runs it', async () => {
    const file = join(folder, 'gone')
    const module = fileURLToPath(new URL('../../proof/world/processes.mjs', import.meta.url))
    const script = `import { run, pause } from ${JSON.stringify(module)}
run('sh', ['-c', ${JSON.stringify(family(file))}], { seconds: 60 })
await pause(1)
process.exit(0)`
    expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).status).toBe(0)
    expect(await hasEnded(childIn(file))).toBe(true)
  })
})

describe('A server', () => {
  it('is waited for until it has ended by itself', async () => {
    const server = serve(folder, 'short', ['sh', '-c', 'sleep 0.3; exit 5'])
    expect(await server.end(20)).toBe(5)
  })

  it.each([
    'end',
    'stop',
  ] as const)('is killed with what it has started once its time is over (%s)', async (how) => {
    const file = join(folder, how)
    const server = serve(folder, how, ['sh', '-c', `trap '' TERM; ${family(file)}; sleep 60`])
    await pause(0.5)
    await server[how](1)
    expect(await hasEnded(childIn(file))).toBe(true)
  })

  it('that cannot be started has ended', async () => {
    expect(await serve(folder, 'none', ['/no/such/program']).end(20)).toBe(127)
  })
})

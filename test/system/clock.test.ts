import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tempPrefix } from '#io/temp-dir.js'
import { keepRows } from '../support/reliability.js'
import { type Ended, isBuilt, type RunOptions, type SmallTool, smallTool } from '../support/small-tool.js'
import { needs } from '../support/tools.js'

/** Runs of each kind; `npm run test:clocks` has twenty. */
const rounds = Number(process.env.SVCSPLIT_TEST_CLOCKS ?? 1)
const need = needs('faketime')

let tool: SmallTool
let library = ''
beforeAll(async () => {
  if (need.missing || !isBuilt) return
  tool = await smallTool()
  library = execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim()
})
afterAll(() => tool?.close())

const path = (name: string): string => tool.world.path(name)
const forget = (...names: readonly string[]): void => {
  for (const name of names) rmSync(path(name), { recursive: true, force: true })
}

/** Another clock for one process: files keep the times that the machine gives them, and timers go on. */
function clockOf(shift: string): NodeJS.ProcessEnv {
  return { LD_PRELOAD: library, FAKETIME: shift, DONT_FAKE_MONOTONIC: '1', NO_FAKE_STAT: '1' }
}

/** A clock that is read from a file each time, and so can be set while the process runs. */
function clockIn(file: string): NodeJS.ProcessEnv {
  const { FAKETIME, ...rest } = clockOf('')
  return { ...rest, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' }
}

function build(output: string, options: RunOptions = {}): Promise<Ended> {
  const { base, index } = tool.world
  const services = ['alpha@2025.1', 'beta@2025.1']
  const rest = ['--base', base, '--no-verify', '--index-url', index.url]
  return tool.run(['build', ...services, '-o', `oci:${path(output)}`, ...rest], options)
}

const indexOf = (output: string): string => readFileSync(path(`${output}/index.json`), 'utf8')

/** Names of all files below a folder, of the form that only writers know. */
function strays(name: string): readonly string[] {
  return readdirSync(path(name), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.includes(tempPrefix),
  )
}

describe.skipIf(need.missing || !isBuilt)(need.title('a build on a machine whose clock is wrong'), () => {
  const tally = { tried: 0, injected: 0, survived: 0, losses: 0, longestMs: 0 }
  let wanted = ''

  /** Same bytes, no word of trouble, nothing left behind. */
  function judge(ended: Ended, output: string): void {
    const faults = [
      ...(ended.status === 0 ? [] : [`exit ${ended.status}: ${ended.stderr}`]),
      ...(ended.status === 0 && indexOf(output) !== wanted ? ['other bytes'] : []),
    ]
    tally.tried++
    tally.injected++
    tally.longestMs = Math.max(tally.longestMs, Math.round(ended.ms))
    if (faults.length === 0) tally.survived++
    else tally.losses++
    expect(faults).toEqual([])
  }

  it('makes the same images ten years ago and in ten years, on an empty cache and on a full one', async () => {
    expect((await build('plain')).status).toBe(0)
    wanted = indexOf('plain')
    for (let round = 0; round < rounds; round++) {
      forget('cache')
      for (const shift of ['-3650d', '+3650d', '-3650d', '+400d', '+0']) {
        forget('out')
        judge(await build('out', { env: clockOf(shift) }), 'out')
      }
      expect([...strays('cache'), ...strays('out')]).toEqual([])
    }
  }, 600_000)

  it('goes on when the clock is set by years, again and again', async () => {
    const file = path('clock')
    for (let round = 0; round < rounds; round++) {
      forget('cache', 'out')
      let steps = 0
      const setting = setInterval(() => {
        steps++
        writeFileSync(file, steps % 2 === 0 ? '+3650d\n' : '-3650d\n')
      }, 20)
      writeFileSync(file, '+0\n')
      judge(await build('out', { env: clockIn(file) }).finally(() => clearInterval(setting)), 'out')
      expect(steps).toBeGreaterThan(5)
      expect([...strays('cache'), ...strays('out')]).toEqual([])
    }
  }, 600_000)

  it('shares a cache with machines of other clocks, and fetches nothing twice', async () => {
    const fetched = (): number =>
      tool.world.index.requests.filter(({ path: asked }) => /\/files\/.*\.whl$/.test(asked)).length
    for (let round = 0; round < rounds; round++) {
      forget('cache', ...[0, 1, 2, 3].map((number) => `out-${number}`))
      const before = fetched()
      const shifts = ['-3650d', '+0', '+400d', '+3650d']
      const runs = await Promise.all(
        shifts.map((shift, number) => build(`out-${number}`, { env: clockOf(shift) })),
      )
      for (const [number, run] of runs.entries()) judge(run, `out-${number}`)
      expect(fetched() - before).toBe(5)
      expect(strays('cache')).toEqual([])
    }
  }, 600_000)

  afterAll(() => {
    keepRows('clock', [
      {
        promise: 'P3',
        what: 'builds with a clock ten years behind or ahead, set by years every 20 ms, and at once on one cache with other clocks: the same images, each file fetched once',
        ...tally,
        command: 'npm run test:clocks',
      },
    ])
  })
})

/** So that what is tested is there: the clock of a process is another one. */
describe.skipIf(need.missing || !isBuilt)(need.title('the clock that is used'), () => {
  it('is another one', () => {
    const year = execFileSync(process.execPath, ['-p', 'new Date().getFullYear()'], {
      env: { ...process.env, ...clockOf('+3650d') },
      encoding: 'utf8',
    })
    expect(Number(year)).toBeGreaterThan(new Date().getFullYear() + 8)
  })
})

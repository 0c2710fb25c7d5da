import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLayout, refNames } from '#image/layout.js'
import { waitingFolder } from '#io/file-set.js'
import { tempPrefix } from '#io/temp-dir.js'
import { startRegistry, type TestRegistry } from '../support/oci-registry.js'
import { keepRows, type ReliabilityRow } from '../support/reliability.js'
import { type Ended, isBuilt, type SmallTool, smallTool } from '../support/small-tool.js'
import { failedAt, killedAt, type Moment, momentsOf, spread } from '../support/system-faults.js'
import { needs } from '../support/tools.js'
import { validateImage } from '../support/validate-image.js'

/** How many moments of each command are met at most; `npm run test:faults` meets every one. */
const most = Number(process.env.SVCSPLIT_TEST_FAULTS ?? 1)
const isLong = most > 1
const made = `${most < 100_000 ? `SVCSPLIT_TEST_FAULTS=${most} ` : ''}npm run test:faults`
const need = needs('strace')

/** At once: what was done of a suite that takes long stays done. */
const keepRow = (row: ReliabilityRow): void => keepRows('faults', [row])

let tool: SmallTool
let registry: TestRegistry
const path = (name: string): string => tool.world.path(name)

beforeAll(async () => {
  if (need.missing || !isBuilt) return
  tool = await smallTool()
  registry = await startRegistry({})
})
afterAll(async () => {
  await registry?.close()
  await tool?.close()
})

/** A command, what it starts from, and what it makes. */
interface Scenario {
  readonly name: string
  readonly args: () => readonly string[]
  /** Files or folders that it makes, beside the cache. */
  readonly outputs: readonly string[]
  /** They mean something together: all of them are old, or all of them new. */
  readonly together?: true
  /** Puts everything back to how it was before the first run. */
  readonly reset: () => void
  /** What the calls that count do; default: those on any file of the world. */
  readonly calls?: { readonly what: string; readonly on: () => RegExp; readonly onlyKilled?: true }
  /** Met in short runs too. */
  readonly short?: true
  /** What is beside files, as text: equal after every run that succeeded. */
  readonly state?: () => string
}

const index = (): readonly string[] => ['--index-url', tool.world.index.url]
const forget = (...names: readonly string[]): void => {
  for (const name of names) rmSync(path(name), { recursive: true, force: true })
}
const old = 'what was there before\n'
let pushed = ''

const scenarios: readonly Scenario[] = [
  {
    name: 'build to a layout',
    short: true,
    args: () => buildArgs(`oci:${path('out/images')}`),
    outputs: ['out'],
    reset: () => forget('cache', 'out', 'tmp/x'),
  },
  {
    name: 'build to an archive',
    args: () => buildArgs(`oci-archive:${path('out/images.tar')}`),
    outputs: ['out'],
    // The cache is filled as for a layout.
    calls: { what: 'change the archive', on: () => callsOn(path('out')) },
    reset: () => {
      forget('cache', 'out')
      mkdirSync(path('out'))
      writeFileSync(path('out/images.tar'), old)
    },
  },
  {
    name: 'lock',
    short: true,
    args: () => ['lock', 'alpha@2025.1', '-o', path('out/pylock.toml'), ...index()],
    outputs: ['out'],
    reset: () => {
      forget('cache', 'out')
      mkdirSync(path('out'))
      writeFileSync(path('out/pylock.toml'), old)
    },
  },
  {
    name: 'analyze, asking the index',
    short: true,
    args: () => [
      'analyze',
      '--requirements',
      path('in/requirements.txt'),
      '--constraints',
      path('in/constraints.txt'),
      '-o',
      `json=${path('out/result.json')}`,
      '-o',
      `html=${path('out/result.html')}`,
      ...index(),
    ],
    outputs: ['out'],
    reset: () => {
      forget('cache', 'out')
      mkdirSync(path('in'), { recursive: true })
      writeFileSync(path('in/requirements.txt'), 'alpha>=1\nbeta\nalone<5\n')
      writeFileSync(path('in/constraints.txt'), 'alpha===1.0\nbeta===2.0\nalone===5.0\ncommon===1.1\n')
      mkdirSync(path('out'))
      writeFileSync(path('out/result.json'), old)
      writeFileSync(path('out/result.html'), old)
    },
  },
  {
    name: 'catalog update',
    args: () => ['catalog', 'update', ...index()],
    outputs: ['root/constraints/catalog'],
    together: true,
    reset: () => {
      if (!existsSync(path('catalog-before')))
        cpSync(path('root/constraints/catalog'), path('catalog-before'), { recursive: true })
      forget('cache', 'root/constraints/catalog')
      cpSync(path('catalog-before'), path('root/constraints/catalog'), { recursive: true })
    },
  },
  {
    name: 'push',
    short: true,
    args: () => [
      'push',
      `oci:${path('pushed')}:alpha:2025.1`,
      `registry:${registry.host}/cloud/alpha:2025.1`,
    ],
    outputs: [],
    reset: () => {
      for (const kept of [registry.blobs, registry.manifests, registry.tags]) kept.clear()
    },
    calls: { what: 'send', on: () => /^\d+<socket:/, onlyKilled: true },
    state: () => {
      const digest = registry.tags.get('cloud/alpha')?.get('2025.1')
      if (digest === undefined) return 'no tag'
      const manifest = JSON.parse(String(registry.manifests.get('cloud/alpha')?.get(digest)?.bytes))
      const needed = [manifest.config, ...manifest.layers].map((one: { digest: string }) => one.digest)
      const held = registry.blobs.get('cloud/alpha')
      return needed.every((one) => held?.has(one)) ? `whole ${digest}` : `half ${digest}`
    },
  },
]

function buildArgs(output: string): readonly string[] {
  const { base } = tool.world
  return ['build', 'alpha@2025.1', 'beta@2025.1', '-o', output, '--base', base, '--no-verify', ...index()]
}

/** Calls that name a path below a folder, or write to a file there. */
function callsOn(dir: string): RegExp {
  return new RegExp(`^(\\d+<|")${dir.replace(/\/$/, '')}/`)
}

/** Whether a file is on its way to its place, and read there. */
const waits = (file: string): boolean => file.includes(`/${waitingFolder}/`)

/** Path -> sha256 of every file below the outputs as readers find it; what killed writers left aside. */
function outputsOf({ outputs }: Scenario): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const output of outputs)
    for (const file of filesBelow(path(output)).toSorted((a, b) => Number(waits(a)) - Number(waits(b))))
      if (!file.includes(tempPrefix))
        found.set(relative(path('.'), file).replace(`${waitingFolder}/`, ''), digestOf(readFileSync(file)))
  return found
}

function filesBelow(dir: string): readonly string[] {
  if (!existsSync(dir)) return []
  if (statSync(dir).isFile()) return [dir]
  return readdirSync(dir).flatMap((name) => filesBelow(join(dir, name)))
}

const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Files that are named by a digest of other bytes, in the cache and in what is made. */
function misnamed({ outputs }: Scenario): readonly string[] {
  return ['cache', ...outputs]
    .flatMap((name) => filesBelow(path(name)))
    .filter((file) => /\/sha256\/[0-9a-f]{64}$/.test(file) && !file.endsWith(digestOf(readFileSync(file))))
}

/** What is neither as before nor as it is to be. */
function mixed(
  now: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Set([...now.keys(), ...before.keys()])
  return [...names].filter((name) => now.get(name) !== before.get(name) && now.get(name) !== wanted.get(name))
}

/** Each image of several comes to a layout as a whole: its index then names those that are there. */
async function isWholeLayout(file: string): Promise<boolean> {
  if (!file.endsWith('/index.json')) return false
  const dir = dirname(file)
  for (const name of refNames(await readLayout(dir))) await validateImage(dir, name)
  return true
}

interface Tally {
  tried: number
  injected: number
  survived: number
  longestMs: number
  readonly losses: string[]
}

const errnos: Readonly<Record<Moment['call'], readonly string[]>> = {
  // a full disk is a real one below: the event loop writes, too, and cannot go on when that fails
  write: [],
  fsync: ['EIO', 'ENOSPC'],
  rename: ['EROFS', 'ENOSPC'],
  link: ['EMLINK', 'ENOSPC'],
  unlink: ['EIO'],
  rmdir: ['EIO'],
  mkdir: ['EROFS', 'ENOSPC', 'EMFILE'],
}

describe.skipIf(need.missing || !isBuilt)(need.title('with faults at any moment'), () => {
  it.each(
    scenarios.filter(({ short }) => isLong || short === true),
  )('$name survives being killed, and calls that fail', async (scenario) => {
    const { args, reset, state } = scenario
    const { what, on, onlyKilled } = scenario.calls ?? { what: 'change a file', on: () => callsOn(path('')) }
    if (scenario.name === 'push' && pushed === '') {
      pushed = path('pushed')
      await expectSuccess(tool.run(buildArgs(`oci:${pushed}`)))
    }
    const where = on()
    reset()
    const before = outputsOf(scenario)
    const { ended: first, moments } = await momentsOf(tool, args(), where)
    expect([first.status, first.status === 0 ? '' : first.stderr]).toEqual([0, ''])
    const wanted = outputsOf(scenario)
    const wantedState = state?.()
    expect(moments.length).toBeGreaterThan(3)

    const tally: Tally = { tried: 0, injected: 0, survived: 0, longestMs: 0, losses: [] }
    const lose = (moment: Moment, fault: string, what: string): void => {
      tally.losses.push(`${fault} at ${moment.call} ${moment.nth} (${moment.on}): ${what}`)
    }
    const checkKept = async (moment: Moment, fault: string): Promise<void> => {
      for (const name of mixed(outputsOf(scenario), before, wanted))
        if (!(await isWholeLayout(path(name)))) lose(moment, fault, `${name} is neither old nor new`)
      for (const name of misnamed(scenario)) lose(moment, fault, `${name} is misnamed`)
      if (scenario.together === true && ![before, wanted].some((one) => same(outputsOf(scenario), one)))
        lose(moment, fault, 'some files are old and some are new')
      const told = state?.()
      if (told?.startsWith('half') === true) lose(moment, fault, told)
    }
    const checkNext = async (moment: Moment, fault: string): Promise<void> => {
      const next = await tool.run(args())
      tally.longestMs = Math.max(tally.longestMs, next.ms)
      if (next.status !== 0) lose(moment, fault, `the next run ends with ${next.status}: ${next.stderr}`)
      else if (!same(outputsOf(scenario), wanted) || state?.() !== wantedState)
        lose(moment, fault, 'the next run makes other bytes')
    }

    for (const moment of spread(moments, most)) {
      reset()
      const lost = tally.losses.length
      const ended = await killedAt(tool, args(), moment)
      tally.tried++
      tally.longestMs = Math.max(tally.longestMs, ended.ms)
      if (ended.status !== 'SIGKILL' && ended.status !== 137) continue
      tally.injected++
      await checkKept(moment, 'kill')
      await checkNext(moment, 'kill')
      if (tally.losses.length === lost) tally.survived++
    }

    const failing =
      onlyKilled === true
        ? []
        : moments.flatMap((moment) => errnos[moment.call].map((errno) => [moment, errno] as const))
    for (const [moment, errno] of spread(failing, most)) {
      reset()
      const lost = tally.losses.length
      const { ended, hit } = await failedAt(tool, args(), moment, errno, where)
      tally.tried++
      if (!hit) continue
      tally.injected++
      tally.longestMs = Math.max(tally.longestMs, ended.ms)
      await checkKept(moment, errno)
      checkTold(ended, (what) => lose(moment, errno, what))
      if (ended.status === 0 && !same(outputsOf(scenario), wanted))
        lose(moment, errno, 'exit code 0 and other bytes')
      if (isLong) await checkNext(moment, errno)
      if (tally.losses.length === lost) tally.survived++
    }
    keepRow({
      promise: 'P2',
      what: [
        `${scenario.name}: killed at ${told(moments.length)} calls that ${what}`,
        ...(failing.length === 0
          ? []
          : [`and with ENOSPC, EIO, EROFS, EMFILE, EMLINK from ${told(failing.length)} of them`]),
      ].join(', '),
      ...tally,
      longestMs: Math.round(tally.longestMs),
      losses: tally.losses.length,
      command: made,
    })
    if (process.env.SVCSPLIT_RELIABILITY === '1') console.log(scenario.name, JSON.stringify(tally, null, 1))
    expect(tally.losses).toEqual([])
    expect(tally.injected).toBeGreaterThan(tally.tried / 2)
  }, 3_600_000)
})

/** What surrounds a run, made in a mount namespace of its own: `$0` is the world's folder. */
const surroundings: readonly (readonly [name: string, commands: string])[] = [
  ...(isLong ? [4, 8, 16, 24, 32, 48, 64, 96, 128] : [16]).map(
    (size) =>
      [
        `a cache of ${size} KiB`,
        `mkdir -p $0/cache && mount -t tmpfs -o size=${size}k tmpfs $0/cache`,
      ] as const,
  ),
  ...(isLong ? [4, 8, 16, 24, 32] : []).map(
    (size) =>
      [
        `an output folder of ${size} KiB`,
        `mkdir -p $0/out && mount -t tmpfs -o size=${size}k tmpfs $0/out`,
      ] as const,
  ),
  ...(isLong ? [2, 4, 8, 12, 16, 24] : []).map(
    (inodes) =>
      [
        `a cache of ${inodes} inodes`,
        `mkdir -p $0/cache && mount -t tmpfs -o nr_inodes=${inodes} tmpfs $0/cache`,
      ] as const,
  ),
  ['a cache that is read-only', 'mkdir -p $0/cache && mount -t tmpfs -o ro tmpfs $0/cache'],
  ...(isLong
    ? [
        [
          'an output folder that is read-only',
          'mkdir -p $0/out && mount -t tmpfs -o ro tmpfs $0/out',
        ] as const,
      ]
    : []),
  ...(isLong ? [['a temporary folder that is read-only', 'mount -t tmpfs -o ro tmpfs $0/tmp'] as const] : []),
  ...(isLong ? [21, 22, 24, 26, 28, 32] : [22]).map(
    (files) => [`${files} open files`, `ulimit -n ${files}`] as const,
  ),
  ...(isLong ? [1, 2, 4] : []).map((blocks) => [`files of ${blocks} blocks`, `ulimit -f ${blocks}`] as const),
]

describe.skipIf(need.missing || !isBuilt)('in a place that has too little', () => {
  const losses: string[] = []
  let tried = 0
  let injected = 0
  let longestMs = 0
  afterAll(() => {
    keepRow({
      promise: 'P7',
      what: 'build with too small or read-only disks, too few inodes and open files, too short files',
      ...{ tried, injected, survived: injected - losses.length, losses: losses.length },
      longestMs: Math.round(longestMs),
      command: made,
    })
  })

  it.each(
    surroundings,
  )('a build with %s says so, or succeeds, and leaves nothing half', async (name, commands) => {
    const { reset, args, outputs } = scenarios[0]!
    reset()
    const lost = losses.length
    const check = 'mkdir -p $0/seen && cp -r $0/cache $0/out $0/seen/ 2>/dev/null; exit $code'
    const script = `${commands}\n"$@"\ncode=$?\nulimit -n 1024 2>/dev/null\n${check}`
    const ended = await tool.run(args(), { under: ['unshare', '-rm', 'bash', '-c', script, path('.')] })
    tried++
    longestMs = Math.max(longestMs, ended.ms)
    if (ended.status !== 0) injected++
    checkTold(ended, (what) => losses.push(`${name}: ${what}`))
    for (const file of misnamed({ ...scenarios[0]!, outputs: [...outputs, 'seen'] }))
      losses.push(`${name}: ${file} is misnamed`)
    if (
      existsSync(path('seen/out/images/index.json')) &&
      !(await isWholeLayout(path('seen/out/images/index.json')))
    )
      losses.push(`${name}: half a layout`)
    forget('seen')
    expect(losses.slice(lost)).toEqual([])
  })
})

function told(count: number): string {
  return most >= count ? `all ${count}` : `${most} of ${count}`
}

/** A failed call is told in words, with a code and the exit code of its class. */
function checkTold({ status, stderr }: Ended, lose: (what: string) => void): void {
  if (status === 0) return
  const code = /\b(E-[A-Z]+-[A-Z]+)\b/.exec(stderr)?.[1]
  if (code === undefined || /^\s+at .*:\d+:\d+\)?$/m.test(stderr)) lose(`untyped: exit ${status}: ${stderr}`)
  else if (![2, 4].includes(status as number)) lose(`exit ${status} for ${code}`)
}

async function expectSuccess(run: Promise<Ended>): Promise<void> {
  const { status, stderr } = await run
  expect(stderr.includes('[E-') ? stderr : '').toBe('')
  expect([0]).toContain(status)
}

function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort())
}

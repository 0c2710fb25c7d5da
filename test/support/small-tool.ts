import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type SmallWorld, smallWorld } from '../verbs/small-world.js'

const repository = join(import.meta.dirname, '../..')

/** Whether `npm run build` has been run: the tool under test is the built one. */
export const isBuilt = existsSync(join(repository, 'dist/cli/svcsplit.cjs'))

export interface Ended {
  /** Exit code, or the name of the signal that ended it. */
  readonly status: number | string
  readonly stdout: string
  readonly stderr: string
  /** Wall time in milliseconds. */
  readonly ms: number
  /** Largest resident memory that was seen, looked at ten times a second; of the program itself, not of its children. */
  readonly peakMiB: number
}

/** The command line as users have it, in a folder of its own with the small world as its shipped data. */
export interface SmallTool {
  readonly world: SmallWorld
  /** `node` and what comes before the arguments of svcsplit. */
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  run(args: readonly string[], options?: RunOptions): Promise<Ended>
  close(): Promise<void>
}

export interface RunOptions {
  /** Put before the command, such as `strace` with its options. */
  readonly under?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Milliseconds until it is killed. Default: two minutes. */
  readonly longestMs?: number
  readonly started?: (child: ChildProcess) => void
}

/** A copy, because the tool finds its shipped data by the place where its code lies. */
export async function smallTool(libraries = 0): Promise<SmallTool> {
  const world = await smallWorld(libraries)
  const place = world.path('root')
  for (const name of ['dist', 'package.json'])
    cpSync(join(repository, name), join(place, name), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(place, 'node_modules'))
  const command = [process.execPath, join(place, 'dist/cli/svcsplit.cjs')]
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: world.path('home'),
    TMPDIR: world.path('tmp'),
    SVCSPLIT_CACHE_DIR: world.path('cache'),
    SVCSPLIT_DATA_DIR: '',
    PIP_CONFIG_FILE: '/dev/null',
    // One thread for files: a fault at the n-th call is then the same fault every time.
    UV_THREADPOOL_SIZE: '1',
  }
  for (const name of ['home', 'tmp']) mkdirSync(world.path(name))
  return {
    world,
    command,
    env,
    run: (args, options = {}) =>
      runCommand([...(options.under ?? []), ...command, ...args], {
        ...options,
        env: { ...env, ...options.env },
      }),
    close: () => world.close(),
  }
}

/** Runs a program to its end. @throws if it does not end in time: a hang is never an answer */
export function runCommand(command: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const [program = '', ...args] = command
  const spawnOptions: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'], detached: true }
  if (options.cwd !== undefined) spawnOptions.cwd = options.cwd
  if (options.env !== undefined) spawnOptions.env = options.env
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, spawnOptions)
    options.started?.(child)
    let late = false
    const timer = setTimeout(() => {
      late = true
      // its group: what it started goes with it
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }, options.longestMs ?? 120_000)
    let peakMiB = 0
    const look = setInterval(() => {
      peakMiB = Math.max(peakMiB, residentMiB(child.pid))
    }, 100)
    const told = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name]!.setEncoding('utf8').on('data', (text: string) => {
        told[name] += text
      })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      clearInterval(look)
      const ms = performance.now() - started
      if (late)
        reject(
          new Error(
            `did not end within ${options.longestMs ?? 120_000} ms: ${command.join(' ')}\n${told.stderr}`,
          ),
        )
      else resolve({ status: code ?? signal ?? 'gone', ...told, ms, peakMiB })
    })
  })
}

function residentMiB(pid: number | undefined): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(peak ?? 0) / 1024)
  } catch {
    return 0
  }
}

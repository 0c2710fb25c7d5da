import { SvcsplitError } from '#errors.js'
import { errnoOf } from './errno.js'
import { existsSync } from './files.js'

export interface RunOptions {
  readonly cwd?: string
  /** Replaces the environment; default: the one of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string | Uint8Array
  /** Default: no limit. */
  readonly timeoutMs?: number
  /** Bytes per stream; more ends the program. Default 64 MiB. */
  readonly maxOutput?: number
  /** Called with every line of both streams as it comes. */
  readonly onLine?: (line: string) => void
}

export interface RunResult {
  readonly stdout: string
  readonly stderr: string
}

/** How much of a failed program's last words go into the error. */
const keptLines = 20

/** Process groups that run now, to be ended with this process. */
const running = new Set<number>()

/**
 * Runs a program without a shell and waits for its end. It gets its own process group, so that a time-out or
 * Ctrl-C ends its children too. @throws E-EXE-MISSING, E-EXE-FAILED with the last lines of stderr
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const unsafe = [program, ...args].find((argument) => argument.includes('\0'))
  if (unsafe !== undefined)
    throw new SvcsplitError(
      'E-EXE-FAILED',
      `${program}: an argument holds a NUL character: ${JSON.stringify(unsafe)}`,
    )
  const { execa } = await import('execa')
  const child = execa(program, args, {
    shell: false,
    reject: false,
    detached: true,
    cleanup: false,
    all: options.onLine !== undefined,
    stripFinalNewline: false,
    maxBuffer: options.maxOutput ?? 64 * 1024 * 1024,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env as NodeJS.ProcessEnv, extendEnv: false }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  })
  if (options.onLine !== undefined) void follow(child.iterable({ from: 'all' }), options.onLine)
  const group = child.pid
  let timedOut = false
  const timers: NodeJS.Timeout[] = []
  if (group !== undefined) {
    track(group)
    if (options.timeoutMs !== undefined)
      timers.push(
        setTimeout(() => {
          timedOut = true
          signalGroup(group, 'SIGTERM')
          timers.push(setTimeout(() => signalGroup(group, 'SIGKILL'), 3_000))
        }, options.timeoutMs),
      )
  }
  const result = await child
  for (const timer of timers) clearTimeout(timer)
  if (group !== undefined) {
    if (timedOut || result.failed) signalGroup(group, 'SIGKILL')
    untrack(group)
  }
  if (!result.failed && !timedOut) return { stdout: result.stdout, stderr: result.stderr }
  throw failure(program, options, result, timedOut)
}

interface Outcome {
  readonly stderr?: unknown
  readonly stdout?: unknown
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly isMaxBuffer?: boolean
  readonly cause?: unknown
  readonly code?: unknown
  readonly originalMessage?: string | undefined
}

function failure(program: string, options: RunOptions, result: Outcome, timedOut: boolean): SvcsplitError {
  const errno = errnoOf(result) ?? errnoOf(result.cause)
  if (errno === 'ENOENT') {
    if (options.cwd !== undefined && !existsSync(options.cwd))
      return new SvcsplitError('E-FS-NOTFOUND', `cannot start ${program} in ${options.cwd}: does not exist`, {
        at: { path: options.cwd },
      })
    return new SvcsplitError('E-EXE-MISSING', `${program} is not installed`, {
      hint: `install ${program} and put it on PATH`,
    })
  }
  const why = timedOut
    ? `did not end within ${options.timeoutMs} ms`
    : result.isMaxBuffer === true
      ? 'wrote more than anything legitimate'
      : result.signal !== undefined
        ? `was ended by ${result.signal}`
        : result.exitCode !== undefined
          ? `ended with exit code ${result.exitCode}`
          : `could not be started (${errno ?? result.originalMessage ?? 'unknown reason'})`
  const words = lastLines(result.stderr) || lastLines(result.stdout)
  return new SvcsplitError('E-EXE-FAILED', `${program} ${why}${words === '' ? '' : `\n${words}`}`)
}

function lastLines(output: unknown): string {
  if (typeof output !== 'string') return ''
  return output.trimEnd().split(/\r?\n/).slice(-keptLines).join('\n')
}

async function follow(child: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of child) onLine(String(line))
  } catch {
    // the failure itself comes with the result
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal)
  } catch {
    // gone already
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function track(group: number): void {
  if (running.size === 0) {
    process.on('exit', onExit)
    for (const signal of signals) process.on(signal, onSignal)
  }
  running.add(group)
}

function untrack(group: number): void {
  running.delete(group)
  if (running.size > 0) return
  process.off('exit', onExit)
  for (const signal of signals) process.off(signal, onSignal)
}

function onExit(): void {
  for (const group of running) signalGroup(group, 'SIGKILL')
}

/** Hands the signal on; if nobody else listens for it, it then does to this process what it would have done. */
function onSignal(signal: NodeJS.Signals): void {
  for (const group of running) signalGroup(group, signal)
  if (process.listenerCount(signal) > 1) return
  process.off(signal, onSignal)
  process.kill(process.pid, signal)
}

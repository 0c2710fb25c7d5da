import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ended, SmallTool } from './small-tool.js'

/** Calls that change what is on a disk. */
const changingCalls = ['write', 'fsync', 'rename', 'link', 'unlink', 'rmdir', 'mkdir'] as const
export type ChangingCall = (typeof changingCalls)[number]

/** The `nth` of those calls that one thread makes, counted from 1, and what it was made on. */
export interface Moment {
  readonly call: ChangingCall
  readonly nth: number
  readonly on: string
}

const strace = ['strace', '-f', '-qqq', '-y']
/** Stops only at the calls that are asked for: half the time. Signals are not injected with it (strace 6.1). */
const quick = '--seccomp-bpf'

/** Every moment of a run at which `where` matches the path or socket of the call, in order. */
export async function momentsOf(
  tool: SmallTool,
  args: readonly string[],
  where: RegExp,
): Promise<{ readonly ended: Ended; readonly moments: readonly Moment[] }> {
  const { ended, log } = await traced(tool, args, [`trace=${changingCalls.join(',')}`], quick)
  const counts = new Map<string, number>()
  const moments: Moment[] = []
  for (const line of log.split('\n')) {
    const found = /^(\d+) +(\w+)\((.*)$/.exec(line)
    if (found === null) continue
    const [, thread, call, on] = found as unknown as [string, string, ChangingCall, string]
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1
    counts.set(`${thread} ${call}`, nth)
    if (where.test(on)) moments.push({ call, nth, on: on.slice(0, 200) })
  }
  return { ended, moments }
}

/** Runs the tool and kills it as that call begins, before the call has done anything. */
export async function killedAt(
  tool: SmallTool,
  args: readonly string[],
  { call, nth }: Moment,
): Promise<Ended> {
  return (await traced(tool, args, [`trace=${call}`, `inject=${call}:signal=KILL:when=${nth}`])).ended
}

/** Runs the tool with that call failing. `hit`: what failed in the end, if it was on a path that `where` matches. */
export async function failedAt(
  tool: SmallTool,
  args: readonly string[],
  { call, nth }: Moment,
  errno: string,
  where: RegExp,
): Promise<{ readonly ended: Ended; readonly hit: boolean }> {
  const { ended, log } = await traced(
    tool,
    args,
    [`trace=${call}`, `inject=${call}:error=${errno}:when=${nth}`],
    quick,
  )
  const injected = log.split('\n').filter((line) => line.includes('(INJECTED)'))
  const on = injected.map((line) => /^\d+ +\w+\((.*)$/.exec(line)?.[1] ?? '')
  return { ended, hit: on.length > 0 && on.every((one) => where.test(one)) }
}

async function traced(
  tool: SmallTool,
  args: readonly string[],
  expressions: readonly string[],
  ...options: readonly string[]
): Promise<{ readonly ended: Ended; readonly log: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-strace-'))
  try {
    const file = join(dir, 'log')
    const under = [...strace, ...options, '-o', file, ...expressions.flatMap((one) => ['-e', one])]
    const ended = await tool.run(args, { under })
    return { ended, log: readFileSync(file, 'utf8') }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** About `most` of a list, evenly over it, the first and the last among them. */
export function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list
  const step = (list.length - 1) / Math.max(1, most - 1)
  return Array.from({ length: most }, (_, index) => list[Math.round(index * step)]!)
}

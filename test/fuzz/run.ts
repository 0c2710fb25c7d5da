import { SvcsplitError } from '#errors.js'
import { randomFrom } from '../../bench/random.mjs'
import { mutate } from './mutate.js'
import type { Target } from './targets.js'

/** No input of these sizes may take longer. */
const longestMs = 100

export interface FuzzReport {
  readonly cases: number
  readonly refused: number
  readonly longestMs: number
  /** Untyped errors, hangs, and what was accepted and is not what it says. */
  readonly faults: readonly { readonly input: string; readonly fault: string }[]
}

async function outcomeOf(target: Target, bytes: Buffer): Promise<'accepted' | 'refused' | { fault: string }> {
  try {
    await target.read(bytes)
    return 'accepted'
  } catch (error) {
    if (error instanceof SvcsplitError) return 'refused'
    return { fault: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
  }
}

/** By the processor: the clock tells of other programs, too. */
async function timeOf(target: Target, bytes: Buffer): Promise<number> {
  const before = process.cpuUsage()
  await outcomeOf(target, bytes)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Gives a parser so many changed inputs. The same seed gives the same inputs. Stops at the tenth fault. */
export async function fuzz(target: Target, cases: number, seed: number): Promise<FuzzReport> {
  const { next } = randomFrom(seed)
  const faults: { input: string; fault: string }[] = []
  let [refused, longest] = [0, 0]
  let done = 0
  for (; done < cases && faults.length < 10; done++) {
    const changed = mutate(next, target.seeds, target.words)
    const bytes = target.mend?.(changed) ?? changed
    const started = performance.now()
    const outcome = await outcomeOf(target, bytes)
    let elapsed = performance.now() - started
    // what is slow is slow each time, and the compiler of Node works beside it the first time
    for (let again = 0; again < 4 && elapsed > longestMs; again++)
      elapsed = Math.min(elapsed, await timeOf(target, bytes))
    longest = Math.max(longest, elapsed)
    if (outcome === 'refused') refused++
    const fault =
      typeof outcome === 'object'
        ? outcome.fault
        : elapsed > longestMs
          ? `${Math.round(elapsed)} ms`
          : undefined
    if (fault !== undefined) faults.push({ input: (await smallest(target, bytes)).toString('latin1'), fault })
  }
  return { cases: done, refused, longestMs: longest, faults }
}

/** Cuts pieces out of an input as long as it stays a fault. */
async function smallest(target: Target, bytes: Buffer): Promise<Buffer> {
  let best = bytes
  for (let size = Math.ceil(best.length / 2), left = 400; size >= 1 && left > 0; ) {
    let isShorter = false
    for (let at = 0; at < best.length && left > 0; at += size, left--) {
      const cut = Buffer.concat([best.subarray(0, at), best.subarray(at + size)])
      if (typeof (await outcomeOf(target, cut)) !== 'object') continue
      best = cut
      isShorter = true
      break
    }
    if (!isShorter) size = size === 1 ? 0 : Math.ceil(size / 2)
  }
  return best
}

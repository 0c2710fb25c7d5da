import { open, readFile, stat, unlink, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from './errno.js'
import { makeDir } from './make-dir.js'
import { tempPrefix } from './temp-dir.js'

/** How often whoever works shows that it still does. */
const beatMs = 2_000
const longestPauseMs = 250

export interface ClaimOptions {
  /** Called once, if another process is waited for. */
  readonly waiting?: () => void
  /** Milliseconds without a sign of life after which a claim counts no more. Default 30,000. */
  readonly silenceMs?: number
}

/**
 * Has work done by one of all processes, on any machine, that want its result at once; the others wait for it. A claim
 * only spares work: whatever is done under one has to be right if it is done twice, since a holder that is stopped for
 * long loses it, and a folder that takes no claims has the work done at once.
 * @param path what the work makes; the claim is a file beside it, which is swept like any stray
 * @param find the result if it is there by now
 */
export async function doneOnce<T>(
  path: string,
  find: () => Promise<T | undefined>,
  work: () => Promise<T>,
  options: ClaimOptions = {},
): Promise<T> {
  const folder = dirname(path)
  const claim = join(folder, `${tempPrefix}claim-${path.slice(folder.length + 1)}`)
  let watched: Watched | undefined
  let isTold = false
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const found = await find()
    if (found !== undefined) return found
    const taken = await take(claim, folder)
    if (taken !== 'held') {
      try {
        // between the look and the claim another process may have come to its end
        return (await find()) ?? (await work())
      } finally {
        if (taken !== 'impossible') await taken.release()
      }
    }
    if (!isTold) options.waiting?.()
    isTold = true
    watched = await watch(claim, watched, options.silenceMs ?? 30_000)
    if (watched?.abandoned === true) await unlink(claim).catch(() => undefined)
    else await sleep(pauseMs * (0.5 + Math.random()))
  }
}

/** A claim of this process, `held` by another one, or `impossible` where no file can be made. */
async function take(
  claim: string,
  folder: string,
): Promise<{ release(): Promise<void> } | 'held' | 'impossible'> {
  try {
    const handle = await open(claim, 'wx').catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error
      await makeDir(folder)
      return open(claim, 'wx')
    })
    await handle.writeFile(`${process.pid} ${hostname()}\n`).finally(() => handle.close())
  } catch (error) {
    return errnoOf(error) === 'EEXIST' ? 'held' : 'impossible'
  }
  const beat = setInterval(() => {
    const now = new Date()
    utimes(claim, now, now).catch(() => undefined)
  }, beatMs)
  beat.unref()
  return {
    async release() {
      clearInterval(beat)
      await unlink(claim).catch(() => undefined)
    },
  }
}

interface Watched {
  /** What the claim's time was when it last changed, and when that was seen by this process's own clock. */
  readonly mtimeMs: number
  readonly seen: number
  readonly abandoned: boolean
}

/** By change and not by age, because clocks of machines differ, and can be set. Undefined: it is gone. */
async function watch(
  claim: string,
  before: Watched | undefined,
  silenceMs: number,
): Promise<Watched | undefined> {
  const status = await stat(claim).catch(() => undefined)
  if (status === undefined) return undefined
  const now = performance.now()
  const { mtimeMs } = status
  const isSilent = before !== undefined && before.mtimeMs === mtimeMs
  const seen = isSilent ? before.seen : now
  return { mtimeMs, seen, abandoned: now - seen > silenceMs || (await isHolderDead(claim)) }
}

async function isHolderDead(claim: string): Promise<boolean> {
  const [pid = '', host] = (await readFile(claim, 'utf8').catch(() => '')).trim().split(' ')
  // in another container a process of this number may be alive, or a living one not be seen: then silence decides
  if (host !== hostname() || !/^\d+$/.test(pid)) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return errnoOf(error) === 'ESRCH'
  }
}

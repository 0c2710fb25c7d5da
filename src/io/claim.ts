import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { link, lstat, open, readFile, rename, unlink, utimes } from 'node:fs/promises'
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
 * long loses it, and a folder that takes no claims, or keeps one that nobody holds, has the work done at once.
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
  let isStuck = false
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const found = await find()
    if (found !== undefined) return found
    const taken = isStuck ? 'impossible' : await take(claim, folder)
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
    if (watched?.abandoned === true) isStuck = !(await clear(claim, watched.text))
    else await sleep(pauseMs * (0.5 + Math.random()))
  }
}

/** A claim of this process, `held` by another one, or `impossible` where no file can be made. */
async function take(
  claim: string,
  folder: string,
): Promise<{ release(): Promise<void> } | 'held' | 'impossible'> {
  // the last word tells this claim from every other one of the same path
  const text = `${process.pid} ${thisPlace()} ${randomBytes(9).toString('hex')}\n`
  let isMade = false
  try {
    const handle = await open(claim, 'wx').catch(async (error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error
      await makeDir(folder)
      return open(claim, 'wx')
    })
    isMade = true
    await handle.writeFile(text).finally(() => handle.close())
  } catch (error) {
    // nobody could see whose it is, and all would wait for its silence
    if (isMade) await unlink(claim).catch(() => undefined)
    return !isMade && errnoOf(error) === 'EEXIST' ? 'held' : 'impossible'
  }
  const beat = setInterval(async () => {
    if ((await textOf(claim)) !== text) return
    const now = new Date()
    await utimes(claim, now, now).catch(() => undefined)
  }, beatMs)
  beat.unref()
  return {
    async release() {
      clearInterval(beat)
      await clear(claim, text)
    },
  }
}

/**
 * Removes the claim with this text and no other one: it goes to a name of its own before it is looked at for the last
 * time, since by then others may have removed it too and one of them may have its own there, which is put back.
 * @returns false if it is there and cannot be removed
 */
async function clear(claim: string, text: string): Promise<boolean> {
  if ((await textOf(claim)) !== text) return true
  const aside = join(dirname(claim), `${tempPrefix}${randomBytes(9).toString('hex')}`)
  try {
    await rename(claim, aside)
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
  if ((await textOf(aside)) !== text) await link(aside, claim).catch(() => undefined)
  await unlink(aside).catch(() => undefined)
  return true
}

/** Empty also for what is no file or cannot be read. */
async function textOf(claim: string): Promise<string> {
  return readFile(claim, 'utf8').catch(() => '')
}

interface Watched {
  readonly text: string
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
  const status = await lstat(claim).catch(() => undefined)
  if (status === undefined) return undefined
  const text = await textOf(claim)
  const now = performance.now()
  const { mtimeMs } = status
  const isSilent = before !== undefined && before.mtimeMs === mtimeMs && before.text === text
  const seen = isSilent ? before.seen : now
  return { text, mtimeMs, seen, abandoned: now - seen > silenceMs || isHolderDead(text) }
}

function isHolderDead(text: string): boolean {
  const [pid = '', ...place] = text.trim().split(' ').slice(0, -1)
  const here = thisPlace()
  // elsewhere a process of this number may be alive, or a living one not be seen: then silence decides
  if (here === nowhere || place.join(' ') !== here || !/^\d+$/.test(pid)) return false
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return errnoOf(error) === 'ESRCH'
  }
}

const nowhere = '-'

/**
 * Where a process number means one process: containers share the machine, and machines the name of their numbers' space,
 * which is a constant of Linux outside of containers.
 */
function thisPlace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return nowhere
  }
}

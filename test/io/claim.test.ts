import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { doneOnce } from '#io/claim.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Work that makes the file `thing`, slowly; how often it was done. */
function workshop(folder: string, fails = 0) {
  const path = join(folder, 'made/thing')
  const state = { done: 0, waited: 0 }
  const find = async (): Promise<string | undefined> => (existsSync(path) ? path : undefined)
  const work = async (): Promise<string> => {
    const time = ++state.done
    await pause(30)
    if (time <= fails) throw new Error(`failed ${time}`)
    writeFileSync(path, '')
    return path
  }
  const waiting = (): void => {
    state.waited++
  }
  const claim = join(folder, 'made', `${tempPrefix}claim-thing`)
  const once = (options = {}): Promise<string> => doneOnce(path, find, work, { waiting, ...options })
  return { path, state, once, claim }
}

describe('work that many want at once', () => {
  it('is done by one of them, and leaves no claim behind', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const { path, state, once } = workshop(folder)
      expect(await Promise.all(Array.from({ length: 20 }, () => once()))).toEqual(Array(20).fill(path))
      expect(state).toEqual({ done: 1, waited: 19 })
      expect(readdirSync(join(folder, 'made'))).toEqual(['thing'])
    })
  })

  it('is done by the next one when the first one fails', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const { state, once } = workshop(folder, 2)
      const ends = await Promise.allSettled(Array.from({ length: 5 }, () => once()))
      expect(ends.map(({ status }) => status).sort()).toEqual([
        ...Array(3).fill('fulfilled'),
        ...Array(2).fill('rejected'),
      ])
      expect(state.done).toBe(3)
    })
  })

  it('is done at once when the process that claimed it is dead', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const { once, claim } = workshop(folder)
      mkdirSync(join(folder, 'made'))
      const { pid } = spawnSync('true')
      writeFileSync(claim, `${pid} ${hostname()}\n`)
      const started = performance.now()
      await once()
      expect(performance.now() - started).toBeLessThan(5_000)
      expect(existsSync(claim)).toBe(false)
    })
  })

  it('is done when a process elsewhere that claimed it gives no sign of life, whatever its clock says', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const { once, claim, state } = workshop(folder)
      mkdirSync(join(folder, 'made'))
      writeFileSync(claim, '1 elsewhere\n')
      const started = performance.now()
      await once({ silenceMs: 300 })
      expect(performance.now() - started).toBeGreaterThan(300)
      expect(state).toEqual({ done: 1, waited: 1 })
    })
  })

  it('is done where no claim can be made', async () => {
    const answer = await doneOnce(
      '/proc/nothing/thing',
      async () => undefined,
      async () => 'done',
    )
    expect(answer).toBe('done')
  })
})

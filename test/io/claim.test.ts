import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { doneOnce } from '#io/claim.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'

/** Folders of others: what is in them stays, as in a folder of mode 555 for who is not root. */
const fixed = new Set<string>()
/** What others do just before a path is removed or renamed. */
const quicker = new Map<string, () => void>()

vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>()
  const before = (path: string): void => {
    const act = quicker.get(path)
    quicker.delete(path)
    act?.()
    if (fixed.has(dirname(path))) throw Object.assign(new Error('EACCES'), { code: 'EACCES' })
  }
  return {
    ...real,
    unlink: async (path: string) => {
      before(path)
      await real.unlink(path)
    },
    rename: async (from: string, to: string) => {
      before(from)
      await real.rename(from, to)
    },
  }
})

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

const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** What a process of this machine that has come to its end left. */
function deadClaim(): string {
  const { pid } = spawnSync('true')
  return `${pid} ${boot} ${readlinkSync('/proc/self/ns/pid')} 0123456789\n`
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
      writeFileSync(claim, deadClaim())
      const started = performance.now()
      await once()
      expect(performance.now() - started).toBeLessThan(5_000)
      expect(existsSync(claim)).toBe(false)
    })
  })

  it.each([
    ['of another machine', '1 elsewhere\n'],
    ['of a machine whose numbers have a space of this name', deadClaim().replace(boot, 'f0000000-0000')],
    ['of another container', deadClaim().replace(/pid:\[\d+\]/, 'pid:[1]')],
  ])('is done when a process %s that claimed it gives no sign of life, whatever its clock says', async (_, text) => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const { once, claim, state } = workshop(folder)
      mkdirSync(join(folder, 'made'))
      writeFileSync(claim, text)
      const started = performance.now()
      await once({ silenceMs: 300 })
      expect(performance.now() - started).toBeGreaterThan(300)
      expect(state).toEqual({ done: 1, waited: 1 })
    })
  })

  it('leaves the fresh claim of another that saw the dead process too and was quicker', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const { once, claim } = workshop(folder)
      mkdirSync(join(folder, 'made'))
      writeFileSync(claim, deadClaim())
      const fresh = '1 elsewhere - 9876543210\n'
      quicker.set(claim, () => writeFileSync(claim, fresh))
      const started = performance.now()
      await once({ silenceMs: 300 })
      expect(quicker.size).toBe(0)
      expect(performance.now() - started).toBeGreaterThan(300)
      expect(readdirSync(join(folder, 'made'))).toEqual(['thing'])
    })
  })

  it('is done when the claim of a dead process cannot be removed', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const { once, claim, state } = workshop(folder)
      mkdirSync(join(folder, 'made'))
      writeFileSync(claim, deadClaim())
      fixed.add(dirname(claim))
      try {
        await once()
      } finally {
        fixed.clear()
      }
      expect(state.done).toBe(1)
    })
  })

  it('is waited for when its number may be one of another container on this machine', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const { once, claim } = workshop(folder)
      mkdirSync(join(folder, 'made'))
      writeFileSync(claim, deadClaim().replace(/\[\d+\]/, '[1]'))
      const started = performance.now()
      await once({ silenceMs: 300 })
      expect(performance.now() - started).toBeGreaterThan(300)
    })
  })

  it('leaves the claim of whoever took it over', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      const path = join(folder, 'thing')
      const claim = join(folder, `${tempPrefix}claim-thing`)
      const work = async (): Promise<string> => {
        expect(readFileSync(claim, 'utf8')).toMatch(new RegExp(`^${process.pid} `))
        writeFileSync(claim, '1 elsewhere - abc\n')
        return 'done'
      }
      expect(await doneOnce(path, async () => undefined, work)).toBe('done')
      expect(readFileSync(claim, 'utf8')).toBe('1 elsewhere - abc\n')
    })
  })

  it('is done without a claim where the disk is full, and leaves no empty one', async () => {
    await tempDir('svcsplit-claim-', async (folder) => {
      writeFileSync(join(folder, 'some'), '')
      const some = await open(join(folder, 'some'))
      await some.close()
      const full = vi
        .spyOn(Object.getPrototypeOf(some), 'writeFile')
        .mockRejectedValue(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }))
      const seen: string[][] = []
      const work = async (): Promise<string> => {
        seen.push(readdirSync(folder))
        return 'done'
      }
      try {
        expect(await doneOnce(join(folder, 'thing'), async () => undefined, work)).toBe('done')
      } finally {
        full.mockRestore()
      }
      expect(seen).toEqual([['some']])
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

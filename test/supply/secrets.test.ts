import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BuildRequest, build } from '#verbs/build.js'
import { type SmallWorld, smallWorld } from '../verbs/small-world.js'

const seed = 'hunter2-seeded-secret'
const forms = [seed, Buffer.from(`me:${seed}`).toString('base64'), Buffer.from(seed).toString('hex')]

let world: SmallWorld
const said: string[] = []
beforeEach(async () => {
  world = await smallWorld()
  said.length = 0
})
afterEach(() => world.close())

/** With the seed wherever a login may stand, and everything that is said on the way. */
function asked(changes: Partial<BuildRequest> = {}): BuildRequest {
  const keep = (text: string): void => {
    said.push(text)
  }
  return {
    ...world.request,
    indexUrl: world.index.url.replace('//', `//me:${seed}@`),
    progress: { step: keep, done: keep, note: keep, warn: keep },
    ...changes,
  }
}

/** Every file of the world, as it lies there and unpacked, that shows the seed in one of its forms. */
function leaks(): readonly string[] {
  const found: string[] = []
  const look = (dir: string): void => {
    for (const name of readdirSync(dir)) {
      const path = join(dir, name)
      const status = statSync(path)
      if (status.isDirectory()) look(path)
      else if (shows(readFileSync(path))) found.push(path)
    }
  }
  look(world.dir)
  return found
}

function shows(bytes: Buffer): boolean {
  const unpacked = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
  return [bytes, unpacked].some((one) => forms.some((form) => one.includes(form)))
}

describe('a login of the index', () => {
  it('is sent to it, and is in no file that a build writes and in nothing that it says', async () => {
    const services = ['alpha@2025.1', 'beta@2025.1']
    const outcomes = await build(asked({ services }))
    expect(outcomes.every((outcome) => 'digest' in outcome)).toBe(true)
    await build(
      asked({
        output: `docker-archive:${world.path('images.tar')}`,
        writeLock: world.path('pylock.alpha.toml'),
      }),
    )
    expect(world.index.requests[0]!.headers.authorization).toBe(`Basic ${forms[1]}`)
    expect(leaks()).toEqual([])
    expect(forms.some((form) => JSON.stringify([said, outcomes]).includes(form))).toBe(false)
  })

  it('is in no error when the index fails', async () => {
    world.index.fault('.whl', (_, response) => {
      response.writeHead(403).end()
      return true
    })
    const error = await build(asked()).catch((reason: Error) => reason)
    expect(error).toMatchObject({ code: 'E-NET-STATUS' })
    expect(JSON.stringify([String(error), (error as { hint?: string }).hint])).not.toContain(seed)
    expect(leaks()).toEqual([])
  })

  it.each(forms)('is found by this test where it lies, packed or not: %s', (form) => {
    const bytes = Buffer.from(`a ${form} b`)
    expect([bytes, gzipSync(bytes)].map(shows)).toEqual([true, true])
  })
})

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tempPrefix } from '#io/temp-dir.js'
import { copy } from '#verbs/copy.js'
import { startRegistry, type TestRegistry } from '../support/oci-registry.js'
import { keepRows } from '../support/reliability.js'
import { isBuilt, type SmallTool, smallTool } from '../support/small-tool.js'

/** Builds at once; `npm run test:storm` has fifty. */
const builds = Number(process.env.SVCSPLIT_TEST_STORM ?? 6)
const libraries = builds > 10 ? 60 : 10

let tool: SmallTool
let registry: TestRegistry
/** None while the world is made. */
let storm: Storm | undefined
beforeAll(async () => {
  if (!isBuilt) return
  tool = await smallTool(libraries)
  registry = await startRegistry({ fault: (method, url) => storm?.ofRegistry(`${method} ${url}`) })
})
afterAll(async () => {
  await registry?.close()
  await tool?.close()
})

const kinds = ['reset', 'status 500', 'status 503', 'late', 'cut short'] as const
type Kind = (typeof kinds)[number]

/** Which requests fail, and how: the same numbers every time, though not to the same requests. */
class Storm {
  readonly counts = new Map<Kind, number>()
  requests = 0
  #state = 7
  readonly #row = new Map<string, number>()

  /** From 0 to 1 (a linear congruential generator). */
  #random(): number {
    this.#state = (this.#state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return this.#state / 2 ** 32
  }

  /** One of ten; a third time in a row is spared: one of ten thousand requests would fail as often as it is tried. */
  next(request: string): Kind | undefined {
    this.requests++
    const inRow = this.#row.get(request) ?? 0
    if (this.#random() >= 0.1 || inRow === 2) {
      this.#row.delete(request)
      return undefined
    }
    this.#row.set(request, inRow + 1)
    const kind = kinds[Math.floor(this.#random() * kinds.length)]!
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    return kind
  }

  ofRegistry(request: string) {
    switch (this.next(request)) {
      case undefined:
        return undefined
      case 'reset':
        return { cutAfter: 0 }
      case 'status 500':
        return { status: 500 }
      case 'status 503':
        return { status: 503 }
      case 'late':
        return { lateMs: 1500 }
      case 'cut short':
        // what has no body to cut was done, and nobody hears of it
        return request.startsWith('GET') ? { halfAnswer: true } : { loseAnswer: true }
    }
  }
}

/** What is answered ends in the middle, and the connection with it. */
function cutShort(response: ServerResponse): void {
  const { socket } = response
  response.end = ((body: Uint8Array | string = '') => {
    const bytes = Buffer.from(body as Uint8Array)
    response.write(bytes.subarray(0, bytes.length / 2), () => socket?.destroy())
    return response
  }) as typeof response.end
}

describe.runIf(isBuilt)(`${builds} builds at once on one cache`, () => {
  it('all finish, fetch each file once, and agree, though one request of ten fails', async () => {
    const { world } = tool
    const base = `${registry.host}/os/base:12`
    await copy({ from: world.base, to: base })
    registry.log.length = 0
    storm = new Storm()
    const weather = storm
    const served = new Map<string, number>()
    const serve = (path: string): void => {
      if (path.startsWith('/files/')) served.set(path, (served.get(path) ?? 0) + 1)
    }
    const late = new WeakSet<object>()
    world.index.fault('', (request, response) => {
      const path = request.url ?? ''
      // one that was late comes here a second time
      const kind = late.has(request) ? undefined : weather.next(path)
      switch (kind) {
        case 'reset':
          request.socket.destroy()
          return true
        case 'status 500':
        case 'status 503':
          response.writeHead(Number(kind.slice(-3))).end()
          return true
        case 'late':
          late.add(request)
          setTimeout(() => world.index.answer(request, response), 1500)
          return true
        case 'cut short':
          cutShort(response)
          return false
        default:
          serve(path)
          return false
      }
    })
    const runs = await Promise.all(
      Array.from({ length: builds }, (_, number) => {
        const output = `registry:${registry.host}/cloud-${number}/{service}:{release}`
        const services = ['alpha@2025.1', 'beta@2025.1']
        const index = ['--index-url', world.index.url]
        const args = [
          'build',
          ...services,
          '-o',
          output,
          '--base',
          `registry:${base}`,
          '--no-verify',
          ...index,
        ]
        return tool.run(args, { longestMs: 300_000 })
      }),
    )
    storm = undefined

    for (const { status, stderr } of runs) expect([status, status === 0 ? '' : stderr]).toEqual([0, ''])
    for (const service of ['alpha', 'beta']) {
      const digests = runs.map((_, number) => registry.tags.get(`cloud-${number}/${service}`)?.get('2025.1'))
      expect(digests[0]).toMatch(/^sha256:/)
      expect(new Set(digests).size).toBe(1)
      for (const [number, digest] of digests.entries()) requireWhole(`cloud-${number}/${service}`, digest!)
    }
    expect(Math.max(...served.values())).toBe(1)
    expect(served.size).toBe(5 + libraries)
    const failed = [...weather.counts.values()].reduce((sum, count) => sum + count, 0)
    expect(failed).toBeGreaterThan(weather.requests / 20)
    const store = world.path('cache/blobs/sha256')
    const names = readdirSync(store)
    expect(names.filter((name) => name.startsWith(tempPrefix))).toEqual([])
    for (const name of names) expect(hexOf(readFileSync(join(store, name)))).toBe(name)
    const told = [...weather.counts].sort().map(([kind, count]) => `${count} ${kind}`)
    keepRows('storm', [
      {
        promise: 'P2',
        what: `${builds} builds at once on one cache, from one index and base to one registry, all of which fail one request of ten: of ${weather.requests.toLocaleString('en')} requests ${told.join(', ')}; each of ${served.size} files fetched once, all images equal and whole`,
        tried: builds,
        injected: failed,
        survived: failed,
        losses: 0,
        longestMs: Math.round(Math.max(...runs.map(({ ms }) => ms))),
        peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
        command: 'npm run test:storm',
      },
    ])
  }, 600_000)
})

const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Whatever the manifest names is there with the bytes that it names. */
function requireWhole(repository: string, digest: string): void {
  const stored = registry.manifests.get(repository)?.get(digest)
  const { config, layers } = JSON.parse(String(stored?.bytes)) as {
    config: { digest: string }
    layers: readonly { digest: string }[]
  }
  for (const part of [config, ...layers]) {
    const bytes = registry.blobs.get(repository)?.get(part.digest)
    expect(bytes === undefined ? 'missing' : `sha256:${hexOf(bytes)}`).toBe(part.digest)
  }
}

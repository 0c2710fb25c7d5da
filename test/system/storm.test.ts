import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tempPrefix } from '#io/temp-dir.js'
import { keepRows } from '../support/reliability.js'
import { isBuilt, type SmallTool, smallTool } from '../support/small-tool.js'

/** Builds at once; `npm run test:storm` has fifty. */
const builds = Number(process.env.SVCSPLIT_TEST_STORM ?? 6)
const failing = 0.1

let tool: SmallTool
beforeAll(async () => {
  if (isBuilt) tool = await smallTool()
})
afterAll(() => tool?.close())

/** Numbers from 0 to 1, the same every time (a linear congruential generator). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

describe.runIf(isBuilt)(`${builds} builds at once on one cache`, () => {
  it('all finish, fetch each file once, and agree, though one request of ten fails', async () => {
    const { world } = tool
    const random = seeded(7)
    let failed = 0
    const served = new Map<string, number>()
    world.index.fault('', (request, response) => {
      const path = request.url ?? ''
      if (random() < failing) {
        failed++
        if (random() < 0.5) request.socket.destroy()
        else response.writeHead(503).end()
        return true
      }
      if (path.startsWith('/files/')) served.set(path, (served.get(path) ?? 0) + 1)
      return false
    })
    const runs = await Promise.all(
      Array.from({ length: builds }, (_, number) => {
        const output = `oci:${world.path(`out-${number}`)}`
        const services = ['alpha@2025.1', 'beta@2025.1']
        const index = ['--index-url', world.index.url]
        const args = ['build', ...services, '-o', output, '--base', world.base, '--no-verify', ...index]
        return tool.run(args, { longestMs: 300_000 })
      }),
    )

    for (const { status, stderr } of runs) expect([status, status === 0 ? '' : stderr]).toEqual([0, ''])
    const indexes = new Set(
      runs.map((_, number) => readFileSync(world.path(`out-${number}/index.json`), 'utf8')),
    )
    expect(indexes.size).toBe(1)
    expect(Math.max(...served.values())).toBe(1)
    expect(served.size).toBe(5)
    expect(failed).toBeGreaterThan(0)
    const store = world.path('cache/blobs/sha256')
    const names = readdirSync(store)
    expect(names.filter((name) => name.startsWith(tempPrefix))).toEqual([])
    for (const name of names)
      expect(
        createHash('sha256')
          .update(readFileSync(join(store, name)))
          .digest('hex'),
      ).toBe(name)
    keepRows('storm', [
      {
        promise: 'P2',
        what: `${builds} builds at once on one cache, one request of ten refused or reset: each of ${served.size} files fetched once, all images equal`,
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

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLayout, refNames } from '#image/layout.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'
import { type BuildOutcome, build } from '#verbs/build.js'
import { validateImage } from '../support/validate-image.js'
import { type SmallWorld, smallWorld } from '../verbs/small-world.js'

const dist = fileURLToPath(new URL('../../dist/verbs/build.js', import.meta.url))

/** Builds in a process of its own, which can be killed. */
const script = `
  const { build } = await import(process.argv[1])
  try {
    await build(JSON.parse(process.argv[2]))
    console.log('done')
  } catch (error) {
    console.log(error.code ?? String(error))
  }`

let world: SmallWorld
beforeEach(async () => {
  world = await smallWorld()
})
afterEach(() => world.close())

function argumentsOf(changes: object = {}): readonly string[] {
  const services = ['alpha@2025.1', 'beta@2025.1']
  return [
    '--input-type=module',
    '-e',
    script,
    dist,
    JSON.stringify({ ...world.request, services, ...changes }),
  ]
}

function ended(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => child.on('exit', (code) => resolve(code === 0)))
}

async function timeOfOne(): Promise<number> {
  const started = performance.now()
  await ended(spawn(process.execPath, argumentsOf()))
  return performance.now() - started
}

/** `npm run test:kills` makes more of it. */
const rounds = Number(process.env.SVCSPLIT_TEST_KILLS ?? 20)

/** Blobs of a folder whose bytes are not the ones of their name. */
function brokenBlobs(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => {
    if (name.startsWith(tempPrefix)) return false
    return (
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex') !== name
    )
  })
}

describe.runIf(existsSync(dist))('a build that is killed', () => {
  it(
    `leaves store and layout whole at any moment (${rounds} tries), and the next build is as if nothing had been`,
    async () => {
      const services = ['alpha@2025.1', 'beta@2025.1']
      const whole = await build({ ...world.request, services })
      const digestsOf = (outcomes: readonly BuildOutcome[]): readonly string[] =>
        outcomes.map((outcome) => ('digest' in outcome ? outcome.digest : outcome.error.message))
      const forget = (): void => {
        for (const name of ['images', 'cache', 'images.tar'])
          rmSync(world.path(name), { recursive: true, force: true })
      }
      const outputs = [`oci:${world.path('images')}`, `docker-archive:${world.path('images.tar')}`]
      forget()
      const longest = await timeOfOne()
      let killed = 0
      for (let round = 0; round < rounds; round++) {
        // Half of the rounds go on where a killed one stopped.
        if (round % 2 === 0) forget()
        const output = outputs[round % 4 < 3 ? 0 : 1]
        const child = spawn(process.execPath, argumentsOf({ output }), { stdio: 'ignore' })
        const end = ended(child)
        const timer = setTimeout(() => child.kill('SIGKILL'), longest * (0.2 + 0.75 * Math.random()))
        if (!(await end)) killed++
        clearTimeout(timer)
        for (const folder of ['cache/blobs/sha256', 'images/blobs/sha256'])
          expect(brokenBlobs(world.path(folder))).toEqual([])
        // An archive is there as a whole or not at all.
        if (existsSync(world.path('images.tar')))
          expect(readFileSync(world.path('images.tar')).subarray(-1024)).toEqual(Buffer.alloc(1024))
        if (!existsSync(`${world.path('images')}/index.json`)) continue
        for (const name of refNames(await readLayout(world.path('images'))))
          await validateImage(world.path('images'), name)
      }
      expect(killed).toBeGreaterThan(rounds / 4)
      expect(digestsOf(await build({ ...world.request, services }))).toEqual(digestsOf(whole))
      for (const name of ['alpha:2025.1', 'beta:2025.1']) await validateImage(world.path('images'), name)
    },
    120_000 + rounds * 6_000,
  )
})

describe.runIf(existsSync(dist))('a build on a disk that is full', () => {
  it('says so, and leaves no name that leads to half an image', async () => {
    await tempDir('svcsplit-full-', async (folder) => {
      const changes = { output: `oci:${folder}/images`, services: ['alpha@2025.1'] }
      // Layers are made where there is room, so that the layout is what does not fit.
      await build({ ...world.request, services: ['alpha@2025.1'] })
      const steps = [
        'set -e',
        `mount -t tmpfs -o size=24k tmpfs "${folder}"`,
        `"${process.execPath}" "$@"`,
        `ls "${folder}/images"`,
      ]
      const { stdout } = spawnSync(
        'unshare',
        ['-rm', 'sh', '-c', steps.join('\n'), 'sh', ...argumentsOf(changes)],
        {
          encoding: 'utf8',
        },
      )
      const [code, ...names] = stdout.trim().split('\n')
      expect(code).toBe('E-FS-SPACE')
      expect(names).not.toContain('index.json')
    })
  })
})

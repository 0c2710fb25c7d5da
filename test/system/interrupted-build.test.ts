import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLayout, refNames } from '#image/layout.js'
import { validateImage } from '#image/validate.js'
import { tempDir } from '#io/files.js'
import { type BuildOutcome, build } from '#verbs/build.js'
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

describe.runIf(existsSync(dist))('a build that is killed', () => {
  it('leaves a layout that is whole, at any moment, and the next build is as if nothing had been', async () => {
    const whole = await build({ ...world.request, services: ['alpha@2025.1', 'beta@2025.1'] })
    const digestsOf = (outcomes: readonly BuildOutcome[]): readonly string[] =>
      outcomes.map((outcome) => ('digest' in outcome ? outcome.digest : outcome.error.message))
    const forget = (): void => {
      for (const name of ['images', 'cache']) rmSync(world.path(name), { recursive: true, force: true })
    }
    forget()
    const longest = await timeOfOne()
    let killed = 0
    for (let round = 0; round < 20; round++) {
      // Half of the rounds go on where a killed one stopped.
      if (round % 2 === 0) forget()
      const child = spawn(process.execPath, argumentsOf(), { stdio: 'ignore' })
      const end = ended(child)
      const timer = setTimeout(() => child.kill('SIGKILL'), longest * (0.2 + 0.75 * Math.random()))
      if (!(await end)) killed++
      clearTimeout(timer)
      if (!existsSync(`${world.path('images')}/index.json`)) continue
      for (const name of refNames(await readLayout(world.path('images'))))
        await validateImage(world.path('images'), name)
    }
    expect(killed).toBeGreaterThan(5)
    const services = ['alpha@2025.1', 'beta@2025.1']
    expect(digestsOf(await build({ ...world.request, services }))).toEqual(digestsOf(whole))
    for (const name of ['alpha:2025.1', 'beta:2025.1']) await validateImage(world.path('images'), name)
  }, 120_000)
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

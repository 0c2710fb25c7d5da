import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLayoutImage } from '#image/layout.js'
import { parsePylock } from '#lock/parse-pylock.js'
import { formatPylock } from '#lock/pylock.js'
import { type BuildRequest, type BuiltImage, build } from '#verbs/build.js'
import { diff } from '#verbs/diff.js'
import { dryRun } from '#verbs/dry-run.js'
import { rebase } from '#verbs/rebase.js'
import { verify } from '#verbs/verify.js'
import { startRegistry, type TestRegistry } from '../support/oci-registry.js'
import { validateImage } from '../support/validate-image.js'
import { type SmallWorld, smallWorld, sourcedWheel } from './small-world.js'

let world: SmallWorld
let registry: TestRegistry | undefined
beforeEach(async () => {
  world = await smallWorld()
})
afterEach(async () => {
  await registry?.close()
  registry = undefined
  await world.close()
})

async function one(changes: Partial<BuildRequest> = {}): Promise<BuiltImage> {
  const [outcome] = await build({ ...world.request, ...changes })
  return outcome as BuiltImage
}

/** A folder with the wheel of the one distribution that has none in the index. */
function wheelhouse(name: string, salt = ''): { readonly wheelhouse: string } {
  mkdirSync(world.path(name), { recursive: true })
  const { filename, bytes } = sourcedWheel(salt)
  writeFileSync(join(world.path(name), filename), bytes)
  return { wheelhouse: world.path(name) }
}

describe('a lock that a build has written', () => {
  const gamma = { services: ['gamma@2025.1'] }
  const lock = () => ({ lockFile: world.path('gamma.toml') })

  beforeEach(async () => {
    await one({ ...gamma, ...wheelhouse('wheels'), writeLock: world.path('gamma.toml') })
  })

  it('names base and built wheels, and reads back as it was written', () => {
    const text = readFileSync(world.path('gamma.toml'), 'utf8')
    const read = parsePylock(text, 'gamma.toml')
    expect(formatPylock(read)).toBe(text)
    expect(read.base?.packages).toEqual([{ name: 'libc6', version: '2.36-9' }])
    expect(read.distributions.find(({ name }) => name === 'sourced')?.built?.filename).toBe(
      sourcedWheel().filename,
    )
  })

  it('gives the same image again, also from an empty cache', async () => {
    const before = await one({ ...gamma, ...wheelhouse('wheels') })
    rmSync(world.path('cache'), { recursive: true })
    const after = await one({ ...gamma, ...lock(), ...wheelhouse('wheels'), locked: true })
    expect(after.digest).toBe(before.digest)
  })

  it('refuses another wheel of the same sdist', async () => {
    rmSync(world.path('cache'), { recursive: true })
    await expect(
      one({ ...gamma, ...lock(), ...wheelhouse('others', 'x'), locked: true }),
    ).rejects.toMatchObject({ code: 'E-LCK-DIFFERS', message: expect.stringContaining('sourced 0.1') })
  })

  it('refuses a base with another version of a package, and says which', async () => {
    const base = await world.writeBase('newer', { note: '+deb12u1' })
    await expect(one({ ...gamma, ...lock(), base, locked: true })).rejects.toMatchObject({
      code: 'E-LCK-DIFFERS',
      message: expect.stringContaining('libc6 2.36-9 -> 2.36-9+deb12u1'),
    })
  })

  it.each([
    ['another service', { services: ['alpha@2025.1'] }, {}],
    ['another Python', {}, { python: '3.12' }],
    ['an older glibc', {}, { glibc: '2.31' }],
  ])('is refused for %s', async (_, changes, bent) => {
    const base = await world.writeBase('bent', bent)
    await expect(one({ ...gamma, ...lock(), base, ...changes })).rejects.toMatchObject({
      code: 'E-LCK-DIFFERS',
    })
  })

  it('is not taken for several services', async () => {
    const services = ['alpha@2025.1', 'beta@2025.1']
    await expect(build({ ...world.request, services, ...lock() })).rejects.toMatchObject({
      code: 'E-CLI-USAGE',
    })
  })
})

describe('a registry as destination', () => {
  const output = () => `registry:${registry!.host}/project/{service}`

  it('gets only the layers that it lacks, which alone are made', async () => {
    registry = await startRegistry()
    const first = await one({ output: output() })
    expect(registry.tags.get('project/alpha')?.get('2025.1')).toBe(first.digest)
    rmSync(join(world.path('cache'), 'blobs'), { recursive: true })
    const lost = first.layers[2]!
    registry.blobs.get('project/alpha')!.delete(lost.digest)
    const asked = world.index.requests.length

    const again = await one({ output: output() })

    expect(again.digest).toBe(first.digest)
    expect(again.newBytes).toBe(lost.bytes)
    expect(registry.blobs.get('project/alpha')!.has(lost.digest)).toBe(true)
    const wheels = world.index.requests.slice(asked).filter(({ path }) => path.endsWith('.whl'))
    expect(wheels.length).toBeLessThan(3)
  })

  it('can be verified where it is, and nothing of that stays', async () => {
    registry = await startRegistry()
    const { digest } = await one({ output: output() })
    const cacheDir = world.path('cache')
    const before = readdirSync(cacheDir).sort()
    const image = `registry:${registry.host}/project/alpha:2025.1`
    const [verified] = await verify({ image, start: 'none', cacheDir })
    expect(verified).toMatchObject({ image, digest })
    expect(verified!.findings.filter(({ level }) => level === 'error')).toEqual([])
    expect(readdirSync(cacheDir).sort()).toEqual(before)
    await expect(verify({ image: `${image}x`, start: 'none', cacheDir })).rejects.toMatchObject({
      code: 'E-REG-UNKNOWN',
    })
  })

  it('needs a place for the name of each service', async () => {
    registry = await startRegistry()
    const services = ['alpha@2025.1', 'beta@2025.1']
    await expect(
      build({ ...world.request, services, output: `registry:${registry.host}/project/all` }),
    ).rejects.toMatchObject({ code: 'E-IMG-REF' })
    expect(registry.log).toEqual([])
  })
})

describe('a dry run', () => {
  it('tells what would move, before and after a build, and makes nothing', async () => {
    const [before] = await dryRun(world.request)
    expect(before).toMatchObject({ estimated: true })
    expect(before).not.toHaveProperty('previous')
    expect(world.index.requests).toEqual([])

    const image = await one()
    const [after] = await dryRun(world.request)
    expect(after).toMatchObject({ previous: image.digest, transfer: 0, disk: 0, estimated: false })

    const [other] = await dryRun({ ...world.request, output: `oci:${world.path('other')}` })
    const layers = image.base.bytes + image.layers.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(other).toMatchObject({ transfer: layers, disk: layers })
  })

  it('does not build what has only an sdist', async () => {
    const [planned] = await dryRun({ ...world.request, services: ['gamma@2025.1'] })
    expect(planned).toMatchObject({ name: 'gamma:2025.1', estimated: true, distributions: 3 })
  })
})

describe('a difference', () => {
  const target = { python: '3.11', platform: 'linux/amd64', glibc: '2.36' } as const

  it('between images tells distributions and the bytes of new layers', async () => {
    const [alpha, beta] = (await build({
      ...world.request,
      services: ['alpha@2025.1', 'beta@2025.1'],
    })) as readonly BuiltImage[]
    const name = (service: string): string => `oci:${world.path('images')}:${service}:2025.1`
    const found = await diff({ ...target, from: name('alpha'), to: name('beta') })
    expect(found.distributions).toEqual({
      added: [{ name: 'beta', value: '2.0' }],
      removed: [
        { name: 'alone', value: '5.0' },
        { name: 'alpha', value: '1.0' },
      ],
      changed: [],
    })
    const fresh = beta!.layers.filter(({ digest }) => !alpha!.layers.some((one) => one.digest === digest))
    expect(found).toMatchObject({ exact: true, transfer: fresh.reduce((sum, { bytes }) => sum + bytes, 0) })
  })

  it('between service releases needs no image, and between the same is nothing', async () => {
    const { root } = world.request
    const found = await diff({ ...target, root: root!, from: 'alpha@2025.1', to: 'beta@2025.1' })
    expect(found.distributions.added).toEqual([{ name: 'beta', value: '2.0' }])
    expect(found.processes?.removed).toEqual([{ name: 'alpha-api', value: 'alpha-api --verbose' }])
    const same = await diff({ ...target, root: root!, from: 'alpha@2025.1', to: 'alpha@2025.1' })
    expect(same).toMatchObject({ transfer: 0, layers: { new: 0, gone: 0 } })
  })
})

describe('a rebase', () => {
  const rebased = async (base: string) =>
    rebase({
      image: `oci:${world.path('images')}:alpha:2025.1`,
      base,
      output: `oci:${world.path('rebased')}`,
      cacheDir: world.path('cache'),
      root: world.request.root!,
    })

  it('gives the image that a build on the new base gives, without making a layer', async () => {
    await one()
    const asked = world.index.requests.length
    const base = await world.writeBase('newer', { note: '+deb12u1' })
    const result = await rebased(base)
    await validateImage(world.path('rebased'), 'alpha:2025.1')
    expect(world.index.requests).toHaveLength(asked)
    const anew = await one({ base, output: `oci:${world.path('anew')}` })
    expect(result.digest).toBe(anew.digest)
    const { manifest } = await readLayoutImage(world.path('rebased'))
    expect(manifest.layers).toHaveLength(result.kept + 1)
  })

  it.each([
    ['another Python', { python: '3.12' }, 'python3.12'],
    ['an older glibc', { glibc: '2.31' }, 'glibc 2.31'],
    ['another account', { passwd: 'root:x:0:0:root:/root:/bin/sh\nnew:x:7:7::/:/bin/sh\n' }, 'new:x:7:7'],
  ])('is refused on a base with %s', async (_, bent, told) => {
    await one()
    const base = await world.writeBase('bent', bent)
    await expect(rebased(base)).rejects.toMatchObject({
      code: 'E-IMG-BASE',
      message: expect.stringContaining(told),
    })
  })
})

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readLayout, readLayoutImage, refNames } from '#image/layout.js'
import { parseImageIndex } from '#oci/image-index.js'
import { mediaTypes } from '#oci/media-type.js'
import { type BuildOutcome, type BuildRequest, type BuiltImage, build } from '#verbs/build.js'
import { copy } from '#verbs/copy.js'
import { dryRun } from '#verbs/dry-run.js'
import { verify } from '#verbs/verify.js'
import { startRegistry } from '../support/oci-registry.js'
import { validateImage } from '../support/validate-image.js'
import { type SmallWorld, smallWorld, sourcedWheel } from './small-world.js'

let world: SmallWorld
beforeEach(async () => {
  world = await smallWorld()
})
afterEach(() => world.close())

function built(outcomes: readonly BuildOutcome[]): readonly BuiltImage[] {
  return outcomes.map((outcome) => {
    if ('error' in outcome) throw new Error(`${outcome.name}: ${outcome.error.message}`)
    return outcome
  })
}

async function digests(changes: Partial<BuildRequest> = {}): Promise<readonly string[]> {
  return built(await build({ ...world.request, ...changes })).map(({ digest }) => digest)
}

const requests = (): readonly string[] => world.index.requests.map(({ path }) => path)
const wheelRequests = (): readonly string[] => requests().filter((path) => path.endsWith('.whl'))

describe('a built image', () => {
  it('is valid, starts what the profile says, and tells its layers and bytes', async () => {
    const [image] = built(await build(world.request))

    const { config, descriptor } = await readLayoutImage(world.path('images'), 'alpha:2025.1')
    await validateImage(world.path('images'), 'alpha:2025.1')
    expect(descriptor.digest).toBe(image!.digest)
    expect(config.config?.Cmd).toEqual(['alpha-api', '--verbose'])
    expect(config.config?.User).toBe('42001:42001')
    expect(image!.distributions).toBe(4)
    expect(image!.cache).toEqual({ hits: 0, misses: image!.layers.length })
    expect(image!.newBytes).toBe(image!.size)
  })

  it('is not made again when nothing has changed: no index is asked, no byte moves', async () => {
    const before = await digests()
    const asked = requests().length

    const [image] = built(await build(world.request))

    expect([image!.digest]).toEqual(before)
    expect(image!.cache.misses).toBe(0)
    expect(image!.newBytes).toBe(0)
    expect(requests()).toHaveLength(asked)
  })

  it.each([
    ['a profile', 'profiles/alpha.yaml', 'port: 8080', 'port: 8081', false],
    ['a comment among the pins', 'constraints/2025.1.txt', 'alone===5.0', 'alone===5.0  # as it was', true],
  ])('is looked at anew when %s changes', async (_, file, from, to, same) => {
    const before = await digests()
    const path = join(world.request.root!, file)
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
    expect((await digests())[0] === before[0]).toBe(same)
  })

  it('follows when the base at the same place is another', async () => {
    const before = await digests()
    rmSync(world.path('base'), { recursive: true })
    await world.writeBase('base', { note: '+deb12u1' })
    expect(await digests()).not.toEqual(before)
  })

  it('has the same digest whatever is built beside it, and in whichever order', async () => {
    const alone = await digests()
    const services = ['beta@2025.1', 'alpha@2025.1']
    rmSync(world.path('cache'), { recursive: true })
    const together = await digests({ services, output: `oci:${world.path('other')}` })
    expect(together[1]).toBe(alone[0])
    rmSync(world.path('cache'), { recursive: true })
    expect(await digests({ services: services.toReversed(), output: `oci:${world.path('third')}` })).toEqual(
      together.toReversed(),
    )
  })

  it('takes what was made for it again when a layer was lost from the cache', async () => {
    const [image] = built(await build(world.request))
    rmSync(join(world.path('cache'), 'blobs/sha256', image!.layers[1]!.digest.slice(7)))
    rmSync(world.path('images'), { recursive: true })
    const [again] = built(await build(world.request))
    expect(again!.digest).toBe(image!.digest)
    expect(again!.cache.misses).toBe(1)
  })

  it('is built anew when a record of it is damaged', async () => {
    const before = await digests()
    const folder = join(world.path('cache'), 'images')
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), '{"manifest":')
    expect(await digests()).toEqual(before)
  })
})

describe('what buildah is to build', () => {
  it.each([{ layers: 5 }, { bytecode: true }])('is not asked for with %j', async (more) => {
    await expect(build({ ...world.request, builder: 'buildah', ...more })).rejects.toMatchObject({
      code: 'E-CLI-USAGE',
      message: 'buildah makes one layer, without bytecode',
    })
  })

  it('cannot be told beforehand', async () => {
    await expect(dryRun({ ...world.request, builder: 'buildah' })).rejects.toMatchObject({
      code: 'E-CLI-USAGE',
    })
  })
})

describe('an image that is not fit', () => {
  const startOther = (): void => {
    const path = join(world.request.root!, 'profiles/alpha.yaml')
    writeFileSync(path, readFileSync(path, 'utf8').replace('[alpha-api, --verbose]', '[alpha-serve]'))
  }

  it('is not delivered, and its name stays with what it was', async () => {
    const before = await digests()
    startOther()
    await expect(build({ ...world.request, verify: true })).rejects.toMatchObject({
      code: 'E-IMG-UNFIT',
      message: expect.stringContaining('the program alpha-serve of a process is not in the image'),
    })
    expect((await readLayoutImage(world.path('images'), 'alpha:2025.1')).descriptor.digest).toBe(before[0])
  })

  it('is told among others, with a log that says everything', async () => {
    startOther()
    const services = ['alpha@2025.1', 'beta@2025.1']
    const [alpha] = await build({ ...world.request, services, verify: true })
    expect(alpha).toMatchObject({ name: 'alpha@2025.1', error: { code: 'E-IMG-UNFIT' } })
    expect(readFileSync((alpha as { log: string }).log, 'utf8')).toMatch(
      /s {2}layers\n.*s {2}failed\nE-IMG-UNFIT start: .*alpha-serve/s,
    )
    expect(readdirSync(world.path('cache')).filter((name) => name.startsWith('.svcsplit-tmp-'))).toEqual([])
  })
})

describe('a build of several services', () => {
  it('fetches every file once and shares equal layers', async () => {
    const [alpha, beta] = built(await build({ ...world.request, services: ['alpha@2025.1', 'beta@2025.1'] }))
    expect(wheelRequests()).toHaveLength(new Set(wheelRequests()).size)
    const shared = beta!.layers.filter(({ digest }) => alpha!.layers.some((one) => one.digest === digest))
    expect(shared.map(({ made }) => made)).toEqual(shared.map(() => false))
    expect(shared.length).toBeGreaterThan(1)
    expect(beta!.newBytes).toBeLessThan(beta!.size)
  })

  it('goes past an image that fails, and says which and why', async () => {
    world.index.fault('/alone-5.0-py3-none-any.whl', (_request, response) => {
      response.writeHead(410).end()
      return true
    })
    const outcomes = await build({ ...world.request, services: ['alpha@2025.1', 'beta@2025.1'] })
    expect(outcomes[0]).toMatchObject({ name: 'alpha@2025.1', error: { code: expect.stringMatching(/^E-/) } })
    expect(outcomes[1]).toMatchObject({ name: 'beta:2025.1' })
    expect(refNames(await readLayout(world.path('images')))).toEqual(['beta:2025.1'])
  })

  it('builds every service of a release', async () => {
    mkdirSync(world.path('wheels'))
    const { filename, bytes } = sourcedWheel()
    writeFileSync(world.path(`wheels/${filename}`), bytes)
    const outcomes = await build({
      ...world.request,
      services: [],
      all: '2025.1',
      wheelhouse: world.path('wheels'),
    })
    expect(built(outcomes).map(({ name }) => name)).toEqual(['alpha:2025.1', 'beta:2025.1', 'gamma:2025.1'])
  })

  it('checks the names before anything is made', async () => {
    const services = ['alpha@2025.1', 'delta@2025.1']
    await expect(build({ ...world.request, services })).rejects.toMatchObject({ code: 'E-SVC-UNKNOWN' })
    expect(existsSync(world.path('images'))).toBe(false)
    expect(requests()).toEqual([])
  })
})

describe('a project of requirements alone', () => {
  const project = (name: string, text: string, constraints = '') => {
    writeFileSync(world.path(`${name}.txt`), text)
    writeFileSync(world.path(`${name}-constraints.txt`), constraints)
    return {
      ...world.request,
      services: [],
      output: `oci:${world.path(name)}`,
      project: {
        name,
        requirementsFile: world.path(`${name}.txt`),
        constraintsFiles: [world.path(`${name}-constraints.txt`)],
      },
    }
  }

  it('is solved for the base, and an image of its distributions and nothing else', async () => {
    const request = project('own', 'alpha\nbeta\n', 'beta==2.0\n')
    const [image] = built(await build(request))
    expect(image).toMatchObject({ name: 'own:latest', distributions: 2 })
    const { manifest, config } = await readLayoutImage(world.path('own'), 'own:latest')
    expect(config.config).toMatchObject({ User: '42000:42000' })
    expect(config.config?.Cmd ?? []).toEqual([])
    expect(manifest.annotations?.has('io.svcsplit.release')).toBe(false)
    const lock = world.path('own.toml')
    await build({ ...request, writeLock: lock })
    const [again] = built(await build({ ...request, lockFile: lock }))
    expect(again!.digest).toBe(image!.digest)
  })

  it('is solved with the index of the build: each page is asked for once, and kept in its cache', async () => {
    vi.stubEnv('SVCSPLIT_CACHE_DIR', world.path('elsewhere'))
    await build(project('own', 'alpha\nbeta\n'))
    vi.unstubAllEnvs()
    const pages = requests().filter((path) => path.includes('/simple/'))
    expect(pages.length).toBeGreaterThan(0)
    expect(pages.toSorted()).toEqual([...new Set(pages)].toSorted())
    expect(existsSync(world.path('elsewhere'))).toBe(false)
  })

  it('has no name that an account of its base has: that is told before anything is asked', async () => {
    const base = await world.writeBase('crowded', {
      passwd: 'root:x:0:0:root:/root:/bin/sh\ngames:x:5:60:games:/usr/games:/usr/sbin/nologin\n',
    })
    await expect(build({ ...project('games', 'alpha\n'), base })).rejects.toMatchObject({
      code: 'E-IMG-BASE',
      message: 'the base has an account games of its own',
      hint: expect.stringContaining('--name'),
    })
    expect(requests()).toEqual([])
  })

  it('is refused URLs without a word of an option that there is not', async () => {
    const url = 'https://files.example/alpha-1.0-py3-none-any.whl'
    await expect(build(project('own', `alpha @ ${url}\n`))).rejects.toMatchObject({
      code: 'E-REQ-URL',
      hint: 'write NAME==VERSION',
    })
  })

  it('that cannot be read is told before a base is made', async () => {
    const project = { name: 'own', requirementsFile: world.path('none.txt'), constraintsFiles: [] }
    const asked = build({ ...world.request, services: [], project, base: 'debian:bookworm', offline: true })
    await expect(asked).rejects.toMatchObject({ code: 'E-FS-NOTFOUND' })
  })

  it('that cannot be solved is told with the lines that clash', async () => {
    await expect(build(project('torn', 'alpha\ncommon<1\n'))).rejects.toMatchObject({
      code: 'E-LCK-UNSOLVED',
      message: expect.stringContaining('torn.txt has common<1'),
    })
  })
})

describe('a destination', () => {
  it.each([
    ['a folder with something else in it', () => `oci:${world.path('base/..')}`, 'E-OUT-EXISTS'],
    ['a folder below a file', () => `oci:${world.path('root/constraints/2025.1.txt/x')}`, /^E-(?:FS|OUT)-/],
    ['a file that is a folder', () => `oci-archive:${world.dir}`, 'E-OUT-EXISTS'],
    ['an unknown scheme', () => 'tar:x', 'E-IMG-REF'],
    ['no folder', () => 'oci:', 'E-IMG-REF'],
    ['a registry without a name', () => 'registry:nowhere', 'E-IMG-REF'],
  ])('is refused before anything is made for it: %s', async (_, output, code) => {
    await expect(build({ ...world.request, output: output() })).rejects.toMatchObject({
      code: typeof code === 'string' ? code : expect.stringMatching(code),
    })
    expect(wheelRequests()).toEqual([])
  })

  it.skipIf(process.getuid?.() === 0)('is refused where nobody may write', async () => {
    mkdirSync(world.path('closed'))
    chmodSync(world.path('closed'), 0o555)
    await expect(
      build({ ...world.request, output: `oci:${world.path('closed/images')}` }),
    ).rejects.toMatchObject({ code: 'E-FS-ACCESS' })
  })

  it('may be an archive, which is replaced by a whole one alone', async () => {
    const output = `oci-archive:${world.path('images.tar')}`
    const services = ['alpha@2025.1', 'beta@2025.1']
    built(await build({ ...world.request, services, output }))
    const before = readFileSync(world.path('images.tar'))
    rmSync(world.path('cache'), { recursive: true })
    world.index.fault('/alone-5.0-py3-none-any.whl', (_, response) => {
      response.writeHead(404).end()
      return true
    })
    const outcomes = await build({ ...world.request, services, output })
    expect(outcomes.map((one) => ('error' in one ? one.error.message : 'built'))).toEqual([
      expect.stringContaining('404'),
      'built, and not written: an archive is written as a whole, and alpha@2025.1 failed',
    ])
    expect(readFileSync(world.path('images.tar')).equals(before)).toBe(true)
  })

  it('may be an archive, the same bytes from the same images', async () => {
    const output = (name: string): string => `oci-archive:${world.path(name)}`
    await build({ ...world.request, services: ['alpha@2025.1', 'beta@2025.1'], output: output('a.tar') })
    await build({ ...world.request, services: ['beta@2025.1', 'alpha@2025.1'], output: output('b.tar') })
    expect(readFileSync(world.path('a.tar')).equals(readFileSync(world.path('b.tar')))).toBe(true)
    expect(readdirSync(world.path('cache')).filter((name) => name.startsWith('.svcsplit-tmp'))).toEqual([])
  })

  it('has the health check of the profile in Docker media types alone', async () => {
    await build({ ...world.request, format: 'docker' })
    const docker = await readLayoutImage(world.path('images'), 'alpha:2025.1')
    expect(docker.descriptor.mediaType).toBe(mediaTypes.dockerManifest)
    expect(docker.config.config?.Healthcheck?.Test.at(-1)).toContain('http://127.0.0.1:8080/healthcheck')
    await build(world.request)
    const oci = await readLayoutImage(world.path('images'), 'alpha:2025.1')
    expect(oci.config.config).not.toHaveProperty('Healthcheck')
  })
})

describe('several platforms', () => {
  const platforms = ['linux/amd64', 'linux/arm64'] as const

  it('give an index of one image for each, with the wheels of each', async () => {
    const base = await world.writeBase('both', {}, { architecture: 'arm64' })
    const [image] = built(await build({ ...world.request, base, platforms }))

    const layout = await readLayout(world.path('images'))
    const [entry] = layout.manifests
    expect(entry).toMatchObject({ mediaType: mediaTypes.index, digest: image!.digest })
    const inner = parseImageIndex(
      readFileSync(join(world.path('images'), 'blobs/sha256', image!.digest.slice(7))),
    )
    expect(inner.manifests.map(({ platform }) => platform?.architecture)).toEqual(['amd64', 'arm64'])
    expect(wheelRequests().filter((path) => path.includes('native-'))).toHaveLength(2)
    expect(image!.platforms?.map(({ platform }) => platform)).toEqual(platforms)
    const whole = `oci:${world.path('images')}:alpha:2025.1`
    const looked = await verify({ image: whole, start: 'none', cacheDir: world.path('cache') })
    expect(looked.map(({ platform, digest }) => [platform, digest])).toEqual(
      inner.manifests.map(({ digest }, position) => [platforms[position], digest]),
    )
    const [amd64] = built(await build({ ...world.request, base }))
    expect(inner.manifests[0]!.digest).toBe(amd64!.digest)
  })

  it('name the base that is missing', async () => {
    await expect(build({ ...world.request, platforms: ['linux/arm64'] })).rejects.toMatchObject({
      code: 'E-IMG-BASE',
    })
  })
})

describe('a base that is not in the cache', () => {
  it('is not made offline, since that takes packages from the network', async () => {
    const asked = build({ ...world.request, base: 'debian:bookworm', offline: true })
    await expect(asked).rejects.toMatchObject({
      code: 'E-NET-OFFLINE',
      message: expect.stringContaining('debian:bookworm'),
    })
  })
})

describe('a base in a registry', () => {
  it('is the one that its tag names now, told by digest, and fetched once', async () => {
    const server = await startRegistry()
    try {
      const tagged = `${server.host}/os/debian:12`
      await copy({ from: world.base, to: tagged })
      const [image] = built(await build({ ...world.request, base: `registry:${tagged}` }))
      const { manifest } = await readLayoutImage(world.path('images'), 'alpha:2025.1')
      const named = manifest.annotations?.get('org.opencontainers.image.base.name')
      expect(named).toBe(`${tagged}@${image!.base.digest}`)
      expect(image!.digest).not.toBe((await digests({ output: `oci:${world.path('other')}` }))[0])

      await copy({ from: await world.writeBase('newer', { note: '+deb12u1' }), to: tagged })
      const [moved] = built(await build({ ...world.request, base: `registry:${tagged}` }))
      expect(moved!.base.digest).not.toBe(image!.base.digest)

      await server.close()
      expect(await digests({ base: `registry:${named}` })).toEqual([image!.digest])
    } finally {
      await server.close().catch(() => undefined)
    }
  })
})

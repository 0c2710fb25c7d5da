import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLayout, readLayoutImage, refNames } from '#image/layout.js'
import { hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { encodeManifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import { copy } from '#verbs/copy.js'
import type { TestRegistry } from '../support/oci-registry.js'
import { client, failureOf, registryServer, tempFolder, testImage } from './fixture.js'

const repository = 'openstack/glance'

async function served(sizes = [500, 700]) {
  const server = await registryServer()
  const image = await testImage(sizes)
  const reference = { registry: server.host, repository, tag: '1' }
  await client().push(image.source, image.root, reference)
  return { server, image, reference }
}

/** Lets the registry hold any bytes as a manifest, as a registry with other ideas could. */
function plant(server: TestRegistry, tag: string, type: string, bytes: Buffer): void {
  const digest = sha256(bytes)
  const manifests = server.manifests.get(repository) ?? new Map()
  server.manifests.set(repository, manifests.set(digest, { type, bytes }))
  const tags = server.tags.get(repository) ?? new Map<string, string>()
  server.tags.set(repository, tags.set(tag, digest))
}

describe('a pull', () => {
  it('makes a layout with the same digests, under the given name', async () => {
    const { image, reference } = await served()
    const dir = join(tempFolder(), 'layout')
    const summary = await client().pull(reference, { dir, name: 'glance:1' })
    expect(summary.digest).toBe(image.root.digest)
    expect(summary.fetched.blobs).toBe(3)
    const read = await readLayoutImage(dir, 'glance:1')
    expect(read.descriptor.digest).toBe(image.root.digest)
    const layer = await readFile(join(dir, 'blobs', 'sha256', hexOf(image.layers[0]!.digest)))
    expect(sha256(layer)).toBe(image.layers[0]!.digest)
  })

  it('into a layout fetches only what is missing, heals what is damaged, and keeps the other names', async () => {
    const { image, reference } = await served()
    const dir = join(tempFolder(), 'layout')
    await client().pull(reference, { dir, name: 'glance:1' })
    await writeFile(join(dir, 'blobs', 'sha256', hexOf(image.layers[0]!.digest)), Buffer.alloc(500, 1))
    const summary = await client().pull(reference, { dir, name: 'glance:2' })
    expect(summary.fetched).toEqual({ blobs: 1, bytes: 500 })
    expect(refNames(await readLayout(dir))).toEqual(['glance:1', 'glance:2'])
    const layer = await readFile(join(dir, 'blobs', 'sha256', hexOf(image.layers[0]!.digest)))
    expect(sha256(layer)).toBe(image.layers[0]!.digest)
  })

  it.each([
    ['500', { status: 500, times: 2 }],
    ['429', { status: 429 }],
    ['a broken connection', { cutAfter: 0 }],
    ['a body that ends too early', { rewrite: { 'content-length': '900' } }],
  ])('tries again after %s', async (_, fault) => {
    const { server, reference } = await served()
    server.script({ method: 'GET', path: /blobs/, ...fault })
    const summary = await client().pull(reference, { dir: join(tempFolder(), 'layout') })
    expect(summary.fetched.blobs).toBe(3)
  })

  it('follows a redirect to storage without its login', async () => {
    const storage = await registryServer()
    const { server, image, reference } = await served([500])
    const layer = image.layers[0]!
    storage.blobs.set('s', new Map([[layer.digest, server.blobs.get(repository)!.get(layer.digest)!]]))
    server.script({
      method: 'GET',
      path: new RegExp(`blobs/${layer.digest}`),
      status: 307,
      headers: { location: `http://${storage.host}/v2/s/blobs/${layer.digest}` },
    })
    await client().pull(reference, { dir: join(tempFolder(), 'layout') })
    expect(storage.log.map(({ status }) => status)).toEqual([200])
  })

  it('ends a circle of redirects', async () => {
    const { server, reference } = await served([500])
    server.script({ method: 'GET', path: /blobs/, status: 307, headers: { location: '?again' }, times: 99 })
    const failure = await failureOf(client().pull(reference, { dir: join(tempFolder(), 'layout') }))
    expect(failure.code).toBe('E-NET-REDIRECT')
  })

  it('takes one platform out of an index', async () => {
    const { server, image, reference } = await served([500])
    const amd64 = { ...image.root, platform: { os: 'linux', architecture: 'amd64' } }
    const index = encodeImageIndex({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [amd64] })
    plant(server, 'all', mediaTypes.index, index)
    const dir = join(tempFolder(), 'layout')
    const platform = amd64.platform
    const summary = await client().pull({ ...reference, tag: 'all' }, { dir }, { platform })
    expect(summary.digest).toBe(image.root.digest)
    const failure = await failureOf(
      client().pull(
        { ...reference, tag: 'all' },
        { dir },
        { platform: { ...platform, architecture: 'arm64' } },
      ),
    )
    expect(failure).toMatchObject({ code: 'E-REG-CONTENT' })
    expect(failure.text).toContain('linux/amd64')
  })
})

describe('what a registry sends is refused', () => {
  const pulled = (registry: TestRegistry, tag: string, dir: string) =>
    failureOf(client().pull({ registry: registry.host, repository, tag }, { dir }))

  it.each<[string, Parameters<TestRegistry['script']>[0]]>([
    ['a blob of other bytes', { method: 'GET', path: /blobs/, status: 200, body: 'x'.repeat(500), times: 9 }],
    [
      'a blob that is longer than announced',
      { method: 'GET', path: /blobs/, status: 200, body: 'x'.repeat(9000), times: 9 },
    ],
    [
      'a manifest whose digest is another',
      { method: 'GET', path: /manifests/, rewrite: { 'docker-content-digest': `sha256:${'1'.repeat(64)}` } },
    ],
  ])('when it is %s, and nothing is named', async (_, fault) => {
    const { server } = await served([500])
    server.script(fault)
    const dir = join(tempFolder(), 'layout')
    expect((await pulled(server, '1', dir)).code).toBe('E-REG-DIGEST')
    await expect(readFile(join(dir, 'index.json'))).rejects.toThrow()
  })

  it('when it is another manifest than the digest asked for', async () => {
    const { server, image } = await served([500])
    server.script({
      method: 'GET',
      path: /manifests/,
      status: 200,
      body: '{}',
      headers: { 'content-type': mediaTypes.manifest },
    })
    const from = { registry: server.host, repository, digest: image.root.digest }
    expect((await failureOf(client().pull(from, { dir: tempFolder() }))).code).toBe('E-REG-DIGEST')
  })

  it.each([
    ['is announced as an index and says it is a manifest', mediaTypes.index, {}],
    ['is manifest and index at once', mediaTypes.manifest, { manifests: [] }],
    [
      'has a media type that is no image',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      { mediaType: undefined },
    ],
    ['is nothing at all', '', { mediaType: undefined }],
    ['has a foreign layer', mediaTypes.manifest, { layers: 'foreign' }],
    ['has a layer with addresses elsewhere', mediaTypes.manifest, { layers: 'urls' }],
    ['gives one blob two sizes', mediaTypes.manifest, { layers: 'sizes' }],
    ['has too many layers', mediaTypes.manifest, { layers: 'many' }],
    ['has a layer of absurd size', mediaTypes.manifest, { layers: 'large' }],
  ])('when a manifest %s', async (_, type, change) => {
    const { server, image } = await served([500])
    const [layer] = image.layers
    const kinds: Record<string, unknown[]> = {
      foreign: [{ ...layer, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' }],
      urls: [{ ...layer, urls: ['https://a.example/x'] }],
      sizes: [layer, { ...layer, size: 3 }],
      many: Array.from({ length: 1001 }, () => layer),
      large: [{ ...layer, size: 2 ** 40 }],
    }
    const plain = JSON.parse(
      encodeManifest({
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: image.config,
        layers: image.layers,
      }).toString(),
    )
    const layers = 'layers' in change ? { layers: kinds[change.layers as string] } : {}
    plant(server, 'bad', type, Buffer.from(JSON.stringify({ ...plain, ...change, ...layers })))
    const failure = await pulled(server, 'bad', tempFolder())
    expect(['E-REG-CONTENT', 'E-IMG-FORM']).toContain(failure.code)
  })

  it('when a manifest is larger than any registry takes', async () => {
    const { server } = await served([500])
    plant(server, 'big', mediaTypes.manifest, Buffer.alloc(5 * 1024 * 1024, 0x20))
    expect((await pulled(server, 'big', tempFolder())).code).toBe('E-NET-LIMIT')
  })

  it('when indexes nest without end', async () => {
    const { server, image } = await served([500])
    let child = { ...image.root }
    for (let depth = 0; depth < 6; depth += 1) {
      const bytes = encodeImageIndex({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [child] })
      plant(server, 'deep', mediaTypes.index, bytes)
      child = { mediaType: mediaTypes.index, digest: sha256(bytes), size: bytes.length }
    }
    expect((await pulled(server, 'deep', tempFolder())).code).toBe('E-REG-CONTENT')
  })

  it('when the tag is not there', async () => {
    const { server } = await served([500])
    expect((await pulled(server, 'missing', tempFolder())).code).toBe('E-REG-UNKNOWN')
  })

  it('when the folder holds something else, before anything is fetched', async () => {
    const { server } = await served([500])
    const dir = tempFolder()
    await writeFile(join(dir, 'precious.txt'), 'mine')
    server.log.length = 0
    expect((await pulled(server, '1', dir)).code).toBe('E-OUT-EXISTS')
    expect(server.requests('GET', /blobs/)).toEqual([])
  })
})

describe('a copy', () => {
  const http = { environment: { HOME: '/nonexistent' }, backoffMs: 5 }

  it('goes from one registry to another', async () => {
    const { server, image } = await served([500, 700])
    const target = await registryServer()
    const result = await copy({
      from: `${server.host}/${repository}:1`,
      to: `registry:${target.host}/a/b:2`,
      http,
    })
    expect(result).toMatchObject({ digest: image.root.digest, moved: { blobs: 3 } })
    expect(target.tags.get('a/b')?.get('2')).toBe(image.root.digest)
  })

  it('within one registry mounts and sends nothing', async () => {
    const { server, image } = await served([500, 700])
    server.log.length = 0
    const result = await copy({ from: `${server.host}/${repository}:1`, to: `${server.host}/a/b:2`, http })
    expect(result).toMatchObject({ moved: { blobs: 0 }, mounted: { blobs: 3 } })
    expect(server.requests('GET', /blobs\/sha256/)).toEqual([])
    expect(server.tags.get('a/b')?.get('2')).toBe(image.root.digest)
  })

  it('sends nothing on that the first registry damaged', async () => {
    const { server } = await served([500])
    const target = await registryServer()
    server.script({ method: 'GET', path: /blobs/, status: 200, body: 'x'.repeat(500), times: 9 })
    const work = copy({ from: `${server.host}/${repository}:1`, to: `${target.host}/a/b:2`, http })
    expect((await failureOf(work)).code).toBe('E-REG-DIGEST')
    expect(target.requests('PUT', /./)).toEqual([])
  })

  it('goes from layout to layout', async () => {
    const image = await testImage([500])
    const dir = join(tempFolder(), 'copy')
    const result = await copy({ from: `oci:${image.dir}:glance:1`, to: `oci:${dir}:glance:2`, http })
    expect(result.moved.blobs).toBe(2)
    expect((await readLayoutImage(dir, 'glance:2')).descriptor.digest).toBe(image.root.digest)
  })

  it('with referrers moves the tag when all is there', async () => {
    const { server, image } = await served([500])
    const attachment = {
      artifactType: 'application/vnd.example.sbom',
      mediaType: 'application/json',
      bytes: Buffer.from('{"a":1}'),
    }
    const attached = await client().attach({ registry: server.host, repository }, image.root, attachment)
    const target = await registryServer()
    const dir = join(tempFolder(), 'layout')
    await copy({ from: `${server.host}/${repository}:1`, to: `oci:${dir}:x`, referrers: true, http })
    const result = await copy({ from: `oci:${dir}:x`, to: `${target.host}/a/b:2`, referrers: true, http })
    expect(result.referrers).toEqual([attached])
    expect(target.log.filter(({ method }) => method === 'PUT').at(-1)?.url).toBe('/v2/a/b/manifests/2')
    const found = await client().referrers({ registry: target.host, repository: 'a/b' }, image.root.digest)
    expect(found.referrers.map(({ digest }) => digest)).toEqual([attached])
  })

  it.each([
    'oci:',
    'glance',
    'glance:1',
    'oci:dir:',
    'registry:',
    'HOST.example/Upper:1',
    'r.example/x:-',
  ])('does not take %j for a place', async (from) => {
    expect((await failureOf(copy({ from, to: 'oci:x', http }))).code).toBe('E-IMG-REF')
  })

  it('needs a tag or digest', async () => {
    const { server } = await served([500])
    expect((await failureOf(copy({ from: `${server.host}/${repository}`, to: 'oci:x', http }))).code).toBe(
      'E-IMG-REF',
    )
  })
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hexOf } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { mediaTypes } from '#oci/media-type.js'
import { client, failureOf, putBlob, registryServer, testImage, writeIndex } from './fixture.js'

const repository = 'openstack/glance'
const fast = { chunkBytes: 1000 }

describe('a push', () => {
  it('brings all blobs, then the manifest under its digest, then the tag', async () => {
    const server = await registryServer()
    const image = await testImage([500, 700])
    const to = { registry: server.host, repository, tag: '1' }
    const summary = await client().push(image.source, image.root, to)
    expect(summary).toEqual({
      digest: image.root.digest,
      mediaType: mediaTypes.manifest,
      uploaded: { blobs: 3, bytes: 1200 + image.config.size },
      mounted: { blobs: 0, bytes: 0 },
      present: { blobs: 0, bytes: 0 },
    })
    expect(server.tags.get(repository)?.get('1')).toBe(image.root.digest)
    const puts = server.log.filter(({ method }) => method === 'PUT').map(({ url }) => url)
    expect(puts.slice(-2)).toEqual([
      `/v2/${repository}/manifests/${image.root.digest}`,
      `/v2/${repository}/manifests/1`,
    ])
    expect(puts.slice(0, -2).every((url) => url.includes('/blobs/uploads/'))).toBe(true)
  })

  it('of what is there already sends no byte and moves no tag', async () => {
    const server = await registryServer({ immutableTags: true })
    const image = await testImage([500, 700])
    const to = { registry: server.host, repository, tag: '1' }
    await client().push(image.source, image.root, to)
    server.log.length = 0
    const summary = await client().push(image.source, image.root, to)
    expect(summary.uploaded.blobs).toBe(0)
    expect(summary.present).toEqual({ blobs: 3, bytes: 1200 + image.config.size })
    expect(server.requests('POST', /uploads/)).toEqual([])
    expect(server.requests('PUT', /manifests\/1$/)).toEqual([])
  })

  it('tells what the tag named before', async () => {
    const server = await registryServer()
    const [first, second] = [await testImage([500]), await testImage([500], 2)]
    const to = { registry: server.host, repository, tag: '1' }
    await client().push(first.source, first.root, to)
    const summary = await client().push(second.source, second.root, to)
    expect(summary.previous).toBe(first.root.digest)
  })

  it('puts the images of an index before the index', async () => {
    const server = await registryServer()
    const image = await testImage([500])
    const bytes = encodeImageIndex({
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: [{ ...image.root, platform: { architecture: 'amd64', os: 'linux' } }],
    })
    const root = await putBlob(image.dir, bytes, mediaTypes.index)
    await writeIndex(image.dir, [root])
    const to = { registry: server.host, repository, tag: '1' }
    const summary = await client().push(image.source, root, to)
    expect(summary.mediaType).toBe(mediaTypes.index)
    expect(server.requests('PUT', /manifests/).map(({ url }) => url.split('/').at(-1))).toEqual([
      image.root.digest,
      root.digest,
      '1',
    ])
  })

  it('takes layers over from a repository that has them', async () => {
    const server = await registryServer()
    const image = await testImage([500, 700])
    await client().push(image.source, image.root, { registry: server.host, repository: 'a/nova', tag: '1' })
    server.log.length = 0
    const to = { registry: server.host, repository, tag: '1' }
    const summary = await client().push(image.source, image.root, to, { mountFrom: ['a/nova'] })
    expect(summary.mounted.blobs).toBe(3)
    expect(summary.uploaded.bytes).toBe(0)
    expect(server.requests('PUT', /uploads/)).toEqual([])
  })

  it('of one client sends a layer once and mounts it in the other repositories, also at the same time', async () => {
    const server = await registryServer()
    const image = await testImage([5000, 7000])
    const registry = client()
    const names = ['a/nova', 'a/glance', 'a/cinder', 'a/heat']
    const summaries = await Promise.all(
      names.map((name) =>
        registry.push(image.source, image.root, { registry: server.host, repository: name, tag: '1' }),
      ),
    )
    expect(summaries.reduce((sum, { uploaded }) => sum + uploaded.blobs, 0)).toBe(3)
    expect(summaries.reduce((sum, { mounted }) => sum + mounted.blobs, 0)).toBe(9)
  })

  it.each([
    ['opens a session instead (202)', { status: 202, headers: { location: 'SESSION' } }],
    ['is refused (401)', { status: 401 }],
    ['is refused (403)', { status: 403 }],
    ['is not known (404)', { status: 404 }],
    ['is not allowed (405)', { status: 405 }],
  ])('sends a blob whose mount %s', async (_, { status }) => {
    const server = await registryServer(status === 202 ? { mounts: false } : {})
    const image = await testImage([500])
    const registry = client()
    await registry.push(image.source, image.root, { registry: server.host, repository: 'a/nova', tag: '1' })
    if (status !== 202) server.script({ method: 'POST', path: /mount=/, status, times: 99 })
    const summary = await client().push(
      image.source,
      image.root,
      { registry: server.host, repository, tag: '1' },
      { mountFrom: ['a/nova'] },
    )
    expect(summary.uploaded.blobs).toBe(2)
    expect(server.tags.get(repository)?.get('1')).toBe(image.root.digest)
  })

  it('sends large blobs in pieces, no smaller than the registry wants', async () => {
    const server = await registryServer({ chunkMinLength: 2000 })
    const image = await testImage([9500])
    await client().push(image.source, image.root, { registry: server.host, repository, tag: '1' }, fast)
    const pieces = server.requests('PATCH', /uploads/).map(({ received }) => received)
    expect(pieces).toEqual([2000, 2000, 2000, 2000])
    expect(server.blobs.get(repository)?.get(image.layers[0]!.digest)?.length).toBe(9500)
  })

  it('sends a lost blob again, once, when the registry forgot it', async () => {
    const server = await registryServer()
    const image = await testImage([500, 700])
    const lost = image.layers[1]!.digest
    server.script({
      method: 'PUT',
      path: /manifests\/sha256/,
      before: ({ blobs }) => blobs.get(repository)?.delete(lost),
    })
    const to = { registry: server.host, repository, tag: '1' }
    await client().push(image.source, image.root, to)
    expect(server.blobs.get(repository)?.has(lost)).toBe(true)
    expect(server.tags.get(repository)?.get('1')).toBe(image.root.digest)
  })

  it('ends with the blob named when the registry forgets it each time', async () => {
    const server = await registryServer()
    const image = await testImage([500])
    const lost = image.layers[0]!.digest
    server.script({
      method: 'PUT',
      path: /manifests\/sha256/,
      times: 9,
      before: ({ blobs }) => blobs.get(repository)?.delete(lost),
    })
    const failure = await failureOf(
      client().push(image.source, image.root, { registry: server.host, repository, tag: '1' }),
    )
    expect(failure.code).toBe('E-REG-UNKNOWN')
    expect(failure.text).toContain('MANIFEST_BLOB_UNKNOWN')
    expect(server.tags.get(repository)?.has('1') ?? false).toBe(false)
  })

  it('refuses a layout whose blob is cut before anything is put', async () => {
    const server = await registryServer()
    const image = await testImage([500])
    await writeFile(join(image.dir, 'blobs', 'sha256', hexOf(image.layers[0]!.digest)), 'short')
    const failure = await failureOf(
      client().push(image.source, image.root, { registry: server.host, repository, tag: '1' }),
    )
    expect(failure.code).toBe('E-IMG-DIGEST')
    expect(server.requests('PUT', /manifests/)).toEqual([])
  })
})

describe('the tag', () => {
  it('stays where it is when the registry stores a manifest under another digest', async () => {
    const server = await registryServer()
    const [first, second] = [await testImage([500]), await testImage([500], 2)]
    const to = { registry: server.host, repository, tag: '1' }
    await client().push(first.source, first.root, to)
    server.script({
      method: 'PUT',
      path: /manifests\/sha256/,
      rewrite: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` },
    })
    expect((await failureOf(client().push(second.source, second.root, to))).code).toBe('E-REG-DIGEST')
    expect(server.tags.get(repository)?.get('1')).toBe(first.root.digest)
  })

  it('of a registry that holds tags fast is named with what it holds', async () => {
    const server = await registryServer({ immutableTags: true })
    const [first, second] = [await testImage([500]), await testImage([500], 2)]
    const to = { registry: server.host, repository, tag: '1' }
    await client().push(first.source, first.root, to)
    const failure = await failureOf(client().push(second.source, second.root, to))
    expect(failure.code).toBe('E-REG-IMMUTABLE')
    expect(failure.text).toContain(first.root.digest)
  })

  it('may be put twice at once: a refusal counts for nothing when the tag is right', async () => {
    const server = await registryServer({ immutableTags: true })
    const image = await testImage([500])
    server.script({
      method: 'PUT',
      path: /manifests\/1$/,
      status: 409,
      before: ({ tags }) => tags.set(repository, new Map([['1', image.root.digest]])),
    })
    await client().push(image.source, image.root, { registry: server.host, repository, tag: '1' })
  })

  it('that names something else right after the push is told', async () => {
    const server = await registryServer()
    const [first, second] = [await testImage([500]), await testImage([500], 2)]
    const to = { registry: server.host, repository, tag: '1' }
    await client().push(first.source, first.root, to)
    server.script({
      method: 'GET',
      path: /manifests\/1$/,
      before: ({ tags }) => tags.get(repository)?.set('1', first.root.digest),
    })
    expect((await failureOf(client().push(second.source, second.root, to))).code).toBe('E-REG-VERIFY')
  })

  it('is found also where the registry names no digest and knows no HEAD', async () => {
    const server = await registryServer()
    const [first, second] = [await testImage([500]), await testImage([500], 2)]
    const to = { registry: server.host, repository, tag: '1' }
    await client().push(first.source, first.root, to)
    server.script(
      { method: 'HEAD', path: /manifests/, status: 405 },
      { path: /manifests|blobs/, rewrite: { 'docker-content-digest': null }, times: 99 },
    )
    const summary = await client().push(second.source, second.root, to)
    expect(summary.previous).toBe(first.root.digest)
    expect(server.tags.get(repository)?.get('1')).toBe(second.root.digest)
  })
})

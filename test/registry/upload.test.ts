import { describe, expect, it } from 'vitest'
import type { Fault } from '../support/oci-registry.js'
import { client, failureOf, loginFile, registryServer, testImage } from './fixture.js'

const repository = 'openstack/glance'

async function pushThrough(
  faults: readonly Fault[],
  options: { sizes?: number[]; chunkBytes?: number } = {},
) {
  const server = await registryServer()
  const image = await testImage(options.sizes ?? [9500])
  server.script(...faults)
  const to = { registry: server.host, repository, tag: '1' }
  const work = client().push(image.source, image.root, to, {
    chunkBytes: options.chunkBytes ?? 2000,
    jobs: 1,
  })
  return { server, image, work }
}

const sent = (server: { requests(method: string, path: RegExp): { received: number }[] }): number =>
  [...server.requests('PATCH', /uploads/), ...server.requests('PUT', /uploads/)].reduce(
    (sum, { received }) => sum + received,
    0,
  )

describe('an upload goes on', () => {
  it.each<[string, Fault]>([
    ['a piece is cut off', { method: 'PATCH', path: /uploads/, skip: 1, cutAfter: 1000 }],
    ['the answer to a piece is lost', { method: 'PATCH', path: /uploads/, skip: 1, loseAnswer: true }],
    ['a piece is refused with 416', { method: 'PATCH', path: /uploads/, skip: 1, status: 416 }],
    ['a piece meets 500', { method: 'PATCH', path: /uploads/, skip: 1, status: 500 }],
    ['a piece meets 502 twice', { method: 'PATCH', path: /uploads/, skip: 1, status: 502, times: 2 }],
    ['a piece meets 429', { method: 'PATCH', path: /uploads/, status: 429, headers: { 'retry-after': '0' } }],
    ['a piece meets 499', { method: 'PATCH', path: /uploads/, status: 499 }],
    ['a piece meets 522', { method: 'PATCH', path: /uploads/, status: 522 }],
    ['the last piece is cut off', { method: 'PUT', path: /uploads/, cutAfter: 0 }],
    ['the last answer is lost', { method: 'PUT', path: /uploads/, loseAnswer: true }],
    ['the last piece meets 503', { method: 'PUT', path: /uploads/, status: 503 }],
    ['the question where it stands meets 500', { method: 'PATCH', path: /uploads/, skip: 2, status: 500 }],
    ['the session is opened at the second try', { method: 'POST', path: /uploads/, status: 504 }],
    ['the connection drops when a session is asked for', { method: 'POST', path: /uploads/, cutAfter: 0 }],
    ['the blob is looked for in vain', { method: 'HEAD', path: /blobs/, status: 500, times: 2 }],
  ])('when %s', async (_, fault) => {
    const { server, image, work } = await pushThrough([fault])
    const summary = await work
    expect(server.pending()).toBe(0)
    expect(summary.uploaded.blobs).toBe(2)
    expect(server.blobs.get(repository)?.get(image.layers[0]!.digest)?.length).toBe(9500)
    // what the registry had is not sent a second time
    expect(sent(server)).toBeLessThan(9500 + image.config.size + 2 * 2000 + 1)
  })

  it('from the start when the registry forgot the session', async () => {
    const { server, work } = await pushThrough([
      {
        method: 'PATCH',
        path: /uploads/,
        skip: 2,
        status: 404,
        body: '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}',
      },
    ])
    expect((await work).uploaded.blobs).toBe(2)
    expect(server.requests('POST', /uploads/).length).toBe(3)
  })

  it('in one piece with a registry that does not take pieces', async () => {
    const { server, image, work } = await pushThrough([{ method: 'PATCH', path: /uploads/, status: 405 }])
    await work
    expect(server.requests('PUT', /uploads/).some(({ received }) => received === 9500)).toBe(true)
    expect(server.blobs.get(repository)?.has(image.layers[0]!.digest)).toBe(true)
  })

  it('with a blob of no bytes', async () => {
    const { server, image, work } = await pushThrough([], { sizes: [0, 2000, 2001] })
    await work
    expect(image.layers.map(({ digest }) => server.blobs.get(repository)?.get(digest)?.length)).toEqual([
      0, 2000, 2001,
    ])
  })

  it('of a small blob from its start after a cut', async () => {
    const { server, image, work } = await pushThrough([{ method: 'PUT', path: /uploads/, cutAfter: 100 }], {
      sizes: [1500],
    })
    await work
    expect(server.blobs.get(repository)?.get(image.layers[0]!.digest)?.length).toBe(1500)
  })
})

describe('the address for the bytes', () => {
  it('may be absolute, and keeps its own query', async () => {
    const { server, work } = await pushThrough([])
    await work
    expect(server.requests('PUT', /uploads\/[0-9a-f]+\?state=a%2Fb&digest=sha256%3A/).length).toBe(2)
  })

  it('may be on another host, which then gets no login', async () => {
    const storage = await registryServer()
    const server = await registryServer({ auth: 'basic', user: 'ci', password: 'seed-4711' })
    const image = await testImage([500])
    const registry = client({ environment: await loginFile(server.host, 'ci', 'seed-4711') })
    const to = { registry: server.host, repository, tag: '1' }
    const parts = [image.config, ...image.layers]
    for (const _ of parts) {
      const opened = await fetch(`http://${storage.host}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
      const location = `http://${storage.host}${opened.headers.get('location')}`
      server.script({ method: 'POST', path: /uploads/, status: 202, headers: { location } })
    }
    server.script({
      method: 'PUT',
      path: /manifests/,
      before: ({ blobs }) => blobs.set(repository, new Map(storage.blobs.get(repository))),
    })
    await registry.push(image.source, image.root, to)
    expect(server.tags.get(repository)?.get('1')).toBe(image.root.digest)
    const puts = storage.requests('PUT', /uploads/)
    expect(puts.length).toBe(parts.length)
    expect(puts.filter(({ authorization }) => authorization !== undefined)).toEqual([])
  })

  it.each([307, 308])('may be moved by %i while it is used', async (status) => {
    const { server, image, work } = await pushThrough([])
    const moved = { status, headers: { location: `/v2/${repository}/blobs/uploads/` } }
    server.script({ method: 'POST', path: /uploads/, ...moved })
    await work
    expect(server.pending()).toBe(0)
    expect(server.blobs.get(repository)?.get(image.layers[0]!.digest)?.length).toBe(9500)
  })

  it.each([
    ['is missing', { location: null }, 'Location'],
    ['is no http address', { location: 'file:///etc/passwd' }, 'not a http address'],
  ])('that %s is refused', async (_, rewrite, words) => {
    const { server, work } = await pushThrough([{ method: 'POST', path: /uploads/, rewrite, times: 9 }])
    const failure = await failureOf(work)
    expect(failure.code).toBe('E-REG-UPLOAD')
    expect(failure.text).toContain(words)
    expect(server.requests('PUT', /manifests/)).toEqual([])
  })
})

describe('an upload ends', () => {
  it.each<[string, Fault, string, string]>([
    [
      'when the registry finds another digest',
      { method: 'PUT', path: /uploads/, status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' },
      'E-REG-DIGEST',
      'DIGEST_INVALID',
    ],
    [
      'when the registry stores it under another digest',
      { method: 'PUT', path: /uploads/, rewrite: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } },
      'E-REG-DIGEST',
      'stored it as',
    ],
    [
      'at a quota',
      {
        method: 'PUT',
        path: /uploads/,
        status: 413,
        body: '{"errors":[{"code":"DENIED","message":"quota"}]}',
        times: 9,
      },
      'E-REG-UPLOAD',
      'quota',
    ],
    [
      'at a proxy that limits bodies',
      { method: 'PATCH', path: /uploads/, status: 413, times: 9 },
      'E-REG-UPLOAD',
      '--chunk-size',
    ],
    [
      'when the registry keeps failing',
      { method: 'PATCH', path: /uploads/, status: 503, times: 99 },
      'E-REG-STATUS',
      '503',
    ],
    [
      'when the connection keeps breaking',
      { method: 'PATCH', path: /uploads/, cutAfter: 0, times: 99 },
      'E-NET-CONNECT',
      'tries',
    ],
    [
      'when sessions keep being forgotten',
      { method: 'PATCH', path: /uploads/, skip: 1, status: 404, times: 99 },
      'E-REG-UPLOAD',
      'forgets',
    ],
    [
      'when the registry claims bytes that were not sent',
      { method: 'PATCH', path: /uploads/, rewrite: { range: '0-99999' } },
      'E-REG-UPLOAD',
      '0-99999',
    ],
    [
      'when the registry keeps nothing',
      { method: 'PATCH', path: /uploads/, skip: 1, rewrite: { range: '0-1999' }, times: 9 },
      'E-REG-UPLOAD',
      'keeps none',
    ],
    [
      'when the name is refused',
      { method: 'POST', path: /uploads/, status: 400, body: '{"errors":[{"code":"NAME_INVALID"}]}' },
      'E-REG-STATUS',
      'NAME_INVALID',
    ],
    [
      'when it is asked to wait for an hour',
      { method: 'POST', path: /uploads/, status: 429, headers: { 'retry-after': '3600' } },
      'E-REG-STATUS',
      '429',
    ],
  ])('%s', async (_, fault, code, words) => {
    const { server, work } = await pushThrough([fault])
    const failure = await failureOf(work)
    expect(failure).toMatchObject({ code })
    expect(failure.text).toContain(words)
    expect(server.tags.get(repository)?.has('1') ?? false).toBe(false)
    expect(server.requests('PUT', /manifests/)).toEqual([])
  })

  it('so that a second run sends only what is missing', async () => {
    const server = await registryServer()
    const image = await testImage([9500, 3000])
    const to = { registry: server.host, repository, tag: '1' }
    const options = { chunkBytes: 2000, jobs: 1 }
    // the larger layer comes first and gets through; all tries of the next fail
    server.script({ method: 'PATCH', path: /uploads/, skip: 4, status: 500, times: 4 })
    await failureOf(client().push(image.source, image.root, to, options))
    expect(server.pending()).toBe(0)
    const summary = await client().push(image.source, image.root, to, options)
    expect(summary.present).toEqual({ blobs: 1, bytes: 9500 })
    expect(server.tags.get(repository)?.get('1')).toBe(image.root.digest)
  })
})

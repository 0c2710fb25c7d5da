import { describe, expect, it } from 'vitest'
import { mediaTypes } from '#oci/media-type.js'
import { client, failureOf, registryServer, testImage } from './fixture.js'

const repository = 'openstack/glance'

describe('a retag', () => {
  it('moves the tag back without a byte of a blob', async () => {
    const server = await registryServer()
    const [first, second] = [await testImage([500]), await testImage([500], 2)]
    const to = { registry: server.host, repository }
    await client().push(first.source, first.root, { ...to, tag: '2025.1-1' })
    await client().push(first.source, first.root, { ...to, tag: 'current' })
    await client().push(second.source, second.root, { ...to, tag: 'current' })
    server.log.length = 0
    const summary = await client().retag({ ...to, tag: '2025.1-1' }, 'current')
    expect(summary).toEqual({
      digest: first.root.digest,
      mediaType: mediaTypes.manifest,
      previous: second.root.digest,
    })
    expect(server.requests('GET', /blobs/)).toEqual([])
    expect(server.requests('POST', /./)).toEqual([])
    expect(server.tags.get(repository)?.get('current')).toBe(first.root.digest)
  })

  it('works by digest, and of a tag that is right already moves nothing', async () => {
    const server = await registryServer({ immutableTags: true })
    const image = await testImage([500])
    const to = { registry: server.host, repository, tag: '1' }
    await client().push(image.source, image.root, to)
    const reference = { registry: server.host, repository, digest: image.root.digest }
    expect((await client().retag(reference, '1')).previous).toBeUndefined()
    expect(server.requests('PUT', /manifests\/1$/).length).toBe(1)
  })

  it.each([
    ['what is not there', 'missing', 'x', 'E-REG-UNKNOWN'],
    ['to a tag that is none', '1', '-no', 'E-IMG-REF'],
  ])('is refused: %s', async (_, tag, name, code) => {
    const server = await registryServer()
    const image = await testImage([500])
    const to = { registry: server.host, repository }
    await client().push(image.source, image.root, { ...to, tag: '1' })
    expect((await failureOf(client().retag({ ...to, tag }, name))).code).toBe(code)
  })
})

describe('documents about an image', () => {
  const attachment = (type: string, text: string) => ({
    artifactType: type,
    mediaType: 'application/json',
    bytes: Buffer.from(text),
    annotations: new Map([['a', text]]),
  })

  it.each([
    ['the referrers API', true, 'api'],
    ['a tag where the API is missing', false, 'tag'],
  ] as const)('are listed by %s, and filtered', async (_, referrersApi, via) => {
    const server = await registryServer({ referrersApi })
    const image = await testImage([500])
    const to = { registry: server.host, repository }
    await client().push(image.source, image.root, { ...to, tag: '1' })
    const sbom = await client().attach(to, image.root, attachment('application/sbom', '{"s":1}'))
    const signature = await client().attach(to, image.root, attachment('application/signature', '{"s":2}'))
    await client().attach(to, image.root, attachment('application/signature', '{"s":2}'))
    const all = await client().referrers(to, image.root.digest)
    expect(all.via).toBe(via)
    expect(all.referrers.map(({ digest }) => digest).sort()).toEqual([sbom, signature].sort())
    const some = await client().referrers(to, image.root.digest, 'application/sbom')
    expect(some.referrers.map(({ digest, artifactType }) => [digest, artifactType])).toEqual([
      [sbom, 'application/sbom'],
    ])
    expect(some.referrers[0]?.annotations?.get('a')).toBe('{"s":1}')
    expect(server.tags.get(repository)?.has(image.root.digest.replace(':', '-'))).toBe(!referrersApi)
  })

  it.each([404, 406, 405])('are none where the API answers %i and no tag stands in', async (status) => {
    const server = await registryServer()
    const image = await testImage([500])
    const to = { registry: server.host, repository }
    await client().push(image.source, image.root, { ...to, tag: '1' })
    server.script({ method: 'GET', path: /referrers/, status })
    expect(await client().referrers(to, image.root.digest)).toEqual({ referrers: [], via: 'tag' })
  })

  it('are read page by page, on one host', async () => {
    const server = await registryServer()
    const image = await testImage([500])
    const to = { registry: server.host, repository }
    await client().push(image.source, image.root, { ...to, tag: '1' })
    await client().attach(to, image.root, attachment('application/sbom', '{}'))
    const next = `/v2/${repository}/referrers/${image.root.digest}?page=2`
    server.script({ method: 'GET', path: /referrers/, rewrite: { link: `<${next}>; rel="next"` } })
    expect((await client().referrers(to, image.root.digest)).referrers.length).toBe(2)
    server.script({
      method: 'GET',
      path: /referrers/,
      rewrite: { link: '<http://other.example/>; rel="next"' },
    })
    expect((await failureOf(client().referrers(to, image.root.digest))).code).toBe('E-REG-CONTENT')
  })
})

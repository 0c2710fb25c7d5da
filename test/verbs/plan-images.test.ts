import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseReference } from '#oci/reference.js'
import { diff } from '#verbs/diff.js'
import { plan } from '#verbs/plan.js'
import { client, registryServer, tempFolder, testImage } from '../registry/fixture.js'

describe('a plan with a registry', () => {
  const request = (images: string, warn: (message: string) => void = () => undefined) =>
    plan({ targets: ['glance@2025.2'], from: '2025.1', images, glibc: '2.36', progress: { warn } })

  it('names images by digest, and says what is pulled to the byte', async () => {
    const server = await registryServer()
    const images = `${server.host}/cloud/{service}:{release}`
    const before = await testImage([1000, 2000, 3000], 1)
    const after = await testImage([1000, 2000, 7000], 1)
    const registry = client()
    for (const [image, tag] of [
      [before, '2025.1'],
      [after, '2025.2'],
    ] as const)
      await registry.push(image.source, image.root, parseReference(`${server.host}/cloud/glance:${tag}`))
    const made = await request(images)
    const [glance] = made.services
    expect(glance!.before).toMatchObject({
      digest: before.root.digest,
      reference: `${server.host}/cloud/glance@${before.root.digest}`,
      tagged: `${server.host}/cloud/glance:2025.1`,
    })
    expect(glance!.after.digest).toBe(after.root.digest)
    expect(glance!.pull).toEqual({ bytes: 7000 + after.config.size + after.root.size, exact: true })
    const commands = glance!.window.flatMap((step) => [...step.commands, ...step.undo.commands]).join('\n')
    expect(commands).toContain(`glance@${before.root.digest}`)
    expect(commands).not.toContain('glance:2025')
  })

  it('names what is not touched by digest, where the registry has it', async () => {
    const server = await registryServer()
    const images = `${server.host}/cloud/{service}:{release}`
    const one = await testImage([1000], 1)
    const registry = client()
    for (const name of ['glance:2025.1', 'glance:2025.2', 'keystone:2025.1'])
      await registry.push(one.source, one.root, parseReference(`${server.host}/cloud/${name}`))
    const { untouched } = await request(images)
    const imageOf = (service: string) => untouched.find((other) => other.service === service)?.image
    expect(imageOf('keystone')).toBe(`${server.host}/cloud/keystone@${one.root.digest}`)
    expect(imageOf('nova')).toBe(`${server.host}/cloud/nova:2025.1`)
  })

  it('goes on with tags of what is not touched where their registry refuses, with one warning', async () => {
    const server = await registryServer()
    const images = `${server.host}/cloud/{service}:{release}`
    const one = await testImage([1000], 1)
    const registry = client()
    for (const name of ['glance:2025.1', 'glance:2025.2', 'keystone:2025.1'])
      await registry.push(one.source, one.root, parseReference(`${server.host}/cloud/${name}`))
    server.log.length = 0
    server.script({ path: /\/cloud\/nova\//, status: 403, times: 10 })
    const warnings: string[] = []
    const { untouched } = await request(images, (message) => warnings.push(message))
    const imageOf = (service: string) => untouched.find((other) => other.service === service)?.image
    expect(imageOf('nova')).toBe(`${server.host}/cloud/nova:2025.1`)
    expect(imageOf('keystone')).toBe(`${server.host}/cloud/keystone@${one.root.digest}`)
    expect(warnings).toEqual([expect.stringMatching(/^no digest of what runs nova: .*nova/)])
    // The digest is all that is asked for.
    expect(server.requests('GET', /keystone/)).toEqual([])
    expect(server.requests('HEAD', /keystone/)).toHaveLength(1)
  })

  it('goes on where the image of what is not touched is in no registry that answers, or has no tag', async () => {
    const server = await registryServer()
    const one = await testImage([1000], 1)
    const registry = client()
    for (const name of ['glance:2025.1', 'glance:2025.2'])
      await registry.push(one.source, one.root, parseReference(`${server.host}/cloud/${name}`))
    const fleet = join(tempFolder(), 'fleet.yaml')
    writeFileSync(
      fleet,
      [
        'release: "2025.1"',
        `images: ${server.host}/cloud/{service}:{release}`,
        'services:',
        '  glance: {}',
        '  nova: {image: "127.0.0.1:9/cloud/nova:1"}',
        `  keystone: {image: "${server.host}/cloud/keystone"}`,
        '',
      ].join('\n'),
    )
    const warnings: string[] = []
    const { untouched } = await plan({
      targets: ['glance@2025.2'],
      fleet,
      glibc: '2.36',
      progress: { warn: (message) => warnings.push(message) },
    })
    expect(untouched.map(({ image }) => image)).toEqual([
      '127.0.0.1:9/cloud/nova:1',
      `${server.host}/cloud/keystone`,
    ])
    expect(warnings).toEqual([expect.stringMatching(/^no digest of what runs \w+, \w+: /)])
  })

  it('is refused before its first step where there would be no way back', async () => {
    const server = await registryServer()
    await expect(request(`${server.host}/cloud/{service}:{release}`)).rejects.toMatchObject({
      code: 'E-PLN-IMAGE',
      message: expect.stringContaining('there would be no way back'),
      hint: expect.stringContaining('svcsplit build glance@2025.1'),
    })
  })
})

it('the difference of two images of a registry is told to the byte', async () => {
  const server = await registryServer()
  const before = await testImage([1000, 2000, 3000], 1)
  const after = await testImage([1000, 2000, 7000], 1)
  const registry = client()
  const reference = (tag: string) => `${server.host}/cloud/glance:${tag}`
  await registry.push(before.source, before.root, parseReference(reference('a')))
  await registry.push(after.source, after.root, parseReference(reference('b')))
  const made = await diff({
    from: reference('a'),
    to: reference('b'),
    python: '3.11',
    platform: 'linux/amd64',
    glibc: '2.36',
  })
  expect(made).toMatchObject({ exact: true, transfer: 7000, layers: { kept: 2, new: 1, gone: 1 } })
})

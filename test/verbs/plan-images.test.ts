import { describe, expect, it } from 'vitest'
import { parseReference } from '#oci/reference.js'
import { diff } from '#verbs/diff.js'
import { plan } from '#verbs/plan.js'
import { client, registryServer, testImage } from '../registry/fixture.js'

describe('a plan with a registry', () => {
  const request = (images: string) =>
    plan({ targets: ['glance@2025.2'], from: '2025.1', images, glibc: '2.36' })

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

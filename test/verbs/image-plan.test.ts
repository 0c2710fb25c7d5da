import { beforeAll, describe, expect, it } from 'vitest'
import { loadFleet } from '#inputs/fleet.js'
import { planLayers } from '#layers/plan.js'
import { analyze } from '#verbs/analyze.js'
import type { ReleaseImages } from '#verbs/image-plan.js'
import { shippedSnapshot } from '#verbs/known-data.js'
import { lockRelease } from '#verbs/lock.js'
import { sharing } from '#verbs/sharing.js'

const target = { python: '3.11', platform: 'linux/amd64' } as const

describe('the images of a release', () => {
  let images: ReleaseImages

  beforeAll(async () => {
    const result = await analyze({
      ...target,
      services: ['nova@2026.1'],
      host: '2025.1',
      index: { offline: true },
      surroundings: true,
    })
    images = result.images!
  }, 60_000)

  it('are those of the newest release in question, every service of it', () => {
    expect(images.release).toBe('2026.1')
    expect(images.services.map(({ service }) => service)).toHaveLength(15)
  })

  it('have the layers that a build makes, of the files that a lock names', async () => {
    const fleet = loadFleet()
    const snapshot = shippedSnapshot(fleet)
    for (const service of ['nova', 'swift']) {
      const lock = lockRelease(fleet, snapshot, { service, release: '2026.1', ...target, glibc: '2.36' })
      const sizes = new Map(
        lock.distributions.map(({ name, wheel, sdist }) => [name, (wheel ?? sdist)!.size]),
      )
      const versions = new Map(lock.distributions.map(({ name, version }) => [name, version]))
      const groups = planLayers({
        distributions: lock.distributions.map(({ name, version }) => ({
          name,
          version,
          size: sizes.get(name)!,
        })),
        root: lock.root,
        ...(await sharing({ fleet, snapshot }, lock)),
      })
      const planned = images.services.find((one) => one.service === service)!
      expect(planned.layers.map((number) => images.layers[number])).toEqual(
        groups.map(({ title, distributions }) => ({
          title,
          bytes: distributions.reduce((sum, name) => sum + sizes.get(name)!, 0),
          distributions: distributions.map((name) => `${name} ${versions.get(name)}`),
        })),
      )
    }
  })

  it('keep their layers when a library gets another version: it changes its own layer alone', async () => {
    const fleet = loadFleet()
    const snapshot = shippedSnapshot(fleet)
    const lock = lockRelease(fleet, snapshot, {
      service: 'glance',
      release: '2026.1',
      ...target,
      glibc: '2.36',
    })
    const patched = {
      ...lock,
      distributions: lock.distributions.map((one) =>
        one.name === 'oslo-utils' ? { ...one, version: '0.1' } : one,
      ),
    }

    expect(await sharing({ fleet, snapshot }, patched)).toEqual(await sharing({ fleet, snapshot }, lock))
  })

  it('share a layer when they hold the same distributions at the same versions, and only then', () => {
    const contents = images.layers.map(({ distributions }) => distributions.join('\n'))
    expect(new Set(contents).size).toBe(contents.length)
    const lowest = images.services.map(({ layers }) => layers[0])
    expect(new Set(lowest).size).toBe(1)
  })
})

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLayoutImage } from '#image/layout.js'
import { formatPylock } from '#lock/pylock.js'
import { hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex, parseImageIndex } from '#oci/image-index.js'
import { mediaTypes } from '#oci/media-type.js'
import { imagesJson, imagesText } from '#report/images-text.js'
import { attest } from '#verbs/attest.js'
import { copy } from '#verbs/copy.js'
import { imagesWith as ask, type ImagesWithRequest } from '#verbs/images-with.js'
import { startRegistry } from '../support/oci-registry.js'
import { bookworm, environmentOf, locked, lockOf, type Tree, tempFolder, writeImage } from './fixture.js'

const imagesWith = (request: Omit<ImagesWithRequest, 'cacheDir'>) =>
  ask({ ...request, cacheDir: tempFolder() })

const plain = { color: false, width: 120 }
const base = { distribution: 'PyMySQL', below: '1.1.1', trustSboms: true }

function demoLock(version: string) {
  return lockOf(locked('demo', '1', ['pymysql']), locked('pymysql', version))
}

async function lockFile(version: string): Promise<string> {
  const path = join(tempFolder(), 'pylock.demo.toml')
  await writeFile(path, formatPylock(demoLock(version)))
  return path
}

/** Images of one layout, by name and the version of PyMySQL that they carry. */
async function layoutOf(
  versions: Readonly<Record<string, string>>,
  ...more: readonly Tree[]
): Promise<string> {
  const dir = tempFolder()
  let beside: ReturnType<typeof parseImageIndex>['manifests'] = []
  for (const [name, version] of Object.entries(versions)) {
    await writeImage([bookworm, environmentOf(demoLock(version)), ...more], { dir, name, beside })
    beside = parseImageIndex(await readFile(join(dir, 'index.json'))).manifests
  }
  return dir
}

describe('which images carry a distribution below a version', () => {
  it('is answered by PEP 440, whatever the spelling of name and version', async () => {
    const dir = await layoutOf({
      'a:1': '1.1.0',
      'b:1': '1.1.1rc1',
      'c:1': '1.1.1',
      'd:1': '1.10',
      'e:1': '1.1.1.post1',
    })
    for (const distribution of ['PyMySQL', 'pymysql', 'pYmYsQl']) {
      const { carriers, images } = await imagesWith({ ...base, distribution, places: [`oci:${dir}`] })
      expect(images).toBe(5)
      expect(carriers.map(({ place, versions }) => [place, versions])).toEqual([
        [`oci:${dir}:a:1`, ['1.1.0']],
        [`oci:${dir}:b:1`, ['1.1.1rc1']],
      ])
    }
    const every = await imagesWith({ distribution: 'pymysql', places: [dir], trustSboms: true })
    expect(every.carriers).toHaveLength(5)
    const one = await imagesWith({ ...base, places: [`oci:${dir}:a:1`] })
    expect([one.images, one.carriers.length]).toEqual([1, 1])
  })

  it('counts locks beside images', async () => {
    const [old, fresh] = [await lockFile('1.0.2'), await lockFile('1.1.1')]
    const dir = await layoutOf({ 'a:1': '1.1.0' })
    const result = await imagesWith({ ...base, places: [old, fresh, dir] })
    expect([result.images, result.locks]).toEqual([1, 2])
    const lines = imagesText(result, plain).split('\n')
    expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['pymysql below 1.1.1: in 1 of 1 image and 1 of 2 locks'],
      [old, '1.0.2', 'locked'],
      [`oci:${dir}:a:1 (linux/amd64)`, '1.1.0', 'by its layers'],
      [''],
    ])
    expect(JSON.parse(imagesJson(result))).toMatchObject({
      distribution: 'pymysql',
      below: '1.1.1',
      unread: [],
    })
  })

  it('says plainly that none does', async () => {
    const result = await imagesWith({ ...base, places: [await layoutOf({ 'a:1': '1.1.1', 'b:1': '1.2' })] })
    expect(imagesText(result, plain)).toBe('pymysql below 1.1.1: in none of 2 images\n')
  })

  it('asks the SBOM of an image first, and the layers when that is wanted or it has no answer', async () => {
    const dir = await layoutOf({ 'a:1': '1.1.0' })
    const lockPath = await lockFile('1.1.0')
    const request = { lockPath, provenance: false, to: { kind: 'referrer' as const } }
    await attest({ image: `oci:${dir}`, sboms: ['spdx'], ...request })
    const from = async (trustSboms: boolean) =>
      (await imagesWith({ ...base, trustSboms, places: [dir] })).carriers.map((carrier) => carrier.from)
    expect(await from(true)).toEqual(['sbom'])
    expect(await from(false)).toEqual(['layers'])
    const [result] = await attest({ image: `oci:${dir}`, sboms: ['cyclonedx'], ...request })
    await writeFile(join(dir, 'blobs', 'sha256', hexOf(result!.documents[0]!.digest)), '{"components":[]}')
    expect(await from(true)).toEqual(['layers'])
  })

  it('finds copies outside of the environment too', async () => {
    const debian = {
      'usr/lib/python3/dist-packages/PyMySQL-0.9.egg-info':
        'Metadata-Version: 1.1\nName: PyMySQL\nVersion: 0.9\n',
    }
    const dir = await layoutOf({ 'a:1': '1.1.1' }, debian)
    const { carriers } = await imagesWith({ ...base, places: [dir] })
    expect(carriers).toMatchObject([{ versions: ['0.9'] }])
  })

  it('looks into an index of several platforms', async () => {
    const dir = tempFolder()
    const { descriptor } = await writeImage([environmentOf(demoLock('1.0'))], { dir, name: 'inner' })
    const { annotations: _, ...inner } = descriptor
    const index = encodeImageIndex({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [inner] })
    await writeFile(join(dir, 'blobs', 'sha256', hexOf(sha256(index))), index)
    const entry = {
      mediaType: mediaTypes.index,
      digest: sha256(index),
      size: index.length,
      annotations: new Map([['org.opencontainers.image.ref.name', 'demo:1']]),
    }
    const top = { schemaVersion: 2 as const, mediaType: mediaTypes.index, manifests: [entry] }
    await writeFile(join(dir, 'index.json'), encodeImageIndex(top))
    const { carriers } = await imagesWith({ ...base, places: [`oci:${dir}:demo:1`] })
    expect(carriers).toMatchObject([{ place: `oci:${dir}:demo:1`, digest: descriptor.digest }])
  })
})

describe('what cannot be read', () => {
  it('is named and counted, and the rest is answered', async () => {
    const dir = await layoutOf({ 'a:1': '1.1.0', 'b:1': '1.0.0' })
    const broken = await writeImage([{ 'a/b': 'c' }], {
      dir,
      name: 'c:1',
      beside: parseImageIndex(await readFile(join(dir, 'index.json'))).manifests,
    })
    await writeFile(join(dir, 'blobs', 'sha256', hexOf(broken.manifest.layers[0]!.digest)), 'rubbish')
    const bad = join(tempFolder(), 'pylock.x.toml')
    await writeFile(bad, 'not a lock')
    const result = await imagesWith({ ...base, places: [dir, bad, '/nonexistent'] })
    expect(result.carriers).toHaveLength(2)
    expect([result.images, result.locks]).toEqual([3, 2])
    expect(result.unread.map(({ place, code }) => [place, code])).toEqual([
      [`oci:${dir}:c:1`, 'E-IMG-DIGEST'],
      [bad, 'E-LCK-FORM'],
      ['/nonexistent', 'E-FS-NOTFOUND'],
    ])
    expect(imagesText(result, plain)).toContain('not decided: 3 things could not be read\n')
  })

  it('is also a version that no order has', async () => {
    const dir = tempFolder()
    const folder = 'opt/venv/lib/python3.11/site-packages/pymysql-2004d.dist-info/METADATA'
    await writeImage([{ [folder]: 'Metadata-Version: 1.0\nName: pymysql\nVersion: 2004d\n' }], {
      dir,
      name: 'a:1',
    })
    const { unread, carriers } = await imagesWith({ ...base, places: [dir] })
    expect(carriers).toEqual([])
    expect(unread).toMatchObject([{ code: 'E-REQ-VERSION', place: `oci:${dir}:a:1` }])
  })

  it.each([
    [{ ...base, distribution: 'not a name' }, 'E-REQ-NAME'],
    [{ ...base, below: 'one' }, 'E-REQ-VERSION'],
  ])('is refused at once when it is the question', async (request, code) => {
    await expect(imagesWith({ ...request, places: [] })).rejects.toMatchObject({ code })
  })
})

describe('images of a registry', () => {
  it('answer by the SBOM among their referrers, else by their layers, which are not kept', async () => {
    const server = await startRegistry()
    try {
      const old = await writeImage([bookworm, environmentOf(demoLock('1.1.0'))], {
        dir: tempFolder(),
        name: 'old:1',
      })
      const attested = {
        lockPath: await lockFile('1.1.0'),
        provenance: true,
        to: { kind: 'referrer' },
      } as const
      await attest({ image: `oci:${old.dir}`, sboms: ['cyclonedx'], ...attested })
      const bare = await writeImage([bookworm, environmentOf(demoLock('1.0.2'))], {
        dir: tempFolder(),
        name: 'bare:1',
      })
      const to = (name: string): string => `${server.host}/openstack/${name}:1`
      await copy({ from: `oci:${old.dir}`, to: to('old'), referrers: true })
      await copy({ from: `oci:${bare.dir}`, to: to('bare') })
      const before = server.log.length
      const places = ['old', 'bare', 'absent'].map((name) => `registry:${to(name)}`)
      const { carriers, unread } = await imagesWith({ ...base, places })
      expect(carriers.map(({ place, versions, from }) => [place, versions, from])).toEqual([
        [places[0], ['1.1.0'], 'sbom'],
        [places[1], ['1.0.2'], 'layers'],
      ])
      expect(unread.map(({ place, code }) => [place, code])).toEqual([[places[2], 'E-REG-UNKNOWN']])
      const { manifest } = await readLayoutImage(old.dir, 'old:1')
      const asked = server.log.slice(before).map(({ url }) => url)
      expect(
        manifest.layers.filter(({ digest }) => asked.some((url) => url.includes(`old/blobs/${digest}`))),
      ).toEqual([])
    } finally {
      await server.close()
    }
  })
})

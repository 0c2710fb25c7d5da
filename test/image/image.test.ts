import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type AssembleOptions, assembleImage, baseLayersAnnotation, type Image } from '#image/assemble.js'
import { layoutBlob, readLayout, readLayoutImage, refNames, writeLayout } from '#image/layout.js'
import { readImageFiles } from '#image/read-files.js'
import { type BlobStore, openBlobStore } from '#io/blob-store.js'
import { type Layer, writeLayer } from '#layers/layer.js'
import type { LayerEntry } from '#layers/layer-stream.js'
import { tarEnd, tarHeader } from '#layers/tar-header.js'
import { digestOfHex, sha256 } from '#oci/digest.js'
import { mediaTypes } from '#oci/media-type.js'
import { validateImage } from '../support/validate-image.js'

const root = mkdtempSync(join(tmpdir(), 'svcsplit-image-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let dir: string
let store: BlobStore
beforeEach(() => {
  dir = mkdtempSync(join(root, 'case-'))
  store = openBlobStore(join(dir, 'blobs'))
})

function file(path: string, text: string): LayerEntry {
  const bytes = Buffer.from(text)
  return { type: 'file', path, mode: 0o644, uid: 0, gid: 0, size: bytes.length, content: () => ({ bytes }) }
}

async function baseOf(layer: Layer): Promise<AssembleOptions['base']> {
  return {
    name: 'debian:bookworm',
    digest: sha256('base manifest'),
    manifest: {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: sha256('{}'), size: 2 },
      layers: [layer.descriptor],
    },
    config: {
      architecture: 'amd64',
      os: 'linux',
      config: {
        Env: ['PATH=/usr/bin:/bin', 'LANG=C.UTF-8'],
        Entrypoint: ['/bin/sh'],
        Labels: new Map([['a', 'b']]),
      },
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      history: [{ created_by: 'mmdebstrap' }],
    },
  }
}

async function options(changes: Partial<AssembleOptions> = {}): Promise<AssembleOptions> {
  const lower = await writeLayer('base', [file('etc/passwd', 'root\n'), file('etc/hosts', 'one\n')], store)
  const upper = await writeLayer('service', [file('etc/hosts', 'two\n')], store)
  return {
    base: await baseOf(lower),
    layers: [upper],
    title: 'glance',
    version: '30.2.0',
    prefix: '/opt/venv',
    user: { uid: 42415, gid: 42415 },
    command: ['glance-api'],
    ...changes,
  }
}

async function image(changes: Partial<AssembleOptions> = {}): Promise<Image> {
  return assembleImage(await options(changes))
}

describe('an assembled image', () => {
  it('has the layers and diffIDs of its base below its own', async () => {
    const given = await options()
    const { manifest, config } = assembleImage(given)

    expect(manifest.layers.map(({ digest }) => digest)).toEqual([
      given.base.manifest.layers[0]!.digest,
      given.layers[0]!.descriptor.digest,
    ])
    expect(config.rootfs.diff_ids).toEqual([given.base.config.rootfs.diff_ids[0], given.layers[0]!.diffId])
    expect(config.history?.length).toBe(2)
  })

  it('says what it is and where its base ends', async () => {
    const { manifest } = await image()

    expect(Object.fromEntries(manifest.annotations!)).toMatchObject({
      'org.opencontainers.image.title': 'glance',
      'org.opencontainers.image.version': '30.2.0',
      'org.opencontainers.image.base.name': 'debian:bookworm',
      'org.opencontainers.image.base.digest': sha256('base manifest'),
      [baseLayersAnnotation]: '1',
    })
  })

  it('runs its command as its user in its environment, and not through the shell of the base', async () => {
    const { config } = await image({ environment: new Map([['OS_X', '1']]), ports: ['9292/tcp'] })

    expect(config.config).toMatchObject({
      User: '42415:42415',
      Cmd: ['glance-api'],
      ExposedPorts: ['9292/tcp'],
      Env: ['PATH=/opt/venv/bin:/usr/bin:/bin', 'LANG=C.UTF-8', 'PYTHONDONTWRITEBYTECODE=1', 'OS_X=1'],
    })
    expect(config.config?.Entrypoint).toBeUndefined()
  })

  it('has one digest, whatever the clock, the time zone and the order of maps are', async () => {
    const labels = [
      ['x', '1'],
      ['y', '2'],
    ] as const
    const first = await image({ labels: new Map(labels) })
    process.env.TZ = 'Pacific/Kiritimati'
    process.env.SOURCE_DATE_EPOCH = '1'
    const second = await image({ labels: new Map([...labels].reverse()) })
    delete process.env.TZ
    delete process.env.SOURCE_DATE_EPOCH

    expect(second.descriptor.digest).toBe(first.descriptor.digest)
  })

  it('carries a health check only in the format that has one', async () => {
    const healthcheck = { Test: ['CMD', 'true'] }
    const docker = await image({ format: 'docker', healthcheck })

    expect(docker.manifest.mediaType).toBe(mediaTypes.dockerManifest)
    expect(new Set(docker.manifest.layers.map(({ mediaType }) => mediaType))).toEqual(
      new Set([mediaTypes.dockerLayerGzip]),
    )
    expect(docker.config.config?.Healthcheck).toEqual(healthcheck)
    expect((await image({ healthcheck })).config.config?.Healthcheck).toBeUndefined()
  })
})

describe('an OCI layout', () => {
  it('holds several images by name, and each reads back as it was', async () => {
    const layout = join(dir, 'layout')
    const one = await image()
    const two = await image({ title: 'nova' })
    await writeLayout(layout, [{ name: 'nova:2025.1', image: two }], [store.dir])
    await writeLayout(layout, [{ name: 'glance:2025.1', image: one }], [store.dir])

    expect(refNames(await readLayout(layout))).toEqual(['glance:2025.1', 'nova:2025.1'])
    const read = await readLayoutImage(layout, 'glance:2025.1')
    expect(read.descriptor.digest).toBe(one.descriptor.digest)
    expect(read.config).toEqual(one.config)
    expect(read.manifest).toEqual(one.manifest)
  })

  it('is the same, byte for byte, in whatever order images come', async () => {
    const images = [
      { name: 'glance:2025.1', image: await image() },
      { name: 'nova:2025.1', image: await image({ title: 'nova' }) },
    ]
    await writeLayout(join(dir, 'a'), images, [store.dir])
    await writeLayout(join(dir, 'b'), [...images].reverse(), [store.dir])

    expect(readFileSync(join(dir, 'b', 'index.json'))).toEqual(readFileSync(join(dir, 'a', 'index.json')))
  })

  it('replaces the image of a name, and keeps the blobs of the one before for the way back', async () => {
    const layout = join(dir, 'layout')
    const before = await image()
    await writeLayout(layout, [{ name: 'glance:2025.1', image: before }], [store.dir])
    await writeLayout(layout, [{ name: 'glance:2025.1', image: await image({ version: '31' }) }], [store.dir])

    expect((await readLayout(layout)).manifests.length).toBe(1)
    expect(readFileSync(layoutBlob(layout, before.descriptor.digest))).toEqual(before.manifestBytes)
  })

  it('is not touched when a blob is missing', async () => {
    const layout = join(dir, 'layout')
    await writeLayout(layout, [{ name: 'glance:1', image: await image() }], [store.dir])
    const index = readFileSync(join(layout, 'index.json'))
    const given = await options()
    const lost = {
      ...given.layers[0]!,
      descriptor: { ...given.layers[0]!.descriptor, digest: sha256('lost') },
    }
    const broken = assembleImage({ ...given, layers: [lost] })

    await expect(
      writeLayout(layout, [{ name: 'glance:2', image: broken }], [store.dir]),
    ).rejects.toMatchObject({
      code: 'E-IMG-DIGEST',
    })
    expect(readFileSync(join(layout, 'index.json'))).toEqual(index)
  })

  it('never takes a folder that holds something else', async () => {
    const layout = join(dir, 'home')
    mkdirSync(layout)
    writeFileSync(join(layout, 'thesis.txt'), 'precious')

    await expect(
      writeLayout(layout, [{ name: 'glance:1', image: await image() }], [store.dir]),
    ).rejects.toMatchObject({ code: 'E-OUT-EXISTS' })
    expect(readdirSync(layout)).toEqual(['thesis.txt'])
  })

  it('says of a folder without a layout what one is', async () => {
    await expect(readLayout(join(dir, 'nowhere'))).rejects.toMatchObject({
      code: 'E-FS-NOTFOUND',
      message: expect.stringContaining('nowhere/oci-layout'),
      hint: expect.stringContaining('svcsplit build -o oci:DIR'),
    })
  })

  it('is told apart when it has no image of a name, or several', async () => {
    const layout = join(dir, 'layout')
    const images = [
      { name: 'glance:1', image: await image() },
      { name: 'nova:1', image: await image({ title: 'nova' }) },
    ]
    await writeLayout(layout, images, [store.dir])

    await expect(readLayoutImage(layout, 'heat:1')).rejects.toMatchObject({ code: 'E-IMG-REF' })
    await expect(readLayoutImage(layout)).rejects.toMatchObject({
      code: 'E-IMG-REF',
      hint: /glance:1, nova:1/,
    })
  })
})

describe('what tests hold images against', () => {
  async function written(): Promise<{ layout: string; image: Image }> {
    const layout = join(dir, 'layout')
    const made = await image()
    await writeLayout(layout, [{ name: 'glance:1', image: made }], [store.dir])
    return { layout, image: made }
  }
  /** Blobs are links into the store: a test that changes one must not change the other. */
  function replace(path: string, bytes: Uint8Array): void {
    rmSync(path)
    writeFileSync(path, bytes)
  }

  it('passes one that is whole', async () => {
    const { layout } = await written()

    expect((await validateImage(layout, 'glance:1')).layers.map(({ entries }) => entries)).toEqual([2, 1])
  })

  it('finds a layer with another byte', async () => {
    const { layout, image } = await written()
    const path = layoutBlob(layout, image.manifest.layers[1]!.digest)
    const bytes = readFileSync(path)
    bytes[9] = 3
    replace(path, bytes)

    await expect(validateImage(layout)).rejects.toMatchObject({ code: 'E-IMG-DIGEST' })
  })

  it('finds a layer that breaks off', async () => {
    const { layout, image } = await written()
    const path = layoutBlob(layout, image.manifest.layers[1]!.digest)
    replace(path, readFileSync(path).subarray(0, -20))

    await expect(validateImage(layout)).rejects.toMatchObject({ code: /E-IMG-(?:FORM|DIGEST)/ })
  })

  it('finds a config that is not the one of the manifest', async () => {
    const { layout, image } = await written()
    const path = layoutBlob(layout, image.manifest.config.digest)
    replace(path, Buffer.from(readFileSync(path, 'utf8').replace('glance-api', 'glance-apx')))

    await expect(validateImage(layout)).rejects.toMatchObject({ code: 'E-IMG-DIGEST' })
  })

  it('finds a diffID that is not the one of the layer', async () => {
    const given = await options()
    const lying = { ...given.layers[0]!, diffId: digestOfHex('0'.repeat(64)) }
    const layout = join(dir, 'layout')
    await writeLayout(
      layout,
      [{ name: 'glance:1', image: assembleImage({ ...given, layers: [lying] }) }],
      [store.dir],
    )

    await expect(validateImage(layout)).rejects.toMatchObject({ code: 'E-IMG-DIGEST' })
  })

  it('finds a path that stands twice in one layer', async () => {
    const header = tarHeader({ type: 'folder', path: 'etc', mode: 0o755, uid: 0, gid: 0, size: 0 })
    const tar = Buffer.concat([header, header, tarEnd])
    const blob = await store.put(gzipSync(tar))
    const given = await options()
    const twice: Layer = {
      title: 'twice',
      descriptor: { mediaType: mediaTypes.layerGzip, digest: digestOfHex(blob.sha256), size: blob.size },
      diffId: sha256(tar),
      cached: false,
    }
    const layout = join(dir, 'layout')
    await writeLayout(
      layout,
      [{ name: 'glance:1', image: assembleImage({ ...given, layers: [twice] }) }],
      [store.dir],
    )

    await expect(validateImage(layout)).rejects.toMatchObject({
      code: 'E-IMG-FORM',
      at: expect.objectContaining({ member: 'etc' }),
    })
  })
})

describe('files of an image', () => {
  it('come from the uppermost layer that has them, unless a later one removes them', async () => {
    const given = await options()
    const gone = await writeLayer('gone', [file('etc/.wh.passwd', '')], store)
    const layout = join(dir, 'layout')
    const made = assembleImage({ ...given, layers: [...given.layers, gone] })
    await writeLayout(layout, [{ name: 'glance:1', image: made }], [store.dir])

    const found = await readImageFiles(layout, made.manifest, ['etc/hosts', 'etc/passwd', 'etc/absent'])

    expect([...found].map(([path, bytes]) => [path, bytes.toString()])).toEqual([['etc/hosts', 'two\n']])
  })
})

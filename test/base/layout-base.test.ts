import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareBase } from '#base/base-image.js'
import { ensureDir } from '#io/files.js'
import { encodeImageConfig } from '#oci/config.js'
import { refNameAnnotation } from '#oci/descriptor.js'
import { hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { encodeManifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'

type Member = { readonly name: string; readonly text?: string; readonly to?: string; readonly mode?: number }

const status = 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n'
const python = [{ name: 'usr/bin/python3.11', text: 'ELF', mode: 0o755 }]
const debian = [...python, { name: 'var/lib/dpkg/status', text: status }]

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'base-test-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function tarOf(members: readonly Member[]): Promise<Buffer> {
  const archive = pack()
  for (const { name, text, to, mode } of members)
    if (to === undefined) archive.entry({ name, mode: mode ?? 0o644 }, text ?? '')
    else archive.entry({ name, type: 'symlink', linkname: to })
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

interface Layout {
  readonly layers: readonly (readonly Member[])[]
  readonly layerType?: string
  readonly architecture?: string
  readonly names?: readonly string[]
}

async function writeLayout({ layers, layerType, architecture = 'amd64', names = ['x'] }: Layout) {
  const blobs = join(dir, 'blobs', 'sha256')
  await ensureDir(blobs)
  const put = async (bytes: Buffer, mediaType: string) => {
    const digest = sha256(bytes)
    await writeFile(join(blobs, hexOf(digest)), bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const tars = await Promise.all(layers.map(tarOf))
  const descriptors = []
  for (const tar of tars) descriptors.push(await put(gzipSync(tar), layerType ?? mediaTypes.layerGzip))
  const config = await put(
    encodeImageConfig({
      architecture,
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => sha256(tar)) },
    }),
    mediaTypes.config,
  )
  const manifest = await put(
    encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: descriptors }),
    mediaTypes.manifest,
  )
  const manifests = names.map((name) => ({ ...manifest, annotations: new Map([[refNameAnnotation, name]]) }))
  await writeFile(
    join(dir, 'index.json'),
    encodeImageIndex({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
  )
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  return { manifest, layer: join(blobs, hexOf(descriptors[0]!.digest)) }
}

const open = (from = `oci:${dir}`, wanted?: string) =>
  prepareBase({
    from,
    platform: 'linux/amd64',
    cacheDir: join(dir, 'cache'),
    ...(wanted === undefined ? {} : { python: wanted }),
  })

const failure = (text: string) => ({ code: 'E-IMG-BASE', message: expect.stringContaining(text) })

describe('a base in an OCI layout', () => {
  it('says its Python, glibc, packages and setuid files', async () => {
    const { manifest } = await writeLayout({
      layers: [[...debian, { name: './usr/bin/su', text: '', mode: 0o4755 }]],
    })
    expect(await open()).toMatchObject({
      digest: manifest.digest,
      python: '3.11',
      pythonPath: '/usr/bin/python3.11',
      glibc: '2.36',
      packages: [{ name: 'libc6', version: '2.36-9' }],
      setuid: ['/usr/bin/su'],
    })
  })

  it('is what its upper layers leave of the lower ones', async () => {
    await writeLayout({
      layers: [
        [...debian, { name: 'usr/bin/su', mode: 0o4755 }, { name: 'usr/bin/python3.9', text: '' }],
        [{ name: 'usr/bin/su', mode: 0o755 }, { name: 'usr/bin/.wh.python3.11' }],
      ],
    })
    expect(await open()).toMatchObject({ python: '3.9', setuid: [] })
  })

  it('loses a whole folder to an opaque whiteout, but not what the same layer brings', async () => {
    await writeLayout({
      layers: [debian, [{ name: 'usr/bin/python3.12', text: '' }, { name: 'usr/bin/.wh..wh..opq' }]],
    })
    expect(await open()).toMatchObject({ python: '3.12' })
  })

  it('prefers what PATH has first, unless another Python is wanted', async () => {
    const layers = [
      [
        ...debian,
        { name: 'usr/local/bin/python3.13', text: '' },
        { name: 'usr/local/bin/python3', to: 'python3.13' },
      ],
    ]
    await writeLayout({ layers })
    expect(await open()).toMatchObject({ pythonPath: '/usr/local/bin/python3.13' })
    expect(await open(undefined, '3.11')).toMatchObject({ pythonPath: '/usr/bin/python3.11' })
  })

  it('tells glibc by the library itself where there is no dpkg', async () => {
    const text = 'GNU C Library (GNU libc) stable release version 2.34.\n'
    await writeLayout({ layers: [[...python, { name: 'usr/lib64/libc.so.6', text }]] })
    expect(await open()).toMatchObject({ glibc: '2.34', packages: [] })
  })

  it('gives the same answer the second time, without reading its layers', async () => {
    const { layer } = await writeLayout({ layers: [debian] })
    const first = await open()
    const size = (await readFile(layer)).length
    await writeFile(layer, Buffer.alloc(size))
    expect(await open()).toEqual(first)
  })

  it.each([
    ['has no Python', { layers: [[{ name: 'var/lib/dpkg/status', text: status }]] }, 'no /usr/bin/python3.X'],
    ['has no glibc', { layers: [python] }, 'no glibc'],
    ['is for another processor', { layers: [debian], architecture: 'arm64' }, 'linux/arm64'],
    ['has several images and none is named', { layers: [debian], names: ['a', 'b'] }, '2 images'],
    ['has no image', { layers: [debian], names: [] }, 'no image'],
    ['is packed with zstd', { layers: [debian], layerType: mediaTypes.layerZstd }, 'zstd'],
  ])('is refused if it %s', async (_, layout, text) => {
    await writeLayout(layout)
    await expect(open()).rejects.toMatchObject(failure(text))
  })

  it('is refused if it is no layout, or has not the name', async () => {
    await expect(open()).rejects.toMatchObject(failure('not an OCI layout'))
    await writeLayout({ layers: [debian] })
    await expect(open(`oci:${dir}:other`)).rejects.toMatchObject(failure('no image other'))
  })

  it('is refused if a blob is not what its name says, or a layer is cut off', async () => {
    const { layer } = await writeLayout({ layers: [debian] })
    const bytes = await readFile(layer)
    await writeFile(layer, bytes.subarray(0, bytes.length - 20))
    await expect(open()).rejects.toMatchObject({ code: 'E-IMG-DIGEST' })
  })
})

describe('a Debian base', () => {
  it.each([
    '-o=Dpkg',
    'python3-',
    './evil.deb',
    '?essential',
    'a b',
    '',
  ])('takes no package named %j', async (name) => {
    const options = { from: 'debian:bookworm', platform: 'linux/amd64', cacheDir: join(dir, 'cache') }
    await expect(prepareBase({ ...options, packages: [name] })).rejects.toMatchObject(failure('not the name'))
  })

  it.each([
    '-',
    '/etc/passwd',
    'deb http://mirror.example/debian bookworm main\ndeb-src x',
    'ftp:x',
  ])('takes no apt source %j', async (mirror) => {
    const options = { from: 'debian:bookworm', platform: 'linux/amd64', cacheDir: join(dir, 'cache') }
    await expect(prepareBase({ ...options, mirrors: [mirror] })).rejects.toMatchObject({
      code: 'E-CLI-USAGE',
    })
  })

  it('says what to install where mmdebstrap is missing', async () => {
    const path = process.env.PATH
    process.env.PATH = dir
    try {
      const options = { from: 'debian:bookworm', platform: 'linux/amd64', cacheDir: join(dir, 'cache') }
      await expect(prepareBase(options)).rejects.toMatchObject({
        code: 'E-EXE-MISSING',
        hint: expect.stringContaining('oci:DIR'),
      })
    } finally {
      process.env.PATH = path
    }
  })
})

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type TarEntry, tarEnd, tarHeader } from '#layers/tar-header.js'
import type { Lock } from '#lock/lock.js'
import { encodeImageConfig, type RuntimeConfig } from '#oci/config.js'
import { type Digest, hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { encodeManifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import { normalizeName } from '#pep/name.js'

/** A file of a layer; a mode of 0o120777 makes it a link to its content. */
export interface SmallFile {
  readonly content?: string | Buffer
  readonly mode?: number
  readonly type?: TarEntry['type']
  readonly target?: string
}

export type SmallLayer = Map<string, SmallFile>

export const site = 'opt/venv/lib/python3.11/site-packages'

export function recordRow(path: string, content: string | Buffer): string {
  return `${path},sha256=${createHash('sha256').update(content).digest('base64url')},${Buffer.byteLength(content)}`
}

export function wrapper(module: string, attribute: string): string {
  return `#!/opt/venv/bin/python\nimport sys\nfrom ${module} import ${attribute}\nif __name__ == '__main__':\n    sys.exit(${attribute}())\n`
}

export interface SmallDistribution {
  readonly name: string
  readonly version?: string
  /** Below site-packages. */
  readonly files?: Readonly<Record<string, string | Buffer>>
  /** Lines of METADATA after the usual three. */
  readonly metadata?: readonly string[]
  /** `command = module:attribute` */
  readonly scripts?: readonly string[]
}

/** The files of an installed distribution, with a right RECORD. */
export function installed(distribution: SmallDistribution): SmallLayer {
  const { name, version = '1.0', files = {}, metadata = [], scripts = [] } = distribution
  const info = `${name}-${version}.dist-info`
  const layer: SmallLayer = new Map()
  const rows: string[] = []
  const put = (path: string, content: string | Buffer): void => {
    layer.set(`${site}/${path}`, { content })
    rows.push(recordRow(path, content))
  }
  for (const [path, content] of Object.entries(files)) put(path, content)
  put(
    `${info}/METADATA`,
    ['Metadata-Version: 2.1', `Name: ${name}`, `Version: ${version}`, ...metadata, ''].join('\n'),
  )
  put(`${info}/WHEEL`, 'Wheel-Version: 1.0\n')
  if (scripts.length > 0) put(`${info}/entry_points.txt`, `[console_scripts]\n${scripts.join('\n')}\n`)
  for (const script of scripts) {
    const [, command = '', module = '', attribute = ''] = /^(\S+) = ([^:]+):(\S+)$/.exec(script)!
    const content = wrapper(module, attribute)
    layer.set(`opt/venv/bin/${command}`, { content, mode: 0o755 })
    rows.push(recordRow(`../../../bin/${command}`, content))
  }
  layer.set(`${site}/${info}/RECORD`, { content: [...rows, `${info}/RECORD,,`, ''].join('\n') })
  return layer
}

export function baseLayer(): SmallLayer {
  return new Map<string, SmallFile>([
    ['etc/passwd', { content: 'root:x:0:0:root:/root:/bin/sh\ndemo:*:42400:42400::/:/usr/sbin/nologin\n' }],
    ['usr/bin/python3.11', { content: 'python', mode: 0o755 }],
    ['usr/bin/passwd', { content: 'x', mode: 0o4755 }],
    ['usr/lib/x86_64-linux-gnu/libc.so.6', { content: 'libc' }],
    ['lib', { type: 'link', target: 'usr/lib' }],
  ])
}

export function venvLayer(): SmallLayer {
  return new Map<string, SmallFile>([
    [
      'opt/venv/pyvenv.cfg',
      { content: 'home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n' },
    ],
    ['opt/venv/bin/python', { type: 'link', target: 'python3.11' }],
    ['opt/venv/bin/python3.11', { type: 'link', target: '/usr/bin/python3.11' }],
    [site, { type: 'folder' }],
  ])
}

export const demo: SmallDistribution = {
  name: 'demo',
  files: { 'demo/__init__.py': '', 'demo/api.py': 'def main(): return 0\n' },
  metadata: ['Requires-Dist: lib>=1'],
  scripts: ['demo-api = demo.api:main'],
}

export const lib: SmallDistribution = { name: 'lib', version: '1.2', files: { 'lib.py': 'x = 1\n' } }

export interface SmallImage {
  readonly layers: readonly SmallLayer[]
  readonly config?: Partial<RuntimeConfig>
  readonly annotations?: ReadonlyMap<string, string>
  readonly architecture?: string
  /** Bytes of a layer's tar as they are, instead of what its files give. */
  readonly raw?: ReadonlyMap<number, Buffer>
}

/** The layers of a sound image, to be bent. */
export function soundLayers(): [SmallLayer, SmallLayer, SmallLayer] {
  return [baseLayer(), venvLayer(), new Map([...installed(lib), ...installed(demo)])]
}

export function tarOf(entries: Iterable<readonly [string, SmallFile]>): Buffer {
  const parts: Buffer[] = []
  for (const [path, { content = '', mode, type = 'file', target }] of entries) {
    const bytes = type === 'file' ? Buffer.from(content) : Buffer.alloc(0)
    const usual = type === 'folder' ? 0o755 : type === 'link' ? 0o777 : 0o644
    const owner = { uid: 0, gid: 0, size: bytes.length, ...(target === undefined ? {} : { target }) }
    parts.push(tarHeader({ type, path, mode: mode ?? usual, ...owner }), bytes)
    parts.push(Buffer.alloc((512 - (bytes.length % 512)) % 512))
  }
  return Buffer.concat([...parts, tarEnd])
}

/** Writes a layout with the one image `demo:1`. @returns its folder */
export function writeSmallImage(image: SmallImage): string {
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-small-'))
  mkdirSync(join(dir, 'blobs/sha256'), { recursive: true })
  const put = (bytes: Buffer): { digest: Digest; size: number } => {
    const digest = sha256(bytes)
    writeFileSync(join(dir, 'blobs/sha256', hexOf(digest)), bytes)
    return { digest, size: bytes.length }
  }
  const tars = image.layers.map((layer, index) => image.raw?.get(index) ?? tarOf(layer))
  const layers = tars.map((tar) => ({ mediaType: mediaTypes.layerGzip, ...put(gzipSync(tar)) }))
  const config = encodeImageConfig({
    architecture: image.architecture ?? 'amd64',
    os: 'linux',
    config: {
      User: '42400:42400',
      Env: ['PATH=/opt/venv/bin:/usr/bin', 'PYTHONDONTWRITEBYTECODE=1'],
      ...image.config,
    },
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => sha256(tar)) },
  })
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, ...put(config) },
    layers,
    annotations: image.annotations ?? new Map([['io.svcsplit.base.layers', '1']]),
  })
  const annotations = new Map([['org.opencontainers.image.ref.name', 'demo:1']])
  const index = { mediaType: mediaTypes.manifest, ...put(manifest), annotations }
  writeFileSync(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(
    join(dir, 'index.json'),
    encodeImageIndex({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: [index] }),
  )
  return dir
}

export function smallLock(versions: Readonly<Record<string, string>>): Lock {
  const file = { filename: 'x-1-py3-none-any.whl', sha256: '0'.repeat(64), size: 1 }
  return {
    service: 'demo',
    root: normalizeName('demo'),
    python: '3.11',
    platform: 'linux/amd64',
    glibc: '2.36',
    distributions: Object.entries(versions)
      .map(([name, version]) => ({ name: normalizeName(name), version, wheel: file, dependencies: [] }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** Little-endian ELF with one loadable segment and a dynamic section: as small as the loader's rules allow. */
export function tinyElf(shape: {
  readonly needed?: readonly string[]
  readonly runPath?: string
  readonly rpath?: string
  readonly soname?: string
  readonly machine?: number
  readonly bits?: 32 | 64
}): Buffer {
  const wide = (shape.bits ?? 64) === 64
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(wide ? 8 : 4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  const half = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8])
  const four = (value: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  let strings = '\0'
  const name = (text: string): number => {
    const at = strings.length
    strings += `${text}\0`
    return at
  }
  const dynamic: [number, number][] = (shape.needed ?? []).map((needed) => [1, name(needed)])
  if (shape.soname !== undefined) dynamic.push([14, name(shape.soname)])
  if (shape.rpath !== undefined) dynamic.push([15, name(shape.rpath)])
  if (shape.runPath !== undefined) dynamic.push([29, name(shape.runPath)])
  const headerSize = wide ? 64 : 52
  const segmentSize = wide ? 56 : 32
  const dynamicAt = headerSize + 2 * segmentSize
  const dynamicSize = (dynamic.length + 3) * (wide ? 16 : 8)
  const stringsAt = dynamicAt + dynamicSize
  const size = stringsAt + strings.length
  // Addresses are offsets plus a page, so that a reader that confuses them is seen.
  const address = 0x1000
  dynamic.push([5, address + stringsAt], [10, strings.length], [0, 0])
  const segment = (type: number, at: number, length: number): Buffer => {
    const places = [word(at), word(address + at), word(address + at), word(length), word(length)]
    return wide
      ? Buffer.concat([four(type), four(4), ...places, word(8)])
      : Buffer.concat([four(type), ...places, four(4), word(8)])
  }
  return Buffer.concat([
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ...[half(3), half(shape.machine ?? 62), four(1), word(0), word(headerSize), word(0), four(0)],
    ...[half(headerSize), half(segmentSize), half(2), half(0), half(0), half(0)],
    segment(1, 0, size),
    segment(2, dynamicAt, dynamicSize),
    ...dynamic.flatMap(([tag, value]) => [word(tag), word(value)]),
    Buffer.from(strings, 'latin1'),
  ])
}

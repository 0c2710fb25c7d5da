import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sha256 } from '#oci/digest.js'
import { writeTar } from '../support/tar-writer.js'
import type { Given } from './row.js'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
type Object = Record<string, unknown>

/** What a layout is made of, to be bent. */
export interface LayoutShape {
  /** The uncompressed layer. */
  readonly layer?: Buffer
  /** What is stored under the digest of the layer. */
  readonly layerBytes?: (bytes: Buffer) => Buffer
  readonly config?: (config: Object) => unknown
  readonly configBytes?: Buffer
  readonly manifest?: (manifest: Object) => unknown
  readonly descriptor?: (descriptor: Object) => unknown
  readonly index?: (index: Object) => unknown
  readonly indexBytes?: Buffer
  readonly marker?: string
  readonly status?: string
  readonly python?: string
}

/** An image layout that may be a base: Python 3.11, glibc 2.36. */
export function layout(shape: LayoutShape = {}): Given {
  return (dir) => {
    mkdirSync(join(dir, 'blobs/sha256'), { recursive: true })
    const put = (bytes: Buffer, mediaType: string, stored = bytes): Object => {
      const digest = sha256(bytes)
      writeFileSync(join(dir, 'blobs/sha256', digest.slice('sha256:'.length)), stored)
      return { mediaType, digest, size: bytes.length }
    }
    const tar =
      shape.layer ??
      writeTar([
        { name: 'etc/group', content: 'root:x:0:\n' },
        { name: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
        { name: `usr/bin/python${shape.python ?? '3.11'}`, content: 'ELF' },
        {
          name: 'var/lib/dpkg/status',
          content: shape.status ?? 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n',
        },
      ])
    const packed = gzipSync(tar)
    const layer = put(packed, 'application/vnd.oci.image.layer.v1.tar+gzip', shape.layerBytes?.(packed))
    const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [sha256(tar)] } }
    const manifest = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: put(
        shape.configBytes ?? json(shape.config?.(config) ?? config),
        'application/vnd.oci.image.config.v1+json',
      ),
      layers: [layer],
    }
    const descriptor = {
      ...put(json(shape.manifest?.(manifest) ?? manifest), manifest.mediaType),
      platform: { os: 'linux', architecture: 'amd64' },
      annotations: { 'org.opencontainers.image.ref.name': 'base' },
    }
    const index = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [shape.descriptor?.(descriptor) ?? descriptor],
    }
    writeFileSync(join(dir, 'oci-layout'), shape.marker ?? '{"imageLayoutVersion":"1.0.0"}')
    writeFileSync(join(dir, 'index.json'), shape.indexBytes ?? json(shape.index?.(index) ?? index))
  }
}

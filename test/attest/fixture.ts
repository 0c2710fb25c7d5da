import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach } from 'vitest'
import { paddingOf, type TarEntry, tarEnd, tarHeader } from '#layers/tar-header.js'
import type { Lock, LockedDistribution } from '#lock/lock.js'
import { encodeImageConfig } from '#oci/config.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { encodeManifest, type Manifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import { normalizeName } from '#pep/name.js'

const undo: (() => void)[] = []

afterEach(() => {
  for (const step of undo.splice(0)) step()
})

export function tempFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-attest-'))
  undo.push(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Content by path, or the target of a link. */
export type Tree = Readonly<Record<string, string | Buffer | { readonly link: string }>>

export const site = 'opt/venv/lib/python3.11/site-packages'

export function metadataOf(name: string, version: string, more = ''): string {
  return `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${more}`
}

export const bookworm: Tree = {
  'etc/os-release': { link: '../usr/lib/os-release' },
  'usr/lib/os-release':
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
  'var/lib/dpkg/status': [
    'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc\nVersion: 2.36-9+deb12u14\n',
    'Package: libstdc++6\nStatus: install ok installed\nArchitecture: amd64\nSource: gcc-12 (12.2.0-14)\nVersion: 12.2.0-14+deb12u1\n',
    'Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n',
    'Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:12.4~rc1\n',
  ].join('\n'),
}

export function tar(tree: Tree): Buffer {
  const parts: Buffer[] = []
  for (const [path, content] of Object.entries(tree)) {
    const own = { path, mode: 0o644, uid: 0, gid: 0 }
    if (typeof content === 'object' && 'link' in content) {
      const entry: TarEntry = { ...own, type: 'link', size: 0, target: content.link }
      parts.push(tarHeader(entry))
      continue
    }
    const bytes = Buffer.from(content)
    parts.push(tarHeader({ ...own, type: 'file', size: bytes.length }), bytes)
    parts.push(Buffer.alloc(paddingOf(bytes.length)))
  }
  return Buffer.concat([...parts, tarEnd])
}

export interface WrittenImage {
  readonly dir: string
  readonly descriptor: Descriptor
  readonly manifest: Manifest
}

async function putBlob(dir: string, bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = sha256(bytes)
  await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true })
  await writeFile(join(dir, 'blobs', 'sha256', hexOf(digest)), bytes)
  return { mediaType, digest, size: bytes.length }
}

export const baseDigest = sha256('base')

/**
 * An image whose layers hold these trees, under a name in a layout that may hold others. Packed, its digests depend
 * on the version of zlib.
 */
export async function writeImage(
  trees: readonly Tree[],
  { dir = tempFolder(), name = 'demo:2025.1', beside = [] as readonly Descriptor[], gzip = false } = {},
): Promise<WrittenImage> {
  const layers: Descriptor[] = []
  const diffIds: Digest[] = []
  for (const tree of trees) {
    const bytes = tar(tree)
    diffIds.push(sha256(bytes))
    layers.push(
      gzip
        ? await putBlob(dir, gzipSync(bytes), mediaTypes.layerGzip)
        : await putBlob(dir, bytes, mediaTypes.layerTar),
    )
  }
  const config = await putBlob(
    dir,
    encodeImageConfig({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } }),
    mediaTypes.config,
  )
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config,
    layers,
    annotations: new Map([
      ['org.opencontainers.image.base.name', 'debian:bookworm'],
      ['org.opencontainers.image.base.digest', baseDigest],
      ['org.opencontainers.image.title', 'demo'],
    ]),
  }
  const plain = await putBlob(dir, encodeManifest(manifest), mediaTypes.manifest)
  const descriptor = {
    ...plain,
    annotations: new Map([['org.opencontainers.image.ref.name', name]]),
    platform: { os: 'linux', architecture: 'amd64' },
  }
  await writeFile(join(dir, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const index = { schemaVersion: 2 as const, mediaType: mediaTypes.index, manifests: [...beside, descriptor] }
  await writeFile(join(dir, 'index.json'), encodeImageIndex(index))
  return { dir, descriptor, manifest }
}

export function locked(
  name: string,
  version: string,
  dependencies: readonly string[] = [],
): LockedDistribution {
  const file = (suffix: string) => ({
    filename: `${name.replaceAll('-', '_')}-${version}${suffix}`,
    sha256: hexOf(sha256(`${name} ${version}${suffix}`)),
    size: 1,
  })
  return {
    name: normalizeName(name),
    version,
    wheel: file('-py3-none-any.whl'),
    dependencies: dependencies.map(normalizeName),
  }
}

export function fromSdist(name: string, version: string): LockedDistribution {
  const { wheel: _, ...rest } = locked(name, version)
  const sha = (text: string): string => hexOf(sha256(text))
  return {
    ...rest,
    sdist: { filename: `${name}-${version}.tar.gz`, sha256: sha(`${name} sdist`), size: 1 },
    built: { filename: `${name}-${version}-py3-none-any.whl`, sha256: sha(`${name} built`), size: 1 },
  }
}

export function lockOf(...distributions: readonly LockedDistribution[]): Lock {
  return {
    service: 'demo',
    release: '2025.1',
    root: normalizeName('demo'),
    python: '3.11',
    platform: 'linux/amd64',
    glibc: '2.36',
    distributions: distributions.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

/** The environment of these distributions, with further metadata by name. */
export function environmentOf(lock: Lock, more: Readonly<Record<string, string>> = {}): Tree {
  return Object.fromEntries(
    lock.distributions.map(({ name, version }) => [
      `${site}/${name.replaceAll('-', '_')}-${version}.dist-info/METADATA`,
      metadataOf(name, version, more[name]),
    ]),
  )
}

import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { readChunks } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { paddingOf, type TarEntry, tarEnd, tarHeader } from '#layers/tar-header.js'
import { type Descriptor, refNameAnnotation } from '#oci/descriptor.js'
import { type Digest, hexOf } from '#oci/digest.js'
import { encodeImageIndex, parseImageIndex } from '#oci/image-index.js'
import { layoutMarker } from '#oci/layout-marker.js'
import type { Manifest } from '#oci/manifest.js'
import { isIndexType, isManifestType } from '#oci/media-type.js'
import { readLayout, readManifest, readVerified } from './layout.js'

/**
 * Who is to read an archive. `oci`: image-spec, image-layout.md, in a tar. `docker`: beside that, the file
 * `manifest.json` by which every version of `docker load` finds images.
 */
type ArchiveForm = 'oci' | 'docker'

/**
 * Writes the images of a layout as one file. Only blobs that the index leads to go in, in a fixed order: equal
 * images, equal bytes.
 * @throws SvcsplitError E-IMG-*, E-FS-*
 */
export async function writeArchive(path: string, layout: string, form: ArchiveForm = 'oci'): Promise<void> {
  await writeAtomic(path, archiveOf(layout, form))
}

interface Found {
  /** Path in the archive and in the layout -> bytes. */
  readonly blobs: Map<string, number>
  readonly images: { readonly descriptor: Descriptor; readonly manifest: Manifest }[]
}

async function collect(layout: string, descriptors: readonly Descriptor[], found: Found): Promise<void> {
  const add = ({ digest, size }: Descriptor): void => {
    found.blobs.set(blobFile(digest), size)
  }
  for (const descriptor of descriptors) {
    add(descriptor)
    if (isIndexType(descriptor.mediaType)) {
      // Images of several platforms lie one level below; indexes of indexes are not made.
      const inner = parseImageIndex(await readVerified(layout, descriptor))
      await collect(
        layout,
        inner.manifests.filter(({ mediaType }) => isManifestType(mediaType)),
        found,
      )
    } else if (isManifestType(descriptor.mediaType)) {
      const manifest = await readManifest(layout, descriptor)
      for (const part of [manifest.config, ...manifest.layers]) add(part)
      found.images.push({ descriptor, manifest })
    }
  }
}

function blobFile(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`
}

/** `manifest.json` of `docker save`: where config and layers of each image are, and its names. */
function dockerManifest({ images }: Found): Buffer {
  const list = images.map(({ descriptor, manifest }) => {
    const name = descriptor.annotations?.get(refNameAnnotation)
    return {
      Config: blobFile(manifest.config.digest),
      RepoTags: name === undefined ? [] : [name],
      Layers: manifest.layers.map(({ digest }) => blobFile(digest)),
    }
  })
  return Buffer.from(JSON.stringify(list))
}

async function* archiveOf(layout: string, form: ArchiveForm): AsyncGenerator<Buffer> {
  const index = await readLayout(layout)
  const found: Found = { blobs: new Map(), images: [] }
  await collect(layout, index.manifests, found)
  const { blobs } = found
  for (const path of ['blobs', 'blobs/sha256'])
    yield tarHeader({ type: 'folder', path, mode: 0o755, uid: 0, gid: 0, size: 0 })
  for (const [file, size] of [...blobs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield tarHeader(regularFile(file, size))
    yield* readWhole(join(layout, file), size)
    yield Buffer.alloc(paddingOf(size))
  }
  yield* smallFile('index.json', encodeImageIndex(index))
  if (form === 'docker') yield* smallFile('manifest.json', dockerManifest(found))
  yield* smallFile(layoutMarker.path, Buffer.from(layoutMarker.text))
  yield tarEnd
}

/** Exactly as many bytes as the header says, or an error: else every later entry would be read wrongly. */
async function* readWhole(path: string, size: number): AsyncGenerator<Buffer> {
  let read = 0
  for await (const chunk of readChunks(path)) {
    read += chunk.length
    if (read <= size) yield chunk
  }
  if (read !== size)
    throw new SvcsplitError('E-IMG-DIGEST', `the blob has ${read} bytes where its descriptor says ${size}`, {
      at: { path },
    })
}

function regularFile(path: string, size: number): TarEntry {
  return { type: 'file', path, mode: 0o644, uid: 0, gid: 0, size }
}

function* smallFile(path: string, bytes: Buffer): Generator<Buffer> {
  yield tarHeader(regularFile(path, bytes.length))
  yield bytes
  yield Buffer.alloc(paddingOf(bytes.length))
}

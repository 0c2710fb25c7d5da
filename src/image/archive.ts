import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { readChunks, writeAtomic } from '#io/files.js'
import { paddingOf, type TarEntry, tarEnd, tarHeader } from '#layers/tar-header.js'
import type { Descriptor } from '#oci/descriptor.js'
import { hexOf } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { isManifestType } from '#oci/media-type.js'
import { readLayout, readManifest } from './layout.js'

/**
 * Writes the images of a layout as one file that `oci-archive:` readers and `docker load` take (image-spec,
 * image-layout.md, in a tar). Only blobs that the index leads to go in, in a fixed order: equal images, equal
 * bytes.
 * @throws SvcsplitError E-IMG-*, E-FS-*
 */
export async function writeArchive(path: string, layout: string): Promise<void> {
  await writeAtomic(path, archiveOf(layout))
}

async function* archiveOf(layout: string): AsyncGenerator<Buffer> {
  const index = await readLayout(layout)
  const blobs = new Map<string, number>()
  const add = ({ digest, size }: Descriptor): void => {
    blobs.set(`blobs/sha256/${hexOf(digest)}`, size)
  }
  for (const descriptor of index.manifests) {
    add(descriptor)
    if (!isManifestType(descriptor.mediaType)) continue
    const manifest = await readManifest(layout, descriptor)
    for (const part of [manifest.config, ...manifest.layers]) add(part)
  }
  for (const path of ['blobs', 'blobs/sha256'])
    yield tarHeader({ type: 'folder', path, mode: 0o755, uid: 0, gid: 0, size: 0 })
  for (const [file, size] of [...blobs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    yield tarHeader(regularFile(file, size))
    yield* readWhole(join(layout, file), size)
    yield Buffer.alloc(paddingOf(size))
  }
  yield* smallFile('index.json', encodeImageIndex(index))
  yield* smallFile('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'))
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

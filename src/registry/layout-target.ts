import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { layoutBlob, readLayout } from '#image/layout.js'
import { type BlobStore, openBlobStore } from '#io/blob-store.js'
import { listDir, statusOf } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { type Descriptor, refNameAnnotation } from '#oci/descriptor.js'
import { hexOf } from '#oci/digest.js'
import { encodeImageIndex, type ImageIndex } from '#oci/image-index.js'
import { layoutMarker } from '#oci/layout-marker.js'
import { mediaTypes } from '#oci/media-type.js'
import type { LayoutReference } from '#oci/reference.js'
import type { Progress } from '#progress.js'
import { atOnce } from './at-once.js'
import { collectImage } from './image-graph.js'
import type { ImageSource } from './image-source.js'
import type { BlobCount } from './push.js'

export interface PullSummary {
  readonly digest: Descriptor['digest']
  readonly mediaType: string
  readonly fetched: BlobCount
  readonly present: BlobCount
}

/**
 * Brings an image into an OCI layout, beside what it holds. Blobs come first and `index.json` last; the name, if
 * one is given, then names this image and no other. @throws E-OUT-EXISTS, E-REG-*, E-IMG-*, E-NET-*, E-FS-*
 */
export async function pullIntoLayout(
  source: ImageSource,
  root: Descriptor,
  to: LayoutReference,
  options: { readonly jobs?: number; readonly progress?: Progress } = {},
): Promise<PullSummary> {
  const index = await indexOf(to.dir)
  const graph = await collectImage(source, root)
  const store = openBlobStore(join(to.dir, 'blobs'))
  const blobs = [...graph.blobs.values()]
  const total = blobs.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  const advance = (count: number): void => {
    done += count
    options.progress?.step?.(`pull ${source.name}`, done, total)
  }
  const fetched = new Set<string>()
  await atOnce(options.jobs ?? 4, blobs, async (blob) => {
    const status = await statusOf(layoutBlob(to.dir, blob.digest), { follow: true })
    const whole = status?.kind === 'file' && status.size === blob.size
    if (whole && (await store.check(hexOf(blob.digest)))) return advance(blob.size)
    await fetchInto(source, blob, store, advance)
    fetched.add(blob.digest)
  })
  for (const { descriptor, bytes } of graph.manifests)
    await store.put(bytes, { sha256: hexOf(descriptor.digest), size: bytes.length })
  const top = graph.manifests.at(-1)!.descriptor
  await writeAtomic(join(to.dir, layoutMarker.path), layoutMarker.text)
  await writeAtomic(
    join(to.dir, 'index.json'),
    encodeImageIndex(withEntry(index, { ...root, ...top }, to.name)),
  )
  const count = (wanted: boolean): BlobCount => {
    const some = blobs.filter(({ digest }) => fetched.has(digest) === wanted)
    return { blobs: some.length, bytes: some.reduce((sum, { size }) => sum + size, 0) }
  }
  return { digest: top.digest, mediaType: top.mediaType, fetched: count(true), present: count(false) }
}

async function fetchInto(
  source: ImageSource,
  blob: Descriptor,
  store: BlobStore,
  onBytes: (count: number) => void,
): Promise<void> {
  if (source.fetch !== undefined) return source.fetch(blob, store, onBytes)
  const { digest, size } = blob
  const content = await source.blob(blob)
  try {
    await store.put(content.chunks(0, size), { sha256: hexOf(digest), size })
  } catch (error) {
    if (!(error instanceof SvcsplitError) || error.code !== 'E-IDX-HASH') throw error
    throw new SvcsplitError(
      'E-IMG-DIGEST',
      `${source.name}: the blob ${digest} is damaged: ${error.message}`,
      {
        hint: 'make the image again',
        cause: error,
      },
    )
  }
  onBytes(size)
}

/** The index to add to: a layout's own, or an empty one for a folder that is new, empty, or was left half made. */
async function indexOf(dir: string): Promise<ImageIndex> {
  const status = await statusOf(dir, { follow: true })
  const names = status?.kind === 'folder' ? await listDir(dir) : []
  if (names.includes('index.json')) return readLayout(dir)
  if (
    status === undefined ||
    (status.kind === 'folder' && names.every((name) => ['blobs', layoutMarker.path].includes(name)))
  )
    return { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] }
  throw new SvcsplitError('E-OUT-EXISTS', `${dir} is there and is no OCI layout`, {
    at: { path: dir },
    hint: 'name a folder that is new, empty, or an OCI layout',
  })
}

/** A name names one image; the same image without a name is listed once. */
function withEntry(index: ImageIndex, root: Descriptor, name: string | undefined): ImageIndex {
  const nameOf = (entry: Descriptor): string | undefined => entry.annotations?.get(refNameAnnotation)
  const others = index.manifests.filter((entry) =>
    name === undefined ? entry.digest !== root.digest || nameOf(entry) !== undefined : nameOf(entry) !== name,
  )
  const annotations = new Map([...(root.annotations ?? [])].filter(([key]) => key !== refNameAnnotation))
  if (name !== undefined) annotations.set(refNameAnnotation, name)
  const { annotations: _, ...plain } = root
  const entry = annotations.size === 0 ? plain : { ...plain, annotations }
  return { ...index, manifests: [...others, entry] }
}

import { SvcsplitError } from '#errors.js'
import { layoutBlob, readLayout, readVerified, refNames } from '#image/layout.js'
import { readRange, statusOf } from '#io/files.js'
import { type Descriptor, refNameAnnotation } from '#oci/descriptor.js'
import { parseManifest } from '#oci/manifest.js'
import { isIndexType, isManifestType } from '#oci/media-type.js'
import type { LayoutReference } from '#oci/reference.js'
import type { BlobContent, ImageSource } from './image-source.js'

const pieceBytes = 256 * 1024
/** Layouts that hold more than this are not looked through for referrers. */
const maxEntries = 10_000

/** What a name in a layout names: an image, or an index of images. @throws E-IMG-REF, E-IMG-FORM, E-FS-* */
export async function rootOfLayout({ dir, name }: LayoutReference): Promise<Descriptor> {
  const index = await readLayout(dir)
  const entries = index.manifests.filter(
    ({ mediaType, annotations, artifactType }) =>
      (isManifestType(mediaType) || isIndexType(mediaType)) &&
      (name === undefined ? artifactType === undefined : annotations?.get(refNameAnnotation) === name),
  )
  const [entry, second] = entries
  if (entry !== undefined && second === undefined) return entry
  throw new SvcsplitError(
    'E-IMG-REF',
    `${dir} holds ${entry === undefined ? 'no image' : 'several images'}${name === undefined ? '' : ` named ${name}`}`,
    {
      at: { path: dir },
      hint: `name one as oci:${dir}:NAME; it holds: ${refNames(index).join(', ') || 'none'}`,
    },
  )
}

/** An OCI layout on disk as the place that an image comes from. */
export function layoutSource(dir: string): ImageSource {
  return {
    name: `oci:${dir}`,
    document: (descriptor) => readVerified(dir, descriptor),
    blob: (descriptor) => layoutContent(dir, descriptor),

    async referrers({ digest }) {
      const { manifests } = await readLayout(dir)
      const found: Descriptor[] = []
      for (const entry of manifests.slice(0, maxEntries)) {
        if (!isManifestType(entry.mediaType)) continue
        if (parseManifest(await readVerified(dir, entry)).subject?.digest === digest) found.push(entry)
      }
      return found
    },
  }
}

/** The blob of a layout. Its size is held against the descriptor here, its digest by whoever receives it. */
async function layoutContent(dir: string, { digest, size }: Descriptor): Promise<BlobContent> {
  const path = layoutBlob(dir, digest)
  const status = await statusOf(path, { follow: true })
  if (status?.kind !== 'file' || status.size !== size)
    throw new SvcsplitError(
      'E-IMG-DIGEST',
      status === undefined
        ? `the blob ${digest} is missing`
        : `the blob ${digest} does not have ${size} bytes`,
      { at: { path }, hint: 'make the image again' },
    )
  return fileContent(path)
}

export function fileContent(path: string): BlobContent {
  return {
    async *chunks(start, end) {
      for (let at = start; at < end; ) {
        const piece = await readRange(path, at, Math.min(pieceBytes, end - at))
        if (piece.length === 0)
          throw new SvcsplitError('E-IMG-DIGEST', `${path} became shorter while it was read`, {
            at: { path },
          })
        at += piece.length
        yield piece
      }
    },
  }
}

import { join } from 'node:path'
import {
  type AttestationDocument,
  keyAnnotation,
  kindAnnotation,
  type PlacedDocument,
} from '#attest/documents.js'
import { readLayout, readManifest } from '#image/layout.js'
import { writeAtomic } from '#io/write-files.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Digest } from '#oci/digest.js'
import { encodeImageIndex } from '#oci/image-index.js'
import { isManifestType } from '#oci/media-type.js'
import { pullIntoLayout } from '#registry/layout-target.js'
import { artifactOf } from '#registry/registry.js'

/**
 * Puts documents beside an image of a layout, each as an artifact whose subject it is, and takes away what they
 * replace. An artifact's entry in `index.json` has a type and no name, so that readers of images pass it over.
 * @throws E-IMG-*, E-FS-*
 */
export async function attachToLayout(
  dir: string,
  subject: Descriptor,
  documents: readonly AttestationDocument[],
): Promise<readonly PlacedDocument[]> {
  const attached: PlacedDocument[] = []
  for (const { kind, mediaType, annotations, bytes, digest } of documents) {
    const { source, root } = artifactOf(subject, { artifactType: mediaType, mediaType, bytes, annotations })
    await pullIntoLayout(source, { ...root, artifactType: mediaType, annotations }, { dir })
    attached.push({ kind, mediaType, digest, bytes: bytes.length, manifest: root.digest })
  }
  await dropReplaced(
    dir,
    subject.digest,
    documents,
    new Set(attached.flatMap(({ manifest }) => manifest ?? [])),
  )
  return attached
}

/** Older documents of the same kinds by svcsplit; what others attached, or other keys signed, stays. */
async function dropReplaced(
  dir: string,
  subject: Digest,
  documents: readonly AttestationDocument[],
  attached: ReadonlySet<Digest>,
): Promise<void> {
  const index = await readLayout(dir)
  const kept: Descriptor[] = []
  for (const entry of index.manifests) {
    const replaced =
      !attached.has(entry.digest) &&
      isManifestType(entry.mediaType) &&
      documents.some((document) => isOlder(entry, document)) &&
      (await readManifest(dir, entry)).subject?.digest === subject
    if (!replaced) kept.push(entry)
  }
  if (kept.length < index.manifests.length)
    await writeAtomic(join(dir, 'index.json'), encodeImageIndex({ ...index, manifests: kept }))
}

function isOlder({ annotations }: Descriptor, document: AttestationDocument): boolean {
  const signer = annotations?.get(keyAnnotation)
  return (
    annotations?.get(kindAnnotation) === document.kind &&
    (signer === undefined || signer === document.annotations.get(keyAnnotation))
  )
}

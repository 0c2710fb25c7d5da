import { type ArtifactFields, artifactFields, subjectAndAnnotations } from './artifact-fields.js'
import { type Descriptor, descriptorFrom, descriptorJson } from './descriptor.js'
import { array, count, encodeJson, malformed, optionalString, parseJsonObject } from './json.js'
import { isIndexType, mediaTypes } from './media-type.js'

/** A list of manifests: the platforms of one image, or the images of one layout (image-spec, image-index.md). */
export interface ImageIndex extends ArtifactFields {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly manifests: readonly Descriptor[]
}

/** @throws SvcsplitError E-IMG-FORM */
export function parseImageIndex(bytes: Uint8Array | string): ImageIndex {
  const fields = parseJsonObject(bytes, 'index')
  if (count(fields.schemaVersion, 'index schemaVersion') !== 2)
    throw malformed('index', 'does not have schemaVersion 2')
  const mediaType = optionalString(fields.mediaType, 'index mediaType') ?? mediaTypes.index
  if (!isIndexType(mediaType)) throw malformed('index', `has the media type ${JSON.stringify(mediaType)}`)
  if (fields.layers !== undefined) throw malformed('index', 'is an index and a manifest at once')
  return {
    schemaVersion: 2,
    mediaType,
    manifests: array(fields.manifests, 'index manifests').map((item) => descriptorFrom(item, 'index entry')),
    ...artifactFields(fields, 'index'),
  }
}

export function encodeImageIndex(index: ImageIndex): Buffer {
  return encodeJson({
    schemaVersion: index.schemaVersion,
    mediaType: index.mediaType,
    artifactType: index.artifactType,
    manifests: index.manifests.map(descriptorJson),
    ...subjectAndAnnotations(index),
  })
}

import { type ArtifactFields, artifactFields, subjectAndAnnotations } from './artifact-fields.js'
import { type Descriptor, descriptorFrom, descriptorJson } from './descriptor.js'
import { array, count, encodeJson, malformed, optionalString, parseJsonObject } from './json.js'
import { isManifestType, mediaTypes } from './media-type.js'

/** One image for one platform, or one artifact (image-spec, manifest.md). */
export interface Manifest extends ArtifactFields {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly config: Descriptor
  /** Lowest first. */
  readonly layers: readonly Descriptor[]
}

/** @throws SvcsplitError E-IMG-FORM */
export function parseManifest(bytes: Uint8Array | string): Manifest {
  const fields = parseJsonObject(bytes, 'manifest')
  if (count(fields.schemaVersion, 'manifest schemaVersion') !== 2)
    throw malformed('manifest', 'does not have schemaVersion 2')
  const mediaType = optionalString(fields.mediaType, 'manifest mediaType') ?? mediaTypes.manifest
  if (!isManifestType(mediaType))
    throw malformed('manifest', `has the media type ${JSON.stringify(mediaType)}`)
  if (fields.manifests !== undefined) throw malformed('manifest', 'is a manifest and an index at once')
  return {
    schemaVersion: 2,
    mediaType,
    config: descriptorFrom(fields.config, 'manifest config'),
    layers: array(fields.layers, 'manifest layers').map((layer) => descriptorFrom(layer, 'manifest layer')),
    ...artifactFields(fields, 'manifest'),
  }
}

/** The one byte form of a manifest: its digest is the name of the image. */
export function encodeManifest(manifest: Manifest): Buffer {
  return encodeJson({
    schemaVersion: manifest.schemaVersion,
    mediaType: manifest.mediaType,
    artifactType: manifest.artifactType,
    config: descriptorJson(manifest.config),
    layers: manifest.layers.map(descriptorJson),
    ...subjectAndAnnotations(manifest),
  })
}

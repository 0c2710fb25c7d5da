import { type Descriptor, descriptorFrom, descriptorJson } from './descriptor.js'
import { type JsonObject, optionalString, optionalStringMap, sortedObject } from './json.js'

/** What a manifest and an index may both say of themselves (image-spec, manifest.md and image-index.md). */
export interface ArtifactFields {
  readonly artifactType?: string
  /** Of a referrer: the manifest that it speaks of. */
  readonly subject?: Descriptor
  readonly annotations?: ReadonlyMap<string, string>
}

/** @param what how messages call the document @throws SvcsplitError E-IMG-FORM */
export function artifactFields(fields: JsonObject, what: string): ArtifactFields {
  const artifactType = optionalString(fields.artifactType, `${what} artifactType`)
  const annotations = optionalStringMap(fields.annotations, `${what} annotations`)
  const { subject } = fields
  return {
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(subject === undefined || subject === null
      ? {}
      : { subject: descriptorFrom(subject, `${what} subject`) }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

/** The fields that come last in both. */
export function subjectAndAnnotations({ subject, annotations }: ArtifactFields): JsonObject {
  return {
    subject: subject === undefined ? undefined : descriptorJson(subject),
    annotations: sortedObject(annotations),
  }
}

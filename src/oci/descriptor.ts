import { type Digest, parseDigest } from './digest.js'
import {
  count,
  type JsonObject,
  object,
  optionalString,
  optionalStringMap,
  sortedObject,
  string,
} from './json.js'
import { type Platform, platformFrom, platformJson } from './platform.js'

/** A blob, named by what it holds (image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly annotations?: ReadonlyMap<string, string>
  readonly platform?: Platform
  /** Of a referrer: what kind of thing it is. */
  readonly artifactType?: string
}

/** The annotation under which an OCI layout keeps the name of an image. */
export const refNameAnnotation = 'org.opencontainers.image.ref.name'

/** @throws SvcsplitError E-IMG-FORM */
export function descriptorFrom(value: unknown, what: string): Descriptor {
  const fields = object(value, what)
  const annotations = optionalStringMap(fields.annotations, `${what} annotations`)
  const artifactType = optionalString(fields.artifactType, `${what} artifactType`)
  return {
    mediaType: string(fields.mediaType, `${what} mediaType`),
    digest: parseDigest(string(fields.digest, `${what} digest`)),
    size: count(fields.size, `${what} size`),
    ...(annotations === undefined ? {} : { annotations }),
    ...(fields.platform === undefined || fields.platform === null
      ? {}
      : { platform: platformFrom(fields.platform, `${what} platform`) }),
    ...(artifactType === undefined ? {} : { artifactType }),
  }
}

/** The descriptor with its keys in the order of the specification. */
export function descriptorJson(descriptor: Descriptor): JsonObject {
  return {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    platform: descriptor.platform === undefined ? undefined : platformJson(descriptor.platform),
    annotations: sortedObject(descriptor.annotations),
    artifactType: descriptor.artifactType,
  }
}

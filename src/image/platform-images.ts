import type { Descriptor } from '#oci/descriptor.js'
import { sha256 } from '#oci/digest.js'
import { encodeImageIndex, type ImageIndex } from '#oci/image-index.js'
import { type ImageFormat, mediaTypes } from '#oci/media-type.js'
import type { Image } from './assemble.js'

/** One image for each platform, and the index that leads to them. */
export interface PlatformImages {
  readonly images: readonly Image[]
  readonly index: ImageIndex
  readonly indexBytes: Buffer
  /** Of the index. */
  readonly descriptor: Descriptor
}

/** Puts the images of several platforms behind one digest: a pure function (image-spec, image-index.md). */
export function joinPlatforms(images: readonly Image[], format: ImageFormat): PlatformImages {
  const index: ImageIndex = {
    schemaVersion: 2,
    mediaType: format === 'docker' ? mediaTypes.dockerIndex : mediaTypes.index,
    manifests: images.map(({ descriptor }) => descriptor),
  }
  const indexBytes = encodeImageIndex(index)
  const { mediaType } = index
  return {
    images,
    index,
    indexBytes,
    descriptor: { mediaType, digest: sha256(indexBytes), size: indexBytes.length },
  }
}

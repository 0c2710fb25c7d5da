import { SvcsplitError } from '#errors.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Digest } from '#oci/digest.js'
import { parseImageIndex } from '#oci/image-index.js'
import { parseJsonObject } from '#oci/json.js'
import { parseManifest } from '#oci/manifest.js'
import { isIndexType, isManifestType } from '#oci/media-type.js'
import { formatPlatform, type Platform, platformMatches } from '#oci/platform.js'
import type { ImageSource } from './image-source.js'
import { mediaTypeOf, type StoredManifest } from './manifests.js'

/** A manifest with the blobs that it needs before it can be put. */
export interface GraphManifest extends StoredManifest {
  readonly blobs: readonly Descriptor[]
}

/** All that an image or an index of images is made of. */
export interface ImageGraph {
  /** Parts before what is made of them: the root is the last. */
  readonly manifests: readonly GraphManifest[]
  readonly blobs: ReadonlyMap<Digest, Descriptor>
}

const maxManifests = 1000
const maxDepth = 4
const maxLayers = 1000
const maxBlobBytes = 16 * 1024 ** 3

/** Reads manifests down to the blobs, which are not read. @throws E-REG-CONTENT, E-IMG-FORM, E-IMG-DIGEST, E-REG-* */
export async function collectImage(source: ImageSource, root: Descriptor): Promise<ImageGraph> {
  const found = new Map<Digest, GraphManifest>()
  const blobs = new Map<Digest, Descriptor>()
  let level: readonly Descriptor[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === maxDepth) throw refused(source, root, 'has indexes that are nested too deep')
    const next: Descriptor[] = []
    for (const descriptor of level) {
      const bytes = await source.document(descriptor)
      const mediaType = mediaTypeOf(bytes, descriptor.mediaType, `${source.name} ${descriptor.digest}`)
      const needed: Descriptor[] = []
      if (isIndexType(mediaType)) next.push(...parseImageIndex(bytes).manifests)
      else needed.push(...blobsOf(source, descriptor, bytes))
      for (const blob of needed) {
        const known = blobs.get(blob.digest)
        if (known !== undefined && known.size !== blob.size)
          throw refused(source, descriptor, `gives ${blob.digest} two sizes`)
        blobs.set(blob.digest, blob)
      }
      // what is found again is put later, so that parts always come before what is made of them
      found.delete(descriptor.digest)
      found.set(descriptor.digest, {
        descriptor: { mediaType, digest: descriptor.digest, size: bytes.length },
        bytes,
        blobs: needed,
      })
      if (found.size > maxManifests) throw refused(source, root, `holds more than ${maxManifests} manifests`)
    }
    for (const { mediaType, digest } of next)
      if (!isIndexType(mediaType) && !isManifestType(mediaType))
        throw refused(
          source,
          root,
          `lists ${digest} as ${JSON.stringify(mediaType.slice(0, 100))}, which is no image`,
        )
    level = [...new Map(next.map((item) => [item.digest, item])).values()]
  }
  return { manifests: [...found.values()].reverse(), blobs }
}

function blobsOf(source: ImageSource, descriptor: Descriptor, bytes: Buffer): readonly Descriptor[] {
  const manifest = parseManifest(bytes)
  const parts = [manifest.config, ...manifest.layers]
  if (manifest.layers.length > maxLayers)
    throw refused(source, descriptor, `has more than ${maxLayers} layers`)
  const raw = parseJsonObject(bytes, 'manifest')
  for (const part of [raw.config, ...(raw.layers as readonly unknown[])]) {
    const { urls, mediaType } = part as { urls?: unknown; mediaType: string }
    if ((Array.isArray(urls) && urls.length > 0) || /\.nondistributable\.|\.foreign\./.test(mediaType))
      throw refused(
        source,
        descriptor,
        'has a layer that lies elsewhere (a foreign layer): nobody vouches for it',
      )
  }
  const large = parts.find(({ size }) => size > maxBlobBytes)
  if (large !== undefined) throw refused(source, descriptor, `has a blob of ${large.size} bytes`)
  return parts
}

/** The image of one platform out of an index; what is no index is taken as it is. @throws E-REG-CONTENT */
export async function imageFor(
  source: ImageSource,
  root: Descriptor,
  platform: Platform,
): Promise<Descriptor> {
  let descriptor = root
  for (let depth = 0; isIndexType(descriptor.mediaType); depth++) {
    if (depth === maxDepth) throw refused(source, root, 'has indexes that are nested too deep')
    const index = parseImageIndex(await source.document(descriptor))
    const fitting = index.manifests.find(
      (item) => item.platform !== undefined && platformMatches(item.platform, platform),
    )
    if (fitting === undefined) {
      const offered = index.manifests.flatMap((item) => (item.platform ? formatPlatform(item.platform) : []))
      throw refused(
        source,
        root,
        `has no image for ${formatPlatform(platform)}`,
        `it has: ${offered.join(', ')}`,
      )
    }
    descriptor = fitting
  }
  return descriptor
}

function refused(source: ImageSource, descriptor: Descriptor, problem: string, hint?: string): SvcsplitError {
  return new SvcsplitError('E-REG-CONTENT', `${source.name} (${descriptor.digest}) ${problem}`, {
    ...(hint === undefined ? {} : { hint }),
  })
}

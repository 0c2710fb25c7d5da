import { dirname, join, resolve } from 'node:path'
import { placed, SvcsplitError } from '#errors.js'
import { ensureDir, listDir, readBytes, readText, statusOf, statusOfSync } from '#io/files.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'
import { linkOrCopy, writeAtomic } from '#io/write-files.js'
import { type ImageConfig, parseImageConfig } from '#oci/config.js'
import { type Descriptor, refNameAnnotation } from '#oci/descriptor.js'
import { type Digest, hexOf, sha256 } from '#oci/digest.js'
import { encodeImageIndex, type ImageIndex, parseImageIndex } from '#oci/image-index.js'
import { isLayoutMarker, layoutMarker } from '#oci/layout-marker.js'
import { type Manifest, parseManifest } from '#oci/manifest.js'
import { isIndexType, isManifestType, mediaTypes } from '#oci/media-type.js'
import { formatPlatform } from '#oci/platform.js'
import type { Image } from './assemble.js'
import type { PlatformImages } from './platform-images.js'

/** An image, or the images of several platforms, under the name that it has in a layout. */
interface NamedImage {
  /** `glance:2025.1` */
  readonly name: string
  readonly image: Image | PlatformImages
}

/** The images behind a name: one for each platform. */
export function imagesIn(image: Image | PlatformImages): readonly Image[] {
  return 'images' in image ? image.images : [image]
}

const maxJson = 4 * 1024 * 1024

/** Where a layout keeps a blob. */
export function layoutBlob(dir: string, digest: Digest): string {
  return join(dir, 'blobs', 'sha256', hexOf(digest))
}

/**
 * Writes images into an OCI layout, beside those that it holds. Blobs come first and `index.json` last and at
 * once, so that a layout is whole at every moment. The name decides: another image of it is replaced, its
 * blobs stay.
 * @param sources where the blobs of layers lie: folders with `sha256/<hex>` in them, asked in order
 * @returns how many bytes of blobs the layout did not have before
 * @throws SvcsplitError E-OUT-EXISTS, E-IMG-DIGEST, E-FS-*
 */
export async function writeLayout(
  dir: string,
  images: readonly NamedImage[],
  sources: readonly string[],
): Promise<number> {
  const present = await indexToExtend(dir)
  await ensureDir(join(dir, 'blobs', 'sha256'))
  // removes what killed builds left there, also when nothing is to be placed
  await tempDir(tempPrefix, async () => undefined, { parent: join(dir, 'blobs', 'sha256') })
  let placed = 0
  for (const { image } of images) {
    for (const { manifest, configBytes, manifestBytes, descriptor } of imagesIn(image)) {
      for (const layer of manifest.layers) placed += await placeBlob(dir, layer, sources)
      placed += await placeBytes(dir, manifest.config.digest, configBytes)
      placed += await placeBytes(dir, descriptor.digest, manifestBytes)
    }
    if ('images' in image) placed += await placeBytes(dir, image.descriptor.digest, image.indexBytes)
  }
  const index = encodeImageIndex(withImages(present, images))
  await writeIfOther(join(dir, layoutMarker.path), Buffer.from(layoutMarker.text))
  await writeIfOther(join(dir, 'index.json'), index)
  return placed
}

/** Refuses what cannot become a layout, before anything is made for it. Leaves nothing behind. @throws E-OUT-EXISTS, E-FS-* */
export async function requireLayoutPlace(dir: string): Promise<void> {
  await indexToExtend(dir)
  await requireWritable(dir)
}

/** Tries the folder, or the nearest one above it that is there. @throws E-FS-* */
export async function requireWritable(dir: string): Promise<void> {
  const folder = resolve(dir)
  if ((await statusOf(folder, { follow: true })) === undefined && dirname(folder) !== folder)
    return requireWritable(dirname(folder))
  await tempDir(tempPrefix, async () => undefined, { parent: folder })
}

/** @throws SvcsplitError E-FS-*, E-IMG-FORM */
export async function readLayout(dir: string): Promise<ImageIndex> {
  const marker = join(dir, layoutMarker.path)
  if ((await statusOf(marker)) === undefined)
    throw new SvcsplitError('E-FS-NOTFOUND', `${dir} is no OCI image layout: there is no ${marker}`, {
      at: { path: marker },
      hint: 'a layout is the folder DIR that "svcsplit build -o oci:DIR" or "skopeo copy ... oci:DIR" has written',
    })
  const text = await readText(marker, { maxBytes: maxJson })
  if (!isLayoutMarker(text))
    throw new SvcsplitError('E-IMG-FORM', `${dir} is not an OCI image layout of version 1`, {
      at: { path: marker },
    })
  const path = join(dir, 'index.json')
  try {
    return parseImageIndex(await readBytes(path, { maxBytes: maxJson }))
  } catch (error) {
    throw placed(error, { path })
  }
}

/** The names of the images in a layout, in the order of its index. */
export function refNames(index: ImageIndex): readonly string[] {
  return index.manifests.flatMap(({ annotations }) => annotations?.get(refNameAnnotation) ?? [])
}

/**
 * The image of a name in a layout, or its only one if no name is given. Digests of manifest and config are
 * recomputed; layers are not read.
 * @param which its name, or the descriptor that an index gives it
 * @throws SvcsplitError E-IMG-REF, E-IMG-FORM, E-IMG-DIGEST, E-FS-*
 */
export async function readLayoutImage(
  dir: string,
  which?: string | Descriptor,
): Promise<{ readonly descriptor: Descriptor; readonly manifest: Manifest; readonly config: ImageConfig }> {
  const descriptor = typeof which === 'object' ? which : await oneImage(dir, which)
  const manifest = await readManifest(dir, descriptor)
  const path = layoutBlob(dir, manifest.config.digest)
  const bytes = await readVerified(dir, manifest.config)
  try {
    return { descriptor, manifest, config: parseImageConfig(bytes) }
  } catch (error) {
    throw placed(error, { path })
  }
}

async function oneImage(dir: string, name: string | undefined): Promise<Descriptor> {
  const { images } = await layoutImages(dir, name)
  const [only, second] = images
  if (only !== undefined && second === undefined) return only
  const platforms = images.map(({ platform }) =>
    platform === undefined ? 'unknown' : formatPlatform(platform),
  )
  throw new SvcsplitError('E-IMG-REF', `${name ?? dir} is an image for several platforms`, {
    at: { path: join(dir, 'index.json') },
    hint: `it is for ${platforms.join(', ')}: give a layout that has one of them`,
  })
}

/**
 * What a name in a layout stands for, or its only image if no name is given: one image, or one for each platform.
 * @throws SvcsplitError E-IMG-REF, E-IMG-FORM, E-IMG-DIGEST, E-FS-*
 */
export async function layoutImages(
  dir: string,
  name?: string,
): Promise<{ readonly root: Descriptor; readonly images: readonly Descriptor[] }> {
  const index = await readLayout(dir)
  const candidates = index.manifests.filter(
    ({ mediaType, annotations, artifactType }) =>
      (isManifestType(mediaType) || isIndexType(mediaType)) &&
      // what refers to an image (its SBOM, its provenance) is listed beside it and is none itself
      (name === undefined ? artifactType === undefined : annotations?.get(refNameAnnotation) === name),
  )
  const [root, second] = candidates
  if (root === undefined || second !== undefined)
    throw new SvcsplitError(
      'E-IMG-REF',
      root === undefined
        ? `${dir} holds no image${name === undefined ? '' : ` named ${name}`}`
        : `${dir} holds several images${name === undefined ? '' : ` named ${name}`}`,
      { at: { path: join(dir, 'index.json') }, hint: `it holds: ${refNames(index).join(', ') || 'none'}` },
    )
  if (isManifestType(root.mediaType)) return { root, images: [root] }
  const inner = await readIndex(dir, root)
  return { root, images: inner.manifests.filter(({ mediaType }) => isManifestType(mediaType)) }
}

async function readIndex(dir: string, descriptor: Descriptor): Promise<ImageIndex> {
  const bytes = await readVerified(dir, descriptor)
  try {
    return parseImageIndex(bytes)
  } catch (error) {
    throw placed(error, { path: layoutBlob(dir, descriptor.digest) })
  }
}

/** @throws SvcsplitError E-IMG-FORM, E-IMG-DIGEST, E-FS-* */
export async function readManifest(dir: string, descriptor: Descriptor): Promise<Manifest> {
  const bytes = await readVerified(dir, descriptor)
  try {
    return parseManifest(bytes)
  } catch (error) {
    throw placed(error, { path: layoutBlob(dir, descriptor.digest) })
  }
}

/** A small blob, held against its descriptor. */
export async function readVerified(dir: string, descriptor: Descriptor): Promise<Buffer> {
  const path = layoutBlob(dir, descriptor.digest)
  const bytes = await readBytes(path, { maxBytes: maxJson })
  if (bytes.length !== descriptor.size || sha256(bytes) !== descriptor.digest)
    throw new SvcsplitError('E-IMG-DIGEST', `the blob is not the one that ${descriptor.digest} names`, {
      at: { path },
    })
  return bytes
}

async function indexToExtend(dir: string): Promise<ImageIndex> {
  const empty: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] }
  const status = await statusOf(dir, { follow: true })
  if (status === undefined) return empty
  if (status.kind !== 'folder')
    throw new SvcsplitError('E-OUT-EXISTS', `${dir} is not a folder`, { at: { path: dir } })
  const names = await listDir(dir)
  if (names.length === 0) return empty
  if (names.includes('index.json') && names.includes(layoutMarker.path)) return readLayout(dir)
  // What a first write leaves when it was stopped before its end.
  if (names.every((name) => name === 'blobs' || name === layoutMarker.path)) return empty
  throw new SvcsplitError('E-OUT-EXISTS', `${dir} holds files and is not an OCI image layout`, {
    at: { path: dir },
    hint: 'give a folder that is empty, new, or an OCI layout',
  })
}

/** Sorted by name, so that the order of building cannot be seen. */
function withImages(index: ImageIndex, images: readonly NamedImage[]): ImageIndex {
  const nameOf = ({ annotations }: Descriptor): string => annotations?.get(refNameAnnotation) ?? ''
  const replaced = new Set(images.map(({ name }) => name))
  const added = images.map(({ name, image }): Descriptor => {
    const annotations = new Map([...(image.descriptor.annotations ?? []), [refNameAnnotation, name]])
    return { ...image.descriptor, annotations }
  })
  const manifests = [...index.manifests.filter((item) => !replaced.has(nameOf(item))), ...added]
  manifests.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
  return { ...index, manifests }
}

async function placeBlob(dir: string, layer: Descriptor, sources: readonly string[]): Promise<number> {
  const target = layoutBlob(dir, layer.digest)
  if (isWhole(target, layer.size)) return 0
  for (const source of sources) {
    const path = join(source, 'sha256', hexOf(layer.digest))
    if (!isWhole(path, layer.size)) continue
    await linkOrCopy(path, target)
    return layer.size
  }
  throw new SvcsplitError('E-IMG-DIGEST', `the blob of the layer ${layer.digest} is nowhere to be found`, {
    hint: 'the cache may have been cleaned meanwhile; build again',
  })
}

async function placeBytes(dir: string, digest: Digest, bytes: Buffer): Promise<number> {
  const target = layoutBlob(dir, digest)
  if (isWhole(target, bytes.length)) return 0
  await writeAtomic(target, bytes)
  return bytes.length
}

/** Without news nothing is written, and the disk need not be waited for. */
async function writeIfOther(path: string, bytes: Buffer): Promise<void> {
  const status = await statusOf(path)
  if (status?.kind === 'file' && status.size === bytes.length && (await readBytes(path)).equals(bytes)) return
  await writeAtomic(path, bytes)
}

function isWhole(path: string, size: number): boolean {
  const status = statusOfSync(path)
  return status?.kind === 'file' && status.size === size
}

import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { readBytes, readChunks, readText, statusOf } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { type ImageConfig, parseImageConfig } from '#oci/config.js'
import { type Descriptor, refNameAnnotation } from '#oci/descriptor.js'
import { type Digest, digestOfHex, hexOf, sha256 } from '#oci/digest.js'
import { parseImageIndex } from '#oci/image-index.js'
import { isLayoutMarker, layoutMarker } from '#oci/layout-marker.js'
import { type Manifest, parseManifest } from '#oci/manifest.js'
import { isIndexType, isManifestType, layerCompression } from '#oci/media-type.js'
import { parsePlatform, platformMatches } from '#oci/platform.js'
import type { BaseImage, BaseOptions } from './base-image.js'
import { type LayerFile, type RootfsFacts, readRootfsFacts } from './rootfs-facts.js'

/** Raised when what is read from a base changes: facts of another format are read again. */
const factsFormat = 2
/** Indexes nest at most this deep in practice (layout -> platforms). */
const maxIndexDepth = 3

interface LayoutImage {
  readonly digest: Digest
  readonly manifest: Manifest
  readonly config: ImageConfig
}

/** An image of an OCI layout as a base. @throws E-IMG-BASE, E-IMG-FORM, E-IMG-DIGEST, E-FS-* */
export async function openLayoutBase(
  reference: { readonly dir: string; readonly name?: string },
  options: BaseOptions,
): Promise<BaseImage> {
  if ((options.packages ?? []).length > 0)
    options.progress?.note?.(
      `${options.from} is taken as it is: system packages of profiles are not added to it`,
    )
  const layout = resolve(reference.dir)
  const image = await findImage(layout, reference.name, options)
  return describeBase(layout, image, options)
}

/** Adds what its layers say, from the cache if it was read before. */
async function describeBase(layout: string, image: LayoutImage, options: BaseOptions): Promise<BaseImage> {
  const facts = await cachedFacts(layout, image, options)
  return { name: options.name ?? options.from, layout, ...image, ...facts }
}

async function findImage(
  layout: string,
  name: string | undefined,
  options: BaseOptions,
): Promise<LayoutImage> {
  if ((await statusOf(join(layout, layoutMarker.path), { follow: true }))?.kind !== 'file')
    throw new SvcsplitError(
      'E-IMG-BASE',
      `${options.from}: ${layout} is not an OCI layout (no file ${layoutMarker.path})`,
      {
        at: { path: layout },
        hint: 'make one with "skopeo copy docker://IMAGE oci:DIR:NAME", or take debian:bookworm',
      },
    )
  const marker = await readText(join(layout, layoutMarker.path), { maxBytes: 64 * 1024 })
  if (!isLayoutMarker(marker))
    throw new SvcsplitError('E-IMG-BASE', `${options.from}: ${layout} is not an OCI layout of version 1`, {
      at: { path: join(layout, layoutMarker.path) },
    })
  const platform = parsePlatform(options.platform)
  const top = parseImageIndex(await readBytes(join(layout, 'index.json'), { maxBytes: 4 * 1024 * 1024 }))
  let candidates = top.manifests.filter(
    (entry) => name === undefined || entry.annotations?.get(refNameAnnotation) === name,
  )
  const refuse = (problem: string, hint?: string): SvcsplitError =>
    new SvcsplitError('E-IMG-BASE', `${options.from}: ${problem}`, {
      at: { path: join(layout, 'index.json') },
      ...(hint === undefined ? {} : { hint }),
    })
  for (let depth = 0; depth < maxIndexDepth; depth++) {
    const fitting = candidates.filter(
      (entry) => entry.platform === undefined || platformMatches(entry.platform, platform),
    )
    const names = top.manifests.map((entry) => entry.annotations?.get(refNameAnnotation) ?? '(no name)')
    if (fitting.length === 0) {
      const what =
        name === undefined ? `no image for ${options.platform}` : `no image ${name} for ${options.platform}`
      throw refuse(`the layout has ${what}`, `it has: ${names.join(', ') || 'nothing'}`)
    }
    if (fitting.length > 1)
      throw refuse(`the layout has ${fitting.length} images that fit`, `name one: ${names.join(', ')}`)
    const [entry] = fitting as [Descriptor]
    if (isManifestType(entry.mediaType)) return readImage(layout, entry, options)
    if (!isIndexType(entry.mediaType)) throw refuse(`${entry.mediaType} is not an image`)
    candidates = [...parseImageIndex(await readBlob(layout, entry)).manifests]
  }
  throw refuse('the image indexes are nested too deep')
}

async function readImage(layout: string, entry: Descriptor, options: BaseOptions): Promise<LayoutImage> {
  const manifest = parseManifest(await readBlob(layout, entry))
  const config = parseImageConfig(await readBlob(layout, manifest.config))
  const offered = { os: config.os, architecture: config.architecture }
  if (!platformMatches(offered, parsePlatform(options.platform)))
    throw new SvcsplitError(
      'E-IMG-BASE',
      `${options.from} is for ${config.os}/${config.architecture}, and ${options.platform} is wanted`,
    )
  if (config.rootfs.diff_ids.length !== manifest.layers.length)
    throw new SvcsplitError(
      'E-IMG-FORM',
      `${options.from}: ${manifest.layers.length} layers, but ${config.rootfs.diff_ids.length} diff_ids`,
    )
  return { digest: entry.digest, manifest, config }
}

/** A manifest, config or index of the layout, verified. @throws E-IMG-DIGEST */
async function readBlob(layout: string, descriptor: Descriptor): Promise<Buffer> {
  const path = blobPath(layout, descriptor.digest)
  const bytes = await readBytes(path, { maxBytes: 4 * 1024 * 1024 })
  if (sha256(bytes) !== descriptor.digest) throw damaged(path)
  return bytes
}

export function blobPath(layout: string, digest: Digest): string {
  return join(layout, 'blobs', 'sha256', hexOf(digest))
}

function damaged(path: string): SvcsplitError {
  return new SvcsplitError('E-IMG-DIGEST', `${path} is not the blob that its name says`, {
    at: { path },
    hint: 'fetch the base image again',
  })
}

async function cachedFacts(layout: string, image: LayoutImage, options: BaseOptions): Promise<RootfsFacts> {
  const wanted = options.python ?? 'any'
  const record = join(options.cacheDir, 'bases', 'facts', `${hexOf(image.digest)}-${wanted}.json`)
  const known = await readFacts(record)
  if (known !== undefined) {
    await requireLayers(layout, image.manifest)
    return known
  }
  options.progress?.step?.(`read base ${options.from}`)
  const layers: LayerFile[] = []
  for (const [position, layer] of image.manifest.layers.entries()) {
    const diffId = image.config.rootfs.diff_ids[position]!
    layers.push({ ...(await verifiedLayer(layout, layer, options.from)), diffId })
  }
  const facts = await readRootfsFacts(layers, options.from, options.python)
  await writeAtomic(record, `${JSON.stringify({ format: factsFormat, ...facts })}\n`)
  return facts
}

/** The cheap check of later runs: the blobs are there with their sizes. */
async function requireLayers(layout: string, manifest: Manifest): Promise<void> {
  for (const layer of manifest.layers) {
    const path = blobPath(layout, layer.digest)
    const status = await statusOf(path, { follow: true })
    if (status?.size !== layer.size) throw damaged(path)
  }
}

async function verifiedLayer(
  layout: string,
  layer: Descriptor,
  name: string,
): Promise<Omit<LayerFile, 'diffId'>> {
  const compression = layerCompression(layer.mediaType)
  if (compression === undefined || compression === 'zstd')
    throw new SvcsplitError('E-IMG-BASE', `${name}: layers of type ${layer.mediaType} cannot be read`, {
      hint: 'convert it: skopeo copy --dest-compress-format gzip --dest-force-compress-format oci:OLD oci:NEW',
    })
  const path = blobPath(layout, layer.digest)
  const hash = createHash('sha256')
  for await (const chunk of readChunks(path)) hash.update(chunk)
  if (digestOfHex(hash.digest('hex')) !== layer.digest) throw damaged(path)
  return { path, compression }
}

/** What an earlier run has read; a file of another format or a damaged one counts as absent. */
async function readFacts(path: string): Promise<RootfsFacts | undefined> {
  if ((await statusOf(path)) === undefined) return undefined
  try {
    const { format, ...facts } = JSON.parse(await readText(path)) as RootfsFacts & { format: number }
    return format === factsFormat ? facts : undefined
  } catch {
    return undefined
  }
}

import { join } from 'node:path'
import { sbomMediaTypes } from '#attest/documents.js'
import { readImageFacts } from '#attest/image-facts.js'
import type { LayerReader } from '#attest/layer-facts.js'
import { distributionsOfSbom, maxSbomBytes, type NamedDistribution } from '#attest/sbom-reader.js'
import { type ErrorCode, SvcsplitError, visible } from '#errors.js'
import { layoutBlob, readLayout, readManifest, readVerified } from '#image/layout.js'
import { readBytes, readText, statusOf } from '#io/files.js'
import { parsePylock } from '#lock/parse-pylock.js'
import { type Descriptor, refNameAnnotation } from '#oci/descriptor.js'
import { type Digest, sha256 } from '#oci/digest.js'
import { parseImageIndex } from '#oci/image-index.js'
import { layoutMarker } from '#oci/layout-marker.js'
import type { Manifest } from '#oci/manifest.js'
import { isIndexType, isManifestType, mediaTypes } from '#oci/media-type.js'
import { formatPlatform } from '#oci/platform.js'
import { type LayoutReference, parseLayoutReference } from '#oci/reference.js'

/** An image or a lock that has the distribution. */
export interface Carrier {
  readonly kind: 'image' | 'lock'
  /** `oci:DIR:NAME`, or the path of the lock. */
  readonly place: string
  readonly digest?: string
  readonly platform?: string
  /** What was read to know it. */
  readonly from: 'sbom' | 'layers' | 'lock'
  /** In the order of PEP 440, each once. */
  readonly versions: readonly string[]
}

/** What could not be asked: the answer then is not whole. */
export interface Unread {
  readonly place: string
  readonly code: ErrorCode
  readonly problem: string
}

/** What one place holds: a list of names and versions, and how it is known. */
export interface Inventory extends Omit<Carrier, 'versions'> {
  readonly distributions: readonly NamedDistribution[]
  readonly problems: readonly string[]
}

/** An image that can be asked. */
export interface AskedImage {
  readonly place: string
  /** @throws E-IMG-*, E-REG-*, E-NET-*, E-FS-* */
  readonly read: () => Promise<Inventory>
}

interface LayoutImage {
  readonly place: string
  readonly descriptor: Descriptor
}

const maxDepth = 4

/** Notes what cannot be read, and goes on. */
export async function collecting(place: string, unread: Unread[], work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    unread.push({ place, code: error.code, problem: error.message })
  }
}

export async function lockInventory(path: string): Promise<Inventory> {
  const { distributions } = parsePylock(await readText(path), path)
  return { kind: 'lock', place: path, from: 'lock', distributions, problems: [] }
}

/** `oci:...`, or a folder with an `oci-layout` in it; undefined for anything else. */
export async function layoutAt(place: string): Promise<LayoutReference | undefined> {
  if (place.startsWith('oci:')) return parseLayoutReference(place)
  const status = await statusOf(join(place, layoutMarker.path), { follow: true })
  return status?.kind === 'file' ? { dir: place } : undefined
}

/** The images of a layout; an SBOM in it answers for the image that it speaks of, if SBOMs may. */
export async function openLayout(
  { dir, name }: LayoutReference,
  trustSboms: boolean,
  reader: LayerReader,
  unread: Unread[],
): Promise<readonly AskedImage[]> {
  const images = new Map<string, LayoutImage>()
  const sboms = new Map<Digest, Descriptor>()
  let level = (await readLayout(dir)).manifests.map((entry) => {
    const entryName = entry.annotations?.get(refNameAnnotation)
    return { entry, name: entryName, place: `oci:${dir}${entryName === undefined ? '' : `:${entryName}`}` }
  })
  for (let depth = 0; depth < maxDepth && level.length > 0; depth += 1) {
    const next: typeof level = []
    for (const { entry, name: entryName, place } of level)
      await collecting(place, unread, async () => {
        if (isIndexType(entry.mediaType)) {
          const inner = parseImageIndex(await readVerified(dir, entry)).manifests
          next.push(...inner.map((item) => ({ entry: item, name: entryName, place })))
        } else if (isManifestType(entry.mediaType)) {
          const manifest = await readManifest(dir, entry)
          if (manifest.subject !== undefined) noteSbom(manifest, sboms)
          else if (
            manifest.config.mediaType !== mediaTypes.empty &&
            (name === undefined || name === entryName)
          )
            images.set(`${place} ${entry.digest}`, { place, descriptor: entry })
        }
      })
    level = next
  }
  if (name !== undefined && images.size === 0)
    throw new SvcsplitError('E-IMG-REF', `${dir} holds no image named ${name}`)
  return [...images.values()].map(({ place, descriptor }) => ({
    place,
    async read() {
      const sbom = trustSboms ? sboms.get(descriptor.digest) : undefined
      const named = sbom === undefined ? undefined : await readSbom(dir, sbom)
      return named === undefined
        ? layersInventory(dir, { place, descriptor }, reader)
        : sbomInventory({ place, descriptor }, named)
    },
  }))
}

/** CycloneDX before SPDX, if there are both. */
function noteSbom({ subject, layers }: Manifest, sboms: Map<Digest, Descriptor>): void {
  for (const layer of layers) {
    const known = sboms.get(subject!.digest)
    if (layer.mediaType === sbomMediaTypes.cyclonedx && known?.mediaType !== sbomMediaTypes.cyclonedx)
      sboms.set(subject!.digest, layer)
    else if (layer.mediaType === sbomMediaTypes.spdx && known === undefined) sboms.set(subject!.digest, layer)
  }
}

function identity({
  place,
  descriptor,
}: LayoutImage): Pick<Carrier, 'kind' | 'place' | 'digest' | 'platform'> {
  return {
    kind: 'image',
    place,
    digest: descriptor.digest,
    ...(descriptor.platform === undefined ? {} : { platform: formatPlatform(descriptor.platform) }),
  }
}

export function sbomInventory(image: LayoutImage, distributions: readonly NamedDistribution[]): Inventory {
  return { ...identity(image), from: 'sbom', distributions, problems: [] }
}

/** What the layers of an image in a layout say. */
export async function layersInventory(
  dir: string,
  image: LayoutImage,
  reader: LayerReader,
): Promise<Inventory> {
  const manifest = await readManifest(dir, image.descriptor)
  const { distributions, unclear } = await readImageFacts(dir, manifest, reader)
  const problems = unclear.map(({ path, problem }) => `/${visible(path)} does not say what it is: ${problem}`)
  return { ...identity(image), from: 'layers', distributions, problems }
}

/** Undefined where it cannot answer: the layers then do. */
async function readSbom(
  dir: string,
  { digest }: Descriptor,
): Promise<readonly NamedDistribution[] | undefined> {
  try {
    const bytes = await readBytes(layoutBlob(dir, digest), { maxBytes: maxSbomBytes })
    return sha256(bytes) === digest ? distributionsOfSbom(bytes.toString('utf8')) : undefined
  } catch (error) {
    if (error instanceof SvcsplitError) return undefined
    throw error
  }
}

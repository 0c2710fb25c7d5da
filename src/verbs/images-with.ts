import { join } from 'node:path'
import { sbomMediaTypes } from '#attest/documents.js'
import { readImageFacts } from '#attest/image-facts.js'
import { type LayerReader, openLayerReader } from '#attest/layer-facts.js'
import { distributionsOfSbom, maxSbomBytes, type NamedDistribution } from '#attest/sbom-reader.js'
import { type ErrorCode, SvcsplitError, visible } from '#errors.js'
import { layoutBlob, readLayout, readManifest, readVerified } from '#image/layout.js'
import { readBytes, readText, statusOf } from '#io/files.js'
import { parsePylock } from '#lock/parse-pylock.js'
import { type Descriptor, refNameAnnotation } from '#oci/descriptor.js'
import { type Digest, sha256 } from '#oci/digest.js'
import { parseImageIndex } from '#oci/image-index.js'
import type { Manifest } from '#oci/manifest.js'
import { isIndexType, isManifestType, mediaTypes } from '#oci/media-type.js'
import { formatPlatform } from '#oci/platform.js'
import { type LayoutReference, parseLayoutReference } from '#oci/reference.js'
import { type DistributionName, isValidName, normalizeName } from '#pep/name.js'
import { compareVersions, parseVersion, tryParseVersion, type Version } from '#pep/version.js'
import type { Progress } from '#progress.js'

export interface ImagesWithRequest {
  /** Any spelling of the distribution's name. */
  readonly distribution: string
  /** Only versions before this one, in the order of PEP 440. */
  readonly below?: string
  /** `oci:DIR`, `oci:DIR:NAME`, folders of layouts, and lock files. */
  readonly places: readonly string[]
  /** Whether an SBOM may answer for its image, or the layers must be read. */
  readonly trustSboms: boolean
  readonly progress?: Progress
}

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

export interface ImagesWithResult {
  readonly distribution: DistributionName
  readonly below?: string
  /** How many were asked. */
  readonly images: number
  readonly locks: number
  readonly carriers: readonly Carrier[]
  readonly unread: readonly Unread[]
}

interface Question {
  readonly distribution: DistributionName
  readonly below: Version | undefined
}

/** What one place holds: a list of names and versions, and how it is known. */
interface Inventory extends Omit<Carrier, 'versions'> {
  readonly distributions: readonly NamedDistribution[]
  readonly problems: readonly string[]
}

interface LayoutImage {
  readonly place: string
  readonly descriptor: Descriptor
}

const maxDepth = 4

/**
 * Which images and locks carry a distribution, below a version. What cannot be read is named and does not end the
 * search. @throws E-CLI-USAGE, E-REQ-NAME, E-REQ-VERSION
 */
export async function imagesWith(request: ImagesWithRequest): Promise<ImagesWithResult> {
  if (!isValidName(request.distribution))
    throw new SvcsplitError(
      'E-REQ-NAME',
      `${visible(JSON.stringify(request.distribution))} is not the name of a distribution`,
    )
  const question: Question = {
    distribution: normalizeName(request.distribution),
    below: request.below === undefined ? undefined : parseVersion(request.below),
  }
  const carriers: Carrier[] = []
  const unread: Unread[] = []
  const asked = { image: 0, lock: 0 }
  const ask = async (
    kind: 'image' | 'lock',
    place: string,
    read: () => Promise<Inventory>,
  ): Promise<void> => {
    asked[kind] += 1
    request.progress?.step?.(`read ${place}`)
    await collecting(place, unread, async () => {
      const carrier = answer(question, await read(), unread)
      if (carrier !== undefined) carriers.push(carrier)
    })
  }
  const reader = openLayerReader()
  for (const place of request.places) {
    const layout = await layoutAt(place)
    if (layout === undefined) await ask('lock', place, () => lockInventory(place))
    else
      await collecting(place, unread, async () => {
        const { images, sboms } = await openLayout(layout, unread)
        for (const image of images)
          await ask('image', image.place, () =>
            imageInventory(layout.dir, image, request.trustSboms ? sboms : new Map(), reader),
          )
      })
  }
  return {
    distribution: question.distribution,
    ...(question.below === undefined ? {} : { below: question.below.text }),
    images: asked.image,
    locks: asked.lock,
    carriers,
    unread,
  }
}

async function collecting(place: string, unread: Unread[], work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    unread.push({ place, code: error.code, problem: error.message })
  }
}

function answer(
  { distribution, below }: Question,
  { distributions, problems, ...known }: Inventory,
  unread: Unread[],
): Carrier | undefined {
  for (const problem of problems) unread.push({ place: known.place, code: 'E-IMG-FORM', problem })
  const versions = new Map<string, Version>()
  for (const { name, version } of distributions) {
    if (!isValidName(name) || normalizeName(name) !== distribution) continue
    const parsed = tryParseVersion(version)
    if (parsed === undefined)
      unread.push({
        place: known.place,
        code: 'E-REQ-VERSION',
        problem: `its ${distribution} has the version '${visible(version)}', which PEP 440 does not order`,
      })
    else if (below === undefined || compareVersions(parsed, below) < 0) versions.set(parsed.text, parsed)
  }
  if (versions.size === 0) return undefined
  const ordered = [...versions.values()].sort(compareVersions).map(({ text }) => text)
  return { ...known, versions: ordered }
}

async function lockInventory(path: string): Promise<Inventory> {
  const { distributions } = parsePylock(await readText(path), path)
  return { kind: 'lock', place: path, from: 'lock', distributions, problems: [] }
}

/** `oci:...`, or a folder with an `oci-layout` in it; undefined for anything else. */
async function layoutAt(place: string): Promise<LayoutReference | undefined> {
  if (place.startsWith('oci:')) return parseLayoutReference(place)
  const status = await statusOf(join(place, 'oci-layout'), { follow: true })
  return status?.kind === 'file' ? { dir: place } : undefined
}

/** The images of a layout, and the SBOMs in it by the image that they speak of. */
async function openLayout(
  { dir, name }: LayoutReference,
  unread: Unread[],
): Promise<{ readonly images: readonly LayoutImage[]; readonly sboms: ReadonlyMap<Digest, Descriptor> }> {
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
  return { images: [...images.values()], sboms }
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

async function imageInventory(
  dir: string,
  { place, descriptor }: LayoutImage,
  sboms: ReadonlyMap<Digest, Descriptor>,
  reader: LayerReader,
): Promise<Inventory> {
  const known = {
    kind: 'image' as const,
    place,
    digest: descriptor.digest,
    ...(descriptor.platform === undefined ? {} : { platform: formatPlatform(descriptor.platform) }),
  }
  const sbom = sboms.get(descriptor.digest)
  const named = sbom === undefined ? undefined : await readSbom(dir, sbom)
  if (named !== undefined) return { ...known, from: 'sbom', distributions: named, problems: [] }
  const { distributions, unclear } = await readImageFacts(dir, await readManifest(dir, descriptor), reader)
  const problems = unclear.map(({ path, problem }) => `/${visible(path)} does not say what it is: ${problem}`)
  return { ...known, from: 'layers', distributions, problems }
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

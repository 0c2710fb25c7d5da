import { SvcsplitError } from '#errors.js'
import type { HttpOptions } from '#io/http.js'
import type { Descriptor } from '#oci/descriptor.js'
import { isIndexType } from '#oci/media-type.js'
import { type Platform, parsePlatform } from '#oci/platform.js'
import type { LayoutReference, Reference } from '#oci/reference.js'
import type { Progress } from '#progress.js'
import { parsePlace } from '#registry/destination.js'
import { collectImage, imageFor } from '#registry/image-graph.js'
import type { ImageSource } from '#registry/image-source.js'
import { layoutSource, rootOfLayout } from '#registry/layout-source.js'
import { pullIntoLayout } from '#registry/layout-target.js'
import type { BlobCount } from '#registry/push.js'
import { openRegistry, type Registry } from '#registry/registry.js'

export interface CopyRequest {
  /** `oci:DIR[:NAME]` or a registry reference. */
  readonly from: string
  readonly to: string
  /** One image out of an index; without it, the whole index goes. */
  readonly platform?: string
  /** Also what refers to the image: SBOM, provenance, signatures. It goes before the tag moves. */
  readonly referrers?: boolean
  /** Repositories of the target registry that may have layers of the image. */
  readonly mountFrom?: readonly string[]
  /** Blobs at once. */
  readonly jobs?: number
  readonly chunkBytes?: number
  readonly plainHttp?: boolean
  readonly http?: HttpOptions
  readonly progress?: Progress
}

/** What a copy came to; the same for every pair of places. */
export interface CopyResult {
  readonly from: string
  readonly to: string
  readonly digest: string
  readonly mediaType: string
  /** What the tag named before, if it named something else. */
  readonly previous?: string
  /** Sent to a registry, or fetched into a layout. */
  readonly moved: BlobCount
  /** Taken over from another repository of the same registry. */
  readonly mounted: BlobCount
  readonly present: BlobCount
  /** Digests of what refers to the image and went with it. */
  readonly referrers: readonly string[]
}

interface Origin {
  readonly source: ImageSource
  readonly root: Descriptor
}

const nothing: BlobCount = { blobs: 0, bytes: 0 }

/** Copies an image between layouts and registries, each in any role. @throws E-REG-*, E-IMG-*, E-NET-*, E-FS-* */
export async function copy(request: CopyRequest): Promise<CopyResult> {
  const to = parsePlace(request.to)
  const { progress, plainHttp, http } = request
  const registry = openRegistry({
    ...http,
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(progress === undefined ? {} : { progress }),
  })
  try {
    const origin = await openOrigin(request, registry)
    try {
      return to.kind === 'layout'
        ? await intoLayout(request, origin, to.layout)
        : await intoRegistry(request, origin, to.reference, registry)
    } finally {
      await origin.source.close?.()
    }
  } finally {
    await registry.close()
  }
}

async function openOrigin(request: CopyRequest, registry: Registry): Promise<Origin> {
  const from = parsePlace(request.from)
  const platform: Platform | undefined =
    request.platform === undefined ? undefined : parsePlatform(request.platform)
  const source = from.kind === 'layout' ? layoutSource(from.layout.dir) : registry.source(from.reference)
  const root =
    from.kind === 'layout' ? await rootOfLayout(from.layout) : await registry.resolve(from.reference)
  if (root === undefined)
    throw new SvcsplitError('E-REG-UNKNOWN', `${request.from} is not in the registry`, {
      hint: 'check repository and tag',
    })
  return { source, root: platform === undefined ? root : await imageFor(source, root, platform) }
}

async function intoRegistry(
  request: CopyRequest,
  { source, root }: Origin,
  to: Reference,
  registry: Registry,
): Promise<CopyResult> {
  const { mountFrom, jobs, chunkBytes, progress } = request
  const options = {
    ...(mountFrom === undefined ? {} : { mountFrom }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(chunkBytes === undefined ? {} : { chunkBytes }),
    ...(progress === undefined ? {} : { progress }),
  }
  const untagged: Reference = { registry: to.registry, repository: to.repository, digest: root.digest }
  const referrers = request.referrers === true ? await referrersOf(source, root) : []
  // with company, the tag waits for it: whoever pulls by tag finds the image and what vouches for it
  if (referrers.length > 0) {
    const pushed = await registry.push(source, root, untagged, options)
    for (const referrer of referrers)
      await registry.push(source, referrer, { ...untagged, digest: referrer.digest }, options)
    const tagged = to.tag === undefined ? undefined : await registry.retag(untagged, to.tag)
    return result(request, { ...pushed, ...tagged }, pushed.uploaded, pushed.mounted, referrers)
  }
  const pushed = await registry.push(source, root, to, options)
  return result(request, pushed, pushed.uploaded, pushed.mounted, [])
}

async function intoLayout(
  request: CopyRequest,
  { source, root }: Origin,
  to: LayoutReference,
): Promise<CopyResult> {
  const options = {
    ...(request.jobs === undefined ? {} : { jobs: request.jobs }),
    ...(request.progress === undefined ? {} : { progress: request.progress }),
  }
  const referrers = request.referrers === true ? await referrersOf(source, root) : []
  for (const referrer of referrers) await pullIntoLayout(source, referrer, { dir: to.dir }, options)
  const pulled = await pullIntoLayout(source, root, to, options)
  return result(request, pulled, pulled.fetched, nothing, referrers)
}

/** What refers to the root, and to the images of an index. */
async function referrersOf(source: ImageSource, root: Descriptor): Promise<readonly Descriptor[]> {
  const found = new Map<string, Descriptor>()
  const subjects = isIndexType(root.mediaType) ? (await collectImage(source, root)).manifests : []
  for (const subject of [root, ...subjects.map(({ descriptor }) => descriptor)])
    for (const referrer of (await source.referrers?.(subject)) ?? []) found.set(referrer.digest, referrer)
  return [...found.values()]
}

function result(
  request: CopyRequest,
  summary: {
    readonly digest: string
    readonly mediaType: string
    readonly previous?: string
    readonly present: BlobCount
  },
  moved: BlobCount,
  mounted: BlobCount,
  referrers: readonly Descriptor[],
): CopyResult {
  const { digest, mediaType, previous, present } = summary
  return {
    from: request.from,
    to: request.to,
    digest,
    mediaType,
    ...(previous === undefined ? {} : { previous }),
    moved,
    mounted,
    present,
    referrers: referrers.map((referrer) => referrer.digest),
  }
}

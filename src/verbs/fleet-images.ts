import { SvcsplitError } from '#errors.js'
import type { Descriptor } from '#oci/descriptor.js'
import { parseManifest } from '#oci/manifest.js'
import { parsePlatform } from '#oci/platform.js'
import { formatReference, parseReference, type Reference } from '#oci/reference.js'
import type { Progress } from '#progress.js'
import { imageFor } from '#registry/image-graph.js'
import { openRegistry, type Registry } from '#registry/registry.js'

/** An image that a registry has. */
export interface FoundImage {
  /** By digest. */
  readonly reference: string
  readonly digest: string
  readonly layers: readonly { readonly digest: string; readonly size: number }[]
  /** Size of the documents. */
  readonly overhead: number
}

interface ImageFinder {
  /** None where nobody was asked: offline, or an image in the store of a machine. @throws E-PLN-IMAGE, E-REG-*, E-NET-* */
  find(
    reference: string,
    of: { readonly service: string; readonly release: string; readonly runs: boolean },
  ): Promise<FoundImage | undefined>
  /** The reference by digest; as it is where nobody was asked, or the registry lacks it. @throws E-IMG-REF, E-REG-*, E-NET-* */
  byDigest(reference: string): Promise<string>
  close(): Promise<void>
}

/** `registry.example/cloud/{service}:{release}` for one service. */
export function referenceIn(pattern: string, service: string, release: string): string {
  return pattern.replaceAll('{service}', service).replaceAll('{release}', release)
}

export function imageFinder(options: {
  readonly platform: string
  readonly offline?: boolean
  readonly plainHttp?: boolean
  readonly progress?: Progress
}): ImageFinder {
  let registry: Registry | undefined
  const { offline, plainHttp, progress, platform } = options
  const isAsked = (text: string) => !text.startsWith('localhost/') && offline !== true
  const opened = () => {
    registry ??= openRegistry({
      ...(plainHttp === undefined ? {} : { plainHttp }),
      ...(progress === undefined ? {} : { progress }),
    })
    return registry
  }
  return {
    async find(text, { service, release, runs }) {
      if (!isAsked(text)) return undefined
      const reference = parseReference(text)
      const root = await opened().resolve(reference)
      if (root === undefined)
        throw new SvcsplitError(
          'E-PLN-IMAGE',
          runs
            ? `${text}, which runs ${service} now, is gone from its registry: there would be no way back`
            : `there is no image ${text}`,
          {
            hint: runs
              ? `push it from a machine that runs it, or build it again: svcsplit build ${service}@${release}`
              : `svcsplit build ${service}@${release} -o registry:${formatReference({ ...reference, tag: reference.tag ?? release })}, or plan with --offline first`,
          },
        )
      const source = opened().source(reference)
      const found = await imageFor(source, root, parsePlatform(platform))
      const manifest = parseManifest(await source.document(found))
      return {
        reference: withDigest(reference, root),
        digest: root.digest,
        layers: manifest.layers.map(({ digest, size }) => ({ digest, size })),
        overhead: manifest.config.size + found.size,
      }
    },
    async byDigest(text) {
      if (!isAsked(text)) return text
      const reference = parseReference(text)
      const root = await opened().resolve(reference)
      return root === undefined ? text : withDigest(reference, root)
    },
    async close() {
      await registry?.close()
    },
  }
}

function withDigest({ registry, repository }: Reference, { digest }: Descriptor): string {
  return formatReference({ registry, repository, digest })
}

/**
 * The images of services that stay, by digest: what a tag names after a window can be held against it. Nobody pulls
 * them, so where a digest is not to be had the plan goes on with the tag.
 */
export async function keptImages(
  finder: ImageFinder,
  images: ReadonlyMap<string, string>,
  progress: Progress | undefined,
): Promise<ReadonlyMap<string, string>> {
  const untold: { readonly service: string; readonly why: string }[] = []
  const found = await Promise.all(
    [...images].map(async ([service, reference]) => {
      try {
        return [service, await finder.byDigest(reference)] as const
      } catch (error) {
        if (!(error instanceof SvcsplitError) || !/^E-(?:REG|NET|IMG)-/.test(error.code)) throw error
        untold.push({ service, why: error.message })
        return [service, reference] as const
      }
    }),
  )
  if (untold.length > 0)
    progress?.warn?.(
      `no digest of what runs ${untold.map(({ service }) => service).join(', ')}: ${untold[0]!.why}`,
    )
  return new Map(found)
}

/** Bytes that a machine with one image lacks of the other. */
export function pulledBytes(before: FoundImage, after: FoundImage): number {
  const present = new Set(before.layers.map(({ digest }) => digest))
  return after.layers.reduce(
    (sum, { digest, size }) => (present.has(digest) ? sum : sum + size),
    after.overhead,
  )
}

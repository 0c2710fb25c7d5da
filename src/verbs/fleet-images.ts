import { SvcsplitError } from '#errors.js'
import { parseManifest } from '#oci/manifest.js'
import { parsePlatform } from '#oci/platform.js'
import { formatReference, parseReference } from '#oci/reference.js'
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

export interface ImageFinder {
  /** None where nobody was asked: offline, or an image in the store of a machine. @throws E-PLN-IMAGE, E-REG-*, E-NET-* */
  find(
    reference: string,
    of: { readonly service: string; readonly release: string; readonly runs: boolean },
  ): Promise<FoundImage | undefined>
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
  return {
    async find(text, { service, release, runs }) {
      if (text.startsWith('localhost/') || offline === true) return undefined
      const reference = parseReference(text)
      registry ??= openRegistry({
        ...(plainHttp === undefined ? {} : { plainHttp }),
        ...(progress === undefined ? {} : { progress }),
      })
      const root = await registry.resolve(reference)
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
      const source = registry.source(reference)
      const found = await imageFor(source, root, parsePlatform(platform))
      const manifest = parseManifest(await source.document(found))
      return {
        reference: formatReference({
          registry: reference.registry,
          repository: reference.repository,
          digest: root.digest,
        }),
        digest: root.digest,
        layers: manifest.layers.map(({ digest, size }) => ({ digest, size })),
        overhead: manifest.config.size + found.size,
      }
    },
    async close() {
      await registry?.close()
    },
  }
}

/** Bytes that a machine with one image lacks of the other. */
export function pulledBytes(before: FoundImage, after: FoundImage): number {
  const present = new Set(before.layers.map(({ digest }) => digest))
  return after.layers.reduce(
    (sum, { digest, size }) => (present.has(digest) ? sum : sum + size),
    after.overhead,
  )
}

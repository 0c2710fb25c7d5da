import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import type { Image } from '#image/assemble.js'
import { environmentPrefix as prefix } from '#inputs/wsgi-server.js'
import { statusOfSync } from '#io/files.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, hexOf } from '#oci/digest.js'
import type { Progress } from '#progress.js'
import type { BuildRequest, TargetPlatform } from './build.js'
import type { Delivery } from './delivery.js'
import { keepImage, recallImage } from './kept-image.js'
import type { PlatformImage } from './make-image.js'
import type { Maker } from './maker.js'
import { knownProof, type Proof, proofRecord, proveImage } from './proof.js'

/** What all images of a run have in common. */
export interface Run {
  readonly request: BuildRequest
  readonly delivery: Delivery
  readonly storeDir: string
  /** Of code and shipped data; none if images of this run are neither kept nor recalled. */
  readonly state: string | undefined
  /** Opened when the first image has to be made. */
  readonly maker: () => Promise<Maker>
}

/** What is kept of an image beside its bytes. */
interface Told {
  readonly service: string
  readonly release: string
  readonly platform: PlatformImage
  /** Where its proof is kept once it has one. */
  readonly proof: string
}

/** One image of one platform, ready to be proved and delivered. */
export interface MadeImage extends Omit<Told, 'proof'> {
  readonly image: Image
  /** Folders with `sha256/<hex>` where blobs of its layers may lie. */
  readonly sources: readonly string[]
  /** Makes the layer of a digest, if its blob is in none of the sources. */
  readonly make: (digest: Digest) => Promise<void>
  /** @throws E-IMG-UNFIT, and what making and reading layers throws */
  readonly prove: () => Promise<Proof>
}

/** A service release with what is known of each of its platforms; `make` finishes the image of one. */
export interface Job {
  readonly text: string
  readonly platforms: readonly { make(): Promise<MadeImage> }[]
}

function keyOf({ state, request }: Run, text: string, platform: TargetPlatform): readonly unknown[] {
  // A folder means another one from elsewhere.
  const base = request.base.startsWith('oci:') ? [process.cwd(), request.base] : request.base
  const { baseName, format, layers, bytecode, builder } = request
  return [state, text, platform, base, baseName, format, layers, bytecode, builder === 'buildah']
}

/**
 * An image that was made before from the same inputs by the same code, if its layers are still to be had, and
 * its proof, if one is wanted.
 */
export async function recallJob(run: Run, text: string): Promise<Job | undefined> {
  if (run.state === undefined) return undefined
  const found = await Promise.all(
    run.request.platforms.map((platform) => recallOne(run, keyOf(run, text, platform))),
  )
  const platforms = found.filter((one) => one !== undefined)
  return platforms.length < found.length
    ? undefined
    : { text, platforms: platforms.map((made) => ({ make: async () => made })) }
}

async function recallOne(run: Run, key: readonly unknown[]): Promise<MadeImage | undefined> {
  const kept = await recallImage<Told>(run.request.cacheDir, key)
  if (kept === undefined) return undefined
  const { image, baseLayout, told } = kept
  const sources = sourcesOf(run.storeDir, baseLayout)
  if (!image.manifest.layers.every((layer) => isThere(layer, sources))) return undefined
  const proof = run.request.verify ? await knownProof(told.proof) : undefined
  if (run.request.verify && proof === undefined) return undefined
  return {
    ...told,
    image,
    sources,
    make: async (digest) => {
      throw new SvcsplitError('E-IMG-DIGEST', `the layer ${digest} is gone from the cache`, {
        hint: 'build again',
      })
    },
    prove: async () => proof!,
  }
}

function isThere(layer: Descriptor, sources: readonly string[]): boolean {
  for (const source of sources) {
    const status = statusOfSync(join(source, 'sha256', hexOf(layer.digest)))
    if (status?.kind === 'file' && status.size === layer.size) return true
  }
  return false
}

/** Where blobs of an image's layers lie. */
function sourcesOf(storeDir: string, baseLayout: string): readonly string[] {
  return [storeDir, join(baseLayout, 'blobs')]
}

/** Begins an image of one platform: base, lock and files are known, the rest is made by `make`. */
export async function prepareMade(
  run: Run,
  maker: Maker,
  text: string,
  platform: TargetPlatform,
  progress: Progress | undefined,
): Promise<Job['platforms'][number]> {
  const { cacheDir, format } = run.request
  const given = progress === undefined ? {} : { progress }
  const spare = (layer: Descriptor): Promise<boolean> => run.delivery.spare(layer)
  const prepared = await maker.prepare(text, platform, spare, { fetch: true, ...given })
  return {
    async make() {
      const { service, release, processes } = prepared.target
      const { image, told, make, parts } = await prepared.finish(format)
      const { base, lock, files } = parts
      const sources = sourcesOf(run.storeDir, base.layout)
      const question = { lock, wheels: files.wheels, processes }
      const proof = proofRecord(cacheDir, image.descriptor.digest, question)
      if (run.state !== undefined)
        await keepImage(cacheDir, keyOf(run, text, platform), {
          image,
          baseLayout: base.layout,
          told: { service, release, platform: withoutMade(told), proof },
        })
      if (run.request.writeLock !== undefined) await maker.writeLock(parts)
      return {
        ...{ service, release, platform: told, image, sources, make },
        async prove() {
          const known = await knownProof(proof)
          if (known !== undefined) return known
          // A destination may have spared layers that are to be read now.
          for (const layer of image.manifest.layers) if (!isThere(layer, sources)) await make(layer.digest)
          return proveImage({ ...question, image, sources, prefix, cacheDir, ...given })
        },
      }
    },
  }
}

/** As the next run will tell it. */
function withoutMade(told: PlatformImage): PlatformImage {
  return { ...told, layers: told.layers.map((layer) => ({ ...layer, made: false })) }
}

import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { writeArchive } from '#image/archive.js'
import type { Image } from '#image/assemble.js'
import { imagesIn, layoutBlob, writeLayout } from '#image/layout.js'
import type { PlatformImages } from '#image/platform-images.js'
import { statusOf } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, hexOf } from '#oci/digest.js'
import { parseReference, type Reference } from '#oci/reference.js'
import type { Progress } from '#progress.js'
import type { ImageSource } from '#registry/image-source.js'
import type { Registry } from '#registry/registry.js'
import { type Destination, referenceText } from './destination.js'

/** An image that is to go to a destination. */
interface Parcel {
  readonly service: string
  readonly release: string
  readonly tag: string
  /** `glance:2025.1` */
  readonly name: string
  readonly image: Image | PlatformImages
  /** Folders with `sha256/<hex>` where blobs of layers may lie. */
  readonly sources: readonly string[]
  /** Makes the layer of a digest, if its blob is in none of the sources. */
  readonly make: (digest: Digest) => Promise<void>
}

/** The open way to a destination. */
export interface Delivery {
  /** Whether a layer that was made once need not be made again for this destination. */
  spare(layer: Descriptor): Promise<boolean>
  /** @returns bytes of blobs that the destination did not have. @throws E-OUT-*, E-IMG-*, E-REG-*, E-NET-*, E-FS-* */
  deliver(parcel: Parcel): Promise<number>
}

export interface DeliveryOptions {
  readonly cacheDir: string
  readonly plainHttp?: boolean
  readonly offline?: boolean
  readonly progress?: Progress
}

/**
 * Opens a destination for as long as `work` runs. Archives are written when it is done and its result is `whole`: one
 * that is there already is not to lose an image because of a failure.
 */
export async function withDelivery<T>(
  destination: Destination,
  options: DeliveryOptions,
  work: (delivery: Delivery) => Promise<T>,
  whole: (result: T) => boolean = () => true,
): Promise<T> {
  switch (destination.kind) {
    case 'layout':
      return work(toLayout(destination.dir))
    case 'archive':
      // Beside the cache's blobs, so that these are linked and not copied.
      return tempDir(
        '.svcsplit-tmp-archive-',
        async (dir) => {
          let any = false
          const layout = toLayout(dir)
          const result = await work({
            spare: async () => false,
            deliver: async (parcel) => {
              const bytes = await layout.deliver(parcel)
              any = true
              return bytes
            },
          })
          if (any && whole(result)) await writeArchive(destination.path, dir, destination.form)
          return result
        },
        { parent: options.cacheDir },
      )
    case 'registry': {
      const registry = await registryFor(options)
      try {
        return await work(toRegistry(registry, destination.pattern, options))
      } finally {
        await registry.close()
      }
    }
  }
}

/** Loaded for those who push alone. */
export async function registryFor(options: DeliveryOptions): Promise<Registry> {
  const { openRegistry } = await import('#registry/registry.js')
  const { plainHttp, offline, progress } = options
  return openRegistry({
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(offline === undefined ? {} : { offline }),
    ...(progress === undefined ? {} : { progress }),
  })
}

async function isWhole(path: string, size: number): Promise<boolean> {
  const status = await statusOf(path, { follow: true })
  return status?.kind === 'file' && status.size === size
}

function toLayout(dir: string): Delivery {
  return {
    spare: ({ digest, size }) => isWhole(layoutBlob(dir, digest), size),
    deliver: ({ name, image, sources }) => writeLayout(dir, [{ name, image }], sources),
  }
}

export function referenceOf(pattern: string, image: Pick<Parcel, 'service' | 'release' | 'tag'>): Reference {
  return parseReference(referenceText(pattern, image))
}

function toRegistry(registry: Registry, pattern: string, { progress }: DeliveryOptions): Delivery {
  return {
    // The registry is asked for each blob; what it lacks is made then.
    spare: async () => true,
    async deliver(parcel) {
      const reference = referenceOf(pattern, parcel)
      const told = progress === undefined ? {} : { progress }
      const { uploaded } = await registry.push(
        await sourceOf(parcel),
        parcel.image.descriptor,
        reference,
        told,
      )
      return uploaded.bytes
    },
  }
}

/** A built image as a push reads it: documents from memory, layers from disk, made where they are not there. */
async function sourceOf({ name, image, sources, make }: Parcel): Promise<ImageSource> {
  const { fileContent } = await import('#registry/layout-source.js')
  const documents = new Map<Digest, Buffer>()
  for (const one of imagesIn(image)) {
    documents.set(one.descriptor.digest, one.manifestBytes)
    documents.set(one.manifest.config.digest, one.configBytes)
  }
  if ('images' in image) documents.set(image.descriptor.digest, image.indexBytes)

  async function find({ digest, size }: Descriptor): Promise<string | undefined> {
    for (const source of sources) {
      const path = join(source, 'sha256', hexOf(digest))
      if (await isWhole(path, size)) return path
    }
    return undefined
  }

  return {
    name,
    document: async ({ digest }) => documents.get(digest)!,
    async blob(descriptor) {
      const bytes = documents.get(descriptor.digest)
      if (bytes !== undefined)
        return {
          async *chunks(start, end) {
            yield bytes.subarray(start, end)
          },
        }
      let path = await find(descriptor)
      if (path === undefined) {
        await make(descriptor.digest)
        path = await find(descriptor)
      }
      if (path === undefined)
        throw new SvcsplitError('E-IMG-DIGEST', `the layer ${descriptor.digest} cannot be made again`, {
          hint: 'remove the folder "layers" of the cache, and build again',
        })
      return fileContent(path)
    },
  }
}

import { sbomMediaTypes } from '#attest/documents.js'
import type { LayerReader } from '#attest/layer-facts.js'
import { distributionsOfSbom, maxSbomBytes, type NamedDistribution } from '#attest/sbom-reader.js'
import { SvcsplitError } from '#errors.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'
import type { Descriptor } from '#oci/descriptor.js'
import { parseImageIndex } from '#oci/image-index.js'
import { parseManifest } from '#oci/manifest.js'
import { isIndexType } from '#oci/media-type.js'
import { formatReference, type Reference } from '#oci/reference.js'
import type { ImageSource } from '#registry/image-source.js'
import { pullIntoLayout } from '#registry/layout-target.js'
import { type DeliveryOptions, registryFor } from './delivery.js'
import { type AskedImage, layersInventory, sbomInventory } from './image-inventory.js'

/**
 * Asks the images behind a reference, one for each platform. An SBOM among the referrers answers for its image;
 * without one, its layers are fetched and read, and not kept.
 * @throws E-REG-*, E-NET-*, E-IMG-*
 */
export async function openRepository(
  reference: Reference,
  options: DeliveryOptions & { readonly trustSboms: boolean },
  reader: LayerReader,
  ask: (images: readonly AskedImage[]) => Promise<void>,
): Promise<void> {
  const registry = await registryFor(options)
  const source = registry.source(reference)
  try {
    const root = await registry.resolve(reference)
    const place = `registry:${formatReference(reference)}`
    if (root === undefined)
      throw new SvcsplitError('E-REG-UNKNOWN', `${formatReference(reference)} is not in the registry`)
    const images = isIndexType(root.mediaType)
      ? parseImageIndex(await source.document(root)).manifests.filter(
          ({ platform }) => platform !== undefined,
        )
      : [root]
    await ask(
      images.map((descriptor) => ({
        place,
        async read() {
          const named = options.trustSboms ? await sbomOf(source, descriptor) : undefined
          if (named !== undefined) return sbomInventory({ place, descriptor }, named)
          return tempDir(
            `${tempPrefix}image-`,
            async (dir) => {
              await pullIntoLayout(source, descriptor, { dir }, options)
              return layersInventory(dir, { place, descriptor }, reader)
            },
            { parent: options.cacheDir },
          )
        },
      })),
    )
  } finally {
    await source.close?.()
    await registry.close()
  }
}

/** What an SBOM of the image names, CycloneDX before SPDX; undefined where there is none that can answer. */
async function sbomOf(
  source: ImageSource,
  image: Descriptor,
): Promise<readonly NamedDistribution[] | undefined> {
  const referrers = (await source.referrers?.(image)) ?? []
  for (const mediaType of [sbomMediaTypes.cyclonedx, sbomMediaTypes.spdx])
    for (const referrer of referrers.filter(({ artifactType }) => artifactType === mediaType)) {
      const named = await distributionsIn(source, referrer, image, mediaType)
      if (named !== undefined) return named
    }
  return undefined
}

async function distributionsIn(
  source: ImageSource,
  referrer: Descriptor,
  image: Descriptor,
  mediaType: string,
): Promise<readonly NamedDistribution[] | undefined> {
  try {
    const { subject, layers } = parseManifest(await source.document(referrer))
    const layer = layers.find((one) => one.mediaType === mediaType)
    // A registry that lists what speaks of another image is not believed.
    if (subject?.digest !== image.digest || layer === undefined || layer.size > maxSbomBytes) return undefined
    const chunks: Uint8Array[] = []
    for await (const chunk of (await source.blob(layer)).chunks(0, layer.size)) chunks.push(chunk)
    return distributionsOfSbom(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    if (error instanceof SvcsplitError && error.code.startsWith('E-IMG-')) return undefined
    throw error
  }
}

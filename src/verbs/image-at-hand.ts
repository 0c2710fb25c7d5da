import { tempDir, tempPrefix } from '#io/temp-dir.js'
import type { LayoutReference } from '#oci/reference.js'
import { parsePlace } from '#registry/destination.js'
import { type DeliveryOptions, registryFor } from './delivery.js'

/**
 * Hands over the layout that has an image, whole index and all. What is in a registry is fetched into a folder of the
 * cache that is gone afterwards.
 * @param image `oci:DIR`, `oci:DIR:NAME` or `registry:REFERENCE`
 * @throws E-IMG-REF, E-REG-*, E-NET-*, E-IMG-*, E-FS-*, and what `use` throws
 */
export async function withImageAtHand<T>(
  image: string,
  options: DeliveryOptions,
  use: (layout: LayoutReference) => Promise<T>,
): Promise<T> {
  const place = parsePlace(image)
  if (place.kind === 'layout') return use(place.layout)
  return tempDir(
    `${tempPrefix}pull-`,
    async (dir) => {
      const { progress } = options
      const registry = await registryFor(options)
      try {
        await registry.pull(place.reference, { dir }, progress === undefined ? {} : { progress })
      } finally {
        await registry.close()
      }
      return use({ dir })
    },
    { parent: options.cacheDir },
  )
}

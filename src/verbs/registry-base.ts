import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { readLayout, refNames } from '#image/layout.js'
import { exists } from '#io/files.js'
import { hexOf } from '#oci/digest.js'
import { parsePlatform } from '#oci/platform.js'
import { formatReference, parseReference } from '#oci/reference.js'
import { type DeliveryOptions, registryFor } from './delivery.js'

/** A base as it was asked for, and where it lies. */
interface LocalBase {
  /** `debian:SUITE`, `oci:DIR` or `oci:DIR:NAME`. */
  readonly base: string
  /** What images call it, if that is something else. */
  readonly baseName?: string
}

/**
 * Brings `registry:REFERENCE` into a layout of the cache that is named by its digest; other bases stay where they
 * are. A tag is resolved each time, a digest that was fetched once needs no network.
 * @throws E-IMG-REF, E-REG-*, E-NET-*, E-IMG-*, E-FS-*
 */
export async function localBase(
  base: string,
  platforms: readonly string[],
  options: DeliveryOptions,
): Promise<LocalBase> {
  if (!base.startsWith('registry:')) return { base }
  const reference = parseReference(base.slice('registry:'.length))
  const registry = await registryFor(options)
  try {
    const digest = reference.digest ?? (await registry.resolve(reference))?.digest
    if (digest === undefined)
      throw new SvcsplitError('E-REG-UNKNOWN', `${formatReference(reference)} is not in the registry`, {
        hint: 'check repository and tag of --base',
      })
    const dir = join(options.cacheDir, 'bases', `registry-${hexOf(digest)}`)
    const there = (await exists(join(dir, 'index.json'))) ? refNames(await readLayout(dir)) : []
    const { progress } = options
    for (const platform of platforms) {
      const name = platform.replaceAll('/', '-')
      if (there.includes(name)) continue
      await registry.pull(
        { ...reference, digest },
        { dir, name },
        { platform: parsePlatform(platform), ...(progress === undefined ? {} : { progress }) },
      )
    }
    return { base: `oci:${dir}`, baseName: formatReference({ ...reference, digest }) }
  } finally {
    await registry.close()
  }
}

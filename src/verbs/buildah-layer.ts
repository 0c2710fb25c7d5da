import { join } from 'node:path'
import { layoutBlob, readLayoutImage } from '#image/layout.js'
import { readChunks } from '#io/files.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'
import type { Layer } from '#layers/layer.js'
import { hexOf } from '#oci/digest.js'
import { writeContextOf } from './dockerfile.js'
import type { ServiceParts, Target, Workshop } from './service-parts.js'

/**
 * All that an image has above its base, in one layer, as buildah makes it from the context that `dockerfile` writes. It
 * holds the files of the native layers; its bytes are buildah's, and not the same everywhere.
 * @throws SvcsplitError E-EXE-*, E-IDX-*, E-NET-*, E-FS-*
 */
export async function buildahLayer(workshop: Workshop, target: Target, parts: ServiceParts): Promise<Layer> {
  const { request, store } = workshop
  const { cacheDir, progress } = request
  await parts.files.fetch(parts.files.wheels)
  const { buildWithBuildah } = await import('#dockerfile/context.js')
  return tempDir(
    `${tempPrefix}buildah-`,
    async (work) => {
      const context = join(work, 'context')
      const layout = join(work, 'image')
      await writeContextOf(workshop, target, parts, context)
      await buildWithBuildah(context, {
        base: parts.base,
        destination: `oci:${layout}:image`,
        cacheDir,
        ...(progress === undefined ? {} : { progress }),
      })
      const { manifest, config } = await readLayoutImage(layout, 'image')
      const descriptor = manifest.layers.at(-1)!
      await store.put(readChunks(layoutBlob(layout, descriptor.digest)), {
        sha256: hexOf(descriptor.digest),
        size: descriptor.size,
      })
      return {
        title: 'the environment, by buildah',
        descriptor,
        diffId: config.rootfs.diff_ids.at(-1)!,
        cached: false,
      }
    },
    { parent: cacheDir },
  )
}

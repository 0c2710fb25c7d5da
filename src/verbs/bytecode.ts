import { join } from 'node:path'
import type { Image } from '#image/assemble.js'
import { writeLayout } from '#image/layout.js'
import type { BlobStore } from '#io/blob-store.js'
import { tempDir, tempPrefix } from '#io/temp-dir.js'
import { bytecodeEntries } from '#layers/bytecode-layer.js'
import { isInStore, type LayerKey, openDescriptorCache } from '#layers/descriptor-cache.js'
import { type Layer, writeLayer } from '#layers/layer.js'
import type { WheelSource } from '#layers/wheel-reader.js'
import type { Progress } from '#progress.js'

export interface BytecodeOptions {
  /** Absolute. */
  readonly prefix: string
  /** `3.11` */
  readonly python: string
  /** Of the base, whose Python compiles. */
  readonly baseDigest: string
  readonly wheels: readonly WheelSource[]
  readonly store: BlobStore
  readonly cacheDir: string
  readonly progress?: Progress
}

export function bytecodeTitle(python: string): string {
  return `bytecode of Python ${python}`
}

/** The layer as it was made once, wherever its blob is now. */
export async function knownBytecode(options: BytecodeOptions): Promise<Layer | undefined> {
  const { cacheDir, python } = options
  return openDescriptorCache(join(cacheDir, 'layers')).recall(keyOf(options), bytecodeTitle(python))
}

/**
 * The layer with the bytecode of an environment: a function of its wheels and of the base's Python.
 * @param plain makes the image without it; its layers lie in `sources`
 * @param spare whether a layer that was made once need not be there
 * @throws SvcsplitError E-EXE-* if nothing can run the image here; E-IMG-*, E-FS-*
 */
export async function bytecodeLayer(
  options: BytecodeOptions,
  { plain, sources }: { readonly plain: () => Promise<Image>; readonly sources: readonly string[] },
  spare: (layer: Layer) => Promise<boolean>,
): Promise<Layer> {
  const { store, cacheDir, prefix, python, progress } = options
  const known = await knownBytecode(options)
  if (known !== undefined && ((await isInStore(known, store)) || (await spare(known)))) return known
  progress?.step?.('bytecode')
  const { compileImage } = await import('#verify/compile-image.js')
  return tempDir(
    `${tempPrefix}bytecode-`,
    async (work) => {
      const dir = join(work, 'layout')
      await writeLayout(dir, [{ name: 'image', image: await plain() }], sources)
      const { files, bytesOf } = await compileImage({ dir, work, prefix, python })
      const layer = await writeLayer(bytecodeTitle(python), bytecodeEntries(files, bytesOf), store)
      await openDescriptorCache(join(cacheDir, 'layers')).keep(keyOf(options), layer)
      return layer
    },
    { parent: cacheDir },
  )
}

function keyOf({ prefix, python, baseDigest, wheels }: BytecodeOptions): LayerKey {
  return ['bytecode', prefix, python, baseDigest, wheels.map(({ sha256 }) => sha256).sort()]
}

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

export interface CompileOptions {
  /** Absolute. */
  readonly prefix: string
  /** `3.11` */
  readonly python: string
  readonly store: BlobStore
  readonly cacheDir: string
  readonly progress?: Progress
}

export interface BytecodeOptions extends CompileOptions {
  /** Of the base, whose Python compiles. */
  readonly baseDigest: string
  readonly wheels: readonly WheelSource[]
}

/** An image that has no bytecode yet, and folders with `sha256/<hex>` where its layers lie. */
interface Plain {
  readonly plain: () => Promise<Image>
  readonly sources: readonly string[]
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
 * @param spare whether a layer that was made once need not be there
 * @throws SvcsplitError E-EXE-* if nothing can run the image here; E-IMG-*, E-FS-*
 */
export async function bytecodeLayer(
  options: BytecodeOptions,
  image: Plain,
  spare: (layer: Layer) => Promise<boolean>,
): Promise<Layer> {
  const known = await knownBytecode(options)
  if (known !== undefined && ((await isInStore(known, options.store)) || (await spare(known)))) return known
  const layer = await compiledLayer(options, image)
  await openDescriptorCache(join(options.cacheDir, 'layers')).keep(keyOf(options), layer)
  return layer
}

/** The layer as the Python of the image makes it now. @throws SvcsplitError E-EXE-*, E-IMG-*, E-FS-* */
export async function compiledLayer(
  { store, cacheDir, prefix, python, progress }: CompileOptions,
  { plain, sources }: Plain,
): Promise<Layer> {
  progress?.step?.('bytecode')
  const { compileImage } = await import('#verify/compile-image.js')
  return tempDir(
    `${tempPrefix}bytecode-`,
    async (work) => {
      const dir = join(work, 'layout')
      await writeLayout(dir, [{ name: 'image', image: await plain() }], sources)
      const { files, bytesOf } = await compileImage({ dir, work, prefix, python })
      return writeLayer(bytecodeTitle(python), bytecodeEntries(files, bytesOf), store)
    },
    { parent: cacheDir },
  )
}

function keyOf({ prefix, python, baseDigest, wheels }: BytecodeOptions): LayerKey {
  return ['bytecode', prefix, python, baseDigest, wheels.map(({ sha256 }) => sha256).sort()]
}

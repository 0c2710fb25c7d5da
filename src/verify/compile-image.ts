import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { readBytesSync, statusOfSync } from '#io/files.js'
import { openLooseFiles } from '#io/loose-files.js'
import type { CompiledFile } from '#layers/bytecode-layer.js'
import { hashOf } from '#wheels/record.js'
import { compileEnvironment } from './compile.js'
import { findingList } from './finding.js'
import { scanImage } from './scan.js'
import { unpackImage } from './unpack-image.js'

export interface CompileImageOptions {
  /** A layout that holds one image. */
  readonly dir: string
  /** A folder that nobody else writes to. */
  readonly work: string
  /** Of the environment; absolute. */
  readonly prefix: string
  /** `3.11` */
  readonly python: string
}

interface CompiledImage {
  readonly files: readonly CompiledFile[]
  /** @throws SvcsplitError E-EXE-FAILED if it is no longer what was said of it */
  readonly bytesOf: (file: CompiledFile) => Buffer
}

/** In the unpacked image; no base has anything of this name. */
const into = 'svcsplit-bytecode'

/**
 * Unpacks an image and compiles its environment.
 * @throws SvcsplitError E-IMG-* if it cannot be read, E-EXE-* if nothing can run it here
 */
export async function compileImage({
  dir,
  work,
  prefix,
  python,
}: CompileImageOptions): Promise<CompiledImage> {
  const { report, sorted } = findingList()
  const loose = openLooseFiles(work)
  const image = await scanImage({ dir, prefix, loose }, report)
  if (!image.sound) throw new SvcsplitError('E-IMG-UNFIT', sorted()[0]?.message ?? 'its layers are not sound')
  // Whoever compiles has no rights there but to add to this folder.
  const root = unpackImage(image, loose, work, [
    { path: into, type: 'folder', mode: 0o777, uid: 0, gid: 0, target: '' },
  ])
  const files = await compileEnvironment({
    ...{ image, python, root, into: `/${into}`, engine: 'auto' },
    sitePackages: `${image.prefix}/lib/python${python}/site-packages`,
    work: join(work, 'engine'),
  })
  const numbers = new Map(files.map((file, number) => [file, number]))
  return {
    files,
    bytesOf(file) {
      const path = join(root, into, String(numbers.get(file)))
      // A link would lead out of the image.
      const bytes = statusOfSync(path)?.kind === 'file' ? readBytesSync(path) : Buffer.alloc(0)
      if (bytes.length !== file.size || hashOf(bytes).value !== file.sha256)
        throw new SvcsplitError(
          'E-EXE-FAILED',
          `the bytecode of ${file.path} is not what its Python said of it`,
        )
      return bytes
    },
  }
}

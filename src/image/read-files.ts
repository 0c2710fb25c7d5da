import { readLayer, refuseLayer, whiteout } from '#io/read-layer.js'
import { tarWalker } from '#io/tar-reader.js'
import type { Manifest } from '#oci/manifest.js'
import { layoutBlob } from './layout.js'

/**
 * Regular files of an image in a layout, by their path relative to `/`; upper layers win, and a file that a
 * layer removes is absent. Links are not followed.
 * @throws SvcsplitError E-IMG-FORM, E-IMG-DIGEST, E-FS-*
 */
export async function readImageFiles(
  dir: string,
  manifest: Manifest,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, Buffer>> {
  const names = new Set(wanted)
  const found = new Map<string, Buffer>()
  for (const layer of manifest.layers) {
    const path = layoutBlob(dir, layer.digest)
    const here = new Map<string, Buffer | undefined>()
    const removed: string[] = []
    let current = ''
    const walker = tarWalker(
      {
        entry(entry) {
          const gone = whiteout(entry.path)
          if (gone !== undefined) removed.push(gone)
          current = entry.path
          if (!names.has(current)) return false
          here.set(current, undefined)
          return entry.type === '0'
        },
        file(bytes) {
          here.set(current, bytes)
        },
      },
      refuseLayer(path),
    )
    await readLayer(path, layer, (chunk) => walker.push(chunk))
    walker.end()
    for (const name of names)
      if (removed.some((gone) => name === gone || name.startsWith(`${gone}/`))) found.delete(name)
    for (const [name, bytes] of here) {
      if (bytes === undefined) found.delete(name)
      else found.set(name, bytes)
    }
  }
  return found
}

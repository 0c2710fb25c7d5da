import { join } from 'node:path'
import type { LooseEntry, LooseFiles } from '#io/loose-files.js'
import type { ScannedImage } from './scan.js'

/**
 * Gives the bytes of the scan their names. Devices and pipes are left out: an engine brings its own.
 * @param more entries that the image does not have
 */
export function unpackImage(
  image: ScannedImage,
  loose: LooseFiles,
  work: string,
  more: readonly LooseEntry[] = [],
): string {
  const root = join(work, 'rootfs')
  const entries: LooseEntry[] = [...more]
  const folders = new Set<string>()
  for (const [path, { type, mode, uid, gid, target, kept }] of image.tree) {
    if (type === 'folder') folders.add(path)
    if (type === 'other' || (type === 'file' && kept === undefined)) continue
    entries.push({ path, type, mode, uid, gid, target, ...(kept === undefined ? {} : { number: kept }) })
  }
  for (const path of ['proc', 'dev', 'tmp'])
    if (!folders.has(path) && !image.tree.has(path))
      entries.push({ path, type: 'folder', mode: 0o755, uid: 0, gid: 0, target: '' })
  loose.place(root, entries)
  return root
}

import { type InstalledWheel, sortEntries } from '#wheels/install-wheel.js'
import { deflatedBytes, unpackEntry, verifyEntry, type WheelEntry } from '#wheels/wheel-entry.js'
import { type LayerContent, type LayerEntry, parentFolders } from './layer-stream.js'

/** The bytes of a wheel's file. @throws SvcsplitError E-FS-* */
export type WheelBytes = (wheel: InstalledWheel) => Buffer

/**
 * The entries of a layer that holds these wheels: a function of the wheels as a set. A file that two of them
 * bring equally stands there once.
 */
export function wheelEntries(wheels: readonly InstalledWheel[], bytesOf: WheelBytes): readonly LayerEntry[] {
  const files = new Map<string, LayerEntry>()
  for (const wheel of [...wheels].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))) {
    const archive = bytesOf(wheel)
    for (const entry of wheel.entries) {
      if (files.has(entry.path)) continue
      files.set(entry.path, {
        type: 'file',
        path: entry.path,
        mode: entry.mode,
        uid: 0,
        gid: 0,
        size: entry.size,
        content: () => contentOf(entry, archive, wheel.filename),
      })
    }
  }
  return sortEntries([...parentFolders(files.keys()), ...files.values()])
}

/** The content of a wheel's file: its deflate stream where the wheel has one. */
export function contentOf(entry: WheelEntry, archive: Buffer, filename: string): LayerContent {
  const stream = deflatedBytes(entry, archive)
  const unpack = () => unpackEntry(entry, archive, filename)
  if (stream === undefined) return { bytes: unpack() }
  return { ...stream, check: (bytes) => verifyEntry(entry, bytes, filename), unpack }
}

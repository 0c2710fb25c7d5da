import { type InstalledWheel, sortEntries } from '#wheels/install-wheel.js'
import { deflatedBytes, unpackEntry, type WheelEntry } from '#wheels/wheel-entry.js'
import { type LayerContent, type LayerEntry, parentFolders } from './layer-stream.js'

/** A wheel that was read, with the bytes of its file. */
export interface ReadWheel extends InstalledWheel {
  readonly archive: Buffer
}

/**
 * The entries of a layer that holds these wheels: a function of the wheels as a set. A file that two of them
 * bring equally stands there once.
 */
export function wheelEntries(wheels: readonly ReadWheel[]): readonly LayerEntry[] {
  const files = new Map<string, LayerEntry>()
  for (const wheel of [...wheels].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))) {
    const { archive, filename } = wheel
    for (const entry of wheel.entries) {
      if (files.has(entry.path)) continue
      files.set(entry.path, {
        type: 'file',
        path: entry.path,
        mode: entry.mode,
        uid: 0,
        gid: 0,
        size: entry.size,
        content: () => contentOf(entry, archive, filename),
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
  return { deflated: stream.deflated, crc32: stream.crc32, hash: entry.hash, unpack }
}

import { type InstalledWheel, readWheelFile, sortEntries } from '#wheels/install-wheel.js'
import { unpackEntry } from '#wheels/wheel-entry.js'
import { type LayerEntry, parentFolders } from './layer-stream.js'

/**
 * The entries of a layer that holds these wheels: a function of the wheels as a set. A file that two of them
 * bring equally stands there once.
 */
export async function wheelEntries(wheels: readonly InstalledWheel[]): Promise<readonly LayerEntry[]> {
  const files = new Map<string, LayerEntry>()
  for (const wheel of [...wheels].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))) {
    const archive = readWheelFile(wheel.path)
    for (const entry of wheel.entries) {
      if (files.has(entry.path)) continue
      files.set(entry.path, {
        type: 'file',
        path: entry.path,
        mode: entry.mode,
        uid: 0,
        gid: 0,
        size: entry.size,
        read: () => unpackEntry(entry, archive, wheel.filename),
      })
    }
  }
  return sortEntries([...parentFolders(files.keys()), ...files.values()])
}

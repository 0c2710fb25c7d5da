import { readFileSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { fsError } from './errno.js'

/** Who owns a folder, and how many bytes may still be written to its file system. @throws E-FS-* */
export async function folderLimits(
  path: string,
): Promise<{ readonly uid: number; readonly freeBytes: number }> {
  try {
    const [{ uid }, { bavail, bsize }] = await Promise.all([stat(path), statfs(path)])
    return { uid, freeBytes: bavail * bsize }
  } catch (error) {
    throw fsError(error, 'look at', path)
  }
}

/** How many files this process may have open; undefined where the system does not tell. */
export function openFilesLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))
    return found === null ? undefined : Number(found[1])
  } catch {
    return undefined
  }
}

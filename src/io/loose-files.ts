import {
  chmodSync,
  closeSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf, fsError } from './errno.js'

/** Where a file, folder or link of an unpacked tree goes. */
export interface LooseEntry {
  /** Relative, in its shortest form; every parent is a folder of the tree or is in no entry. */
  readonly path: string
  readonly type: 'file' | 'folder' | 'link'
  /** Permission bits; set-uid, set-gid and sticky are not written. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Where a link points. */
  readonly target: string
  /** Which loose file this is; two entries with one number are two names of it. */
  readonly number?: number
}

/**
 * Unpacks a tree whose final form is known only at its end: bytes go to numbered files first, and get their
 * names when all is known. Links come last, so that no write can go through one. Synchronous: small files are
 * what a tree is made of, and a turn of the loop for each costs more than the write.
 */
export interface LooseFiles {
  /** Begins the next file. @returns its number */
  begin(): number
  write(bytes: Uint8Array): void
  end(): void
  /** Gives the loose files their names below `root`, a new folder. @throws E-FS-* */
  place(root: string, entries: readonly LooseEntry[]): void
}

/** @param dir a folder that nobody else writes to @throws E-FS-* */
export function openLooseFiles(dir: string): LooseFiles {
  let next = 0
  let open: number | undefined
  const pathOf = (number: number): string => join(dir, `loose-${number}`)
  const isRoot = process.getuid?.() === 0
  return {
    begin() {
      const number = next++
      open = guarded(pathOf(number), () => openSync(pathOf(number), 'wx', 0o600))
      return number
    },
    write(bytes) {
      guarded(dir, () => {
        for (let done = 0; done < bytes.length; ) done += writeSync(open!, bytes, done)
      })
    },
    end() {
      if (open !== undefined) closeSync(open)
      open = undefined
    },
    place(root, entries) {
      guarded(root, () => mkdirSync(root, { mode: 0o755 }))
      const placed = new Map<number, string>()
      const own = ({ path, uid, gid, mode, type }: LooseEntry): void => {
        // Without root everything belongs to who unpacks, who must be able to remove it again.
        if (isRoot) lchownSync(join(root, path), uid, gid)
        if (type !== 'link') chmodSync(join(root, path), (mode & 0o777) | (type === 'folder' ? 0o700 : 0o400))
      }
      const folders = entries
        .filter(({ type }) => type === 'folder')
        .sort((a, b) => (a.path < b.path ? -1 : 1))
      for (const { path } of folders) guarded(path, () => mkdirSync(join(root, path), { recursive: true }))
      for (const entry of entries) {
        if (entry.type !== 'file') continue
        guarded(entry.path, () => {
          const path = join(root, entry.path)
          const other = placed.get(entry.number!)
          const from = pathOf(entry.number!)
          if (other === undefined) withParents(path, () => renameSync(from, path))
          else withParents(path, () => linkSync(other, path))
          placed.set(entry.number!, path)
          own(entry)
        })
      }
      for (const entry of folders) guarded(entry.path, () => own(entry))
      for (const entry of entries) {
        if (entry.type !== 'link') continue
        guarded(entry.path, () => {
          const path = join(root, entry.path)
          withParents(path, () => symlinkSync(entry.target, path))
          own(entry)
        })
      }
    },
  }
}

/** Makes the folders above a path only when they are missing: nearly all are there. */
function withParents(path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    mkdirSync(dirname(path), { recursive: true })
    work()
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw fsError(error, 'unpack to', path)
  }
}

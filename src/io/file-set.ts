import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { existsSync, listDir, move, readBytes, readTextSync, remove, statusOf } from './files.js'
import { tempDir, tempPrefix } from './temp-dir.js'
import { syncFolder } from './write-files.js'

/** Where files wait, inside their folder, that are to replace those of their names beside it: each of them whole. */
export const waitingFolder = '.svcsplit-next'

/**
 * Replaces files of a folder that mean something together. Whoever reads them by `readFromSet` has all of the old ones
 * or all of the new ones, whatever ends this: they are written aside, become the ones that count by one rename, and are
 * then moved to their names, by the next run if not by this one.
 * @param write puts the new files into the folder that it is given; files that it leaves out stay as they are
 * @returns names of the files that changed
 * @throws E-FS-*, and what `write` throws: then nothing is changed
 */
export async function replaceSet(
  folder: string,
  write: (aside: string) => Promise<void>,
): Promise<readonly string[]> {
  await settle(folder)
  return tempDir(
    tempPrefix,
    async (aside) => {
      await write(aside)
      const changed: string[] = []
      for (const name of await listDir(aside)) {
        if (await isSame(join(aside, name), join(folder, name))) await remove(join(aside, name))
        else changed.push(name)
      }
      if (changed.length === 0) return changed
      await syncFolder(aside)
      await move(aside, join(folder, waitingFolder))
      await syncFolder(folder)
      await settle(folder)
      return changed
    },
    { parent: folder },
  )
}

/** Where a file of such a folder is now, or would be. */
export function pathInSet(folder: string, name: string): string {
  const waiting = join(folder, waitingFolder, name)
  return existsSync(waiting) ? waiting : join(folder, name)
}

/** A file of such a folder with the path where it is now; undefined where there is none. @throws E-FS-*, E-REQ-ENCODING */
export function readFromSet(
  folder: string,
  name: string,
): { readonly path: string; readonly text: string } | undefined {
  const place = join(folder, name)
  const path = pathInSet(folder, name)
  if (path === place && !existsSync(place)) return undefined
  try {
    return { path, text: readTextSync(path) }
  } catch (error) {
    if (path === place || !(error instanceof SvcsplitError) || error.code !== 'E-FS-NOTFOUND') throw error
    // it came to its place meanwhile
    return { path: place, text: readTextSync(place) }
  }
}

/** Moves what waits to its place. */
async function settle(folder: string): Promise<void> {
  const waiting = join(folder, waitingFolder)
  if ((await statusOf(waiting)) === undefined) return
  for (const name of await listDir(waiting)) await move(join(waiting, name), join(folder, name))
  await syncFolder(folder)
  await remove(waiting)
}

async function isSame(one: string, other: string): Promise<boolean> {
  const [a, b] = [await statusOf(one), await statusOf(other)]
  return b?.kind === 'file' && a?.size === b.size && (await readBytes(one)).equals(await readBytes(other))
}

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fsError } from './errno.js'
import { makeDir } from './make-dir.js'

/** Name of a file or folder that is being written; readers of a folder skip it, sweepers remove it when it is old. */
export const tempPrefix = '.svcsplit-tmp-'

/**
 * What nobody has touched for so long belongs to a process that died. By age alone, since another machine may
 * share the folder; a folder may be in use for hours without a change of its own. Of a file the change of its names
 * counts: a new name for an old file, on its way to its place, has the time of the old bytes.
 */
const strayFileMs = 60 * 60 * 1000
const strayFolderMs = 24 * 60 * 60 * 1000

/**
 * Removes what killed processes left in a folder: names that begin so, old ones alone. Never fails. Something has to have
 * been made in the folder just now: its own time is then the present by the clock that gives all of them their times.
 * Ours may be another one, of another machine, or be set meanwhile.
 */
async function sweepStrays(folder: string, prefix: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const present = (await stat(folder).catch(() => undefined))?.mtimeMs ?? 0
  for (const name of names) {
    if (!name.startsWith(prefix)) continue
    const stray = join(folder, name)
    const status = await stat(stray).catch(() => undefined)
    if (status === undefined) continue
    const isFolder = status.isDirectory()
    const age = present - (isFolder ? status.mtimeMs : status.ctimeMs)
    if (age < (isFolder ? strayFolderMs : strayFileMs)) continue
    await rm(stray, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** Where this process has swept already. */
const swept = new Set<string>()

/** As `sweepStrays`, which costs a look at each name: where it is written again and again, the first time alone. */
export async function sweepOnce(folder: string, prefix: string = tempPrefix): Promise<void> {
  const place = join(folder, prefix)
  if (swept.has(place)) return
  swept.add(place)
  await sweepStrays(folder, prefix)
}

/**
 * A folder that lives as long as `fn`; in `$TMPDIR`, or in `parent`. Its like that killed processes left there
 * are removed. @throws E-FS-*
 */
export async function tempDir<T>(
  prefix: string,
  fn: (path: string) => Promise<T>,
  options: { readonly parent?: string } = {},
): Promise<T> {
  const parent = options.parent ?? tmpdir()
  let path: string
  try {
    if (options.parent !== undefined) await makeDir(parent)
    path = await mkdtemp(join(parent, prefix))
  } catch (error) {
    throw fsError(error, 'make a temporary folder in', parent)
  }
  await sweepOnce(parent, prefix)
  try {
    return await fn(path)
  } finally {
    await rm(path, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined)
  }
}

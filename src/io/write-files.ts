import { randomBytes } from 'node:crypto'
import { constants, renameSync, rmSync, writeFileSync } from 'node:fs'
import {
  appendFile,
  copyFile,
  type FileHandle,
  link,
  open,
  readlink,
  realpath,
  rename,
  rm,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { errnoOf, fsError } from './errno.js'
import { readBytes, statusOf } from './files.js'
import { makeDir } from './make-dir.js'
import { sweepOnce, tempPrefix } from './temp-dir.js'

/** As many links in a row as Linux follows. */
const maxLinks = 40

export interface WriteOptions {
  /** Permission bits of a new file, before the umask. Default 0o666. */
  readonly mode?: number
  /** False for what is verified whenever it is read and can be made again: no flush to the disk. Default true. */
  readonly durable?: boolean
}

/**
 * Writes so that a reader sees the old file or the new one, whatever happens in between: into a file of the
 * same folder, flushed, then renamed. A symbolic link at the path is replaced, never followed. @throws E-FS-*
 */
export async function writeAtomic(
  path: string,
  data: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<void> {
  const isWhole = typeof data === 'string' || data instanceof Uint8Array
  if (isWhole && options.durable === false) return writeUnflushed(path, data, options.mode)
  await writeThenMove(path, options, async (handle) => {
    if (isWhole) await handle.writeFile(data)
    else for await (const chunk of data) await writeAll(handle, chunk)
  })
}

/** As `writeThenMove`. Not through the thread pool: handing four calls over takes longer than they do where nothing is flushed. */
async function writeUnflushed(path: string, data: string | Uint8Array, mode = 0o666): Promise<void> {
  const folder = dirname(path)
  const temp = tempIn(folder)
  const write = (): void => writeFileSync(temp, data, { flag: 'wx', mode })
  try {
    try {
      write()
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      await makeDir(folder)
      write()
    }
    const sweeping = sweepOnce(folder)
    renameSync(temp, path)
    await sweeping
  } catch (error) {
    try {
      rmSync(temp, { force: true })
    } catch {
      // Why it could not be written is what counts.
    }
    throw fsError(error, 'write', path)
  }
}

function tempIn(folder: string): string {
  return join(folder, `${tempPrefix}${randomBytes(9).toString('hex')}`)
}

/**
 * As `writeAtomic`, for a path that a person names: a link stays a link, and what it points at is written. A device, a
 * pipe or what is open already (`/dev/null`, `/dev/stdout`) is written to, never replaced by a file. @throws E-FS-*
 */
export async function writeOutput(path: string, data: string | Uint8Array): Promise<void> {
  const kind = (await statusOf(path, { follow: true }))?.kind
  if (kind === 'folder') throw new SvcsplitError('E-FS-KIND', `${path} is a folder`, { hint: 'name a file' })
  if (kind === 'other' || (await isOpenFile(path))) return writeInto(path, data)
  const isLink = (await statusOf(path))?.kind === 'link'
  await writeAtomic(isLink ? await realpath(path).catch(() => path) : path, data)
}

/** Whether a path is another name of what a process has open, such as `/dev/stdout`, and no place on a disk. */
async function isOpenFile(path: string): Promise<boolean> {
  let at = path
  for (let hops = 0; hops < maxLinks; hops++) {
    const folder = await realpath(dirname(at)).catch(() => undefined)
    if (folder === undefined) return false
    if (folder.startsWith('/proc/')) return true
    const target = await readlink(join(folder, basename(at))).catch(() => undefined)
    if (target === undefined) return false
    at = resolve(folder, target)
  }
  return false
}

/** At its end: whoever opened it may have written, and others may write too. */
async function writeInto(path: string, data: string | Uint8Array): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, constants.O_WRONLY | constants.O_APPEND)
    await handle.writeFile(data)
  } catch (error) {
    throw fsError(error, 'write', path)
  } finally {
    await handle?.close()
  }
}

/** Adds to the end of a file that others write to as well; makes it where there is none. @throws E-FS-* */
export async function appendText(path: string, text: string): Promise<void> {
  try {
    await appendFile(path, text)
  } catch (error) {
    throw fsError(error, 'write', path)
  }
}

/** As `writeAtomic`, and leaves a file alone that holds these bytes already. @returns whether it wrote */
export async function writeIfChanged(path: string, data: string | Uint8Array): Promise<boolean> {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const status = await statusOf(path)
  if (status?.kind === 'file' && status.size === bytes.length) {
    const present = await readBytes(path, { maxBytes: bytes.length })
    if (present.equals(bytes)) return false
  }
  await writeAtomic(path, bytes)
  return true
}

/** Writes every byte of the chunk: one `write` may do less. */
export async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, offset, chunk.length - offset)
    offset += bytesWritten
  }
}

/**
 * Runs `write` on a new file beside `path`, flushes it and renames it to `path`; removes it if anything fails. What
 * killed processes left in the folder is removed meanwhile.
 */
export async function writeThenMove<T>(
  path: string,
  options: WriteOptions,
  write: (handle: FileHandle) => Promise<T>,
  finalPath: (result: T) => string = () => path,
): Promise<T> {
  const folder = dirname(path)
  const temp = tempIn(folder)
  let handle: FileHandle | undefined
  try {
    handle = await openNew(temp, folder, options.mode)
    const sweeping = sweepOnce(folder)
    const result = await write(handle)
    if (options.durable !== false) await handle.sync()
    await handle.close()
    handle = undefined
    await rename(temp, finalPath(result))
    if (options.durable !== false) await syncFolder(folder)
    await sweeping
    return result
  } catch (error) {
    await handle?.close().catch(() => undefined)
    await rm(temp, { force: true }).catch(() => undefined)
    throw fsError(error, 'write', path)
  }
}

/** Makes the folder only when it is missing: it is nearly always there. */
async function openNew(temp: string, folder: string, mode: number | undefined): Promise<FileHandle> {
  try {
    return await open(temp, 'wx', mode ?? 0o666)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await makeDir(folder)
    return open(temp, 'wx', mode ?? 0o666)
  }
}

/** A rename lasts only when its folder is flushed; file systems that cannot do it have no such need. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined)
  if (handle === undefined) return
  await handle.sync().catch(() => undefined)
  await handle.close()
}

/** A second name for the same bytes where the file system can, else a copy. An existing target is replaced. @throws E-FS-* */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    // A name is there as a whole or not at all, without a detour.
    if (!(await linked(from, to))) await replaceBy(from, to)
  } catch (error) {
    throw fsError(error, `copy ${from} to`, to)
  }
}

/** @returns false where there is a file already, or the file system cannot do it */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (!['EEXIST', 'EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? ''))
      throw error
    return false
  }
}

async function replaceBy(from: string, to: string): Promise<void> {
  const temp = tempIn(dirname(to))
  try {
    if (!(await linked(from, temp)))
      await copyFile(from, temp, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
    await rename(temp, to)
  } finally {
    // rename does nothing when both names are the same file already
    await rm(temp, { force: true }).catch(() => undefined)
  }
}

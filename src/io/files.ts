import { randomBytes } from 'node:crypto'
import { constants, lstatSync, readFileSync, type Stats } from 'node:fs'
import {
  appendFile,
  copyFile,
  type FileHandle,
  link,
  lstat,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { errnoOf, fsError } from './errno.js'
import { makeDir } from './make-dir.js'
import { sweepOnce, tempPrefix } from './temp-dir.js'

/** What a reader of text accepts when it says nothing: larger than any legitimate list of pins or profile. */
const defaultMaxBytes = 64 * 1024 * 1024

/** As many links in a row as Linux follows. */
const maxLinks = 40

interface FileStatus {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Bytes. */
  readonly size: number
  /** Permission bits. */
  readonly mode: number
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number
}

export interface WriteOptions {
  /** Permission bits of a new file, before the umask. Default 0o666. */
  readonly mode?: number
  /** False for what is verified whenever it is read and can be made again: no flush to the disk. Default true. */
  readonly durable?: boolean
}

/** UTF-8 text without byte order mark. @throws E-FS-*, E-REQ-ENCODING */
export async function readText(path: string, options: { readonly maxBytes?: number } = {}): Promise<string> {
  return decodeText(await readBytes(path, options), path)
}

/** As `readText`; for small files on the way to the first line of output, where a turn of the loop counts. */
export function readTextSync(path: string, options: { readonly maxBytes?: number } = {}): string {
  return decodeText(readBytesSync(path, options), path)
}

export function readBytesSync(path: string, options: { readonly maxBytes?: number } = {}): Buffer {
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  try {
    const bytes = readFileSync(path)
    if (bytes.length > maxBytes) throw tooLarge(path, maxBytes)
    return bytes
  } catch (error) {
    throw fsError(error, 'read', path)
  }
}

/** The whole file. A file that is larger than `maxBytes` (default 64 MiB) is refused before it is read. @throws E-FS-* */
export async function readBytes(path: string, options: { readonly maxBytes?: number } = {}): Promise<Buffer> {
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  return withFile(path, 'r', 'read', async (handle) => {
    const status = await handle.stat()
    if (status.size > maxBytes) throw tooLarge(path, maxBytes)
    if (status.isFile() && status.size > 0) return handle.readFile()
    return readUnsized(handle, path, maxBytes)
  })
}

/** Exactly `length` bytes from `start`; fewer only where the file ends. @throws E-FS-* */
export async function readRange(path: string, start: number, length: number): Promise<Buffer> {
  return withFile(path, 'r', 'read', async (handle) => {
    const buffer = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return buffer.subarray(0, filled)
  })
}

/** The file in pieces of up to 1 MiB. @throws E-FS-* */
export async function* readChunks(path: string, chunkSize = 1024 * 1024): AsyncGenerator<Buffer> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkSize), 0, chunkSize, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } catch (error) {
    throw fsError(error, 'read', path)
  } finally {
    await handle?.close()
  }
}

/** True if something is at the path, be it a broken link. @throws E-FS-ACCESS if that cannot be known */
export async function exists(path: string): Promise<boolean> {
  return (await statusOf(path)) !== undefined
}

export function existsSync(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return false
    throw fsError(error, 'look at', path)
  }
}

/** The path without links; undefined where nothing is. @throws E-FS-* */
export async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw fsError(error, 'follow', path)
  }
}

/** What is at the path, links not followed unless asked; undefined if nothing is there. @throws E-FS-* */
export async function statusOf(
  path: string,
  options: { readonly follow?: boolean } = {},
): Promise<FileStatus | undefined> {
  try {
    return statusFrom(await (options.follow === true ? stat(path) : lstat(path)))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw fsError(error, 'look at', path)
  }
}

/** As `statusOf`; for hundreds of files, of which each would cost a turn of the loop. */
export function statusOfSync(path: string): FileStatus | undefined {
  try {
    const status = lstatSync(path, { throwIfNoEntry: false })
    return status === undefined ? undefined : statusFrom(status)
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined
    throw fsError(error, 'look at', path)
  }
}

function statusFrom(status: Stats): FileStatus {
  const kind = status.isFile()
    ? 'file'
    : status.isDirectory()
      ? 'folder'
      : status.isSymbolicLink()
        ? 'link'
        : 'other'
  return { kind, size: status.size, mode: status.mode & 0o7777, mtimeMs: status.mtimeMs }
}

/** Names in a folder, sorted by code unit, unfinished writes left out. @throws E-FS-* */
export async function listDir(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).filter((name) => !name.startsWith(tempPrefix)).sort()
  } catch (error) {
    throw fsError(error, 'list', path)
  }
}

/** Where a symbolic link points, as it is written. @throws E-FS-* */
export async function linkTarget(path: string): Promise<string> {
  try {
    return await readlink(path)
  } catch (error) {
    throw fsError(error, 'read the link', path)
  }
}

export async function ensureDir(path: string): Promise<void> {
  try {
    await makeDir(path)
  } catch (error) {
    throw fsError(error, 'make the folder', path)
  }
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
  await writeThenMove(path, options, async (handle) => {
    if (typeof data === 'string' || data instanceof Uint8Array) await handle.writeFile(data)
    else for await (const chunk of data) await writeAll(handle, chunk)
  })
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
  const temp = join(folder, `${tempPrefix}${randomBytes(9).toString('hex')}`)
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

/** Removes a file or a whole folder; nothing there is fine. Links inside are removed, not followed. @throws E-FS-* */
export async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    throw fsError(error, 'remove', path)
  }
}

/** Moves within one file system; atomic. @throws E-FS-* */
export async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    throw fsError(error, `move ${from} to`, to)
  }
}

/** A second name for the same bytes where the file system can, else a copy. An existing target is replaced. @throws E-FS-* */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  const temp = join(dirname(to), `${tempPrefix}${randomBytes(9).toString('hex')}`)
  try {
    await link(from, temp).catch(async (error: unknown) => {
      if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error
      await copyFile(from, temp, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
    })
    await rename(temp, to)
  } catch (error) {
    throw fsError(error, `copy ${from} to`, to)
  } finally {
    // rename does nothing when both names are the same file already
    await rm(temp, { force: true }).catch(() => undefined)
  }
}

async function withFile<T>(
  path: string,
  flags: string,
  action: string,
  fn: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, flags)
    return await fn(handle)
  } catch (error) {
    throw fsError(error, action, path)
  } finally {
    await handle?.close()
  }
}

/** Pipes and files of /proc have no size: read until the end, or until it is too much. */
async function readUnsized(handle: FileHandle, path: string, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(65_536), 0, 65_536, null)
    if (bytesRead === 0) return Buffer.concat(chunks)
    total += bytesRead
    if (total > maxBytes) throw tooLarge(path, maxBytes)
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

function tooLarge(path: string, maxBytes: number): SvcsplitError {
  return new SvcsplitError('E-FS-LIMIT', `${path} is larger than ${maxBytes} bytes`, { at: { path } })
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new SvcsplitError('E-REQ-ENCODING', `${path} is not UTF-8`, {
      at: { path },
      hint: 'save the file as UTF-8',
      cause,
    })
  }
}

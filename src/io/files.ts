import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, readdir, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { SvcsplitError } from '#errors.js'
import { errnoOf, fsError } from './errno.js'
import { makeDir } from './make-dir.js'
import { tempPrefix } from './temp-dir.js'

/** What a reader of text accepts when it says nothing: larger than any legitimate list of pins or profile. */
const defaultMaxBytes = 64 * 1024 * 1024

interface FileStatus {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Bytes. */
  readonly size: number
  /** Permission bits. */
  readonly mode: number
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number
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
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, readFlags(path))
    const status = fstatSync(descriptor)
    requireNoPipe(status, path)
    if (status.size > maxBytes) throw tooLarge(path, maxBytes)
    const bytes = readFileSync(descriptor)
    if (bytes.length > maxBytes) throw tooLarge(path, maxBytes)
    return bytes
  } catch (error) {
    throw fsError(error, 'read', path)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** Opening a pipe would wait for somebody who writes to it, for ever. What the shell makes of `<(...)` is below /dev. */
function readFlags(path: string): number {
  return path.startsWith('/dev/') ? constants.O_RDONLY : constants.O_RDONLY | constants.O_NONBLOCK
}

function requireNoPipe(status: Stats, path: string): void {
  if (status.isFIFO() && !path.startsWith('/dev/'))
    throw new SvcsplitError('E-FS-KIND', `${path} is not a file`, { at: { path } })
}

/** The whole file. A file that is larger than `maxBytes` (default 64 MiB) is refused before it is read. @throws E-FS-* */
export async function readBytes(path: string, options: { readonly maxBytes?: number } = {}): Promise<Buffer> {
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  return withFile(path, async (handle) => {
    const status = await handle.stat()
    if (status.size > maxBytes) throw tooLarge(path, maxBytes)
    if (status.isFile() && status.size > 0) return handle.readFile()
    return readUnsized(handle, path, maxBytes)
  })
}

/** Exactly `length` bytes from `start`; fewer only where the file ends. @throws E-FS-* */
export async function readRange(path: string, start: number, length: number): Promise<Buffer> {
  return withFile(path, async (handle) => {
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
    handle = await openToRead(path)
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

async function openToRead(path: string): Promise<FileHandle> {
  const handle = await open(path, readFlags(path))
  try {
    requireNoPipe(await handle.stat(), path)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function withFile<T>(path: string, fn: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined
  try {
    handle = await openToRead(path)
    return await fn(handle)
  } catch (error) {
    throw fsError(error, 'read', path)
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

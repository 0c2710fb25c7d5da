import { gunzipSync } from 'node:zlib'
import { SvcsplitError } from '#errors.js'
import { bufferSource } from './byte-sources.js'
import { readZipDirectory, readZipMember } from './zip-directory.js'

/** Unpacked sdists of real distributions stay far below. */
const maxUnpacked = 768 * 1024 * 1024

/** The text of `<folder>/PKG-INFO`; undefined if there is none, or if the archive has a form that is not read. @throws E-SDT-FORM */
export async function readSdistMetadata(
  bytes: Buffer,
  filename: string,
  longest: number = maxUnpacked,
): Promise<string | undefined> {
  if (filename.endsWith('.zip')) {
    const source = bufferSource(filename, bytes)
    const member = (await readZipDirectory(source)).find(({ name }) => /^[^/]+\/PKG-INFO$/.test(name))
    return member === undefined ? undefined : (await readZipMember(source, member)).toString('utf8')
  }
  if (!/\.(?:tar\.gz|tgz)$/.test(filename)) return undefined
  let tar: Buffer
  try {
    tar = gunzipSync(bytes, { maxOutputLength: longest })
  } catch (cause) {
    throw new SvcsplitError('E-SDT-FORM', `${filename} is no gzip archive, or it is damaged`, { cause })
  }
  return findInTar(tar, /^(?:\.\/)?[^/]+\/PKG-INFO$/, filename)?.toString('utf8')
}

/**
 * PKG-INFO states the whole truth only from Metadata 2.2 on, and only for fields that are not listed as Dynamic
 * (PEP 643). Older ones leave requirements out, and `requires.txt` beside them may be of another Python.
 */
export function isStatic(metadata: {
  readonly metadataVersion: string
  readonly dynamic: readonly string[]
}): boolean {
  const [major = 0, minor = 0] = metadata.metadataVersion.split('.').map(Number)
  if (major < 2 || (major === 2 && minor < 2)) return false
  const dynamic = new Set(metadata.dynamic.map((field) => field.toLowerCase()))
  return !['requires-dist', 'requires-python', 'provides-extra'].some((field) => dynamic.has(field))
}

/** The first regular file whose path matches, in a tar archive held in memory (POSIX ustar with PAX and GNU names). */
function findInTar(tar: Buffer, wanted: RegExp, filename: string): Buffer | undefined {
  let nextPath: string | undefined
  let nextSize: number | undefined
  for (let at = 0; at + 512 <= tar.length; ) {
    const header = tar.subarray(at, at + 512)
    if (header[0] === 0) return undefined
    if (!checksumHolds(header)) throw damaged(filename)
    const kind = String.fromCharCode(header[156]!)
    const ownSize = sizeOf(header, filename)
    const size = nextSize ?? ownSize
    const start = at + 512
    if (start + size > tar.length) throw damaged(filename)
    const body = tar.subarray(start, start + size)
    at = start + Math.ceil(size / 512) * 512
    if (kind === 'x') {
      const records = paxRecords(body, filename)
      nextPath = records.get('path') ?? nextPath
      nextSize = records.has('size') ? Number(records.get('size')) : undefined
      if (nextSize !== undefined && !Number.isSafeInteger(nextSize)) throw damaged(filename)
    } else if (kind === 'L') nextPath = textOf(body)
    else if (kind === 'g') {
      // Readers differ on whether a path or size for all entries counts.
      const records = paxRecords(body, filename)
      if (records.has('path') || records.has('size')) throw damaged(filename)
    } else {
      const prefix = header.toString('latin1', 257, 262) === 'ustar' ? textOf(header.subarray(345, 500)) : ''
      const path = nextPath ?? (prefix === '' ? '' : `${prefix}/`) + textOf(header.subarray(0, 100))
      nextPath = undefined
      nextSize = undefined
      if ((kind === '0' || kind === '\0') && wanted.test(path)) return body
    }
  }
  return undefined
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

function sizeOf(header: Buffer, filename: string): number {
  const field = header.subarray(124, 136)
  const size =
    (field[0]! & 0x80) !== 0
      ? Number(BigInt(`0x${field.subarray(1).toString('hex')}`))
      : Number.parseInt(textOf(field).trim() || '0', 8)
  if (!Number.isSafeInteger(size) || size < 0) throw damaged(filename)
  return size
}

function checksumHolds(header: Buffer): boolean {
  let sum = 8 * 32
  for (let at = 0; at < 512; at++) if (at < 148 || at >= 156) sum += header[at]!
  return sum === Number.parseInt(textOf(header.subarray(148, 156)).trim(), 8)
}

function paxRecords(body: Buffer, filename: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at)
    const length = space < 0 ? Number.NaN : Number(body.toString('latin1', at, space))
    if (!Number.isSafeInteger(length) || length <= space - at || at + length > body.length)
      throw damaged(filename)
    const record = body.toString('utf8', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

function damaged(filename: string): SvcsplitError {
  return new SvcsplitError('E-SDT-FORM', `${filename} is a damaged tar archive`)
}

import { crc32, inflateRawSync } from 'node:zlib'
import { SvcsplitError, visible } from '#errors.js'

/** Bytes at places: a file on disk, a buffer, or ranges of a file on a server. */
export interface ByteSource {
  /** For messages. */
  readonly name: string
  readonly size: number
  /** Exactly these bytes. */
  read(start: number, length: number): Promise<Buffer>
}

export interface ZipMember {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packedSize: number
  readonly size: number
  readonly offset: number
}

interface DirectoryPlace {
  readonly count: number
  readonly size: number
  readonly offset: number
}

const maxDirectory = 64 * 1024 * 1024
const maxMember = 32 * 1024 * 1024
const endRecordSize = 22
const locatorSize = 20

/**
 * The central directory of a zip archive (PKWARE APPNOTE 4.3.12 to 4.3.16, zip64 included), read from its end, so that
 * of a wheel on a server only the end has to be fetched. Only facts are read this way; what is installed is checked
 * in full by its own reader. @throws E-IDX-METADATA
 */
export async function readZipDirectory(source: ByteSource): Promise<readonly ZipMember[]> {
  const end = await findEnd(source)
  if (end.size > maxDirectory || end.offset + end.size > source.size)
    throw broken(source, 'has an impossible directory')
  const directory = await source.read(end.offset, end.size)
  const members: ZipMember[] = []
  for (let at = 0; members.length < end.count; ) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50)
      throw broken(source, 'has a damaged directory')
    const nameLength = directory.readUInt16LE(at + 28)
    const extraLength = directory.readUInt16LE(at + 30)
    const next = at + 46 + nameLength + extraLength + directory.readUInt16LE(at + 32)
    if (next > directory.length) throw broken(source, 'has a damaged directory')
    const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength)
    const wide = zip64Fields(extra, [
      directory.readUInt32LE(at + 24),
      directory.readUInt32LE(at + 20),
      directory.readUInt32LE(at + 42),
    ])
    members.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      method: directory.readUInt16LE(at + 8) & 1 ? -1 : directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      size: wide[0]!,
      packedSize: wide[1]!,
      offset: wide[2]!,
    })
    at = next
  }
  return members
}

/** The bytes of one member, unpacked and checked against its CRC-32. @throws E-IDX-METADATA */
export async function readZipMember(source: ByteSource, member: ZipMember): Promise<Buffer> {
  const what = visible(member.name)
  if (member.size > maxMember || member.packedSize > maxMember)
    throw broken(source, `has a ${what} that is too large`)
  // name and extra field may be longer in the local header; nearly always one read is enough
  const guess = 30 + Buffer.byteLength(member.name) + 64 + member.packedSize
  const head = await source.read(member.offset, Math.min(guess, source.size - member.offset))
  if (head.length < 30 || head.readUInt32LE(0) !== 0x04034b50)
    throw broken(source, `has no ${what} where it should be`)
  const start = 30 + head.readUInt16LE(26) + head.readUInt16LE(28)
  const packed =
    start + member.packedSize <= head.length
      ? head.subarray(start, start + member.packedSize)
      : await source.read(member.offset + start, member.packedSize)
  const bytes = unpack(source, member, packed)
  if (bytes.length !== member.size || crc32(bytes) !== member.crc)
    throw broken(source, `has a damaged ${what}`)
  return bytes
}

function unpack(source: ByteSource, member: ZipMember, packed: Buffer): Buffer {
  if (member.method === 0) return packed
  if (member.method !== 8)
    throw broken(source, `has ${visible(member.name)} packed in a way that wheels do not use`)
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, member.size) })
  } catch (cause) {
    throw broken(source, `has a damaged ${visible(member.name)}`, cause)
  }
}

/** Wheels have no archive comment: the last 22 bytes do, and the 64 KiB that a comment could fill are rarely fetched. */
async function findEnd(source: ByteSource): Promise<DirectoryPlace> {
  for (const length of [endRecordSize, endRecordSize + 0xffff]) {
    const tail = await source.read(Math.max(0, source.size - length), Math.min(source.size, length))
    for (let at = tail.length - endRecordSize; at >= 0; at--) {
      if (tail.readUInt32LE(at) !== 0x06054b50) continue
      if (at + endRecordSize + tail.readUInt16LE(at + 20) !== tail.length) continue
      const end = {
        count: tail.readUInt16LE(at + 10),
        size: tail.readUInt32LE(at + 12),
        offset: tail.readUInt32LE(at + 16),
      }
      const isWide = end.count === 0xffff || end.size === 0xffff_ffff || end.offset === 0xffff_ffff
      return isWide ? findWideEnd(source, source.size - tail.length + at) : end
    }
  }
  throw broken(source, 'is no zip archive, or it is cut off')
}

async function findWideEnd(source: ByteSource, end: number): Promise<DirectoryPlace> {
  if (end < locatorSize) throw broken(source, 'has a damaged directory')
  const locator = await source.read(end - locatorSize, locatorSize)
  const position = locator.readUInt32LE(0) === 0x07064b50 ? Number(locator.readBigUInt64LE(8)) : source.size
  if (position + 56 > source.size) throw broken(source, 'has a damaged directory')
  const record = await source.read(position, 56)
  if (record.readUInt32LE(0) !== 0x06064b50) throw broken(source, 'has a damaged directory')
  return {
    count: Number(record.readBigUInt64LE(32)),
    size: Number(record.readBigUInt64LE(40)),
    offset: Number(record.readBigUInt64LE(48)),
  }
}

/** Size, packed size and offset: the fields that are all ones are found, in this order, in the zip64 extra field. */
function zip64Fields(extra: Buffer, fields: readonly number[]): readonly number[] {
  if (!fields.includes(0xffff_ffff)) return fields
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2))
    let place = at + 4
    return fields.map((field) => {
      if (field !== 0xffff_ffff || place + 8 > end) return field
      place += 8
      return Number(extra.readBigUInt64LE(place - 8))
    })
  }
  return fields
}

function broken(source: ByteSource, message: string, cause?: unknown): SvcsplitError {
  return new SvcsplitError('E-IDX-METADATA', `${source.name} ${message}`, { cause })
}

import { type ErrorCode, SvcsplitError } from '#errors.js'

/** Where the central directory lies, as the end records say (APPNOTE 4.3.14 to 4.3.16). */
interface ZipEnd {
  readonly entries: number
  readonly directoryStart: number
  /** Equal to the place of the first end record: nothing may lie between. */
  readonly directoryEnd: number
}

const endSignature = 0x06054b50
const endSize = 22
const locatorSignature = 0x07064b50
const locatorSize = 20
const end64Signature = 0x06064b50
const end64Size = 56
const maxComment = 0xffff

/**
 * Finds the one end record. A comment is accepted only where it cannot be taken for more of the archive.
 * @throws SvcsplitError E-WHL-KIND, E-WHL-TRUNC, E-WHL-DIFF
 */
export function readZipEnd(bytes: Buffer, archive: string): ZipEnd {
  const refuse = (code: ErrorCode, problem: string): never => {
    throw new SvcsplitError(code, problem, { at: { archive } })
  }
  const first = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0
  if (first !== 0x04034b50) {
    if (first === endSignature) refuse('E-WHL-DISTINFO', 'the wheel is empty')
    const zip = bytes.lastIndexOf('PK\x05\x06') >= 0
    refuse(zip ? 'E-WHL-DIFF' : 'E-WHL-KIND', zip ? 'bytes lie before the first member' : 'not a zip archive')
  }
  if (isTar(bytes)) refuse('E-WHL-KIND', 'the file is a tar archive as well')

  const end = bytes.lastIndexOf('PK\x05\x06')
  if (end < 0 || end + endSize > bytes.length) refuse('E-WHL-TRUNC', 'the archive has no end record')
  const commentEnd = end + endSize + bytes.readUInt16LE(end + 20)
  if (commentEnd > bytes.length) refuse('E-WHL-TRUNC', 'the archive ends within its comment')
  if (commentEnd < bytes.length) refuse('E-WHL-DIFF', 'bytes lie after the end record')
  if (end < bytes.length - endSize - maxComment) refuse('E-WHL-DIFF', 'bytes lie after the end record')
  const comment = bytes.toString('latin1', end + endSize, commentEnd)
  if (!/^[\x20-\x7e\r\n\t]*$/.test(comment) || comment.includes('PK'))
    refuse('E-WHL-DIFF', 'the comment of the archive could be taken for a part of it')

  const short = {
    disk: bytes.readUInt16LE(end + 4),
    directoryDisk: bytes.readUInt16LE(end + 6),
    entriesHere: bytes.readUInt16LE(end + 8),
    entries: bytes.readUInt16LE(end + 10),
    size: bytes.readUInt32LE(end + 12),
    start: bytes.readUInt32LE(end + 16),
  }
  const hasLocator = end >= locatorSize && bytes.readUInt32LE(end - locatorSize) === locatorSignature
  const long = hasLocator ? readEnd64(bytes, end - locatorSize, refuse) : undefined
  const pick = (value: number, sentinel: number, value64: number | undefined): number => {
    if (value64 === undefined) return value
    if (value !== sentinel && value !== value64)
      refuse('E-WHL-DIFF', 'the end record and the zip64 end record differ')
    return value64
  }
  const entries = pick(short.entries, 0xffff, long?.entries)
  const entriesHere = pick(short.entriesHere, 0xffff, long?.entriesHere)
  const size = pick(short.size, 0xffffffff, long?.size)
  const directoryStart = pick(short.start, 0xffffffff, long?.start)
  const disk = pick(short.disk, 0xffff, long?.disk)
  const directoryDisk = pick(short.directoryDisk, 0xffff, long?.directoryDisk)
  if (disk !== 0 || directoryDisk !== 0 || entriesHere !== entries)
    refuse('E-WHL-DIFF', 'the archive claims to be split over disks')
  const directoryEnd = long?.at ?? end
  if (directoryStart + size !== directoryEnd)
    refuse('E-WHL-DIFF', 'the central directory does not lie where the end record says')
  return { entries, directoryStart, directoryEnd }
}

interface End64 {
  readonly at: number
  readonly disk: number
  readonly directoryDisk: number
  readonly entriesHere: number
  readonly entries: number
  readonly size: number
  readonly start: number
}

function readEnd64(
  bytes: Buffer,
  locator: number,
  refuse: (code: ErrorCode, problem: string) => never,
): End64 {
  const at = locator - end64Size
  if (at < 0 || bytes.readUInt32LE(at) !== end64Signature)
    refuse('E-WHL-DIFF', 'the zip64 end record is not before its locator, or holds extensible data')
  if (readSize(bytes, at + 4) !== end64Size - 12) refuse('E-WHL-DIFF', 'the zip64 end record has an odd size')
  if (
    bytes.readUInt32LE(locator + 4) !== 0 ||
    readSize(bytes, locator + 8) !== at ||
    bytes.readUInt32LE(locator + 16) !== 1
  )
    refuse('E-WHL-DIFF', 'the zip64 locator points elsewhere')
  return {
    at,
    disk: bytes.readUInt32LE(at + 16),
    directoryDisk: bytes.readUInt32LE(at + 20),
    entriesHere: readSize(bytes, at + 24),
    entries: readSize(bytes, at + 32),
    size: readSize(bytes, at + 40),
    start: readSize(bytes, at + 48),
  }
}

/** 64 bits; what does not fit in a double is larger than any file and stays so. */
export function readSize(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}

/** A file may be a zip and a tar at once; which of the two is installed would then depend on the reader. */
function isTar(bytes: Buffer): boolean {
  if (bytes.length < 512 || bytes.toString('latin1', 257, 262) !== 'ustar') return false
  let sum = 8 * 0x20
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += bytes[i]!
  return Number.parseInt(bytes.toString('latin1', 148, 156).replace(/[\0 ]/g, ''), 8) === sum
}

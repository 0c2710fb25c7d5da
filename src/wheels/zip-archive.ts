import { type ErrorCode, SvcsplitError } from '#errors.js'
import { decodeMemberName, foldName } from './member-name.js'
import { readSize, readZipEnd } from './zip-end.js'

/** One member of a zip archive, of which central directory and local header say the same. */
export interface ZipMember {
  /** As written, with `/`; of a folder with a trailing one. */
  readonly name: string
  readonly directory: boolean
  /** Unix mode with its file-type bits; 0 when the archiver did not say. */
  readonly mode: number
  readonly method: 0 | 8
  readonly crc32: number
  /** Where the packed bytes begin in the archive. */
  readonly start: number
  /** Bytes. */
  readonly packedSize: number
  /** Bytes. */
  readonly size: number
}

interface ZipLimits {
  readonly members: number
  /** Bytes of all members unpacked. */
  readonly size: number
  /** From this size on, `ratio` counts. */
  readonly bombSize: number
  readonly ratio: number
}

export const wheelLimits: ZipLimits = {
  members: 100_000,
  size: 2 * 1024 ** 3,
  bombSize: 64 * 1024 ** 2,
  ratio: 50,
}

const centralSignature = 0x02014b50
const centralSize = 46
const localSignature = 0x04034b50
const localSize = 30
const descriptorSignature = 0x08074b50

/** How hard deflate tried (1, 2), data descriptor (3), UTF-8 (11); all others change how data is read. */
const knownFlags = 0x0002 | 0x0004 | 0x0008 | 0x0800
const descriptorFlag = 0x0008

/** A view costs as much as all else that is done for most members. */
const noExtra = Buffer.alloc(0)

interface Record extends ZipMember {
  readonly flags: number
  readonly offset: number
  /** Where the central directory has the name. */
  readonly nameStart: number
  readonly nameEnd: number
}

type Refuse = (code: ErrorCode, problem: string) => never

/**
 * Reads the members of a wheel, and refuses every archive that two readers could read two ways: each byte of
 * the file belongs to exactly one record, and each fact that stands twice stands there equally
 * (APPNOTE 6.3.10; what readers differ in is told in the decision on reading wheels).
 * @param archive its name, for errors
 * @throws SvcsplitError E-WHL-* with archive and member
 */
export function readZipArchive(bytes: Buffer, archive: string, limits = wheelLimits): readonly ZipMember[] {
  const end = readZipEnd(bytes, archive)
  if (end.entries > limits.members)
    throw new SvcsplitError('E-WHL-LIMIT', `${end.entries} members where ${limits.members} are allowed`, {
      at: { archive },
    })
  const records: Record[] = []
  let at = end.directoryStart
  while (at < end.directoryEnd) {
    if (records.length === end.entries)
      throw new SvcsplitError(
        'E-WHL-DIFF',
        'the central directory has more members than the end record says',
        {
          at: { archive },
        },
      )
    const record = readCentral(bytes, at, end.directoryEnd, archive)
    records.push(record.value)
    at = record.end
  }
  if (records.length !== end.entries)
    throw new SvcsplitError(
      'E-WHL-TRUNC',
      'the central directory has fewer members than the end record says',
      {
        at: { archive },
      },
    )
  checkNames(records, archive)
  const members = checkLocals(bytes, records, end.directoryStart, archive)
  checkSizes(members, bytes.length, archive, limits)
  return members
}

function readCentral(
  bytes: Buffer,
  at: number,
  limit: number,
  archive: string,
): { value: Record; end: number } {
  if (at + centralSize > limit || bytes.readUInt32LE(at) !== centralSignature)
    throw new SvcsplitError('E-WHL-DIFF', 'the central directory holds something that is not a member', {
      at: { archive },
    })
  const flags = bytes.readUInt16LE(at + 8)
  const nameLength = bytes.readUInt16LE(at + 28)
  const extraLength = bytes.readUInt16LE(at + 30)
  const commentLength = bytes.readUInt16LE(at + 32)
  const nameStart = at + centralSize
  const end = nameStart + nameLength + extraLength + commentLength
  if (end > limit)
    throw new SvcsplitError('E-WHL-TRUNC', 'the central directory ends within a member', { at: { archive } })
  const nameEnd = nameStart + nameLength
  const name = decodeMemberName(bytes, nameStart, nameEnd, flags, archive)
  const refuse: Refuse = (code, problem) => {
    throw new SvcsplitError(code, problem, { at: { archive, member: name } })
  }
  const method = bytes.readUInt16LE(at + 10)
  if ((flags & 0x0041) !== 0) refuse('E-WHL-METHOD', 'the member is encrypted')
  if ((flags & ~knownFlags) !== 0) refuse('E-WHL-METHOD', `the member has the flags 0x${flags.toString(16)}`)
  if (method !== 0 && method !== 8)
    return refuse('E-WHL-METHOD', `the member is packed by method ${method}, not deflate`)
  if (bytes.readUInt16LE(at + 34) !== 0) refuse('E-WHL-DIFF', 'the member claims to lie on another disk')
  const sizes = widen(
    extraLength === 0 ? noExtra : bytes.subarray(nameEnd, nameEnd + extraLength),
    [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)],
    refuse,
  )
  const mode = bytes.readUInt16LE(at + 40)
  const directory = name.endsWith('/')
  checkMode(mode, directory, refuse)
  const value: Record = {
    name,
    nameStart,
    nameEnd,
    directory,
    mode,
    flags,
    method,
    crc32: bytes.readUInt32LE(at + 16),
    size: sizes[0]!,
    packedSize: sizes[1]!,
    offset: sizes[2]!,
    start: 0,
  }
  return { value, end }
}

/** Files must be regular or say nothing; bits beyond 0777 would give rights that no library needs. */
function checkMode(mode: number, directory: boolean, refuse: Refuse): void {
  const type = mode & 0o170000
  if (directory) {
    if (type !== 0 && type !== 0o040000) refuse('E-WHL-LINK', 'a folder that is marked as something else')
    return
  }
  if (type === 0o120000) refuse('E-WHL-LINK', 'a symbolic link')
  if (type !== 0 && type !== 0o100000) refuse('E-WHL-LINK', 'not a regular file')
  if ((mode & 0o7000) !== 0)
    refuse('E-WHL-MODE', `the mode ${(mode & 0o7777).toString(8)} sets uid, gid or sticky`)
}

/**
 * Replaces each value that says "see the zip64 field" (APPNOTE 4.5.3). The field holds just those values, in
 * order; a field that holds more or less is read differently by different readers. One that repeats what the header
 * says, value for value, can only be read one way, and real wheels have it (protobuf's, from Bazel).
 */
function widen(extra: Buffer, values: readonly number[], refuse: Refuse): readonly number[] {
  if (extra.length === 0 && !values.includes(0xffffffff)) return values
  const missing = values.filter((value) => value === 0xffffffff).length
  let field: Buffer | undefined
  for (let at = 0; at < extra.length; ) {
    const end = at + 4 <= extra.length ? at + 4 + extra.readUInt16LE(at + 2) : Number.POSITIVE_INFINITY
    if (end > extra.length) return refuse('E-WHL-DIFF', 'an extra field is longer than its place')
    const id = extra.readUInt16LE(at)
    if (id === 0x7075) refuse('E-WHL-DIFF', 'a second name for readers that know it')
    if (id === 0x0001) {
      if (field !== undefined) refuse('E-WHL-DIFF', 'two zip64 fields')
      field = extra.subarray(at + 4, end)
    }
    at = end
  }
  if (field !== undefined && missing === 0 && repeats(field, values)) return values
  if ((field?.length ?? 0) !== missing * 8)
    refuse('E-WHL-DIFF', 'a zip64 field that is too long or too short')
  let read = 0
  return values.map((value) => (value === 0xffffffff ? readSize(field!, 8 * read++) : value))
}

/** Whether a zip64 field holds just the first values of the header, in their order. */
function repeats(field: Buffer, values: readonly number[]): boolean {
  const count = field.length / 8
  if (!Number.isInteger(count) || count === 0 || count > values.length) return false
  return values.slice(0, count).every((value, index) => field.readBigUInt64LE(8 * index) === BigInt(value))
}

function checkNames(records: readonly Record[], archive: string): void {
  const seen = new Set<string>()
  const folded = new Map<string, string>()
  for (const { name } of records) {
    const fold = foldName(name)
    const other = folded.get(fold)
    if (seen.has(name)) throw duplicate('the name stands twice', name, archive)
    if (other !== undefined)
      throw duplicate(`the name differs from ${other} only by case or Unicode form`, name, archive)
    seen.add(name)
    folded.set(fold, name)
  }
}

function duplicate(problem: string, member: string, archive: string): SvcsplitError {
  return new SvcsplitError('E-WHL-DUP', problem, { at: { archive, member } })
}

/** Local headers, packed bytes and data descriptors must fill the file up to the central directory. */
function checkLocals(
  bytes: Buffer,
  records: readonly Record[],
  directoryStart: number,
  archive: string,
): readonly ZipMember[] {
  const inOrder = [...records].sort((a, b) => a.offset - b.offset)
  if (inOrder[0] !== undefined && inOrder[0].offset !== 0)
    throw new SvcsplitError('E-WHL-DIFF', 'bytes lie before the first member', { at: { archive } })
  return inOrder.map((record, index) => {
    const refuse: Refuse = (code, problem) => {
      throw new SvcsplitError(code, problem, { at: { archive, member: record.name } })
    }
    const next = inOrder[index + 1]?.offset ?? directoryStart
    const start = checkLocal(bytes, record, next, refuse)
    const end = start + record.packedSize
    if (end > next) refuse('E-WHL-DIFF', 'the member overlaps what follows it')
    if ((record.flags & descriptorFlag) !== 0) checkDescriptor(bytes, record, end, next, refuse)
    else if (end !== next) refuse('E-WHL-DIFF', 'bytes that belong to no member follow')
    const { name, directory, mode, method, crc32, packedSize, size } = record
    if (directory && (size !== 0 || packedSize > 2)) refuse('E-WHL-DIFF', 'a folder that holds bytes')
    return { name, directory, mode, method, crc32, start, packedSize, size }
  })
}

/** @returns where the packed bytes begin */
function checkLocal(bytes: Buffer, record: Record, next: number, refuse: Refuse): number {
  const at = record.offset
  if (at + localSize > next || bytes.readUInt32LE(at) !== localSignature)
    return refuse('E-WHL-DIFF', 'there is no local header where the central directory says')
  const nameLength = bytes.readUInt16LE(at + 26)
  const extraLength = bytes.readUInt16LE(at + 28)
  const start = at + localSize + nameLength + extraLength
  if (start > next) refuse('E-WHL-DIFF', 'the local header overlaps what follows it')
  const nameEnd = at + localSize + nameLength
  const differs = (what: string): never =>
    refuse('E-WHL-DIFF', `local header and central directory differ in ${what}`)
  if (bytes.compare(bytes, at + localSize, nameEnd, record.nameStart, record.nameEnd) !== 0)
    differs('the name')
  if (bytes.readUInt16LE(at + 6) !== record.flags) differs('the flags')
  if (bytes.readUInt16LE(at + 8) !== record.method) differs('the method')
  const crc32 = bytes.readUInt32LE(at + 14)
  const [size, packedSize] = widen(
    extraLength === 0 ? noExtra : bytes.subarray(nameEnd, start),
    [bytes.readUInt32LE(at + 22), bytes.readUInt32LE(at + 18)],
    refuse,
  )
  // With a data descriptor the local header may leave all three to it.
  const later = (record.flags & descriptorFlag) !== 0
  if (crc32 !== record.crc32 && !(later && crc32 === 0)) differs('the CRC-32')
  if (size !== record.size && !(later && size === 0)) differs('the size')
  if (packedSize !== record.packedSize && !(later && packedSize === 0)) differs('the packed size')
  if (record.method === 0 && record.size !== record.packedSize)
    refuse('E-WHL-DIFF', 'a stored member has two sizes')
  if (later && record.method === 0 && record.size > 0)
    refuse('E-WHL-DIFF', 'a stored member whose end a streaming reader cannot find')
  return start
}

/** A descriptor comes with or without signature, and with sizes of 4 or 8 bytes: its length tells which. */
function checkDescriptor(bytes: Buffer, record: Record, at: number, end: number, refuse: Refuse): void {
  const length = end - at
  const signed = length === 16 || length === 24
  if (!signed && length !== 12 && length !== 20)
    refuse('E-WHL-DIFF', 'the data descriptor is missing or has an odd size')
  if (signed && bytes.readUInt32LE(at) !== descriptorSignature)
    refuse('E-WHL-DIFF', 'the data descriptor is not one')
  const fields = signed ? at + 4 : at
  const wide = length >= 20
  const packedSize = wide ? readSize(bytes, fields + 4) : bytes.readUInt32LE(fields + 4)
  const size = wide ? readSize(bytes, fields + 12) : bytes.readUInt32LE(fields + 8)
  if (bytes.readUInt32LE(fields) !== record.crc32 || packedSize !== record.packedSize || size !== record.size)
    refuse('E-WHL-DIFF', 'data descriptor and central directory differ')
}

function checkSizes(
  members: readonly ZipMember[],
  archiveSize: number,
  archive: string,
  limits: ZipLimits,
): void {
  let total = 0
  for (const { name, size, packedSize } of members) {
    total += size
    if (size > limits.bombSize && size > limits.ratio * packedSize)
      throw new SvcsplitError('E-WHL-LIMIT', `${packedSize} bytes that claim to unpack to ${size}`, {
        at: { archive, member: name },
      })
  }
  if (total > limits.size)
    throw new SvcsplitError('E-WHL-LIMIT', `${total} bytes unpacked where ${limits.size} are allowed`, {
      at: { archive },
    })
  if (total > limits.bombSize && total > limits.ratio * archiveSize)
    throw new SvcsplitError('E-WHL-LIMIT', `${archiveSize} bytes that claim to unpack to ${total}`, {
      at: { archive },
    })
}

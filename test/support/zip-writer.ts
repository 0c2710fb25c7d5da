import { crc32, deflateRawSync } from 'node:zlib'

/** A member of an archive under test. Everything beyond name and content bends one thing out of shape. */
export interface ZipPart {
  readonly name: string | Buffer
  readonly content?: string | Buffer
  /** Unix mode with type bits, as the upper half of the external attributes. */
  readonly mode?: number
  readonly method?: number
  readonly flags?: number
  /** Writes a data descriptor with a signature, 4-byte sizes and these changes; implies flag bit 3. */
  readonly descriptor?: {
    readonly crc32?: number
    readonly size?: number
    readonly omit?: boolean
    readonly wide?: boolean
  }
  readonly extra?: Buffer
  readonly localExtra?: Buffer
  /** What the local header says, where it differs. */
  readonly local?: {
    readonly name?: string
    readonly crc32?: number
    readonly size?: number
    readonly packedSize?: number
    readonly method?: number
    readonly flags?: number
  }
  /** What the central directory says, where it differs. */
  readonly central?: {
    readonly crc32?: number
    readonly size?: number
    readonly packedSize?: number
    readonly offset?: number
    readonly disk?: number
  }
  /** Packed bytes as they are, with their real size and CRC-32 given by `content`. */
  readonly packed?: Buffer
  /** Bytes after the packed ones that belong to nothing. */
  readonly after?: Buffer
  readonly onlyLocal?: boolean
  readonly onlyCentral?: boolean
  /** All sizes and the offset go to a zip64 field. */
  readonly zip64?: boolean
}

export interface ZipShape {
  readonly before?: Buffer
  readonly beforeDirectory?: Buffer
  readonly after?: Buffer
  readonly comment?: Buffer
  /** Added to the number of members that the end record gives. */
  readonly extraCount?: number
  readonly disk?: number
  readonly zip64?:
    | boolean
    | {
        readonly entries?: number
        readonly locatorOffset?: number
        readonly size?: number
        readonly data?: Buffer
      }
}

/** Writes a zip archive just as it is told, right or wrong. */
export function writeZip(parts: readonly ZipPart[], shape: ZipShape = {}): Buffer {
  const body: Buffer[] = [shape.before ?? Buffer.alloc(0)]
  const directory: Buffer[] = []
  let offset = body[0]!.length
  let count = 0
  for (const part of parts) {
    const made = writePart(part, offset)
    if (part.onlyCentral !== true) {
      body.push(...made.local)
      for (const piece of made.local) offset += piece.length
    }
    if (part.onlyLocal !== true) {
      directory.push(made.central)
      count++
    }
  }
  body.push(shape.beforeDirectory ?? Buffer.alloc(0))
  offset += shape.beforeDirectory?.length ?? 0
  const size = directory.reduce((sum, { length }) => sum + length, 0)
  return Buffer.concat([
    ...body,
    ...directory,
    ...writeEnd(count + (shape.extraCount ?? 0), offset, size, shape),
    shape.after ?? Buffer.alloc(0),
  ])
}

function writePart(part: ZipPart, offset: number): { local: Buffer[]; central: Buffer } {
  const content = Buffer.from(part.content ?? '')
  const method = part.method ?? 8
  const packed = part.packed ?? (method === 8 ? deflateRawSync(content) : content)
  const crc = crc32(content)
  const flags = (part.flags ?? 0) | (part.descriptor === undefined ? 0 : 8)
  const name = Buffer.from(part.name)
  const localName = part.local?.name === undefined ? name : Buffer.from(part.local.name)
  const later = part.descriptor !== undefined

  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(20, 4)
  local.writeUInt16LE(part.local?.flags ?? flags, 6)
  local.writeUInt16LE(part.local?.method ?? method, 8)
  local.writeUInt32LE(0x00210000, 10)
  local.writeUInt32LE(part.local?.crc32 ?? (later ? 0 : crc), 14)
  local.writeUInt32LE(part.zip64 ? 0xffffffff : (part.local?.packedSize ?? (later ? 0 : packed.length)), 18)
  local.writeUInt32LE(part.zip64 ? 0xffffffff : (part.local?.size ?? (later ? 0 : content.length)), 22)
  const localExtra = Buffer.concat([
    part.zip64 ? zip64Field([content.length, packed.length]) : Buffer.alloc(0),
    part.localExtra ?? Buffer.alloc(0),
  ])
  local.writeUInt16LE(localName.length, 26)
  local.writeUInt16LE(localExtra.length, 28)

  const central = Buffer.alloc(46)
  central.writeUInt32LE(0x02014b50, 0)
  central.writeUInt16LE(0x0314, 4)
  central.writeUInt16LE(20, 6)
  central.writeUInt16LE(flags, 8)
  central.writeUInt16LE(method, 10)
  central.writeUInt32LE(0x00210000, 12)
  central.writeUInt32LE(part.central?.crc32 ?? crc, 16)
  central.writeUInt32LE(part.zip64 ? 0xffffffff : (part.central?.packedSize ?? packed.length), 20)
  central.writeUInt32LE(part.zip64 ? 0xffffffff : (part.central?.size ?? content.length), 24)
  const extra = Buffer.concat([
    part.zip64 ? zip64Field([content.length, packed.length, offset]) : Buffer.alloc(0),
    part.extra ?? Buffer.alloc(0),
  ])
  central.writeUInt16LE(name.length, 28)
  central.writeUInt16LE(extra.length, 30)
  central.writeUInt16LE(part.central?.disk ?? 0, 34)
  central.writeUInt32LE(((part.mode ?? 0o100644) << 16) >>> 0, 38)
  central.writeUInt32LE(part.zip64 ? 0xffffffff : (part.central?.offset ?? offset), 42)

  return {
    local: [
      local,
      localName,
      localExtra,
      packed,
      writeDescriptor(part, crc, packed, content),
      part.after ?? Buffer.alloc(0),
    ],
    central: Buffer.concat([central, name, extra]),
  }
}

function writeDescriptor({ descriptor }: ZipPart, crc: number, packed: Buffer, content: Buffer): Buffer {
  if (descriptor === undefined || descriptor.omit === true) return Buffer.alloc(0)
  const size = descriptor.size ?? content.length
  const head = Buffer.alloc(8)
  head.writeUInt32LE(0x08074b50, 0)
  head.writeUInt32LE(descriptor.crc32 ?? crc, 4)
  if (descriptor.wide === true) return Buffer.concat([head, long(packed.length), long(size)])
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32LE(packed.length, 0)
  sizes.writeUInt32LE(size, 4)
  return Buffer.concat([head, sizes])
}

/** An extra field of zip64 values. */
export function zip64Field(values: readonly number[]): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(1, 0)
  head.writeUInt16LE(values.length * 8, 2)
  return Buffer.concat([head, ...values.map(long)])
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function writeEnd(count: number, offset: number, size: number, shape: ZipShape): Buffer[] {
  const pieces: Buffer[] = []
  const bent = typeof shape.zip64 === 'object' ? shape.zip64 : {}
  if (shape.zip64 !== undefined && shape.zip64 !== false) {
    const record = Buffer.alloc(56)
    record.writeUInt32LE(0x06064b50, 0)
    record.writeBigUInt64LE(BigInt(bent.size ?? 44 + (bent.data?.length ?? 0)), 4)
    record.writeUInt16LE(45, 12)
    record.writeUInt16LE(45, 14)
    record.writeBigUInt64LE(BigInt(bent.entries ?? count), 24)
    record.writeBigUInt64LE(BigInt(bent.entries ?? count), 32)
    record.writeBigUInt64LE(BigInt(size), 40)
    record.writeBigUInt64LE(BigInt(offset), 48)
    const locator = Buffer.alloc(20)
    locator.writeUInt32LE(0x07064b50, 0)
    locator.writeBigUInt64LE(BigInt(bent.locatorOffset ?? offset + size), 8)
    locator.writeUInt32LE(1, 16)
    pieces.push(record, bent.data ?? Buffer.alloc(0), locator)
  }
  const wide = pieces.length > 0
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(shape.disk ?? 0, 4)
  end.writeUInt16LE(wide ? 0xffff : count, 8)
  end.writeUInt16LE(wide ? 0xffff : count, 10)
  end.writeUInt32LE(wide ? 0xffffffff : size, 12)
  end.writeUInt32LE(wide ? 0xffffffff : offset, 16)
  end.writeUInt16LE(shape.comment?.length ?? 0, 20)
  pieces.push(end, shape.comment ?? Buffer.alloc(0))
  return pieces
}

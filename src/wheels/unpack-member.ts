import { crc32, inflateRawSync } from 'node:zlib'
import { SvcsplitError } from '#errors.js'
import type { ZipMember } from './zip-archive.js'

/** The deflate stream of a member, or its bytes when it is stored: a view, not a copy. */
export function packedBytes(bytes: Buffer, member: ZipMember): Buffer {
  return bytes.subarray(member.start, member.start + member.packedSize)
}

/**
 * The bytes of a member, size and CRC-32 checked. Never makes more than the size that the archive announced.
 * @throws SvcsplitError E-WHL-DIFF with archive and member
 */
export function unpackMember(bytes: Buffer, member: ZipMember, archive: string): Buffer {
  const packed = packedBytes(bytes, member)
  const content = member.method === 0 ? packed : inflate(packed, member, archive)
  if (crc32(content) !== member.crc32) throw broken('the CRC-32 does not fit', member, archive)
  return content
}

function inflate(packed: Buffer, member: ZipMember, archive: string): Buffer {
  const size = member.size
  let result: { buffer: Buffer; engine: { bytesWritten: number } }
  try {
    // One spare byte keeps zlib from asking for a second output chunk at the very end of the stream.
    const chunkSize = Math.max(64, size + 1)
    result = inflateRawSync(packed, {
      chunkSize,
      maxOutputLength: Math.max(1, size),
      info: true,
    }) as unknown as typeof result
  } catch (cause) {
    throw broken('the deflate stream is broken, or longer than announced', member, archive, cause)
  }
  if (result.buffer.length !== size)
    throw broken(`${result.buffer.length} bytes where ${size} were announced`, member, archive)
  if (result.engine.bytesWritten !== packed.length)
    throw broken('bytes follow the end of the deflate stream', member, archive)
  return result.buffer
}

function broken(problem: string, member: ZipMember, archive: string, cause?: unknown): SvcsplitError {
  return new SvcsplitError('E-WHL-DIFF', problem, { at: { archive, member: member.name }, cause })
}

import { crc32 } from 'node:zlib'
import { deflate } from './deflate.js'

/** No name, no time, no flags, unknown system: nothing of where or when the member was made (RFC 1952). */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

/** How every member begins. */
export const gzipMagic = header.subarray(0, 3)

/**
 * One gzip member around a deflate stream that exists already. A gzip file is a row of members, and unpacks to
 * all of them in order, so that nothing has to be packed again.
 * @param checksum the CRC-32 of the unpacked bytes
 * @param size of the unpacked bytes
 */
export function gzipMember(deflated: Buffer, checksum: number, size: number): readonly Buffer[] {
  const trailer = Buffer.allocUnsafe(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(size % 2 ** 32, 4)
  return [header, deflated, trailer]
}

/** One gzip member for bytes that no wheel has packed. */
export function gzipOf(bytes: Buffer): readonly Buffer[] {
  return gzipMember(deflate(bytes), crc32(bytes), bytes.length)
}

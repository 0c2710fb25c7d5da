import { crc32 } from 'node:zlib'
import { deflateInto, deflateRoom } from './deflate.js'

/** No name, no time, no flags, unknown system: nothing of where or when the member was made (RFC 1952). */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

/** How every member begins. */
export const gzipMagic = header.subarray(0, 3)

const trailerSize = 8

/** Bytes of members that go out together: few enough that what they unpack to stays near the processor meanwhile. */
export const pieceSize = 256 * 1024

/** Most pieces end a little above their size, with the file that reaches it. */
const pieceRoom = pieceSize + pieceSize / 4

/** Buffers whose bytes nobody reads any more. A fresh one costs the system as much as filling it. */
const spare: Buffer[] = []
const mostSpare = 32

/** Members that are written one behind the other: a gzip file is a row of them, and unpacks to all of them in order. */
export class GzipMembers {
  #bytes = spare.pop() ?? sharedBytes(pieceRoom)
  #end = 0

  get length(): number {
    return this.#end
  }

  /**
   * A member around a deflate stream that exists already, so that nothing has to be packed again.
   * @param checksum the CRC-32 of the unpacked bytes
   * @param size of the unpacked bytes
   */
  copy(deflated: Buffer, checksum: number, size: number): void {
    this.#begin(deflated.length)
    deflated.copy(this.#bytes, this.#end)
    this.#finish(this.#end + deflated.length, checksum, size)
  }

  /** A member for bytes that no wheel has packed. */
  pack(bytes: Buffer): void {
    this.#begin(deflateRoom(bytes.length))
    this.#finish(deflateInto(bytes, this.#bytes, this.#end), crc32(bytes), bytes.length)
  }

  /** What was written; nothing may be added any more. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  /** Nobody reads `bytes()` any more: other members may be written there. */
  release(): void {
    keepSpare(this.#bytes)
  }

  #begin(room: number): void {
    const needed = this.#end + header.length + room + trailerSize
    if (needed > this.#bytes.length) {
      const larger = sharedBytes(Math.max(needed, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, this.#end)
      keepSpare(this.#bytes)
      this.#bytes = larger
    }
    header.copy(this.#bytes, this.#end)
    this.#end += header.length
  }

  #finish(at: number, checksum: number, size: number): void {
    this.#bytes.writeUInt32LE(checksum, at)
    this.#bytes.writeUInt32LE(size % 2 ** 32, at + 4)
    this.#end = at + trailerSize
  }
}

function keepSpare(bytes: Buffer): void {
  if (bytes.length === pieceRoom && spare.length < mostSpare) spare.push(bytes)
}

/** Another thread can read them where they are. */
function sharedBytes(size: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(size))
}

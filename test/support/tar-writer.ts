/** A member of an archive under test. Everything beyond name and content bends one thing out of shape. */
export interface TarPart {
  readonly name: string | Buffer
  readonly content?: string | Buffer
  /** Type flag; default '0', a regular file. */
  readonly kind?: string
  readonly link?: string
  readonly mode?: number
  /** The field of the size as it is written; else the true one in octal digits. */
  readonly size?: string | Buffer
  /** The field of the time as it is written; else empty. */
  readonly mtime?: string | Buffer
  readonly checksum?: number
  /** Default: `ustar` and its version. */
  readonly magic?: string
}

/** Two empty blocks. */
export const tarEnd = Buffer.alloc(1024)

/** One header with its content, padded. */
function tarPart(part: TarPart): Buffer {
  const body = Buffer.from(part.content ?? '')
  const header = Buffer.alloc(512)
  Buffer.from(part.name).copy(header, 0, 0, 100)
  header.write(`${(part.mode ?? 0o644).toString(8).padStart(7, '0')}\0`, 100)
  Buffer.from(part.size ?? `${body.length.toString(8).padStart(11, '0')}\0`).copy(header, 124, 0, 12)
  Buffer.from(part.mtime ?? '').copy(header, 136, 0, 12)
  header.write(part.kind ?? '0', 156, 'latin1')
  header.write(part.link ?? '', 157, 100)
  header.write(part.magic ?? 'ustar\x0000', 257, 'latin1')
  header.fill(0x20, 148, 156)
  const sum = part.checksum ?? header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

/** Writes a tar archive just as it is told, right or wrong. */
export function writeTar(parts: readonly TarPart[], end: Buffer = tarEnd): Buffer {
  return Buffer.concat([...parts.map(tarPart), end])
}

/** A PAX record with its right length. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest)
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`)
  return `${length}${rest}`
}

import { SvcsplitError } from '#errors.js'
import { type FileHash, hashOf } from './record.js'
import { packedBytes, unpackMember } from './unpack-member.js'
import type { ZipMember } from './zip-archive.js'

/** One regular file that a wheel installs. */
export interface WheelEntry {
  /** Relative to `/`, as `opt/venv/lib/python3.11/site-packages/x.py`. */
  readonly path: string
  readonly mode: 0o644 | 0o755
  /** Bytes. */
  readonly size: number
  readonly hash: FileHash
  /** The member that holds it, or the bytes of a file that was made or changed on the way. */
  readonly content: { readonly member: ZipMember } | { readonly bytes: Buffer }
}

export interface UnpackedEntry {
  readonly bytes: Buffer
  /** The deflate stream that unpacks to these bytes, where the wheel has one. */
  readonly deflated?: Buffer
  readonly crc32?: number
}

/**
 * The bytes of an entry, held against CRC-32, size and RECORD.
 * @param archive the bytes of the wheel's file
 * @param filename its name, for errors
 * @throws SvcsplitError E-WHL-DIFF, E-WHL-RECORD with archive and member
 */
export function unpackEntry(entry: WheelEntry, archive: Buffer, filename: string): UnpackedEntry {
  if ('bytes' in entry.content) return { bytes: entry.content.bytes }
  const { member } = entry.content
  const bytes = unpackMember(archive, member, filename)
  verifyHash(bytes, entry.hash, member.name, filename)
  if (member.method === 0) return { bytes, crc32: member.crc32 }
  return { bytes, deflated: packedBytes(archive, member), crc32: member.crc32 }
}

/** @throws SvcsplitError E-WHL-RECORD */
export function verifyHash(bytes: Buffer, hash: FileHash, member: string, archive: string): void {
  if (hashOf(bytes, hash.algorithm).value === hash.value) return
  throw new SvcsplitError('E-WHL-RECORD', `the ${hash.algorithm} of the file is not the one in RECORD`, {
    at: { archive, member },
    hint: 'the wheel was changed after it was made; take it from a source that you trust',
  })
}

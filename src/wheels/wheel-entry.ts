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

/**
 * The bytes of an entry, held against CRC-32, size and RECORD.
 * @param archive the bytes of the wheel's file
 * @param filename its name, for errors
 * @throws SvcsplitError E-WHL-DIFF, E-WHL-RECORD with archive and member
 */
export function unpackEntry(entry: WheelEntry, archive: Buffer, filename: string): Buffer {
  if ('bytes' in entry.content) return entry.content.bytes
  const bytes = unpackMember(archive, entry.content.member, filename)
  verifyEntry(entry, bytes, filename)
  return bytes
}

/** The deflate stream that a wheel has of an entry; none for files that are stored, made or changed. */
export function deflatedBytes(
  entry: WheelEntry,
  archive: Buffer,
): { readonly deflated: Buffer; readonly crc32: number } | undefined {
  if ('bytes' in entry.content || entry.content.member.method === 0) return undefined
  return { deflated: packedBytes(archive, entry.content.member), crc32: entry.content.member.crc32 }
}

/** Holds unpacked bytes against RECORD. @throws SvcsplitError E-WHL-RECORD with archive and member */
export function verifyEntry(entry: WheelEntry, bytes: Buffer, filename: string): void {
  if ('member' in entry.content) verifyHash(bytes, entry.hash, entry.content.member.name, filename)
}

/** @throws SvcsplitError E-WHL-RECORD */
export function verifyHash(bytes: Buffer, hash: FileHash, member: string, archive: string): void {
  if (hashOf(bytes, hash.algorithm).value === hash.value) return
  throw new SvcsplitError('E-WHL-RECORD', `the ${hash.algorithm} of the file is not the one in RECORD`, {
    at: { archive, member },
    hint: 'the wheel was changed after it was made; take it from a source that you trust',
  })
}

import { createHash, hash as hashBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'

/** Gzip members that were written together, and what they have to unpack to. Plain data, for any thread. */
export interface Piece {
  readonly bytes: Uint8Array
  /** Bytes of them unpacked. */
  readonly unpacked: number
  /** The files among them whose hash is known: where they begin when unpacked, and what they have to be. */
  readonly files: readonly PieceFile[]
}

export interface PieceFile {
  readonly at: number
  /** Bytes. */
  readonly size: number
  readonly algorithm: string
  /** URL-safe base64 without padding. */
  readonly value: string
}

/**
 * Proves one layer, piece after piece, in one pass: the members are unpacked as a runtime will do it, which gives the
 * files to hold against their hashes and the tar to make the diffID of.
 */
export class LayerProof {
  readonly #tar = createHash('sha256')

  /** @returns whether the piece unpacks to what it should; after one that does not, nothing about its layer is of use */
  add({ bytes, unpacked, files }: Piece): boolean {
    let tar: Buffer
    try {
      // One spare byte keeps zlib from asking for a second output chunk at the very end.
      tar = gunzipSync(bytes, { chunkSize: Math.max(64, unpacked + 1), maxOutputLength: unpacked })
    } catch {
      return false
    }
    if (tar.length !== unpacked) return false
    for (const { at, size, algorithm, value } of files)
      if (hashBytes(algorithm, tar.subarray(at, at + size), 'base64url') !== value) return false
    this.#tar.update(tar)
    return true
  }

  /** Hex, of all that was added, unpacked. */
  end(): string {
    return this.#tar.digest('hex')
  }
}

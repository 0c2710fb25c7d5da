import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { readChunks, remove, statusOf } from './files.js'
import { writeAll, writeThenMove } from './write-files.js'

interface StoredBlob {
  /** Hex. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  readonly path: string
}

/**
 * Files named by the SHA-256 of their bytes: `<dir>/sha256/<hex>`, as the blobs of an OCI layout are. A file
 * gets its name only when it is whole and verified, so that any number of processes may share the folder.
 */
export interface BlobStore {
  readonly dir: string
  has(sha256: string): Promise<boolean>
  /** Where the blob is or would be. @throws E-IDX-HASH if it is no digest */
  path(sha256: string): string
  /** @throws E-IDX-HASH if digest or size differ from the ones given; nothing is kept then */
  put(
    content: Uint8Array | AsyncIterable<Uint8Array>,
    expected?: { readonly sha256?: string; readonly size?: number },
  ): Promise<StoredBlob>
  /** Reads the blob again; a damaged one is removed, so that it can be had anew. @returns false if it is not there or was damaged */
  check(sha256: string): Promise<boolean>
  remove(sha256: string): Promise<void>
}

/** `durable: false` for a store whose readers verify what they read: blobs are then not flushed to the disk. */
export function openBlobStore(dir: string, options: { readonly durable?: boolean } = {}): BlobStore {
  const folder = join(dir, 'sha256')

  const path = (sha256: string): string => {
    if (!/^[0-9a-f]{64}$/.test(sha256))
      throw new SvcsplitError('E-IDX-HASH', `not a SHA-256 digest in hex: ${JSON.stringify(sha256)}`)
    return join(folder, sha256)
  }

  return {
    dir,
    path,

    async has(sha256) {
      return (await statusOf(path(sha256)))?.kind === 'file'
    },

    async put(content, expected = {}) {
      // what it will be called is not known before it is whole
      const named = expected.sha256 === undefined ? join(folder, 'new') : path(expected.sha256)
      return writeThenMove(
        named,
        { durable: options.durable !== false },
        async (handle) => {
          const hash = createHash('sha256')
          let size = 0
          const chunks = content instanceof Uint8Array ? [content] : content
          for await (const chunk of chunks) {
            size += chunk.length
            if (expected.size !== undefined && size > expected.size) break
            hash.update(chunk)
            await writeAll(handle, chunk)
          }
          const sha256 = hash.digest('hex')
          verify(expected, sha256, size)
          return { sha256, size, path: path(sha256) }
        },
        (result) => result.path,
      )
    },

    async check(sha256) {
      const blob = path(sha256)
      const status = await statusOf(blob)
      if (status === undefined) return false
      if (status.kind === 'file') {
        const hash = createHash('sha256')
        for await (const chunk of readChunks(blob)) hash.update(chunk)
        if (hash.digest('hex') === sha256) return true
      }
      await remove(blob)
      return false
    },

    async remove(sha256) {
      await remove(path(sha256))
    },
  }
}

function verify(
  expected: { readonly sha256?: string; readonly size?: number },
  sha256: string,
  size: number,
): void {
  if (expected.size !== undefined && size !== expected.size)
    throw new SvcsplitError(
      'E-IDX-HASH',
      size > expected.size
        ? `more than the ${expected.size} bytes that were announced`
        : `${size} bytes where ${expected.size} were announced`,
    )
  if (expected.sha256 !== undefined && sha256 !== expected.sha256)
    throw new SvcsplitError('E-IDX-HASH', `sha256 is ${sha256} where ${expected.sha256} was expected`)
}

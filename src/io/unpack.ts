import { type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/**
 * Gives out the bytes of a source piece by piece, unpacked if it is gzip. What `onChunk` throws ends the reading and
 * is thrown as it is.
 */
export async function unpack(
  source: Readable,
  compression: 'none' | 'gzip',
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        onChunk(chunk)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })
  if (compression === 'none') await pipeline(source, sink)
  else await pipeline(source, createGunzip({ chunkSize: 256 * 1024 }), sink)
}

import { createHash } from 'node:crypto'
import { SvcsplitError } from '#errors.js'
import type { Http } from '#io/http.js'
import { showUrl } from '#io/url-text.js'
import type { ByteSource } from './zip-directory.js'

/** Enough for the directory and the METADATA of most libraries, so that one round trip does. */
const firstRange = 48 * 1024

/** Most that is fetched from a server that has no ranges. */
const maxWhole = 1024 * 1024 * 1024

export function bufferSource(name: string, bytes: Buffer): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(start, length) {
      if (start < 0 || start + length > bytes.length) throw cutOff(name)
      return bytes.subarray(start, start + length)
    },
  }
}

/** A file that a page of an index lists. */
interface RemoteFile {
  readonly url: string
  readonly filename: string
  readonly sha256?: string
}

/**
 * A file on a server, by range requests; its end comes first and is kept. From a server without ranges the
 * whole file comes instead. A file that came whole is held against its hash; parts have none. @throws E-NET-*, E-IDX-HASH, E-IDX-METADATA
 */
export async function remoteSource(http: Http, file: RemoteFile): Promise<ByteSource> {
  const { url, filename: name } = file
  const answer = await http.get(url, { range: { suffix: firstRange }, maxBytes: maxWhole, allow: [416] })
  // an index of static files may refuse a suffix that is longer than the file
  const end = answer.status === 416 ? await http.get(url, { maxBytes: maxWhole }) : answer
  const tail = end.body
  const size =
    end.status === 206 ? Number(/\/(\d+)$/.exec(end.headers.get('content-range') ?? '')?.[1]) : tail.length
  if (tail.length === size) {
    checkHash(name, tail, file.sha256)
    return bufferSource(name, tail)
  }
  const tailStart = size - tail.length
  return {
    name,
    size,
    async read(start, length) {
      if (start < 0 || start + length > size) throw cutOff(name)
      if (length === 0) return Buffer.alloc(0)
      if (start >= tailStart) return tail.subarray(start - tailStart, start - tailStart + length)
      const stop = Math.min(start + length, tailStart)
      const part = await http.get(url, { range: { start, end: stop - 1 }, maxBytes: maxWhole })
      const bytes = part.status === 206 ? part.body : part.body.subarray(start, stop)
      if (bytes.length !== stop - start) throw cutOff(showUrl(url))
      return stop < start + length ? Buffer.concat([bytes, tail.subarray(0, start + length - stop)]) : bytes
    },
  }
}

/** @throws E-IDX-HASH */
export function checkHash(name: string, bytes: Buffer, sha256: string | undefined): void {
  if (sha256 === undefined) return
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== sha256)
    throw new SvcsplitError('E-IDX-HASH', `${name}: sha256 is ${actual} where ${sha256} was announced`)
}

function cutOff(name: string): SvcsplitError {
  return new SvcsplitError('E-IDX-METADATA', `${name} is cut off`)
}

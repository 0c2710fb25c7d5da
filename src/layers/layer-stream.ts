import { createHash } from 'node:crypto'
import { type Digest, digestOfHex } from '#oci/digest.js'
import { gzipMember, gzipOf } from './gzip-member.js'
import { paddingOf, type TarEntry, tarEnd, tarHeader } from './tar-header.js'

/** An entry of a layer. The bytes of a file are asked for once, when its turn has come. */
export interface LayerEntry extends TarEntry {
  readonly read?: () => LayerContent
}

export interface LayerContent {
  readonly bytes: Buffer
  /** A deflate stream that unpacks to these bytes, with their CRC-32: copied as it is. */
  readonly deflated?: Buffer
  readonly crc32?: number
}

export interface LayerStream {
  /** The blob in pieces of about `pieceSize` bytes. */
  readonly chunks: AsyncIterable<Buffer>
  /** The digest of the uncompressed tar; only after the last chunk. */
  readonly diffId: () => Digest
}

const pieceSize = 1024 * 1024

/**
 * Writes entries as gzip-compressed tar. The blob is a function of the entries and this code alone: files go
 * in as the deflate streams that their wheels hold, everything else goes through own code.
 * @param entries in byte order, folders before what they hold, no path twice
 */
export function layerStream(entries: Iterable<LayerEntry>): LayerStream {
  const tar = createHash('sha256')
  let diffId: Digest | undefined
  async function* inPieces(): AsyncGenerator<Buffer> {
    let waiting: Buffer[] = []
    let size = 0
    for (const part of members(entries, tar)) {
      waiting.push(part)
      size += part.length
      if (size < pieceSize) continue
      yield Buffer.concat(waiting, size)
      waiting = []
      size = 0
    }
    diffId = digestOfHex(tar.digest('hex'))
    if (size > 0) yield Buffer.concat(waiting, size)
  }
  return {
    chunks: inPieces(),
    diffId: () => {
      if (diffId === undefined) throw new Error('the layer is not written yet')
      return diffId
    },
  }
}

/** A member for what is between two files (padding, headers), and one for each file that is not empty. */
function* members(entries: Iterable<LayerEntry>, tar: { update(bytes: Buffer): unknown }): Generator<Buffer> {
  let between: Buffer[] = []
  for (const entry of entries) {
    between.push(tarHeader(entry))
    if (entry.size === 0) continue
    const content = entry.read?.()
    if (content === undefined || content.bytes.length !== entry.size)
      throw new Error(`${entry.path} does not have the ${entry.size} bytes that its header says`)
    const gap = Buffer.concat(between)
    tar.update(gap)
    yield* gzipOf(gap)
    tar.update(content.bytes)
    if (content.deflated === undefined || content.crc32 === undefined) yield* gzipOf(content.bytes)
    else yield* gzipMember(content.deflated, content.crc32, entry.size)
    between = [Buffer.alloc(paddingOf(entry.size))]
  }
  const gap = Buffer.concat([...between, tarEnd])
  tar.update(gap)
  yield* gzipOf(gap)
}

/**
 * The folders that hold the given paths, each once. Their mode and time are constant, so that layers do not
 * influence one another.
 */
export function parentFolders(paths: Iterable<string>): readonly LayerEntry[] {
  const folders = new Set<string>()
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (folders.has(folder)) break
      folders.add(folder)
    }
  }
  return [...folders].map((path) => ({ type: 'folder', path, mode: 0o755, uid: 0, gid: 0, size: 0 }))
}

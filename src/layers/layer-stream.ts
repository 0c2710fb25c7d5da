import { createHash } from 'node:crypto'
import { gunzip, type ZlibOptions } from 'node:zlib'
import { type Digest, digestOfHex } from '#oci/digest.js'
import { GzipMembers, gzipMagic } from './gzip-members.js'
import { paddingOf, type TarEntry, tarEnd, tarHeader } from './tar-header.js'

/** An entry of a layer. The bytes of a file are asked for once, when its turn has come. */
export interface LayerEntry extends TarEntry {
  readonly content?: () => LayerContent
}

/** The bytes of a file, or a deflate stream of them that is copied as it is. */
export type LayerContent = { readonly bytes: Buffer } | DeflatedContent

interface DeflatedContent {
  readonly deflated: Buffer
  /** Of the unpacked bytes. */
  readonly crc32: number
  /** Throws if these unpacked bytes are not the right ones. */
  check(bytes: Buffer): void
  /** Unpacks the stream alone, and throws if anything is wrong with it. */
  unpack(): Buffer
}

interface LayerStream {
  /** The blob in pieces of about `pieceSize` bytes. */
  readonly chunks: AsyncIterable<Buffer>
  /** The digest of the uncompressed tar; only after the last chunk. */
  readonly diffId: () => Digest
}

const pieceSize = 1024 * 1024
const unpackedSize = 8 * pieceSize

/** Members that are written together, and what they have to unpack to. */
interface Piece {
  readonly members: GzipMembers
  unpacked: number
  readonly files: { readonly at: number; readonly size: number; readonly content: DeflatedContent }[]
}

/**
 * Writes entries as gzip-compressed tar. The blob is a function of the entries and this code alone: files go
 * in as the deflate streams that their wheels hold, everything else goes through own code. Each piece is
 * unpacked as a runtime will do it: that gives the diffID and the bytes to check, in one pass over many files.
 * @param entries in byte order, folders before what they hold, no path twice
 */
export function layerStream(entries: Iterable<LayerEntry>): LayerStream {
  const tar = createHash('sha256')
  let diffId: Digest | undefined
  const finish = async (started: Started): Promise<Buffer> => {
    tar.update(checkPiece(started.piece, await started.unpacked))
    return started.chunk
  }
  async function* chunks(): AsyncGenerator<Buffer> {
    let started: Started | undefined
    for (const piece of pieces(entries)) {
      const before = started
      started = unpackPiece(piece)
      // While zlib's thread unpacks the one, this thread hashes the other.
      if (before !== undefined) yield await finish(before)
    }
    const last = await finish(started!)
    diffId = digestOfHex(tar.digest('hex'))
    yield last
  }
  return {
    chunks: chunks(),
    diffId: () => {
      if (diffId === undefined) throw new Error('the layer is not written yet')
      return diffId
    },
  }
}

/** A member for what is between two files (padding, headers), and one for each file that is not empty. */
function* pieces(entries: Iterable<LayerEntry>): Generator<Piece> {
  let piece = emptyPiece()
  const between = new Between()
  for (const entry of entries) {
    between.add(tarHeader(entry))
    if (entry.size === 0) continue
    addBytes(piece, between.take())
    addFile(piece, entry)
    between.pad(paddingOf(entry.size))
    if (piece.members.length < pieceSize && piece.unpacked < unpackedSize) continue
    yield piece
    piece = emptyPiece()
  }
  between.add(tarEnd)
  addBytes(piece, between.take())
  yield piece
}

/** What stands between two files, in a buffer that is used again for the next two. */
class Between {
  #bytes = Buffer.allocUnsafe(64 * 1024)
  #end = 0

  add(bytes: Buffer): void {
    this.#reserve(bytes.length)
    this.#end += bytes.copy(this.#bytes, this.#end)
  }

  pad(length: number): void {
    this.#reserve(length)
    this.#bytes.fill(0, this.#end, this.#end + length)
    this.#end += length
  }

  /** All of it; only until something is added. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#end)
    this.#end = 0
    return bytes
  }

  #reserve(length: number): void {
    if (this.#end + length <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#end + length))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}

function emptyPiece(): Piece {
  // Most pieces end a little above their size, with the file that reaches it.
  return { members: new GzipMembers(pieceSize + pieceSize / 4), unpacked: 0, files: [] }
}

function addFile(piece: Piece, entry: LayerEntry): void {
  const content = entry.content?.()
  if (content === undefined) throw new Error(`${entry.path} has no content`)
  if ('bytes' in content) {
    if (content.bytes.length !== entry.size)
      throw new Error(`${entry.path} is not of the size it should have`)
    addBytes(piece, content.bytes)
    return
  }
  // A member could end early and hide another one behind its end: such bytes are looked at alone.
  if (content.deflated.includes(gzipMagic)) content.unpack()
  piece.files.push({ at: piece.unpacked, size: entry.size, content })
  piece.members.copy(content.deflated, content.crc32, entry.size)
  piece.unpacked += entry.size
}

function addBytes(piece: Piece, bytes: Buffer): void {
  piece.members.pack(bytes)
  piece.unpacked += bytes.length
}

interface Started {
  readonly piece: Piece
  readonly chunk: Buffer
  readonly unpacked: Promise<Unpacked>
}

type Unpacked = { readonly bytes: Buffer } | { readonly cause: unknown }

function unpackPiece(piece: Piece): Started {
  const chunk = piece.members.bytes()
  // One spare byte keeps zlib from asking for a second output chunk at the very end.
  const options = { chunkSize: Math.max(64, piece.unpacked + 1), maxOutputLength: piece.unpacked }
  const unpacked = unzip(chunk, options).then(
    (bytes) => ({ bytes }),
    (cause: unknown) => ({ cause }),
  )
  return { piece, chunk, unpacked }
}

function unzip(bytes: Buffer, options: ZlibOptions): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    gunzip(bytes, options, (error, unpacked) => (error === null ? resolve(unpacked) : reject(error))),
  )
}

function checkPiece({ unpacked, files }: Piece, result: Unpacked): Buffer {
  if (!('bytes' in result) || result.bytes.length !== unpacked) {
    // One of the files is broken: looked at alone, it says so with its name.
    for (const { content } of files) content.unpack()
    throw new Error('a piece of a layer does not unpack to what went into it', {
      cause: 'cause' in result ? result.cause : undefined,
    })
  }
  for (const { at, size, content } of files) content.check(result.bytes.subarray(at, at + size))
  return result.bytes
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

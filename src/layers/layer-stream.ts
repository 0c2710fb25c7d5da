import { type Digest, digestOfHex } from '#oci/digest.js'
import type { FileHash } from '#wheels/record.js'
import { GzipMembers, gzipMagic, pieceSize } from './gzip-members.js'
import type { PieceFile } from './piece-proof.js'
import { hereProver, type Prover } from './provers.js'
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
  readonly hash: FileHash
  /** Unpacks the stream alone, and throws if anything is wrong with it or with what comes out. */
  unpack(): Buffer
}

interface LayerStream {
  /** The blob in pieces of about `pieceSize` bytes, each to be read before the next one is asked for: its place is used again. */
  readonly chunks: AsyncIterable<Buffer>
  /** The digest of the uncompressed tar; only after the last chunk. */
  readonly diffId: () => Digest
}

const unpackedSize = 4 * pieceSize

/** So many pieces of a layer wait to be proved beside the newest: whoever writes goes on, and does not fill the memory. */
const mostUnproved = 4

/** Members that are written together, and what they have to unpack to. */
interface WrittenPiece {
  readonly members: GzipMembers
  unpacked: number
  readonly files: PieceFile[]
  readonly contents: DeflatedContent[]
}

/**
 * Writes entries as gzip-compressed tar. The blob is a function of the entries and this code alone: files go
 * in as the deflate streams that their wheels hold, everything else goes through own code. Each piece is
 * unpacked as a runtime will do it, by the prover, while the next ones are written.
 * @param entries in byte order, folders before what they hold, no path twice
 */
export function layerStream(entries: Iterable<LayerEntry>, prover: Prover = hereProver()): LayerStream {
  let diffId: Digest | undefined
  async function* chunks(): AsyncGenerator<Buffer> {
    const unproved: Promise<void>[] = []
    let isWhole = false
    try {
      for (const piece of pieces(entries)) {
        const bytes = piece.members.bytes()
        const proved = prove(piece, bytes, prover)
        // Whoever takes the chunk may fail first.
        proved.catch(() => undefined)
        yield bytes
        unproved.push(proved.then(() => piece.members.release()))
        unproved.at(-1)!.catch(() => undefined)
        if (unproved.length > mostUnproved) await unproved.shift()
      }
      for (const proved of unproved) await proved
      isWhole = true
    } catch (error) {
      // What is wrong with a piece before is told first.
      for (const proved of unproved) await proved
      throw error
    } finally {
      const tar = await prover.end()
      if (isWhole) diffId = digestOfHex(tar)
    }
  }
  return {
    chunks: chunks(),
    diffId: () => {
      if (diffId === undefined) throw new Error('the layer is not written yet')
      return diffId
    },
  }
}

async function prove(piece: WrittenPiece, bytes: Buffer, prover: Prover): Promise<void> {
  const { unpacked, files, contents } = piece
  if (await prover.add({ bytes, unpacked, files })) return
  // One of the files is broken: looked at alone, it says so with its name.
  for (const content of contents) content.unpack()
  throw new Error('a piece of a layer does not unpack to what went into it')
}

/** A member for what is between two files (padding, headers), and one for each file that is not empty. */
function* pieces(entries: Iterable<LayerEntry>): Generator<WrittenPiece> {
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

function emptyPiece(): WrittenPiece {
  return { members: new GzipMembers(), unpacked: 0, files: [], contents: [] }
}

function addFile(piece: WrittenPiece, entry: LayerEntry): void {
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
  const { algorithm, value } = content.hash
  piece.files.push({ at: piece.unpacked, size: entry.size, algorithm, value })
  piece.contents.push(content)
  piece.members.copy(content.deflated, content.crc32, entry.size)
  piece.unpacked += entry.size
}

function addBytes(piece: WrittenPiece, bytes: Buffer): void {
  piece.members.pack(bytes)
  piece.unpacked += bytes.length
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

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { SvcsplitError } from '#errors.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, digestOfHex } from '#oci/digest.js'
import { layerCompression } from '#oci/media-type.js'
import { readChunks } from './files.js'
import type { RefuseTar } from './tar-reader.js'
import { unpack } from './unpack.js'

/**
 * Unpacks the blob of a layer piece by piece, and holds it against its descriptor on the way: what was given out
 * counts when this has returned.
 * @returns the digest of the unpacked bytes
 * @throws SvcsplitError E-IMG-DIGEST, E-IMG-FORM, E-FS-*, and what `onUnpacked` throws
 */
export async function readLayer(
  path: string,
  layer: Descriptor,
  onUnpacked: (chunk: Buffer) => void,
): Promise<Digest> {
  const packed = createHash('sha256')
  const unpacked = createHash('sha256')
  let size = 0
  await unpackLayer(
    path,
    layer.mediaType,
    (chunk) => {
      packed.update(chunk)
      size += chunk.length
    },
    (chunk) => {
      unpacked.update(chunk)
      onUnpacked(chunk)
    },
  )
  const digest = digestOfHex(packed.digest('hex'))
  if (digest !== layer.digest || size !== layer.size)
    throw new SvcsplitError('E-IMG-DIGEST', `the blob has ${size} bytes and the digest ${digest}`, {
      at: { path },
    })
  return digestOfHex(unpacked.digest('hex'))
}

/** What `tarWalker` throws of a layer. @throws SvcsplitError E-IMG-FORM */
export function refuseLayer(archive: string): RefuseTar {
  return (problem, member) => {
    throw new SvcsplitError('E-IMG-FORM', `a layer that is not a tar archive as it should be: ${problem}`, {
      at: { archive, ...(member === undefined ? {} : { member }) },
    })
  }
}

/** Reads a layer's blob, both as it is and unpacked. @throws SvcsplitError E-IMG-FORM, E-FS-* */
async function unpackLayer(
  path: string,
  mediaType: string,
  onPacked: (chunk: Buffer) => void,
  onUnpacked: (chunk: Buffer) => void,
): Promise<void> {
  const compression = layerCompression(mediaType)
  if (compression === undefined || compression === 'zstd')
    throw new SvcsplitError('E-IMG-FORM', `layers of the type ${JSON.stringify(mediaType)} cannot be read`, {
      at: { path },
    })
  async function* packed(): AsyncGenerator<Buffer> {
    for await (const chunk of readChunks(path)) {
      onPacked(chunk)
      yield chunk
    }
  }
  try {
    await unpack(Readable.from(packed(), { objectMode: false }), compression, onUnpacked)
  } catch (error) {
    if (error instanceof SvcsplitError) throw error
    throw new SvcsplitError('E-IMG-FORM', 'the layer cannot be unpacked', { at: { path }, cause: error })
  }
}

/** What a whiteout takes away (image-spec, layer.md); of an opaque one, the folder. */
export function whiteout(path: string): string | undefined {
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1)
  if (!name.startsWith('.wh.')) return undefined
  if (name === '.wh..wh..opq') return path.slice(0, Math.max(slash, 0))
  return path.slice(0, slash + 1) + name.slice('.wh.'.length)
}

import { createHash } from 'node:crypto'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { SvcsplitError } from '#errors.js'
import { readChunks } from '#io/files.js'
import { tarWalker } from '#layers/tar-reader.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, digestOfHex } from '#oci/digest.js'
import { layerCompression } from '#oci/media-type.js'
import { layoutBlob, readLayoutImage } from './layout.js'

/** What a look at every byte of an image has found. */
export interface ValidatedImage {
  readonly descriptor: Descriptor
  readonly layers: readonly { readonly digest: Digest; readonly diffId: Digest; readonly entries: number }[]
}

/**
 * Recomputes all digests, sizes and diffIDs of an image in a layout, and looks for a path that stands twice in
 * one layer (image-spec, layer.md forbids it).
 * @throws SvcsplitError E-IMG-DIGEST, E-IMG-FORM, E-IMG-REF, E-FS-*
 */
export async function validateImage(dir: string, name?: string): Promise<ValidatedImage> {
  const { descriptor, manifest, config } = await readLayoutImage(dir, name)
  const expected = config.rootfs.diff_ids
  if (expected.length !== manifest.layers.length)
    throw new SvcsplitError(
      'E-IMG-FORM',
      `the image has ${manifest.layers.length} layers and ${expected.length} diffIDs`,
      { at: { path: layoutBlob(dir, manifest.config.digest) } },
    )
  const layers: { digest: Digest; diffId: Digest; entries: number }[] = []
  for (const [index, layer] of manifest.layers.entries()) {
    const { diffId, entries } = await walkLayer(dir, layer)
    if (diffId !== expected[index])
      throw new SvcsplitError(
        'E-IMG-DIGEST',
        `layer ${index} unpacks to ${diffId}, not to ${expected[index]}`,
        {
          at: { path: layoutBlob(dir, layer.digest) },
        },
      )
    layers.push({ digest: layer.digest, diffId, entries })
  }
  return { descriptor, layers }
}

async function walkLayer(
  dir: string,
  layer: Descriptor,
): Promise<{ readonly diffId: Digest; readonly entries: number }> {
  const path = layoutBlob(dir, layer.digest)
  const paths = new Set<string>()
  const walker = tarWalker(
    {
      entry(entry) {
        if (paths.has(entry.path))
          throw new SvcsplitError('E-IMG-FORM', 'a path stands twice in one layer', {
            at: { archive: path, member: entry.path },
          })
        paths.add(entry.path)
        return false
      },
    },
    path,
  )
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
      walker.push(chunk)
    },
  )
  walker.end()
  const digest = digestOfHex(packed.digest('hex'))
  if (digest !== layer.digest || size !== layer.size)
    throw new SvcsplitError('E-IMG-DIGEST', `the blob has ${size} bytes and the digest ${digest}`, {
      at: { path },
    })
  return { diffId: digestOfHex(unpacked.digest('hex')), entries: paths.size }
}

/** Reads a layer's blob, both as it is and unpacked. @throws SvcsplitError E-IMG-FORM, E-FS-* */
export async function unpackLayer(
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
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        onUnpacked(chunk)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })
  try {
    const source = Readable.from(packed(), { objectMode: false })
    if (compression === 'none') await pipeline(source, sink)
    else await pipeline(source, createGunzip({ chunkSize: 256 * 1024 }), sink)
  } catch (error) {
    if (error instanceof SvcsplitError) throw error
    throw new SvcsplitError('E-IMG-FORM', 'the layer cannot be unpacked', { at: { path }, cause: error })
  }
}

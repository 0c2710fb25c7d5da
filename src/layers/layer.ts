import type { BlobStore } from '#io/blob-store.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, digestOfHex } from '#oci/digest.js'
import { mediaTypes } from '#oci/media-type.js'
import { type LayerEntry, layerStream } from './layer-stream.js'
import type { Prover } from './provers.js'

/** A layer whose blob is in a store. */
export interface Layer {
  /** What it holds, for the history of an image: one line. */
  readonly title: string
  readonly descriptor: Descriptor
  /** Of the uncompressed tar. */
  readonly diffId: Digest
  /** Whether it had been made before, so that nothing was read for it. */
  readonly cached: boolean
}

/**
 * Raised with every change that lets the same input give other bytes: tar and gzip form, order, wrappers,
 * times. It is part of every cache key.
 */
export const layerFormat = 1

/** Writes entries to the store; digest, size and diffID are known when the one pass is over. @throws E-FS-* */
export async function writeLayer(
  title: string,
  entries: readonly LayerEntry[],
  store: BlobStore,
  prover?: Prover,
): Promise<Layer> {
  const stream = layerStream(entries, prover)
  const blob = await store.put(stream.chunks)
  return {
    title,
    descriptor: { mediaType: mediaTypes.layerGzip, digest: digestOfHex(blob.sha256), size: blob.size },
    diffId: stream.diffId(),
    cached: false,
  }
}

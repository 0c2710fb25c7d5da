import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import type { BlobStore } from '#io/blob-store.js'
import { readTextSync, statusOfSync } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { digestOfHex, hexOf, parseDigest } from '#oci/digest.js'
import { mediaTypes } from '#oci/media-type.js'
import { type Layer, layerFormat } from './layer.js'

/** What went into a layer, as plain JSON with its keys in a fixed order: equal input, equal text. */
export type LayerKey = readonly unknown[]

/** Remembers what layers came out as, so that unchanged ones are neither read nor written again. */
export interface DescriptorCache {
  /** The layer, if it was ever made, wherever its blob is now. */
  recall(key: LayerKey, title: string): Promise<Layer | undefined>
  keep(key: LayerKey, layer: Layer): Promise<void>
  /** Whether `keepCheck` was called for this key. */
  isChecked(key: LayerKey): Promise<boolean>
  /** Remembers that a check over these inputs has passed. */
  keepCheck(key: LayerKey): Promise<void>
}

const maxBytes = 4096

/** What a crash of the machine leaves half written counts as absent, and is made again. */
const notFlushed = { durable: false } as const

/** @param dir a folder of its own, below the cache folder */
export function openDescriptorCache(dir: string): DescriptorCache {
  const file = (kind: string, key: LayerKey): string => {
    const name = createHash('sha256')
      .update(JSON.stringify([layerFormat, kind, key]))
      .digest('hex')
    return join(dir, kind, name)
  }
  return {
    async recall(key, title) {
      const known = parseKnown(readIfThere(file('layer', key)))
      if (known === undefined) return undefined
      const { digest, size, diffId } = known
      return { title, descriptor: { mediaType: mediaTypes.layerGzip, digest, size }, diffId, cached: true }
    },
    async keep(key, { descriptor, diffId }) {
      const { digest, size } = descriptor
      await writeAtomic(file('layer', key), `${JSON.stringify({ diffId, digest, size })}\n`, notFlushed)
    },
    async isChecked(key) {
      return statusOfSync(file('check', key)) !== undefined
    },
    async keepCheck(key) {
      await writeAtomic(file('check', key), '', notFlushed)
    },
  }
}

/** Whether the blob of a layer lies in the store, in its size. */
export async function isInStore({ descriptor }: Layer, store: BlobStore): Promise<boolean> {
  const blob = statusOfSync(store.path(hexOf(descriptor.digest)))
  return blob?.kind === 'file' && blob.size === descriptor.size
}

function readIfThere(path: string): string | undefined {
  try {
    return readTextSync(path, { maxBytes })
  } catch (error) {
    // A cache entry that cannot be read is one that is not there.
    if (error instanceof SvcsplitError) return undefined
    throw error
  }
}

/** Anything that is not exactly what `keep` writes counts as absent. */
function parseKnown(text: string | undefined) {
  const form =
    /^\{"diffId":"sha256:([0-9a-f]{64})","digest":"(sha256:[0-9a-f]{64})","size":([0-9]{1,15})\}\n$/
  const match = form.exec(text ?? '')
  if (match === null) return undefined
  return { diffId: digestOfHex(match[1]!), digest: parseDigest(match[2]!), size: Number(match[3]) }
}

import type { BlobStore } from '#io/blob-store.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Repository } from './endpoint.js'

/** The bytes of a blob, to be read as often as it takes. */
export interface BlobContent {
  /** From `start` to before `end`. @throws E-FS-* */
  chunks(start: number, end: number): AsyncIterable<Uint8Array>
}

/** Where the parts of an image come from: a layout, another registry, or a builder that makes layers when asked. */
export interface ImageSource {
  /** As it is shown. */
  readonly name: string
  /** The bytes of a manifest, index or config, verified. @throws E-IMG-DIGEST, E-REG-* */
  document(descriptor: Descriptor): Promise<Buffer>
  /** Asked for only if the destination lacks the blob. @throws E-IMG-DIGEST, E-FS-*, E-REG-* */
  blob(descriptor: Descriptor): Promise<BlobContent>
  /** Brings the blob into a store, verified, where that is possible without the detour of `blob`. */
  fetch?(descriptor: Descriptor, store: BlobStore, onBytes: (count: number) => void): Promise<void>
  /** Where blobs can be mounted from instead, on the registry of the same name. */
  readonly repository?: Repository
  /** Manifests whose subject it is. */
  referrers?(descriptor: Descriptor): Promise<readonly Descriptor[]>
  close?(): Promise<void>
}

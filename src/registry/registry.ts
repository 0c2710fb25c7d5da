import { SvcsplitError } from '#errors.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, sha256 } from '#oci/digest.js'
import { encodeManifest } from '#oci/manifest.js'
import { mediaTypes } from '#oci/media-type.js'
import type { Platform } from '#oci/platform.js'
import { formatReference, isTag, type LayoutReference, type Reference } from '#oci/reference.js'
import type { Progress } from '#progress.js'
import { mountBlob } from './blobs.js'
import type { Repository } from './endpoint.js'
import { imageFor } from './image-graph.js'
import type { ImageSource } from './image-source.js'
import { type PullSummary, pullIntoLayout } from './layout-target.js'
import { headManifest, pushScope, requireManifest } from './manifests.js'
import { type KnownBlobs, type PushOptions, pushImage, type TransferSummary } from './push.js'
import { listReferrers, type Referrers } from './referrers.js'
import { registrySource } from './registry-source.js'
import { openSession, type SessionOptions } from './session.js'
import { moveTag } from './tag.js'

export interface RetagSummary {
  readonly digest: Digest
  readonly mediaType: string
  /** What the tag named before, if it named something else. */
  readonly previous?: Digest
}

export interface PullOptions {
  /** One image out of an index; without it, the whole index comes. */
  readonly platform?: Platform
  /** Blobs at once. Default 4. */
  readonly jobs?: number
  readonly progress?: Progress
}

/** A small document about an image. */
interface Attachment {
  readonly artifactType: string
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly annotations?: ReadonlyMap<string, string>
}

/** Images in registries (OCI distribution-spec). Every method may throw E-REG-* and E-NET-*. */
export interface Registry {
  /** What a tag or digest names now; undefined if nothing. */
  resolve(reference: Reference): Promise<Descriptor | undefined>
  /** The manifest and index bytes, blobs and referrers of a repository, to copy from. Close it after use. */
  source(repository: Repository): ImageSource
  /** The tag, if one is given, moves at the very end or not at all. */
  push(source: ImageSource, root: Descriptor, to: Reference, options?: PushOptions): Promise<TransferSummary>
  pull(from: Reference, to: LayoutReference, options?: PullOptions): Promise<PullSummary>
  /** Lets the repository have a blob of another one. @returns false where the registry does not do it */
  mount(to: Repository, digest: Digest, from: string): Promise<boolean>
  /** Moves a tag to what the reference names. Not a byte of a blob is sent. */
  retag(from: Reference, tag: string): Promise<RetagSummary>
  referrers(of: Repository, digest: Digest, artifactType?: string): Promise<Referrers>
  /** Puts a document beside an image, listed with its referrers. @returns the digest of its manifest */
  attach(to: Repository, subject: Descriptor, attachment: Attachment): Promise<Digest>
  close(): Promise<void>
}

/** Tag or digest; the digest wins, since it cannot have moved. @throws E-IMG-REF */
function nameOf(reference: Reference): string {
  const name = reference.digest ?? reference.tag
  if (name !== undefined) return name
  throw new SvcsplitError('E-IMG-REF', `${formatReference(reference)} names neither tag nor digest`, {
    hint: 'add :TAG or @sha256:...',
  })
}

export function openRegistry(options: SessionOptions = {}): Registry {
  const session = openSession(options)
  const known: KnownBlobs = new Map()

  return {
    resolve: async (reference) => headManifest(session, reference, nameOf(reference)),
    source: (repository) => registrySource(session, repository),

    async push(source, root, to, pushOptions) {
      nameOf(to)
      return pushImage(session, source, root, to, known, pushOptions)
    },

    async pull(from, to, pullOptions = {}) {
      const { descriptor } = await requireManifest(session, from, nameOf(from))
      const source = registrySource(session, from)
      const { platform } = pullOptions
      const root = platform === undefined ? descriptor : await imageFor(source, descriptor, platform)
      return pullIntoLayout(source, root, to, pullOptions)
    },

    mount: async (to, digest, from) => (await mountBlob(session, to, digest, from)).mounted,

    async retag(from, tag) {
      if (!isTag(tag)) throw new SvcsplitError('E-IMG-REF', `${JSON.stringify(tag)} is not a tag`)
      const manifest = await requireManifest(session, from, nameOf(from), pushScope(from))
      const before = (await headManifest(session, from, tag, pushScope(from)))?.digest
      await moveTag(session, from, tag, manifest, before)
      const { digest, mediaType } = manifest.descriptor
      return { digest, mediaType, ...(before === undefined || before === digest ? {} : { previous: before }) }
    },

    referrers: (of, digest, artifactType) => listReferrers(session, of, digest, artifactType),

    async attach(to, subject, attachment) {
      const { source, root } = artifactOf(subject, attachment)
      const reference = { registry: to.registry, repository: to.repository, digest: root.digest }
      await pushImage(session, source, root, reference, known)
      return root.digest
    },

    close: () => session.close(),
  }
}

/** An artifact as image-spec, "Guidelines for Artifact Usage", has it: an empty config, and a subject. */
export function artifactOf(
  subject: Descriptor,
  { artifactType, mediaType, bytes, annotations }: Attachment,
): { readonly source: ImageSource; readonly root: Descriptor } {
  const empty = Buffer.from('{}')
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config: { mediaType: mediaTypes.empty, digest: sha256(empty), size: empty.length },
    layers: [{ mediaType, digest: sha256(bytes), size: bytes.length }],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    ...(annotations === undefined ? {} : { annotations }),
  })
  const parts = new Map<string, Uint8Array>([manifest, empty, bytes].map((part) => [sha256(part), part]))
  const part = ({ digest }: Descriptor): Uint8Array => {
    const found = parts.get(digest)
    if (found === undefined) throw new SvcsplitError('E-IMG-DIGEST', `${digest} is no part of the artifact`)
    return found
  }
  return {
    root: { mediaType: mediaTypes.manifest, digest: sha256(manifest), size: manifest.length },
    source: {
      name: artifactType,
      document: async (descriptor) => Buffer.from(part(descriptor)),
      blob: async (descriptor) => ({
        async *chunks(start, end) {
          yield part(descriptor).subarray(start, end)
        },
      }),
    },
  }
}

import { SvcsplitError } from '#errors.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Digest } from '#oci/digest.js'
import { formatReference, type Reference } from '#oci/reference.js'
import type { Progress } from '#progress.js'
import { type Refusal, refusalError } from './answer.js'
import { atOnce } from './at-once.js'
import { hasBlob, mountBlob } from './blobs.js'
import type { Repository } from './endpoint.js'
import { collectImage, type GraphManifest, type ImageGraph } from './image-graph.js'
import type { ImageSource } from './image-source.js'
import { headManifest, pushScope, putManifest, type StoredManifest, shown } from './manifests.js'
import { enlist } from './referrers.js'
import type { Session } from './session.js'
import { moveTag } from './tag.js'
import { uploadBlob } from './upload.js'

/** Blobs by what became of them. */
export interface BlobCount {
  readonly blobs: number
  readonly bytes: number
}

export interface TransferSummary {
  readonly digest: Digest
  readonly mediaType: string
  /** What the tag named before, if it named something else. */
  readonly previous?: Digest
  readonly uploaded: BlobCount
  /** Taken over from another repository of the registry. */
  readonly mounted: BlobCount
  readonly present: BlobCount
}

export interface PushOptions {
  /** Repositories of the same registry that may have the blobs. */
  readonly mountFrom?: readonly string[]
  /** Blobs at once. Default 4. */
  readonly jobs?: number
  /** Default 32 MiB. */
  readonly chunkBytes?: number
  readonly progress?: Progress
}

/** Which repository of a registry has a blob, as far as this run knows; the promise of one that is being sent. */
export type KnownBlobs = Map<string, Promise<string | undefined>>

type Outcome = 'uploaded' | 'mounted' | 'present'

const defaultChunkBytes = 32 * 1024 * 1024
const missingCodes = ['MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN', 'MANIFEST_UNKNOWN']

/**
 * Blobs first, then manifests from the parts to the whole, each under its digest, and the tag at the very end: a
 * push that fails leaves every tag where it was. @throws E-REG-*, E-IMG-*, E-NET-*, E-FS-*
 */
export async function pushImage(
  session: Session,
  source: ImageSource,
  root: Descriptor,
  to: Reference,
  known: KnownBlobs,
  options: PushOptions = {},
): Promise<TransferSummary> {
  const what = `cannot push ${formatReference(to)}`
  if (to.digest !== undefined && to.digest !== root.digest)
    throw new SvcsplitError('E-IMG-REF', `${what}: the image is ${root.digest}`)
  const graph = await collectImage(source, root)
  const before = to.tag === undefined ? undefined : await headManifest(session, to, to.tag, pushScope(to))
  const sender = openSender(session, source, to, known, graph, options)
  await sender.send([...graph.blobs.values()])
  for (const manifest of graph.manifests) await putPart(session, to, manifest, graph, sender)
  const top = graph.manifests.at(-1)!
  if (to.tag !== undefined) await moveTag(session, to, to.tag, top, before?.digest)
  const { digest, mediaType } = top.descriptor
  return {
    digest,
    mediaType,
    ...(before === undefined || before.digest === digest ? {} : { previous: before.digest }),
    ...sender.counts(),
  }
}

/** Puts a manifest; what the registry lost in the meantime is sent again, once. */
async function putPart(
  session: Session,
  to: Repository,
  manifest: GraphManifest,
  graph: ImageGraph,
  sender: Sender,
): Promise<void> {
  const name = manifest.descriptor.digest
  let put = await putManifest(session, to, name, manifest)
  if (put.refusal?.codes.some((code) => missingCodes.includes(code)) === true) {
    await sender.send(lost(put.refusal, manifest), true)
    const below = graph.manifests.slice(0, graph.manifests.indexOf(manifest))
    for (const part of below) await requirePut(session, to, part)
    put = await putManifest(session, to, name, manifest)
  }
  if (put.refusal !== undefined) throw refusedPut(put.refusal, to, manifest)
  await enlist(session, to, manifest, put.subjectListed)
}

async function requirePut(session: Session, to: Repository, manifest: StoredManifest): Promise<void> {
  const { refusal } = await putManifest(session, to, manifest.descriptor.digest, manifest)
  if (refusal !== undefined) throw refusedPut(refusal, to, manifest)
}

function refusedPut(refusal: Refusal, to: Repository, manifest: StoredManifest): SvcsplitError {
  const url = new URL(`https://${to.registry}`)
  return refusalError(refusal, `cannot put ${shown(to, manifest.descriptor.digest)}`, url)
}

/** The blobs that the registry names as missing, or all where it names none. */
function lost(refusal: Refusal, manifest: GraphManifest): readonly Descriptor[] {
  const named = manifest.blobs.filter(({ digest }) => refusal.digests.includes(digest))
  return named.length > 0 ? named : manifest.blobs
}

interface Sender {
  /** `anew`: also what the registry says it has. */
  send(blobs: readonly Descriptor[], anew?: boolean): Promise<void>
  counts(): Record<Outcome, BlobCount>
}

function openSender(
  session: Session,
  source: ImageSource,
  to: Repository,
  known: KnownBlobs,
  graph: ImageGraph,
  options: PushOptions,
): Sender {
  const outcomes = new Map<Digest, Outcome>()
  const total = [...graph.blobs.values()].reduce((sum, { size }) => sum + size, 0)
  const chunkBytes = options.chunkBytes ?? defaultChunkBytes
  let done = 0

  function advance(count: number): void {
    done += count
    options.progress?.step?.(`push ${to.registry}/${to.repository}`, done, total)
  }

  async function upload(blob: Descriptor, opened: URL | undefined): Promise<void> {
    const content = await source.blob(blob)
    await uploadBlob(session, to, blob, content, {
      chunkBytes,
      onBytes: advance,
      ...(opened === undefined ? {} : { upload: opened }),
    })
  }

  /** Mounts from the first place that can be, else sends; a session that a refused mount opened is used. */
  async function mountOrUpload(blob: Descriptor, places: readonly string[]): Promise<Outcome> {
    let opened: URL | undefined
    for (const place of new Set(places)) {
      if (place === to.repository || opened !== undefined) continue
      const mount = await mountBlob(session, to, blob.digest, place)
      if (mount.mounted) {
        advance(blob.size)
        return 'mounted'
      }
      opened = mount.upload
    }
    await upload(blob, opened)
    return 'uploaded'
  }

  async function sendOne(blob: Descriptor, anew: boolean): Promise<void> {
    const key = `${to.registry} ${blob.digest}`
    if (anew) {
      advance(-blob.size)
      await upload(blob, undefined)
      outcomes.set(blob.digest, 'uploaded')
      return
    }
    if (await hasBlob(session, to, blob)) {
      advance(blob.size)
      outcomes.set(blob.digest, 'present')
      if (!known.has(key)) known.set(key, Promise.resolve(to.repository))
      return
    }
    // an image that is pushed at the same time may be sending the same layer
    const elsewhere = known.get(key)
    const own = source.repository?.registry === to.registry ? [source.repository.repository] : []
    const sending = (async () => {
      const sent = elsewhere === undefined ? undefined : await elsewhere
      if (sent === to.repository && (await hasBlob(session, to, blob))) {
        advance(blob.size)
        outcomes.set(blob.digest, 'present')
        return to.repository
      }
      const places = [...(sent === undefined ? [] : [sent]), ...own, ...(options.mountFrom ?? [])]
      outcomes.set(blob.digest, await mountOrUpload(blob, places))
      return to.repository
    })()
    known.set(
      key,
      sending.catch(() => undefined),
    )
    await sending
  }

  return {
    async send(blobs, anew = false) {
      // the largest first, so that none is left alone at the end
      const ordered = [...blobs].sort((a, b) => b.size - a.size)
      await atOnce(options.jobs ?? 4, ordered, (blob) => sendOne(blob, anew))
    },

    counts() {
      const count = (outcome: Outcome): BlobCount => {
        const blobs = [...graph.blobs.values()].filter(({ digest }) => outcomes.get(digest) === outcome)
        return { blobs: blobs.length, bytes: blobs.reduce((sum, { size }) => sum + size, 0) }
      }
      return { uploaded: count('uploaded'), mounted: count('mounted'), present: count('present') }
    },
  }
}

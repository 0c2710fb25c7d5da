import { SvcsplitError } from '#errors.js'
import type { BlobStore } from '#io/blob-store.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, hexOf } from '#oci/digest.js'
import type { Repository } from './endpoint.js'
import { pullScope, pushScope } from './manifests.js'
import type { Session } from './session.js'

const blobDeadlineMs = 900_000

/** True if the repository has the blob in its full size. @throws E-REG-*, E-NET-* */
export async function hasBlob(
  session: Session,
  repository: Repository,
  { digest, size }: Descriptor,
): Promise<boolean> {
  const found = await session.send(repository, {
    method: 'HEAD',
    target: `blobs/${digest}`,
    scopes: [pushScope(repository)],
    what: `cannot look for a blob of ${repository.repository}`,
    on({ status, headers }) {
      if (status === 404 || status === 405) return 'none'
      if (status !== 200) return undefined
      const length = headers.get('content-length')
      return length === undefined || Number(length) === size ? 'there' : 'none'
    },
  })
  return found === 'there'
}

/**
 * Lets a repository have a blob of another one on the same registry. A refusal of any kind is no error: the blob is
 * then sent. `upload` is the session that a registry opens instead of a mount (202).
 */
export async function mountBlob(
  session: Session,
  repository: Repository,
  digest: Digest,
  from: string,
): Promise<{ readonly mounted: boolean; readonly upload?: URL }> {
  const source = { registry: repository.registry, repository: from }
  try {
    return await session.send<{ mounted: boolean; upload?: URL }>(repository, {
      method: 'POST',
      target: `blobs/uploads/?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`,
      headers: { 'content-length': '0' },
      scopes: [pushScope(repository), pullScope(source)],
      what: `cannot mount a blob of ${from}`,
      async on(answer) {
        const { status } = answer
        if (status === 201) return { mounted: true }
        if (status === 202) return { mounted: false, upload: await session.locate(repository, answer) }
        return status >= 400 && status < 500 && status !== 408 && status !== 429
          ? { mounted: false }
          : undefined
      },
    })
  } catch (error) {
    if (error instanceof SvcsplitError && ['E-REG-AUTH', 'E-REG-STATUS', 'E-REG-UPLOAD'].includes(error.code))
      return { mounted: false }
    throw error
  }
}

/** Fetches the blob into the store, verified. @throws E-REG-UNKNOWN, E-REG-DIGEST, E-NET-*, E-FS-* */
export async function fetchBlob(
  session: Session,
  repository: Repository,
  descriptor: Descriptor,
  store: BlobStore,
  onBytes?: (count: number) => void,
): Promise<void> {
  const { digest, size } = descriptor
  await session.send(repository, {
    method: 'GET',
    target: `blobs/${digest}`,
    scopes: [pullScope(repository)],
    what: `cannot fetch ${digest} of ${repository.registry}/${repository.repository}`,
    deadlineMs: blobDeadlineMs,
    async on(answer) {
      if (answer.status !== 200) return undefined
      let done = 0
      async function* counted(): AsyncGenerator<Uint8Array> {
        for await (const chunk of answer.chunks()) {
          done += chunk.length
          onBytes?.(chunk.length)
          yield chunk
        }
      }
      try {
        await store.put(counted(), { sha256: hexOf(digest), size })
        return true
      } catch (error) {
        onBytes?.(-done)
        if (!(error instanceof SvcsplitError) || error.code !== 'E-IDX-HASH') throw error
        throw new SvcsplitError(
          'E-REG-DIGEST',
          `${repository.registry}/${repository.repository} sends another blob for ${digest}: ${error.message}`,
          { hint: 'nothing was kept; push the image to the registry again', cause: error },
        )
      }
    },
  })
}

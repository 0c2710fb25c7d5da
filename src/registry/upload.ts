import { SvcsplitError } from '#errors.js'
import type { Answer } from '#io/exchange.js'
import type { Attempt, Failure } from '#io/http-failure.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Refusal, readRefusal, refusalError } from './answer.js'
import { hasBlob } from './blobs.js'
import type { Repository } from './endpoint.js'
import type { BlobContent } from './image-source.js'
import { pushScope } from './manifests.js'
import type { RegistryRequest, Session } from './session.js'

export interface UploadOptions {
  /** Blobs up to this size go in one piece, larger ones in pieces of it. Bytes. */
  readonly chunkBytes: number
  /** A session that is open already. */
  readonly upload?: URL
  /** Bytes that went; negative where they have to go again. */
  readonly onBytes?: (count: number) => void
}

const stepDeadlineMs = 900_000
/** More would be an endless circle of sessions that the registry forgets. */
const maxRestarts = 3
const largestChunk = 1024 * 1024 * 1024

/** Where the upload stands; changed by every step. */
interface State {
  location: URL | undefined
  /** Bytes that the registry has. */
  offset: number
  chunkBytes: number
  /** A step failed, so that only the registry knows the offset. */
  uncertain: boolean
  restarts: number
}

type Step = 'done' | 'moved'

/**
 * Sends a blob (distribution-spec, "Pushing blobs"): in one piece if it is small, else in pieces, going on after a
 * fault where the registry says it stands. @throws E-REG-UPLOAD, E-REG-DIGEST, E-REG-*, E-NET-*, E-FS-*
 */
export async function uploadBlob(
  session: Session,
  repository: Repository,
  descriptor: Descriptor,
  content: BlobContent,
  options: UploadOptions,
): Promise<void> {
  const { digest, size } = descriptor
  const what = `cannot upload ${digest} to ${repository.registry}/${repository.repository}`
  const scopes = [pushScope(repository)]
  const state: State = {
    location: options.upload,
    offset: 0,
    chunkBytes: options.chunkBytes,
    uncertain: false,
    restarts: 0,
  }
  type Plain<T> = Omit<RegistryRequest<T>, 'scopes' | 'what'>
  const tryOnce = <T>(request: Plain<T>, signal: AbortSignal): Promise<Attempt<T>> =>
    session.sendOnce<T>(repository, { ...request, scopes, what }, signal)
  const again = (error: SvcsplitError): Failure => ({ error, retry: true, waitMs: 0 })

  function moveTo(offset: number): void {
    options.onBytes?.(offset - state.offset)
    state.offset = offset
  }

  function restart(refusal: Refusal, url: URL): Failure {
    const error = refusalError(refusal, what, url)
    moveTo(0)
    state.location = undefined
    state.restarts += 1
    return state.restarts > maxRestarts
      ? {
          error: new SvcsplitError('E-REG-UPLOAD', `${error.message}: the registry forgets the upload`),
          retry: false,
        }
      : again(error)
  }

  /** `0-1023`: what the registry has; undefined where it does not say. @throws E-REG-UPLOAD */
  function held(answer: Answer, most: number): number | undefined {
    const field = answer.headers.get('range')
    if (field === undefined) return undefined
    const match = /^(?:bytes=)?0-(\d{1,15})$/.exec(field.trim())
    const end = match === null ? -1 : Number(match[1]) + 1
    if (end < 0 || end > most)
      throw new SvcsplitError('E-REG-UPLOAD', `${what}: the registry says it has ${JSON.stringify(field)}`)
    return end
  }

  async function start(signal: AbortSignal): Promise<Attempt<Step>> {
    const opened = await tryOnce<URL>(
      {
        method: 'POST',
        target: 'blobs/uploads/',
        headers: { 'content-length': '0' },
        on(answer) {
          if (answer.status !== 202) return undefined
          const least = Number(answer.headers.get('oci-chunk-min-length') ?? 0)
          if (least > state.chunkBytes && least <= largestChunk) state.chunkBytes = least
          return session.locate(repository, answer)
        },
      },
      signal,
    )
    if (!('value' in opened)) return opened
    state.location = opened.value
    state.uncertain = false
    return { value: 'moved' }
  }

  /** Asks where the upload stands (GET of its location). */
  async function ask(location: URL, signal: AbortSignal): Promise<Attempt<Step>> {
    const asked = await tryOnce<Step | Refusal>(
      {
        method: 'GET',
        target: location,
        async on(answer) {
          if (answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408)
            return readRefusal(answer)
          if (answer.status >= 300) return undefined
          const offset = held(answer, size) ?? 0
          // an empty upload is told as 0-0 by some registries: one byte is too little to be worth the doubt
          moveTo(offset <= 1 ? 0 : offset)
          if (answer.headers.has('location')) state.location = await session.locate(repository, answer)
          return 'moved'
        },
      },
      signal,
    )
    if (!('value' in asked)) return asked
    if (asked.value !== 'moved' && asked.value !== 'done') return restart(asked.value, location)
    if (state.offset === 0) state.location = undefined
    state.uncertain = false
    return { value: 'moved' }
  }

  /** What PATCH and PUT have in common: the bytes, and the ways to fail. */
  async function transfer(
    location: URL,
    request: Pick<RegistryRequest<Step>, 'method' | 'target' | 'headers' | 'on'>,
    end: number,
    signal: AbortSignal,
  ): Promise<Attempt<Step>> {
    state.uncertain = true
    const from = state.offset
    const sent = await tryOnce<Step | Refusal>(
      {
        ...request,
        body: { size: end - from, chunks: () => content.chunks(from, end) },
        deadlineMs: stepDeadlineMs,
        async on(answer) {
          const refused = [400, 404, 405, 413, 416].includes(answer.status)
          return refused ? readRefusal(answer) : request.on(answer)
        },
      },
      signal,
    )
    if (!('value' in sent)) return sent
    if (sent.value === 'done' || sent.value === 'moved') {
      state.uncertain = false
      return { value: sent.value }
    }
    const refusal = sent.value
    if (refusal.status === 404) return restart(refusal, location)
    const error = refusalError(refusal, what, location)
    if (refusal.status === 416) return again(error)
    if (refusal.status === 405 && request.method === 'PATCH') {
      state.chunkBytes = Number.POSITIVE_INFINITY
      return restart(refusal, location)
    }
    if (refusal.codes.includes('DIGEST_INVALID'))
      return {
        error: new SvcsplitError('E-REG-DIGEST', `${error.message}`, {
          hint: 'the blob on disk is damaged (make the image again), or something on the way changes bytes',
        }),
        retry: false,
      }
    return { error: new SvcsplitError('E-REG-UPLOAD', error.message, hintOf(error)), retry: false }
  }

  function patch(location: URL, end: number, signal: AbortSignal): Promise<Attempt<Step>> {
    return transfer(
      location,
      {
        method: 'PATCH',
        target: location,
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `${state.offset}-${end - 1}`,
        },
        async on(answer) {
          if (answer.status !== 202) return undefined
          const now = held(answer, end) ?? end
          if (now <= state.offset)
            throw new SvcsplitError('E-REG-UPLOAD', `${what}: the registry takes pieces and keeps none`)
          state.location = await session.locate(repository, answer)
          moveTo(now)
          return 'moved'
        },
      },
      end,
      signal,
    )
  }

  function finish(location: URL, signal: AbortSignal): Promise<Attempt<Step>> {
    const closing = new URL(
      `${location.href}${location.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`,
    )
    return transfer(
      location,
      {
        method: 'PUT',
        target: closing,
        headers: {
          'content-type': 'application/octet-stream',
          ...(state.offset > 0 && state.offset < size
            ? { 'content-range': `${state.offset}-${size - 1}` }
            : {}),
        },
        on({ status, headers }) {
          if (status !== 201 && status !== 200 && status !== 204) return undefined
          const claimed = headers.get('docker-content-digest')
          if (claimed !== undefined && claimed !== digest)
            throw new SvcsplitError(
              'E-REG-DIGEST',
              `${what}: the registry stored it as ${JSON.stringify(claimed.slice(0, 80))}`,
            )
          moveTo(size)
          return 'done'
        },
      },
      size,
      signal,
    )
  }

  /** One piece further, whatever has to be found out before: only bytes that the registry takes are a success. */
  async function step(signal: AbortSignal): Promise<Attempt<Step>> {
    if (state.location !== undefined && state.uncertain) {
      // the answer may be what was lost, and not the blob
      if (await hasBlob(session, repository, descriptor)) return { value: 'done' }
      const asked = await ask(state.location, signal)
      if (!('value' in asked)) return asked
    }
    if (state.location === undefined) {
      const started = await start(signal)
      if (!('value' in started)) return started
    }
    const end = state.offset + state.chunkBytes
    return end < size ? patch(state.location!, end, signal) : finish(state.location!, signal)
  }

  const place = new URL(`https://${repository.registry}/v2/${repository.repository}/blobs/uploads/`)
  try {
    while ((await session.persist(place, stepDeadlineMs, step)) !== 'done');
    moveTo(size)
  } catch (error) {
    moveTo(0)
    await abandon()
    throw error
  }

  /** Lets the registry forget the session; no matter if it does not. */
  async function abandon(): Promise<void> {
    if (state.location === undefined) return
    await tryOnce(
      { method: 'DELETE', target: state.location, on: () => true },
      AbortSignal.timeout(5_000),
    ).catch(() => undefined)
  }
}

function hintOf(error: SvcsplitError): { readonly hint?: string } {
  return error.hint === undefined ? {} : { hint: error.hint }
}

import { gunzipSync } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { SvcsplitError } from '#errors.js'
import { errnoOf } from './errno.js'
import { type Attempt, type Failure, transportFailure } from './http-failure.js'
import { discard } from './transport.js'
import { showUrl } from './url-text.js'

/** Bytes of a file: from `start` to `end`, both included, or the last `suffix`. */
export type ByteRange = { readonly start: number; readonly end: number } | { readonly suffix: number }

/** An answer whose body is still to come. */
export interface Head {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Dispatcher.ResponseData['body']
  /** After redirects. */
  readonly url: URL
}

/** The whole body, decoded; bounded before and after decoding, since 200 KB of gzip can be 200 MB. */
export async function readBody(head: Head, maxBytes: number): Promise<Attempt<Buffer>> {
  const { body, url, headers } = head
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  const limit = (): Failure => {
    discard(body)
    return {
      error: new SvcsplitError('E-NET-LIMIT', `${showUrl(url)} sends more than ${maxBytes} bytes`),
      retry: false,
    }
  }
  if (Number(headers.get('content-length') ?? 0) > maxBytes) return limit()
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) return limit()
      chunks.push(chunk)
    }
  } catch (error) {
    return transportFailure(error, url, 'body')
  }
  const raw = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)
  if (encoding === 'identity' || raw.length === 0) return { value: raw }
  const content = (message: string): Failure => ({
    error: new SvcsplitError('E-IDX-CONTENT', `${showUrl(url)}: ${message}`),
    retry: false,
  })
  if (encoding !== 'gzip' && encoding !== 'x-gzip') return content(`encoded in a way that was not asked for`)
  try {
    return { value: gunzipSync(raw, { maxOutputLength: maxBytes }) }
  } catch (error) {
    if (errnoOf(error) === 'ERR_BUFFER_TOO_LARGE') return limit()
    if (errnoOf(error) === 'Z_BUF_ERROR') return transportFailure(error, url, 'body')
    return content('the compressed answer is damaged')
  }
}

/** A server or a cache that sends another range than the one asked for would corrupt what is put together from it. */
export function wrongRange(
  range: ByteRange | undefined,
  headers: ReadonlyMap<string, string>,
  length: number,
  url: URL,
): Failure | undefined {
  const sent = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '')
  const [start, end, total] = sent === null ? [0, -1, 0] : [Number(sent[1]), Number(sent[2]), Number(sent[3])]
  const fits =
    sent !== null &&
    range !== undefined &&
    length === end - start + 1 &&
    ('suffix' in range
      ? end === total - 1 && start === Math.max(0, total - range.suffix)
      : start === range.start && end <= range.end)
  if (fits) return undefined
  return {
    error: new SvcsplitError('E-NET-TRUNC', `${showUrl(url)} sends another range than the one asked for`),
    retry: true,
  }
}

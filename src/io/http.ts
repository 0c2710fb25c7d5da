import { basename } from 'node:path'
import pLimit from 'p-limit'
import type { Dispatcher } from 'undici'
import { SvcsplitError } from '#errors.js'
import type { Progress } from '#progress.js'
import type { BlobStore } from './blob-store.js'
import { doneOnce } from './claim.js'
import { type Credentials, openCredentials } from './credentials.js'
import { statusOf } from './files.js'
import { type ByteRange, type Head, readBody, wrongRange } from './http-body.js'
import { type Attempt, type Failure, statusFailure, transportFailure } from './http-failure.js'
import { persistence } from './persist.js'
import { basic, discard, headerMap, openTransport } from './transport.js'
import { showUrl } from './url-text.js'

export interface HttpOptions {
  /** Refuse every request with E-NET-OFFLINE. */
  readonly offline?: boolean
  /** Requests at once. Default 8. */
  readonly concurrency?: number
  /** What one `get` may take in all, tries and waits included, in milliseconds. Default 60,000. */
  readonly deadlineMs?: number
  /** The same for one `download`. Default 900,000. */
  readonly downloadDeadlineMs?: number
  /** Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Silence that ends a try. Default 30,000. */
  readonly idleTimeoutMs?: number
  /** Further tries after the first. Default 3. */
  readonly retries?: number
  /** First wait before a further try; doubled each time, with jitter. Default 500. */
  readonly backoffMs?: number
  /** Proxy, certificate and netrc variables. Default: the environment of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly progress?: Progress
}

export interface GetOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly range?: ByteRange
  /** Most bytes of the body, after decoding. Default 64 MiB. */
  readonly maxBytes?: number
  /** Give 404 and 410 back as an answer. */
  readonly allow404?: boolean
  /** Further statuses that are an answer, such as 304 or 416. */
  readonly allow?: readonly number[]
}

export interface HttpResponse {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** After redirects, without login. */
  readonly url: string
}

/** The only way to the network: bounded in time, size, tries and connections. */
export interface Http {
  readonly offline: boolean
  /**
   * A range request is answered by 206 with just that range, or by 200 with the whole file if the server has no ranges.
   * @throws E-NET-*, E-IDX-CONTENT
   */
  get(url: string, options?: GetOptions): Promise<HttpResponse>
  /**
   * The path of the file in the store, fetched if it is not there with that size, by one of all processes that want it
   * at once. A file that is there is not read again: whoever reads it verifies it, and calls `store.check` to have a
   * damaged one removed.
   * @param url or what finds it, asked only by whoever fetches
   * @throws E-NET-*, E-IDX-HASH, E-FS-*
   */
  download(
    url: string | (() => Promise<string>),
    expected: { readonly sha256: string; readonly size?: number },
    store: BlobStore,
    progress?: Progress,
  ): Promise<string>
  close(): Promise<void>
}

const maxRedirects = 5
const defaultMaxBytes = 64 * 1024 * 1024
const redirectStatuses = new Set([301, 302, 303, 307, 308])

/** Headers of a caller that may go to an origin that the caller did not name. */
const portableHeaders = new Set([
  'accept',
  'accept-encoding',
  'range',
  'if-none-match',
  'if-modified-since',
  'if-range',
])

export function openHttp(options: HttpOptions = {}): Http {
  const environment = options.environment ?? process.env
  const slots = pLimit(options.concurrency ?? 8)
  const credentials = openCredentials(environment)
  const transport = openTransport(options, environment)
  const persist = persistence(options)

  /** The head of the answer after redirects, the body still to come. */
  async function request(
    first: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Attempt<Head>> {
    let url = first
    for (let hops = 0; ; hops++) {
      let answer: Dispatcher.ResponseData
      try {
        const dispatcher = await transport.dispatcherFor(url)
        answer = await dispatcher.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: 'GET',
          headers: headersFor(url, first, headers, credentials),
          signal,
        })
      } catch (error) {
        return transportFailure(error, url, 'head')
      }
      const answered = headerMap(answer.headers)
      const location = answered.get('location')
      if (!redirectStatuses.has(answer.statusCode) || location === undefined)
        return { value: { status: answer.statusCode, headers: answered, body: answer.body, url } }
      discard(answer.body)
      const next = redirectTarget(url, location)
      if (next instanceof SvcsplitError) return { error: next, retry: false }
      if (hops === maxRedirects)
        return {
          error: new SvcsplitError(
            'E-NET-REDIRECT',
            `${showUrl(first)} redirects more than ${maxRedirects} times`,
          ),
          retry: false,
        }
      url = next
    }
  }

  function parse(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:'))
      throw new SvcsplitError('E-NET-CONNECT', `not a http or https address: ${showUrl(text)}`)
    if (options.offline === true)
      throw new SvcsplitError(
        'E-NET-OFFLINE',
        `${showUrl(url)} is needed, and --offline forbids the network`,
        {
          hint: 'run again without --offline',
        },
      )
    credentials.learn(url)
    url.hash = ''
    return url
  }

  function fetchInto(
    url: URL,
    expected: { readonly sha256: string; readonly size?: number },
    store: BlobStore,
    progress: Progress | undefined,
  ): Promise<string> {
    const label = basename(url.pathname)
    return slots(() =>
      persist(url, options.downloadDeadlineMs ?? 900_000, async (signal) => {
        const head = await request(url, { 'accept-encoding': 'identity' }, signal)
        if (!('value' in head)) return head
        const { status, headers: answered, url: final, body } = head.value
        if (status !== 200) {
          discard(body)
          return statusFailure(status, answered.get('retry-after'), final, Date.now())
        }
        let broken: Failure | undefined
        async function* guarded(): AsyncGenerator<Uint8Array> {
          let done = 0
          try {
            for await (const chunk of body as AsyncIterable<Uint8Array>) {
              done += chunk.length
              progress?.step?.(label, done, expected.size)
              yield chunk
            }
          } catch (error) {
            broken = transportFailure(error, final, 'body')
            throw broken.error
          }
        }
        try {
          return { value: (await store.put(guarded(), expected)).path }
        } catch (error) {
          discard(body)
          if (broken !== undefined) return broken
          if (error instanceof SvcsplitError && error.code === 'E-IDX-HASH')
            throw new SvcsplitError(error.code, `${showUrl(final)}: ${error.message}`, {
              hint: 'the index or a proxy on the way serves another file than the one that was recorded; nothing was kept',
              cause: error,
            })
          throw error
        }
      }),
    )
  }

  return {
    offline: options.offline === true,

    async get(text, getOptions = {}) {
      const url = parse(text)
      const { range } = getOptions
      const headers: Record<string, string> = {
        'accept-encoding': range === undefined ? 'gzip' : 'identity',
        ...getOptions.headers,
      }
      if (range !== undefined)
        headers.range = 'suffix' in range ? `bytes=-${range.suffix}` : `bytes=${range.start}-${range.end}`
      const allowed = (status: number): boolean =>
        (status >= 200 && status < 300) ||
        (getOptions.allow404 === true && (status === 404 || status === 410)) ||
        getOptions.allow?.includes(status) === true
      return slots(() =>
        persist(url, options.deadlineMs ?? 60_000, async (signal) => {
          const head = await request(url, headers, signal)
          if (!('value' in head)) return head
          const { status, headers: answered, url: final } = head.value
          if (!allowed(status)) {
            discard(head.value.body)
            return statusFailure(status, answered.get('retry-after'), final, Date.now())
          }
          const body = await readBody(head.value, getOptions.maxBytes ?? defaultMaxBytes)
          if (!('value' in body)) return body
          const wrong = status === 206 ? wrongRange(range, answered, body.value.length, final) : undefined
          if (wrong !== undefined) return wrong
          return { value: { status, headers: answered, body: body.value, url: withoutLogin(final) } }
        }),
      )
    },

    async download(from, expected, store, progress) {
      const path = store.path(expected.sha256)
      const find = async (): Promise<string | undefined> =>
        (await isWhole(path, expected.size)) ? path : undefined
      const address = async (): Promise<URL> => parse(typeof from === 'string' ? from : await from())
      // refused before a folder or a claim is made for it
      if (options.offline === true && (await find()) === undefined) await address()
      return doneOnce(path, find, async () => fetchInto(await address(), expected, store, progress), {
        waiting: () =>
          (progress ?? options.progress)?.step?.('wait for another process that fetches the same file'),
      })
    },

    async close() {
      // What still waits for a free connection would open new ones.
      slots.clearQueue()
      await transport.close()
    },
  }
}

function headersFor(
  url: URL,
  first: URL,
  headers: Readonly<Record<string, string>>,
  credentials: Credentials,
): Record<string, string> {
  const sent: Record<string, string> = { 'user-agent': 'svcsplit' }
  for (const [name, value] of Object.entries(headers))
    if (url.origin === first.origin || portableHeaders.has(name.toLowerCase()))
      sent[name.toLowerCase()] = value
  const login = credentials.for(url)
  if (login !== undefined && sent.authorization === undefined) sent.authorization = basic(login)
  return sent
}

function redirectTarget(from: URL, location: string): URL | SvcsplitError {
  const next = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined
  if (next === undefined || (next.protocol !== 'http:' && next.protocol !== 'https:'))
    return new SvcsplitError(
      'E-NET-REDIRECT',
      `${showUrl(from)} redirects to what is not a http address: ${showUrl(location)}`,
    )
  if (from.protocol === 'https:' && next.protocol === 'http:')
    return new SvcsplitError(
      'E-NET-REDIRECT',
      `${showUrl(from)} redirects from https to http: ${showUrl(next)}`,
    )
  next.hash = ''
  return next
}

/** What a power cut leaves is a file of another size: had anew. */
async function isWhole(path: string, size: number | undefined): Promise<boolean> {
  const status = await statusOf(path)
  return status?.kind === 'file' && (size === undefined || status.size === size)
}

function withoutLogin(url: URL): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  return shown.href
}

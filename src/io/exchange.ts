import { Readable } from 'node:stream'
import { SvcsplitError } from '#errors.js'
import type { HttpOptions } from './http.js'
import { type Attempt, transportFailure } from './http-failure.js'
import { isLoopback, withoutProxies } from './loopback.js'
import { type Persist, persistence } from './persist.js'
import { discard, headerMap, openTransport } from './transport.js'
import { showUrl } from './url-text.js'

/** Bytes to send that can be read again for another try. */
export interface Upload {
  /** Bytes. */
  readonly size: number
  chunks(): AsyncIterable<Uint8Array>
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | Upload
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly url: URL
  /** The body, to be read once or dropped. A fault on the way is an SvcsplitError E-NET-*. */
  chunks(): AsyncIterable<Uint8Array>
  /** The whole body. @throws E-NET-LIMIT above `maxBytes`, E-NET-* */
  read(maxBytes: number): Promise<Buffer>
  drop(): void
}

/**
 * Requests that `Http` does not know: every method, bodies that are sent, answers of every status. One `send` is
 * one try of one request: no redirect is followed, no login added, no answer kept. `persist` bounds time and tries.
 */
export interface Exchange {
  send(url: URL, request: ExchangeRequest): Promise<Attempt<Answer>>
  readonly persist: Persist
  close(): Promise<void>
}

const shortBody = 64 * 1024

export function openExchange(options: HttpOptions = {}): Exchange {
  const environment = options.environment ?? process.env
  const outer = openTransport(options, environment)
  const inner = openTransport(options, withoutProxies(environment))

  return {
    persist: persistence(options),

    async send(url, { method, headers = {}, body, signal }) {
      if (options.offline === true)
        throw new SvcsplitError(
          'E-NET-OFFLINE',
          `${showUrl(url)} is needed, and --offline forbids the network`,
          { hint: 'run again without --offline' },
        )
      let broken: SvcsplitError | undefined
      async function* guarded(upload: Upload): AsyncGenerator<Uint8Array> {
        try {
          yield* upload.chunks()
        } catch (error) {
          // the transport would report its own end instead of what ended it
          if (error instanceof SvcsplitError) broken = error
          throw error
        }
      }
      try {
        const dispatcher = await (isLoopback(url.hostname) ? inner : outer).dispatcherFor(url)
        const answer = await dispatcher.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers: {
            'user-agent': 'svcsplit',
            'accept-encoding': 'identity',
            ...headers,
            ...(body === undefined
              ? {}
              : { 'content-length': String(body instanceof Uint8Array ? body.length : body.size) }),
          },
          ...(body === undefined
            ? {}
            : { body: body instanceof Uint8Array ? body : Readable.from(guarded(body)) }),
          signal,
        })
        const stream = answer.body
        async function* chunks(): AsyncGenerator<Uint8Array> {
          try {
            for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk
          } catch (error) {
            throw transportFailure(error, url, 'body').error
          } finally {
            if (!stream.readableEnded) discard(stream)
          }
        }
        return {
          value: {
            status: answer.statusCode,
            headers: headerMap(answer.headers),
            url,
            chunks,
            drop() {
              stream.on('error', () => undefined)
              // what is short is read, so that the connection can serve the next request
              stream.dump({ limit: shortBody }).catch(() => undefined)
            },
            async read(maxBytes) {
              const parts: Uint8Array[] = []
              let size = 0
              for await (const chunk of chunks()) {
                size += chunk.length
                if (size > maxBytes)
                  throw new SvcsplitError('E-NET-LIMIT', `${showUrl(url)} sends more than ${maxBytes} bytes`)
                parts.push(chunk)
              }
              return Buffer.concat(parts, size)
            },
          },
        }
      } catch (error) {
        if (broken !== undefined) throw broken
        return transportFailure(error, url, 'head')
      }
    },

    async close() {
      await Promise.all([inner.close(), outer.close()])
    },
  }
}

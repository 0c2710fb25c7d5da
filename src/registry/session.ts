import { SvcsplitError } from '#errors.js'
import { type Answer, type Exchange, type ExchangeRequest, openExchange, type Upload } from '#io/exchange.js'
import type { HttpOptions } from '#io/http.js'
import type { Attempt } from '#io/http-failure.js'
import { isLoopback } from '#io/loopback.js'
import type { Persist } from '#io/persist.js'
import { showUrl } from '#io/url-text.js'
import { readRefusal, readTry, refusalFailure } from './answer.js'
import { type Authorization, openAuthorization, type Scope } from './authorization.js'
import { findLogin } from './docker-config.js'
import type { Repository } from './endpoint.js'

export interface SessionOptions extends HttpOptions {
  /** Speak to registries without TLS. Loopback hosts need no permission. */
  readonly plainHttp?: boolean
}

export interface RegistryRequest<T> {
  readonly method: ExchangeRequest['method']
  /** Below `/v2/`, or the whole address that the registry gave. */
  readonly target: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | Upload
  readonly scopes: readonly Scope[]
  /** For errors: `cannot push glance:1`. */
  readonly what: string
  /** Milliseconds, tries and waits included. Default 60,000. */
  readonly deadlineMs?: number
  /** The result of an answer that is one; undefined makes it a refusal, which is tried again where that may help. */
  on(answer: Answer): Promise<T | undefined> | T | undefined
}

/** Requests to registries: address, login, redirects, tries. */
export interface Session {
  /** Tried again where that may help. @throws E-REG-*, E-NET-* */
  send<T>(repository: Repository, request: RegistryRequest<T>): Promise<T>
  /** Tried once; for what must look at the state of things before another try. @throws E-REG-AUTH, E-REG-INSECURE */
  sendOnce<T>(repository: Repository, request: RegistryRequest<T>, signal: AbortSignal): Promise<Attempt<T>>
  readonly persist: Persist
  /** The address that a Location field means. @throws E-REG-UPLOAD */
  locate(repository: Repository, answer: Answer): Promise<URL>
  close(): Promise<void>
}

const maxRedirects = 5
/** Fields that may follow a redirect to another origin. */
const portable = new Set(['accept', 'range', 'content-type', 'content-range'])

interface Host {
  readonly endpoint: URL
  readonly authorization: Authorization
}

export function openSession(options: SessionOptions = {}): Session {
  const environment = options.environment ?? process.env
  const exchange = openExchange(options)
  const endpoints = new Map<string, Promise<URL>>()
  const hosts = new Map<string, Promise<Host>>()

  /** Kept by key, unless it failed. */
  function once<T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
    let made = map.get(key)
    if (made === undefined) {
      made = make()
      map.set(key, made)
      made.catch(() => map.delete(key))
    }
    return made
  }

  /** By repository, since logins may differ between the repositories of one registry. */
  function hostOf({ registry, repository }: Repository): Promise<Host> {
    return once(hosts, `${registry}/${repository}`, async () => {
      const endpoint = await once(endpoints, registry, () => endpointOf(registry, options, exchange))
      const login = (): ReturnType<typeof findLogin> => findLogin(registry, repository, environment)
      return { endpoint, authorization: openAuthorization(endpoint, login, exchange) }
    })
  }

  /** One try: redirects followed, the login only where it belongs. */
  async function attempt(
    first: URL,
    request: Omit<RegistryRequest<unknown>, 'on' | 'target'>,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Attempt<Answer>> {
    let url = first
    for (let hops = 0; ; hops++) {
      const own = url.origin === first.origin
      const headers = Object.fromEntries(
        Object.entries(request.headers ?? {}).filter(([name]) => own || portable.has(name)),
      )
      const sent = await exchange.send(url, {
        method: request.method,
        headers: { ...headers, ...(own && authorization !== undefined ? { authorization } : {}) },
        ...(request.body === undefined ? {} : { body: request.body }),
        signal,
      })
      if (!('value' in sent)) return sent
      const answer = sent.value
      const reading = request.method === 'GET' || request.method === 'HEAD'
      const follows = reading ? [301, 302, 303, 307, 308] : [307, 308]
      const location = answer.headers.get('location')
      if (!follows.includes(answer.status) || location === undefined) return sent
      answer.drop()
      const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined
      const problem =
        next === undefined || !['http:', 'https:'].includes(next.protocol)
          ? 'to what is not a http address'
          : url.protocol === 'https:' && next.protocol === 'http:'
            ? `from https to http: ${showUrl(next)}`
            : hops === maxRedirects
              ? `more than ${maxRedirects} times`
              : undefined
      if (problem !== undefined)
        return {
          error: new SvcsplitError('E-NET-REDIRECT', `${showUrl(url)} redirects ${problem}`),
          retry: false,
        }
      url = next!
    }
  }

  async function addressOf(repository: Repository, request: RegistryRequest<unknown>): Promise<URL> {
    if (request.target instanceof URL) return request.target
    const { endpoint } = await hostOf(repository)
    return new URL(`/v2/${repository.repository}/${request.target}`, endpoint)
  }

  async function sendOnce<T>(
    repository: Repository,
    request: RegistryRequest<T>,
    signal: AbortSignal,
  ): Promise<Attempt<T>> {
    const { endpoint, authorization } = await hostOf(repository)
    const url = await addressOf(repository, request)
    const loggedIn = url.origin === endpoint.origin
    for (let renewed = false; ; renewed = true) {
      const header = loggedIn ? await authorization.header(request.scopes) : undefined
      const tried = await attempt(url, request, header, signal)
      if (!('value' in tried)) return tried
      const answer = tried.value
      if (answer.status === 401 && loggedIn && answer.url.origin === url.origin && !renewed) {
        answer.drop()
        await authorization.learn(answer.headers.get('www-authenticate'), header, request.scopes)
        continue
      }
      const result = await readTry(async () => request.on(answer))
      if (!('value' in result)) return result
      if (result.value === undefined) return refusalFailure(await readRefusal(answer), request.what, answer)
      return { value: result.value }
    }
  }

  return {
    persist: exchange.persist,
    sendOnce,

    async send(repository, request) {
      const url = await addressOf(repository, request)
      return exchange.persist(url, request.deadlineMs ?? 60_000, (signal) =>
        sendOnce(repository, request, signal),
      )
    },

    async locate(repository, answer) {
      const { endpoint } = await hostOf(repository)
      const location = answer.headers.get('location')
      const bad = (problem: string): SvcsplitError =>
        new SvcsplitError('E-REG-UPLOAD', `${repository.registry} ${problem}`)
      if (location === undefined)
        throw bad('does not say where to send the blob: it answers without Location')
      const url = URL.canParse(location, answer.url.href) ? new URL(location, answer.url.href) : undefined
      if (url === undefined || !['http:', 'https:'].includes(url.protocol))
        throw bad(`wants the blob at ${showUrl(location)}, which is not a http address`)
      // behind a proxy that ends TLS, registries name themselves by the scheme that they see
      if (url.host === endpoint.host) url.protocol = endpoint.protocol
      if (endpoint.protocol === 'https:' && url.protocol === 'http:')
        throw bad(`wants the blob in clear text at ${showUrl(url)}`)
      return url
    },

    close: () => exchange.close(),
  }
}

/** Where the registry answers: https, or http where that was allowed, or on loopback if nothing speaks TLS there. */
async function endpointOf(registry: string, options: SessionOptions, exchange: Exchange): Promise<URL> {
  const secure = new URL(`https://${registry}`)
  const plain = new URL(`http://${registry}`)
  if (options.plainHttp === true) return plain
  if (!isLoopback(secure.hostname)) return secure
  const probe = await exchange.send(new URL('/v2/', secure), {
    method: 'GET',
    signal: AbortSignal.timeout(5_000),
  })
  if ('value' in probe) {
    probe.value.drop()
    return secure
  }
  // a certificate that is not trusted is TLS all the same: going on in clear text would hide it
  const code = (probe.error.cause as { code?: unknown } | undefined)?.code
  const spokeTls =
    probe.error.code === 'E-NET-TLS' && code !== 'EPROTO' && !String(code).startsWith('ERR_SSL_')
  if (spokeTls) throw probe.error
  return plain
}

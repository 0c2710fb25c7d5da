import type { Dispatcher } from 'undici'
import type { HttpOptions } from './http.js'
import { proxyFor } from './proxy.js'
import { trustedCertificates } from './trusted-certificates.js'

interface Transport {
  dispatcherFor(url: URL): Promise<Dispatcher>
  close(): Promise<void>
}

/** One agent for direct connections and one per proxy, made when first needed. */
export function openTransport(
  options: HttpOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Transport {
  const agents = new Map<string, Promise<Dispatcher>>()

  async function open(proxy: URL | undefined): Promise<Dispatcher> {
    const { Agent, ProxyAgent } = await import('undici')
    const secureContext = trustedCertificates(environment)
    const tls = secureContext === undefined ? {} : { secureContext }
    const idle = options.idleTimeoutMs ?? 30_000
    const common = { headersTimeout: idle, bodyTimeout: idle, connections: options.concurrency ?? 8 }
    // said aloud, since NODE_TLS_REJECT_UNAUTHORIZED=0 would change the default
    const connect = { timeout: options.connectTimeoutMs ?? 10_000, rejectUnauthorized: true, ...tls }
    if (proxy === undefined) return new Agent({ ...common, connect })
    const token =
      proxy.username === '' && proxy.password === ''
        ? {}
        : {
            token: basic({
              user: decodeURIComponent(proxy.username),
              password: decodeURIComponent(proxy.password),
            }),
          }
    return new ProxyAgent({
      ...common,
      ...token,
      uri: proxy.origin,
      proxyTunnel: false,
      requestTls: connect,
      proxyTls: connect,
    })
  }

  return {
    dispatcherFor(url) {
      const proxy = proxyFor(url, environment)
      const key = proxy?.href ?? ''
      let agent = agents.get(key)
      if (agent === undefined) {
        agent = open(proxy)
        agents.set(key, agent)
      }
      return agent
    },
    async close() {
      const opened = await Promise.allSettled(agents.values())
      agents.clear()
      await Promise.all(
        opened.map((agent) => (agent.status === 'fulfilled' ? agent.value.destroy() : undefined)),
      )
    },
  }
}

/** The value of an Authorization header (RFC 7617). */
export function basic(login: { readonly user: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`
}

/** Header fields by lower-case name. */
export function headerMap(headers: Dispatcher.ResponseData['headers']): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) map.set(name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value)
  return map
}

/** More than this is not worth reading to keep a connection. */
const shortBody = 64 * 1024

/** Ends a body that nobody wants; what is short is read, so that the connection can serve the next request. */
export function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined)
  body.dump({ limit: shortBody }).catch(() => undefined)
}

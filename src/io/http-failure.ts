import { SvcsplitError, visible } from '#errors.js'
import { errnoOf } from './errno.js'
import { showUrl } from './url-text.js'

/** Why one try did not succeed, and whether another one could. */
export interface Failure {
  readonly error: SvcsplitError
  readonly retry: boolean
  /** What the server asked to wait, in milliseconds. */
  readonly waitMs?: number
}

/** What one try came to. */
export type Attempt<T> = { readonly value: T } | Failure

const connectCodes = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
])

/** Statuses that a later try may turn into an answer; 499 and 522 come from proxies before a server. */
const passingStatuses = new Set([408, 425, 429, 499, 500, 502, 503, 504, 522])

/** The longest wait that a server may ask for (RFC 9110, Retry-After). */
const longestWaitMs = 60_000

/** What the transport threw, typed. `phase`: before the answer's head was there, or while its body came. */
export function transportFailure(error: unknown, url: URL, phase: 'head' | 'body'): Failure {
  if (error instanceof SvcsplitError) return { error, retry: false }
  const code = codeOf(error)
  const where = showUrl(url)
  const reason = visible(reasonOf(error), 160)
  const fail = (kind: SvcsplitError['code'], message: string, retry: boolean, hint?: string): Failure => ({
    error: new SvcsplitError(kind, message, { cause: error, ...(hint === undefined ? {} : { hint }) }),
    retry,
  })
  if (isTlsCode(code))
    return fail(
      'E-NET-TLS',
      `${where}: ${reason} (${code})`,
      false,
      'set SSL_CERT_FILE to the bundle that holds the issuing certificate, and check the clock of this machine',
    )
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return fail('E-NET-TIMEOUT', `${where} sends nothing`, true)
  if (/^Proxy response \((\d+)\)/.test(reason))
    return fail(
      'E-NET-CONNECT',
      `the proxy refused the connection to ${url.host}: ${reason}`,
      /\(5\d\d\)/.test(reason),
      'check HTTPS_PROXY, and NO_PROXY for hosts that need none',
    )
  // closed by this process itself: there is nobody left to try again for
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED')
    return fail('E-NET-CONNECT', `no answer from ${where}: the client is closed`, false)
  if (connectCodes.has(code))
    return fail(
      'E-NET-CONNECT',
      `cannot reach ${where}: ${reason}`,
      code !== 'ENOTFOUND',
      'check the address, the network and the proxy variables, or use --offline',
    )
  if (phase === 'body') return fail('E-NET-TRUNC', `the answer of ${where} ended too early: ${reason}`, true)
  return fail('E-NET-CONNECT', `no answer from ${where}: ${reason}`, true)
}

/** What a status means that is not the one hoped for. */
export function statusFailure(
  status: number,
  retryAfter: string | undefined,
  url: URL,
  nowMs: number,
): Failure {
  const where = showUrl(url)
  const hint =
    status === 401 || status === 403
      ? 'put the login into netrc or into the index URL'
      : status === 407
        ? 'put the login into the proxy URL'
        : undefined
  const waitMs = waitOf(retryAfter, nowMs)
  const tooLong = waitMs !== undefined && waitMs > longestWaitMs
  const message = tooLong
    ? `${where} answers ${status} and asks to wait ${Math.round(waitMs / 1000)} s`
    : `${where} answers ${status}`
  return {
    error: new SvcsplitError('E-NET-STATUS', message, hint === undefined ? {} : { hint }),
    retry: passingStatuses.has(status) && !tooLong,
    ...(waitMs === undefined ? {} : { waitMs }),
  }
}

/** Seconds or a date; undefined for garbage and for what has passed. */
function waitOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\s*\d{1,9}\s*$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) || date <= nowMs ? undefined : date - nowMs
}

function codeOf(error: unknown): string {
  let current = error
  for (let depth = 0; depth < 5 && current !== undefined && current !== null; depth++) {
    const code = errnoOf(current)
    if (code !== undefined && code !== 'UND_ERR') return code
    const inner = current as { cause?: unknown; errors?: unknown }
    current = inner.cause ?? (Array.isArray(inner.errors) ? inner.errors[0] : undefined)
  }
  return ''
}

/** Happy eyeballs give an AggregateError with an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const message = error instanceof Error ? error.message : String(error)
  return message === '' ? codeOf(error) || 'unknown reason' : message
}

function isTlsCode(code: string): boolean {
  return (
    /^(CERT_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_|DEPTH_ZERO_|CRL_|HOSTNAME_MISMATCH)/.test(code) ||
    code === 'EPROTO' ||
    code === 'INVALID_CA'
  )
}

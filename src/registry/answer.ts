import { SvcsplitError, visible } from '#errors.js'
import type { Answer } from '#io/exchange.js'
import { type Attempt, type Failure, statusFailure } from '#io/http-failure.js'
import { showUrl } from '#io/url-text.js'

/** Why a registry does not do what was asked (distribution-spec, "Error codes"). */
export interface Refusal {
  readonly status: number
  /** `BLOB_UNKNOWN`, `DENIED`, ...; none where the answer is not the registry's own. */
  readonly codes: readonly string[]
  /** Codes and messages as they may be shown. */
  readonly text: string
  /** Digests that the answer names as missing. */
  readonly digests: readonly string[]
}

const longestRefusal = 64 * 1024
const retried = new Set(['E-NET-TRUNC', 'E-NET-TIMEOUT', 'E-NET-CONNECT'])

/** Runs what reads an answer's body; a body that breaks is a failure of this try and not of the request. */
export async function readTry<T>(read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read() }
  } catch (error) {
    if (error instanceof SvcsplitError && retried.has(error.code)) return { error, retry: true }
    throw error
  }
}

/** Reads an answer that says no; never fails, since the status alone is enough. */
export async function readRefusal(answer: Answer): Promise<Refusal> {
  const { status } = answer
  let errors: readonly unknown[] = []
  try {
    const body: unknown = JSON.parse((await answer.read(longestRefusal)).toString('utf8'))
    const listed = (body as { errors?: unknown } | null)?.errors
    if (Array.isArray(listed)) errors = listed.slice(0, 20)
  } catch {
    answer.drop()
  }
  const codes: string[] = []
  const texts: string[] = []
  const digests: string[] = []
  for (const error of errors) {
    const { code, message, detail } = (error ?? {}) as Record<string, unknown>
    if (typeof code === 'string') codes.push(code)
    const words = [code, message].filter((part) => typeof part === 'string' && part !== '')
    if (words.length > 0) texts.push(visible(words.join(': '), 300))
    for (const match of JSON.stringify(detail ?? '').matchAll(/sha256:[0-9a-f]{64}/g)) digests.push(match[0])
  }
  return { status, codes, text: texts.join('; '), digests }
}

/** A refusal as an error of the registry, and whether another try may help. */
export function refusalFailure(refusal: Refusal, what: string, answer: Answer): Failure {
  const passing = statusFailure(refusal.status, answer.headers.get('retry-after'), answer.url, Date.now())
  return { ...passing, error: refusalError(refusal, what, answer.url) }
}

export function refusalError(refusal: Refusal, what: string, url: URL): SvcsplitError {
  const { status, codes } = refusal
  const words = refusal.text === '' ? '' : `: ${refusal.text}`
  const message = `${what}: ${url.host} answers ${status}${words}`
  if (codes.includes('NAME_UNKNOWN') || codes.includes('MANIFEST_UNKNOWN') || status === 404)
    return new SvcsplitError('E-REG-UNKNOWN', message, { hint: 'check repository and tag' })
  if (status === 401 || status === 403 || codes.includes('DENIED') || codes.includes('UNAUTHORIZED'))
    return new SvcsplitError('E-REG-AUTH', message, {
      hint: 'check that the login may do this in this repository',
    })
  if (status === 413)
    return new SvcsplitError('E-REG-UPLOAD', message, {
      hint: 'a quota, or a proxy that limits bodies: raise it, or send smaller pieces with --chunk-size 5',
    })
  const hint = codes.includes('NAME_INVALID')
    ? 'the registry does not take this repository name'
    : status === 429 || status >= 500
      ? 'run the same command again later: what was uploaded is not sent twice'
      : undefined
  return new SvcsplitError('E-REG-STATUS', `${message} (${showUrl(url)})`, hint === undefined ? {} : { hint })
}

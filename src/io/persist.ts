import { SvcsplitError } from '#errors.js'
import type { HttpOptions } from './http.js'
import type { Attempt } from './http-failure.js'
import { showUrl } from './url-text.js'

/** Runs `attempt` until it has a value, its failure is final, or the deadline passes. */
export type Persist = <T>(
  url: URL,
  deadlineMs: number,
  attempt: (signal: AbortSignal) => Promise<Attempt<T>>,
) => Promise<T>

/** The one way of trying again: bounded tries, doubling waits with jitter, a total deadline. */
export function persistence(options: Pick<HttpOptions, 'retries' | 'backoffMs' | 'progress'>): Persist {
  const retries = options.retries ?? 3
  const backoffMs = options.backoffMs ?? 500
  return async (url, deadlineMs, attempt) => {
    const started = performance.now()
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), deadlineMs)
    try {
      for (let tries = 1; ; tries++) {
        const outcome = await attempt(abort.signal)
        if ('value' in outcome) return outcome.value
        if (abort.signal.aborted) throw tooLate(url, deadlineMs, tries)
        if (!outcome.retry || tries > retries) throw withTries(outcome.error, tries)
        const waitMs = outcome.waitMs ?? backoffMs * 2 ** (tries - 1) * (0.5 + Math.random())
        if (performance.now() - started + waitMs > deadlineMs) throw withTries(outcome.error, tries)
        options.progress?.note?.(`${outcome.error.message}; trying again`)
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    } finally {
      clearTimeout(timer)
    }
  }
}

function withTries(error: SvcsplitError, tries: number): SvcsplitError {
  if (tries === 1) return error
  return new SvcsplitError(error.code, `${error.message} (${tries} tries)`, {
    cause: error.cause,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
}

function tooLate(url: URL, deadlineMs: number, tries: number): SvcsplitError {
  return new SvcsplitError(
    'E-NET-TIMEOUT',
    `${showUrl(url)} did not answer fully within ${deadlineMs / 1000} s (${tries} ${tries === 1 ? 'try' : 'tries'})`,
  )
}

import { SvcsplitError } from '#errors.js'
import type { Lock } from '#lock/lock.js'

/** Files that a message names; the rest is counted. */
const mostNamed = 5

/**
 * A lock that is built from is held to `--exclude-newer` by the upload times that it states: what was uploaded since, or
 * has no time, ends the run. A wheel that was built from an sdist is as old as its sdist.
 * @param moment milliseconds since the epoch
 * @throws E-LCK-NOFILE
 */
export function requireUploadedBefore(lock: Lock, moment: number, path: string): void {
  const wrong = lock.distributions.flatMap(({ wheel, sdist }) => {
    const { filename, uploadTime } = (wheel ?? sdist)!
    if (uploadTime === undefined) return [`${filename}, of which it says no upload time`]
    return Date.parse(uploadTime) < moment ? [] : [`${filename}, uploaded ${uploadTime}`]
  })
  if (wrong.length === 0) return
  const named = wrong.slice(0, mostNamed).join('; ')
  const rest = wrong.length - mostNamed
  throw new SvcsplitError(
    'E-LCK-NOFILE',
    `the lock has what --exclude-newer leaves out: ${named}${rest > 0 ? `; and ${rest} more` : ''}`,
    {
      at: { path },
      hint: `it leaves out what was uploaded since ${new Date(moment).toISOString()}: write the lock with the same --exclude-newer, or leave it away`,
    },
  )
}

/** Runs what chooses files; where none is left, the person hears that `--exclude-newer` may have taken them away. */
export function choosingBefore<T>(moment: number | undefined, choose: () => T): T {
  try {
    return choose()
  } catch (error) {
    const isMissing =
      error instanceof SvcsplitError && ['E-LCK-UNSOLVED', 'E-LCK-NOFILE'].includes(error.code)
    if (moment === undefined || !isMissing) throw error
    throw new SvcsplitError(error.code, error.message, {
      hint: `--exclude-newer left out what was uploaded since ${new Date(moment).toISOString()}`,
      cause: error,
    })
  }
}

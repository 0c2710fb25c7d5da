import { type SvcsplitError, visible } from '#errors.js'
import { failure } from './failure.js'
import { type DistributionName, normalizeName } from './name.js'
import { tryParseVersion } from './version.js'

/** What the file name of an sdist says (PEP 625, and the older `.zip`). */
interface SdistFilename {
  readonly name: DistributionName
  /** Canonical. */
  readonly version: string
}

/** Throws E-REQ-SYNTAX. */
export function parseSdistFilename(filename: string): SdistFilename {
  const ending = ['.tar.gz', '.zip'].find((known) => filename.endsWith(known))
  if (ending === undefined) throw refused(filename, `it ends neither in '.tar.gz' nor in '.zip'`)
  const stem = filename.slice(0, -ending.length)
  // Old names hold dashes, versions do not.
  const dash = stem.lastIndexOf('-')
  if (dash <= 0) throw refused(filename, 'it needs name and version')
  const version = tryParseVersion(stem.slice(dash + 1))
  if (version === undefined)
    throw refused(filename, `'${visible(stem.slice(dash + 1), 80)}' is not a version`)
  return { name: normalizeName(stem.slice(0, dash)), version: version.text }
}

function refused(filename: string, why: string): SvcsplitError {
  return failure(
    'E-REQ-SYNTAX',
    `'${visible(filename)}' is not the file name of an sdist: ${why}`,
    filename,
    0,
  )
}

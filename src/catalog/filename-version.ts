import { type DistributionName, normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'

const sdistEndings = ['.tar.gz', '.zip', '.tgz', '.tar.bz2', '.tar.xz']

/**
 * Which version of `name` a file is, read with the name known: old sdists have dashes in their names
 * (`XStatic-JQuery.quicksearch-2.0.3.2.tar.gz`). Undefined if it is no wheel or sdist of `name`, if its version is
 * none by PEP 440, or if its name could not stand in a folder.
 */
export function versionOfFilename(
  filename: string,
  name: DistributionName,
): { readonly version: string; readonly kind: 'wheel' | 'sdist' } | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._+!-]*$/.test(filename) || filename.length > 300) return undefined
  if (filename.endsWith('.whl')) {
    const parts = filename.slice(0, -4).split('-')
    if (parts.length !== 5 && parts.length !== 6) return undefined
    if (normalizeName(parts[0]!) !== name) return undefined
    return withVersion(parts[1]!.replaceAll('_', '-'), 'wheel')
  }
  const ending = sdistEndings.find((candidate) => filename.endsWith(candidate))
  if (ending === undefined) return undefined
  const stem = filename.slice(0, -ending.length)
  for (let dash = stem.indexOf('-'); dash > 0; dash = stem.indexOf('-', dash + 1)) {
    if (normalizeName(stem.slice(0, dash)) !== name) continue
    const found = withVersion(stem.slice(dash + 1), 'sdist')
    if (found !== undefined) return found
  }
  return undefined
}

function withVersion<Kind extends 'wheel' | 'sdist'>(
  version: string,
  kind: Kind,
): { readonly version: string; readonly kind: Kind } | undefined {
  return tryParseVersion(version) === undefined ? undefined : { version, kind }
}

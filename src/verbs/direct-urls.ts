import { type DirectFile, directFile, readDirectFile } from '#catalog/direct-file.js'
import { type FileOrigin, SvcsplitError } from '#errors.js'
import type { RequirementLine } from '#inputs/requirement-line.js'
import type { Http } from '#io/http.js'
import { showUrl } from '#io/url-text.js'
import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { parseSpecifierSet } from '#pep/specifier-set.js'
import { tryParseVersion } from '#pep/version.js'
import type { Facts, VersionFacts } from '#solver/facts.js'
import { factsReader } from '#solver/release-facts.js'

/** Distributions that requirements name by URL, and the files there. */
export type DirectFiles = Map<DistributionName, DirectFile & { readonly at: FileOrigin }>

/**
 * The requirement as one of the version that its URL names, which is noted in `files`.
 * @throws E-REQ-URL, E-REQ-HASH
 */
export function notedDirectUrl(line: RequirementLine, files: DirectFiles): RequirementLine {
  const { requirement, at, hashes } = line
  const { url, name, rawName, extras } = requirement
  if (url === undefined) return line
  const file = placed(at, () => directFile(name, url, hashes))
  const known = files.get(name)
  if (known !== undefined && known.url !== file.url)
    throw new SvcsplitError('E-REQ-URL', `${name} is demanded from two places`, {
      at,
      hint: `it comes from ${showUrl(known.url)} already, by ${known.at.path}:${known.at.line ?? 1}`,
    })
  const sha256 = [...new Set([...(known?.sha256 ?? []), ...file.sha256])]
  files.set(name, { ...file, sha256, at: known?.at ?? at })
  const { url: _, ...rest } = requirement
  const wanted = extras.length === 0 ? '' : `[${extras.join(',')}]`
  return {
    ...line,
    requirement: { ...rest, specifiers: parseSpecifierSet(`===${file.version}`) },
    text: `${rawName}${wanted} @ ${showUrl(url)}`,
  }
}

/**
 * The facts, with the files that were named in place of what they have of the same versions. Other versions stay:
 * a conflict can then say that it is the URL that excludes them.
 */
export async function withDirectFiles(
  facts: Facts,
  files: DirectFiles,
  http: Http,
  environment: MarkerEnvironment,
): Promise<Facts> {
  const read = factsReader(environment)
  const direct = new Map<DistributionName, { readonly version: string; readonly release: VersionFacts }>()
  for (const [name, file] of files) {
    const found = await readDirectFile(file, http)
    const release: VersionFacts =
      'pending' in found ? { demands: [], trouble: found.pending, isMissing: true } : read(found)
    direct.set(name, { version: file.version, release })
  }
  return {
    ...facts,
    candidates(name) {
      const [one, known] = [direct.get(name), facts.candidates(name)]
      if (one === undefined || known === undefined) return known
      return [
        ...known.filter(({ version }) => !equalVersions(version, one.version)),
        { version: one.version },
      ]
    },
    release(name, version) {
      const one = direct.get(name)
      return one?.version === version ? one.release : facts.release(name, version)
    },
  }
}

function equalVersions(one: string, other: string): boolean {
  const key = tryParseVersion(one)?.key
  return one === other || (key !== undefined && key === tryParseVersion(other)?.key)
}

/** Gives errors without a place the place of the requirement. */
function placed<T>(at: FileOrigin, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof SvcsplitError) || error.at !== undefined) throw error
    const { code, message, hint, cause } = error
    throw new SvcsplitError(code, message, {
      at,
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

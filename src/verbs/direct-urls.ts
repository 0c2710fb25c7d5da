import { type DirectFile, directFile, readDirectFile } from '#catalog/direct-file.js'
import { type FileOrigin, placed, SvcsplitError } from '#errors.js'
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
  const { requirement, at } = line
  const { url, name, rawName, extras } = requirement
  if (url === undefined) return line
  const file = fileNamed(line, url)
  const known = files.get(name)
  if (known !== undefined && known.url !== file.url)
    throw new SvcsplitError('E-REQ-URL', `${name} is demanded from two places`, {
      at,
      hint: `it comes from ${showUrl(known.url)} already, by ${known.at.path}:${known.at.line ?? 1}`,
    })
  const sha256 = bothHashes(known?.sha256 ?? [], file.sha256)
  if (sha256 === undefined)
    throw new SvcsplitError('E-REQ-HASH', `two lines have different hashes of ${showUrl(url)}`, {
      at,
      hint: `no file can fit this line and ${known!.at.path}:${known!.at.line ?? 1}: correct one of them`,
    })
  files.set(name, { ...file, sha256, at: known?.at ?? at })
  const { url: _, ...rest } = requirement
  const wanted = extras.length === 0 ? '' : `[${extras.join(',')}]`
  return {
    ...line,
    requirement: { ...rest, specifiers: parseSpecifierSet(`===${file.version}`) },
    text: `${rawName}${wanted} @ ${showUrl(url)}`,
  }
}

function fileNamed({ requirement, at, hashes }: RequirementLine, url: string): DirectFile {
  try {
    return directFile(requirement.name, url, hashes)
  } catch (error) {
    throw placed(error, at)
  }
}

/** What two lines vouch for together: a line adds to what is known and takes nothing back. None: they contradict. */
function bothHashes(some: readonly string[], others: readonly string[]): readonly string[] | undefined {
  if (some.length === 0 || others.length === 0) return [...new Set([...some, ...others])]
  const both = [...new Set(some)].filter((one) => others.includes(one))
  return both.length === 0 ? undefined : both
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

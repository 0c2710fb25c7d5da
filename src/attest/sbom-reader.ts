import { SvcsplitError } from '#errors.js'
import { readPypiPurl } from './purl.js'

/** A distribution that an SBOM names. */
export interface NamedDistribution {
  readonly name: string
  readonly version: string
}

/** An SBOM of a thousand packages has two million bytes. */
export const maxSbomBytes = 64 * 1024 ** 2
const maxItems = 200_000

type Fields = Readonly<Record<string, unknown>>

/**
 * The Python distributions that an SBOM names by package URL, whoever wrote it: CycloneDX or SPDX 2 in JSON.
 * Undefined when it names none, so that it cannot answer a question about them. @throws SvcsplitError E-ATT-FORM
 */
export function distributionsOfSbom(text: string): readonly NamedDistribution[] | undefined {
  const document = fields(parsed(text))
  const purls = Array.isArray(document.components)
    ? componentPurls(document.components)
    : Array.isArray(document.packages)
      ? packagePurls(document.packages)
      : undefined
  if (purls === undefined) throw malformed('is neither CycloneDX nor SPDX')
  const found = purls.flatMap(({ purl, version }) => {
    const read = readPypiPurl(purl)
    const known = read?.version ?? version
    return read === undefined || known === undefined ? [] : [{ name: read.name, version: known }]
  })
  return found.length === 0 ? undefined : found
}

interface VersionedPurl {
  readonly purl: string
  readonly version: string | undefined
}

/** Components may stand in one another, as deep as their writer likes: a list of what is left, no recursion. */
function componentPurls(components: readonly unknown[]): readonly VersionedPurl[] {
  const found: VersionedPurl[] = []
  const left = [...components]
  for (let seen = 0; left.length > 0; seen += 1) {
    if (seen > maxItems) throw malformed(`names more than ${maxItems} components`)
    const { purl, version, components: inner } = fields(left.pop())
    if (typeof purl === 'string') found.push({ purl, version: text(version) })
    if (Array.isArray(inner)) for (const item of inner) left.push(item)
  }
  return found.reverse()
}

function packagePurls(packages: readonly unknown[]): readonly VersionedPurl[] {
  if (packages.length > maxItems) throw malformed(`names more than ${maxItems} packages`)
  return packages.flatMap((item) => {
    const { externalRefs, versionInfo } = fields(item)
    if (!Array.isArray(externalRefs)) return []
    return externalRefs.flatMap((reference) => {
      const { referenceType, referenceLocator } = fields(reference)
      return referenceType === 'purl' && typeof referenceLocator === 'string'
        ? [{ purl: referenceLocator, version: text(versionInfo) }]
        : []
    })
  })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function fields(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw malformed('does not have the form of one')
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw malformed('is not JSON')
  }
}

function malformed(problem: string): SvcsplitError {
  return new SvcsplitError('E-ATT-FORM', `the SBOM ${problem}`)
}

import type { Metadata } from '#catalog/catalog.js'
import { type Origin, SvcsplitError } from '#errors.js'
import { formatMarker } from '#pep/marker-format.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { formatSpecifierSet } from '#pep/specifier-set.js'
import type { PlacedRequirement } from '#solver/closure.js'

/** What a requirement says, apart from how it is spelt and from its marker. */
function looseKey(requirement: Requirement): string {
  return `${requirement.name}[${requirement.extras.join(',')}]${formatSpecifierSet(requirement.specifiers)}`
}

function exactKey(requirement: Requirement): string {
  return `${looseKey(requirement)};${requirement.marker === undefined ? '' : formatMarker(requirement.marker)}`
}

interface Line {
  readonly placed: PlacedRequirement
  used: boolean
}

function byKey(lines: readonly Line[], key: (requirement: Requirement) => string): Map<string, Line[]> {
  const map = new Map<string, Line[]>()
  for (const line of lines) {
    const text = key(line.placed.requirement)
    const known = map.get(text)
    if (known === undefined) map.set(text, [line])
    else known.push(line)
  }
  return map
}

/**
 * The demands of a service release with the best place for each: the line of its requirements file that says
 * the same, else its index metadata. Lines of the file that the metadata does not have are demands too: a
 * build backend can lose them (neutron 28.0.1 without pyroute2), the code imports them all the same.
 */
export function ownDemands(
  metadata: Metadata | undefined,
  declared: readonly PlacedRequirement[],
): readonly PlacedRequirement[] {
  const lines = declared.map((placed): Line => ({ placed, used: false }))
  const exact = byKey(lines, exactKey)
  const loose = byKey(lines, looseKey)
  const result = (metadata?.requires ?? []).map((text, index): PlacedRequirement => {
    const { distribution, version } = metadata!
    const at: Origin = { distribution, version, field: 'Requires-Dist', index }
    const requirement = parsed(text, at)
    const line =
      exact.get(exactKey(requirement))?.find(({ used }) => !used) ??
      loose.get(looseKey(requirement))?.find(({ used }) => !used)
    if (line === undefined) return { requirement, at }
    line.used = true
    // The marker is the metadata's (build backends rewrite it), spelling and place are the file's.
    return {
      requirement: { ...requirement, specifiers: line.placed.requirement.specifiers },
      at: line.placed.at,
    }
  })
  return [...result, ...lines.filter(({ used }) => !used).map(({ placed }) => placed)]
}

function parsed(text: string, at: Origin): Requirement {
  try {
    return parseRequirement(text)
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    throw new SvcsplitError('E-IDX-METADATA', error.message, { at, cause: error })
  }
}

import type { Metadata } from '#catalog/catalog.js'
import { type Origin, SvcsplitError } from '#errors.js'
import { formatMarker } from '#pep/marker-format.js'
import type { Requirement } from '#pep/requirement.js'
import { parseRequirementOnce } from '#pep/requirement-once.js'
import type { PlacedRequirement } from '#solver/closure.js'
import { needsExtra } from '#solver/requires-line.js'

/** What a requirement says, apart from the order of its specifiers and from its marker. */
function looseKey({ name, extras, specifiers }: Requirement): string {
  const parts = specifiers.specifiers.map(({ operator, version }) => operator + version)
  return `${name}[${extras.join(',')}]${parts.sort().join(',')}`
}

function markerText({ marker }: Requirement): string {
  return marker === undefined ? '' : formatMarker(marker)
}

function byKey(lines: readonly PlacedRequirement[]): Map<string, PlacedRequirement[]> {
  const map = new Map<string, PlacedRequirement[]>()
  for (const line of lines) {
    const key = looseKey(line.requirement)
    const known = map.get(key)
    if (known === undefined) map.set(key, [line])
    else known.push(line)
  }
  return map
}

/** Takes out the line that says the same, the one with the same marker first: build backends rewrite markers. */
function takeLine(
  lines: PlacedRequirement[] | undefined,
  requirement: Requirement,
): PlacedRequirement | undefined {
  if (lines === undefined || lines.length < 2) return lines?.shift()
  const marker = markerText(requirement)
  const same = lines.findIndex((line) => markerText(line.requirement) === marker)
  return lines.splice(Math.max(same, 0), 1)[0]
}

/**
 * The demands of a service release with the best place for each: the line of its requirements file that says
 * the same, else its index metadata. Lines of the file that the metadata does not have are demands too: a
 * build backend can lose them (neutron 28.0.1 without pyroute2), the code imports them all the same. What the
 * metadata demands for an extra alone is left to the extras of the profile.
 */
export function ownDemands(
  metadata: Metadata | undefined,
  declared: readonly PlacedRequirement[],
): readonly PlacedRequirement[] {
  const open = byKey(declared)
  const result: PlacedRequirement[] = []
  for (const [index, text] of (metadata?.requires ?? []).entries()) {
    if (needsExtra(text)) continue
    const { distribution, version } = metadata!
    const at: Origin = { distribution, version, field: 'Requires-Dist', index }
    const requirement = parsed(text, at)
    const line = takeLine(open.get(looseKey(requirement)), requirement)
    // The marker is the metadata's, spelling and place are the file's.
    result.push(
      line === undefined
        ? { requirement, at }
        : { requirement: { ...requirement, specifiers: line.requirement.specifiers }, at: line.at },
    )
  }
  return [...result, ...[...open.values()].flat()]
}

function parsed(text: string, at: Origin): Requirement {
  try {
    return parseRequirementOnce(text)
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    throw new SvcsplitError('E-IDX-METADATA', error.message, { at, cause: error })
  }
}

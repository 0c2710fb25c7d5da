import { SvcsplitError } from '#errors.js'
import { evaluateMarker, type MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { formatSpecifierSet, parseSpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { tryParseVersion } from '#pep/version.js'
import type { FoundEnvironment, InstalledDistribution } from './environment.js'
import type { Report } from './finding.js'

/**
 * What `pip check` asks, from the METADATA in the image: every demand is met by what is installed. Other than
 * pip, it follows extras that an installed distribution demands of another one.
 */
export function checkRequirements(
  environment: FoundEnvironment,
  marker: MarkerEnvironment,
  report: Report,
): void {
  const installed = new Map(environment.distributions.map((one) => [one.name, one]))
  const demands = new Map(environment.distributions.map((one) => [one.name, demandsOf(one, report)]))
  const extras = new Map<DistributionName, Set<string>>()
  const told = new Set<string>()
  const queue = [...environment.distributions]
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
    for (const { text, requirement } of demands.get(one.name)!) {
      const active = extras.get(one.name) ?? new Set<string>()
      if (requirement.marker !== undefined && !evaluateMarker(requirement.marker, marker, active)) continue
      const found = installed.get(requirement.name)
      const problem = problemOf(requirement, found)
      if (problem !== undefined && !told.has(`${one.name}\n${text}`)) {
        told.add(`${one.name}\n${text}`)
        report('requirement', 'error', `${one.name} ${one.version} demands ${text}${problem}`, one.folder)
      }
      if (found === undefined) continue
      const known = extras.get(found.name) ?? new Set<string>()
      const added = requirement.extras.filter((extra) => !known.has(extra))
      if (added.length === 0) continue
      for (const extra of added) known.add(extra)
      extras.set(found.name, known)
      queue.push(found)
    }
  }
  for (const { name, version, metadata, folder } of environment.distributions) {
    const wanted = metadata.requiresPython
    if (wanted !== undefined && !fitsPython(wanted, marker))
      report('requirement', 'error', `${name} ${version} wants Python ${wanted}`, folder)
  }
}

interface Demand {
  /** As written, without its marker. */
  readonly text: string
  readonly requirement: Requirement
}

function demandsOf({ name, metadata, folder }: InstalledDistribution, report: Report): readonly Demand[] {
  return metadata.requiresDist.flatMap((written) => {
    try {
      const requirement = parseRequirement(written)
      return [{ text: written.split(';')[0]!.trim(), requirement }]
    } catch (error) {
      if (!(error instanceof SvcsplitError)) throw error
      report('requirement', 'warning', `${name} has a demand that cannot be read: ${written}`, folder)
      return []
    }
  })
}

function problemOf(
  { specifiers }: Requirement,
  found: InstalledDistribution | undefined,
): string | undefined {
  if (found === undefined) return ', which is not installed'
  const version = tryParseVersion(found.version) ?? found.version
  // Pre-releases count here: what is installed is installed.
  if (formatSpecifierSet(specifiers) === '' || specifierSetContains(specifiers, version, true))
    return undefined
  return `, and ${found.version} is installed`
}

function fitsPython(wanted: string, marker: MarkerEnvironment): boolean {
  try {
    return specifierSetContains(parseSpecifierSet(wanted), marker.python_full_version, true)
  } catch (error) {
    // Old metadata has forms that no installer looks at either.
    if (error instanceof SvcsplitError) return true
    throw error
  }
}

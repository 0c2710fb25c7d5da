import { formatOrigin, type Origin, SvcsplitError } from '#errors.js'
import { evaluateMarker, type MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import type { Requirement } from '#pep/requirement.js'
import { parseSpecifierSet } from '#pep/specifier-set.js'
import { tryParseVersion } from '#pep/version.js'
import type { PlacedRequirement, Root, Supply } from './closure.js'
import type { Line } from './problem.js'

const noExtras: ReadonlySet<string> = new Set()

/**
 * A requirement as a line; none if its marker does not hold. A direct URL is refused (E-REQ-URL). Two owners may
 * hold the same line and drop it each for itself.
 */
export function demandLine(
  { requirement, at }: PlacedRequirement,
  by: string,
  environment: MarkerEnvironment,
  { text = textOf(requirement), owner }: { text?: string; owner?: string } = {},
): Line[] {
  const { name, extras, specifiers, url, marker } = requirement
  if (url !== undefined) {
    throw new SvcsplitError('E-REQ-URL', `${name} is demanded from a direct URL`, {
      at,
      hint: 'only versions that an index has can be solved for: write NAME==VERSION',
    })
  }
  if (marker !== undefined && !evaluateMarker(marker, environment, noExtras)) return []
  const key = `demand ${name} ${specifiers.text} [${extras.join(',')}] ${owner ?? by} ${formatOrigin(at)}`
  return [
    {
      key,
      kind: 'demand',
      name,
      extras,
      specifiers,
      text,
      by,
      origin: at,
      ...(owner !== undefined && { owner }),
    },
  ]
}

/** Name, extras and specifiers, with the specifiers as written. */
export function textOf({ rawName, extras, specifiers }: Requirement): string {
  return `${rawName}${extras.length > 0 ? `[${extras.join(',')}]` : ''}${specifiers.text}`
}

/** A pin as a line. Versions that PEP 440 counts as equal count as equal, however the pin spells its own. */
export function pinLine(name: DistributionName, { version, at }: Supply, by: string): Line {
  const operator = tryParseVersion(version) === undefined ? '===' : '=='
  return {
    key: `pin ${name} ${version} ${by}`,
    kind: 'pin',
    name,
    extras: [],
    specifiers: parseSpecifierSet(`${operator}${version}`),
    text: `${name}===${version}`,
    by,
    ...(at !== undefined && { origin: at }),
  }
}

export function pythonLineOf(environment: MarkerEnvironment, by: string): Line {
  const version = environment.python_full_version
  return {
    key: 'python',
    kind: 'python',
    name: 'python' as DistributionName,
    extras: [],
    specifiers: parseSpecifierSet(`==${version}`),
    text: `Python ${version}`,
    by,
  }
}

/** A service release: itself, and each of its demands as a line of its own. */
export interface ServiceLines {
  readonly id: string
  /** That the service is there at its version: whoever drops this drops the service. */
  readonly self: Line
  readonly demands: readonly Line[]
}

/** The lines of `nova@2026.1`; its own version's demands then have to be left out of the facts. */
export function serviceLines(
  id: string,
  root: Root,
  at: Origin,
  environment: MarkerEnvironment,
): ServiceLines {
  const { name, version } = root.distribution!
  const self: Line = {
    key: `demand ${name} ==${version} ${id}`,
    kind: 'demand',
    name,
    extras: root.extras,
    specifiers: parseSpecifierSet(`==${version}`),
    text: `${name}==${version}`,
    by: id,
    owner: id,
    origin: at,
  }
  const linesBy = (by: string, placed: readonly PlacedRequirement[]) =>
    placed.flatMap((one) => demandLine(one, by, environment, { owner: id }))
  const own = linesBy(`${name} ${version}`, root.own ?? [])
  const additions = linesBy(`profile ${root.service}`, root.additions)
  const demands = new Map([...own, ...additions].map((line) => [line.key, line]))
  return { id, self, demands: [...demands.values()] }
}

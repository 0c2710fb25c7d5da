import { type FileOrigin, SvcsplitError } from '#errors.js'
import { type DistributionName, isValidName, normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import type { Constraints, Pin } from './constraints-file.js'
import { overridesSchema } from './overrides-schema.js'
import { inReleaseRange } from './release-range.js'
import { checkSchema, parseYaml, placeAt, plainData, refuseOddYaml, type YamlKind } from './yaml-file.js'

/** A change of the pins of some services: what a line of `sed` over upper-constraints is elsewhere. */
export interface Override {
  readonly distribution: DistributionName
  /** The version to pin; none to drop the pin. */
  readonly version?: string
  /** All if left out. */
  readonly services?: readonly string[]
  /** A range; all if left out. */
  readonly releases?: string
  readonly reason: string
  readonly reference?: string
  /** Day from which it is to be looked at again. */
  readonly until: string
  /** As written. */
  readonly change: string
  readonly at: FileOrigin
}

const kind: YamlKind = { what: 'the overrides', syntax: 'E-OVR-SYNTAX', schema: 'E-OVR-SCHEMA' }

type Raw = Omit<Override, 'distribution' | 'version' | 'at'>

/** Overrides from YAML text. @throws E-OVR-SYNTAX, E-OVR-SCHEMA with line and column */
export function parseOverrides(text: string, path: string): readonly Override[] {
  const parsed = parseYaml(text, path, kind)
  refuseOddYaml(parsed)
  checkSchema(parsed, overridesSchema)
  const overrides = (plainData(parsed) as readonly Raw[]).map((raw, index): Override => {
    const { change } = raw
    const at = placeAt(parsed, `/${index}/change`)
    if (Number.isNaN(Date.parse(raw.until)))
      throw new SvcsplitError('E-OVR-SCHEMA', `${raw.until} is not a day`, {
        at: placeAt(parsed, `/${index}/until`),
      })
    const drops = change.startsWith('-')
    const [name = '', version = ''] = drops ? [change.slice(1)] : change.split(/={2,3}/)
    if (!isValidName(name))
      throw new SvcsplitError('E-OVR-SCHEMA', `${JSON.stringify(name)} is not the name of a distribution`, {
        at,
      })
    if (drops) return { ...raw, distribution: normalizeName(name), at }
    // As in a constraints file: `==` wants a version by PEP 440, `===` takes any text.
    if (!change.includes('===') && tryParseVersion(version) === undefined)
      throw new SvcsplitError('E-OVR-SCHEMA', `${JSON.stringify(version)} is not a version`, { at })
    return { ...raw, distribution: normalizeName(name), version, at }
  })
  refuseTwice(overrides)
  return overrides
}

/** Two changes of one distribution for one service in one release: which of them holds nobody can say. */
function refuseTwice(overrides: readonly Override[]): void {
  const seen = new Map<string, Override>()
  for (const override of overrides)
    for (const service of override.services ?? ['*']) {
      const key = `${override.distribution} ${service} ${override.releases ?? ''}`
      const first = seen.get(key)
      if (first !== undefined)
        throw new SvcsplitError('E-OVR-SCHEMA', `${override.distribution} is changed twice`, {
          at: override.at,
          hint: `the other change is at line ${first.at.line}: part them by services or releases, or drop one`,
        })
      seen.set(key, override)
    }
}

/** Those that are for a service release. One for named services counts before one for all. */
export function overridesFor(
  overrides: readonly Override[],
  service: string,
  release: string,
): readonly Override[] {
  const found = new Map<DistributionName, Override>()
  for (const override of overrides) {
    if (override.services !== undefined && !override.services.includes(service)) continue
    if (!inReleaseRange(release, override.releases)) continue
    const other = found.get(override.distribution)
    if (other === undefined || (other.services === undefined && override.services !== undefined))
      found.set(override.distribution, override)
  }
  return [...found.values()]
}

/** The pins of a release as these overrides have them; each new pin points at its override. */
export function overridden(constraints: Constraints, overrides: readonly Override[]): Constraints {
  if (overrides.length === 0) return constraints
  const pins = new Map(constraints.pins)
  const bounds = new Map(constraints.bounds)
  for (const { distribution, version, at } of overrides) {
    bounds.delete(distribution)
    if (version === undefined) pins.delete(distribution)
    else pins.set(distribution, [{ version, at } satisfies Pin])
  }
  return { path: constraints.path, pins, bounds }
}

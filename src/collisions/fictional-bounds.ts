import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { Closure } from '#solver/closure.js'
import { accepts, type Demand } from '#solver/closure-demands.js'
import type { NeededName } from './needed-name.js'
import type { AsRun } from './needed-names.js'

/** A declared demand that accepts a version with which the code cannot even be imported. */
export interface FictionalBound {
  readonly distribution: DistributionName
  readonly by: string
  /** As declared, and where. */
  readonly specifier: string
  readonly at: Origin
  /** The oldest known version that it accepts, which lacks the name. */
  readonly lowest: string
  /** The oldest known version from which on the code has every name that it needs at import. */
  readonly needsFrom: string
  /** The name that comes last, and the line that needs it. */
  readonly name: string
  readonly usedAt: Origin
}

/** Demands of the service itself whose lower bound its code contradicts. */
export function fictionalBounds(walked: Closure, asRun: AsRun): readonly FictionalBound[] {
  const service = walked.members[0]!
  if (service.name === undefined) return []
  const needs = asRun.needs(service.name, service.version!)
  const found = new Map<DistributionName, FictionalBound>()
  for (const demand of service.set.demands) {
    const ofLibrary = needs?.get(demand.target)?.all ?? []
    const bound = fictionOf(demand, ofLibrary, asRun.versions(demand.target))
    if (bound !== undefined) found.set(demand.target, bound)
  }
  return [...found.values()].sort((one, other) => (one.distribution < other.distribution ? -1 : 1))
}

function fictionOf(
  demand: Demand,
  needs: readonly NeededName[],
  versions: readonly string[],
): FictionalBound | undefined {
  const accepted = versions.filter((version) => accepts(demand, version))
  const [lowest] = accepted
  if (lowest === undefined) return undefined
  let from = 0
  let last: NeededName | undefined
  for (const need of needs) {
    if (need.lackedBy(lowest) === undefined || need.level !== 'error') continue
    const first = accepted.findIndex((version) => need.lackedBy(version) === undefined)
    if (first > from) {
      from = first
      last = need
    }
  }
  if (last === undefined) return undefined
  const { target, by, specifier, origin } = demand
  return {
    distribution: target,
    by,
    specifier,
    at: origin,
    lowest,
    needsFrom: accepted[from]!,
    name: last.needs,
    usedAt: last.at,
  }
}

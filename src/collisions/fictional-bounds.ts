import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { Closure } from '#solver/closure.js'
import { accepts, type Demand } from '#solver/closure-demands.js'
import type { NeededName } from './needed-name.js'
import type { AsRun } from './needed-names.js'

/** A declared demand that accepts a version without a name that the code needs for certain. */
export interface FictionalBound {
  readonly distribution: DistributionName
  readonly by: string
  /** As declared, and where. */
  readonly specifier: string
  readonly at: Origin
  /** The oldest known version that it accepts, which lacks the name. */
  readonly lowest: string
  /** `error`: with that version a module cannot be imported; `warning`: something fails when it is called or chosen. */
  readonly level: 'error' | 'warning'
  /** The oldest known version that has all such names. */
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

/** What stops an import counts before what fails later. */
function fictionOf(
  demand: Demand,
  needs: readonly NeededName[],
  versions: readonly string[],
): FictionalBound | undefined {
  const accepted = versions.filter((version) => accepts(demand, version))
  const [lowest] = accepted
  if (lowest === undefined) return undefined
  const lacked = needs.filter((need) => need.isCertain && need.lackedBy(lowest) !== undefined)
  for (const level of ['error', 'warning'] as const) {
    const last = lastToCome(
      lacked.filter((need) => need.level === level),
      accepted,
    )
    if (last === undefined) continue
    const { target, by, specifier, origin } = demand
    const { need, from } = last
    return {
      distribution: target,
      by,
      specifier,
      at: origin,
      lowest,
      level,
      needsFrom: from,
      name: need.needs,
      usedAt: need.at,
    }
  }
  return undefined
}

/** Of names that the oldest version lacks the one that comes in the newest, and that version. */
function lastToCome(
  needs: readonly NeededName[],
  accepted: readonly string[],
): { readonly need: NeededName; readonly from: string } | undefined {
  let newest = 0
  let last: NeededName | undefined
  for (const need of needs) {
    const first = accepted.findIndex((version) => need.lackedBy(version) === undefined)
    if (first > newest) {
      newest = first
      last = need
    }
  }
  return last && { need: last, from: accepted[newest]! }
}

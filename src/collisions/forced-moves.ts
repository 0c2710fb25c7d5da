import type { DistributionName } from '#pep/name.js'
import { accepts, addedBy, compile, type Demand, type Walker } from '#solver/closure-demands.js'
import type { Choice } from './move-cost.js'

/** What a distribution has if nothing moves it, and what else it could have. */
export interface Slot {
  readonly version: string
  /** Pinned by nobody: then versions that are not known may be had as well. */
  readonly isFree: boolean
  readonly choices: readonly Choice[]
}

/** Which versions are possible for each distribution that has to move. */
export type Domains = Map<DistributionName, readonly Choice[]>

interface Known {
  readonly walker: Walker
  /** None where no version is known. */
  slotOf(name: DistributionName): Slot | undefined
  /** The version of a name that may not move any more. */
  fixedVersion(name: DistributionName): string | undefined
  /** Extras that somebody who stays wants of a name. */
  extrasOf(name: DistributionName): Iterable<string>
}

type Accepting = (version: string) => boolean

/**
 * Follows what has to move to what has to move with it: whatever every possible version of a distribution
 * demands, and versions that cannot have what they demand fall out. Narrows and extends `domains` until nothing
 * changes; false if one becomes empty.
 */
export function spread(domains: Domains, known: Known): boolean {
  const demandsOf = (name: DistributionName, version: string): readonly Demand[] => {
    const compiled = compile(known.walker, name, version)
    if (compiled === undefined) return []
    const extra = [...known.extrasOf(name)].flatMap((one) => addedBy(known.walker, compiled, one).demands)
    return extra.length === 0 ? compiled.always.demands : [...compiled.always.demands, ...extra]
  }

  function canHave(demand: Demand): boolean {
    const { target } = demand
    const fixed = known.fixedVersion(target)
    if (fixed !== undefined) return accepts(demand, fixed)
    const domain = domains.get(target)
    if (domain !== undefined) return domain.some(({ version }) => accepts(demand, version))
    const slot = known.slotOf(target)
    if (slot === undefined || slot.isFree || accepts(demand, slot.version)) return true
    return slot.choices.some(({ version }) => accepts(demand, version))
  }

  /** What all of some versions demand of the same name, as one test for each name. */
  function sharedDemands(
    name: DistributionName,
    choices: readonly Choice[],
  ): Map<DistributionName, Accepting> {
    const lists = choices.map(({ version }) => byTarget(demandsOf(name, version)))
    const shared = new Map<DistributionName, Accepting>()
    for (const target of lists[0]!.keys()) {
      const found = lists.flatMap((list) => {
        const demands = list.get(target)
        return demands === undefined ? [] : [demands]
      })
      if (found.length === lists.length)
        shared.set(target, (version) =>
          found.some((demands) => demands.every((one) => accepts(one, version))),
        )
    }
    return shared
  }

  /** True if something changed; undefined if nothing is possible any more. */
  function narrow(name: DistributionName): boolean | undefined {
    const before = domains.get(name)!
    const domain = before.filter(({ version }) => demandsOf(name, version).every(canHave))
    if (domain.length === 0) return undefined
    domains.set(name, domain)
    let isChanged = domain.length < before.length
    for (const [target, isAccepted] of sharedDemands(name, domain)) {
      if (known.fixedVersion(target) !== undefined) continue
      const slot = known.slotOf(target)
      const possible = domains.get(target)
      if (slot === undefined || (possible === undefined && (slot.isFree || isAccepted(slot.version))))
        continue
      const left = (possible ?? slot.choices).filter(({ version }) => isAccepted(version))
      if (left.length === 0) return undefined
      if (left.length === possible?.length) continue
      domains.set(target, left)
      isChanged = true
    }
    return isChanged
  }

  for (let isChanged = true; isChanged; ) {
    isChanged = false
    for (const name of domains.keys()) {
      const outcome = narrow(name)
      if (outcome === undefined) return false
      isChanged ||= outcome
    }
  }
  return true
}

function byTarget(demands: readonly Demand[]): Map<DistributionName, Demand[]> {
  const lists = new Map<DistributionName, Demand[]>()
  for (const demand of demands) {
    const list = lists.get(demand.target)
    if (list === undefined) lists.set(demand.target, [demand])
    else list.push(demand)
  }
  return lists
}

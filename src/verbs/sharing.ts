import { SvcsplitError } from '#errors.js'
import type { Lock } from '#lock/lock.js'
import type { DistributionName } from '#pep/name.js'
import { distributionsOf } from '#solver/closure.js'
import { ownClosure } from './lock.js'
import type { Workshop } from './service-parts.js'

/** How many services of a release have each distribution, at whatever version. */
interface Census {
  readonly services: number
  readonly counts: ReadonlyMap<DistributionName, number>
}

type Shipped = Pick<Workshop, 'fleet' | 'snapshot'>

/** A release is counted once in a run, however many of its services are built. */
const taken = new WeakMap<Workshop['fleet'], Map<string, Census>>()

function censusOf({ fleet, snapshot }: Shipped, lock: Lock, release: string): Census {
  const counts = new Map<DistributionName, number>()
  let services = 0
  for (const service of fleet.releases.byName.get(release)?.services.keys() ?? []) {
    try {
      const walked = ownClosure(fleet, snapshot, { ...lock, service, release })
      services += 1
      for (const name of distributionsOf(walked).keys()) counts.set(name, (counts.get(name) ?? 0) + 1)
    } catch (error) {
      // A service that has no closure on this Python shares nothing.
      if (!(error instanceof SvcsplitError)) throw error
    }
  }
  return { services, counts }
}

/**
 * How many services of the lock's release have each of its distributions, on this Python and platform: what most
 * share goes into the lower layers, whatever else is built in the same run. Versions do not count: a new pin must not move a
 * distribution to another layer, because that would change both.
 */
export function sharing(
  workshop: Shipped,
  lock: Lock,
): { readonly weights: ReadonlyMap<DistributionName, number>; readonly services: number } {
  const { release, python, platform } = lock
  if (release === undefined) return { weights: new Map(), services: 1 }
  const known = taken.get(workshop.fleet) ?? new Map<string, Census>()
  taken.set(workshop.fleet, known)
  const key = [release, python, platform].join(' ')
  const census = known.get(key) ?? censusOf(workshop, lock, release)
  known.set(key, census)
  const weights = lock.distributions.map(({ name }) => [name, census.counts.get(name) ?? 1] as const)
  return { weights: new Map(weights), services: census.services }
}

import { createHash } from 'node:crypto'
import { SvcsplitError } from '#errors.js'
import { openFactCache } from '#io/fact-cache.js'
import type { Lock } from '#lock/lock.js'
import type { DistributionName } from '#pep/name.js'
import { distributionsOf } from '#solver/closure.js'
import { stateOf } from './kept-image.js'
import { ownClosure } from './lock.js'
import type { Workshop } from './service-parts.js'

/** How many services of a release have each distribution, at whatever version. */
interface Census {
  readonly services: number
  readonly counts: ReadonlyMap<DistributionName, number>
}

type Shipped = Pick<Workshop, 'fleet' | 'snapshot'>

/** Where a census is kept, and of which data it is. */
interface CensusPlace {
  readonly cacheDir: string
  /** As the request has it: none for the shipped data. */
  readonly root?: string
  /** `stateOf` it, if it is known. */
  readonly state?: () => Promise<string>
}

/** A release is counted once in a run, however many of its services are built. */
const taken = new WeakMap<Workshop['fleet'], Map<string, Promise<Census>>>()

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

/** The closures of fifteen services take longer than all else that a changed library costs: they are kept by data and code. */
async function keptCensus(
  shipped: Shipped,
  lock: Lock,
  release: string,
  { cacheDir, root, state = () => stateOf(root) }: CensusPlace,
): Promise<Census> {
  const { python, platform } = lock
  const facts = openFactCache(cacheDir)
  const key = createHash('sha256')
    .update(JSON.stringify([await state(), release, python, platform]))
    .digest('hex')
  const kept = await facts.get('census', key)
  if (kept !== undefined) {
    const [services, counts] = JSON.parse(kept) as [number, [DistributionName, number][]]
    return { services, counts: new Map(counts) }
  }
  const census = censusOf(shipped, lock, release)
  await facts.put('census', key, JSON.stringify([census.services, [...census.counts]]))
  return census
}

/**
 * How many services of the lock's release have each of its distributions, on this Python and platform: what most
 * share goes into the lower layers, whatever else is built in the same run. Versions do not count: a new pin must not
 * move a distribution to another layer, because that would change both.
 * @param place where to keep what was counted; nowhere if left out
 */
export async function sharing(
  shipped: Shipped,
  lock: Lock,
  place?: CensusPlace,
): Promise<{ readonly weights: ReadonlyMap<DistributionName, number>; readonly services: number }> {
  const { release, python, platform } = lock
  if (release === undefined) return { weights: new Map(), services: 1 }
  const known = taken.get(shipped.fleet) ?? new Map<string, Promise<Census>>()
  taken.set(shipped.fleet, known)
  const key = [release, python, platform].join(' ')
  const counted =
    known.get(key) ??
    (place === undefined
      ? Promise.resolve(censusOf(shipped, lock, release))
      : keptCensus(shipped, lock, release, place))
  known.set(key, counted)
  const { counts, services } = await counted
  return {
    weights: new Map(lock.distributions.map(({ name }) => [name, counts.get(name) ?? 1] as const)),
    services,
  }
}

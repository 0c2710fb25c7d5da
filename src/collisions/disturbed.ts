import type { DistributionName } from '#pep/name.js'
import { type Closure, distributionsOf, type Pins } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import type { Candidate, Cell } from './analysis.js'
import type { Host } from './check.js'
import type { Finding } from './finding.js'
import type { AsRun } from './needed-names.js'
import { errorsOf, walkOn, withPins } from './walk-on.js'

/** Who else is on a host, and what is known of them. */
export interface Neighbourhood {
  readonly facts: ClosureFacts
  /** The services that run on a host, at its release; none where that is not known. */
  on(host: Host): readonly Candidate[] | undefined
  /** What is known of code: with it a service is broken, too, by a name that is gone. */
  readonly asRun?: AsRun
}

/** A service of the host that has moved pins in its closure. */
export interface Disturbed {
  readonly service: string
  readonly release: string
  /** The moved pins that it holds. */
  readonly holds: readonly DistributionName[]
  /** Its demands that the moved pins refuse, and those that they make: as declared, nobody has run it. */
  readonly refused: readonly Finding[]
}

interface Neighbour {
  readonly candidate: Candidate
  readonly walked: Closure
  readonly errors: ReadonlySet<string>
  /** What changes came to before, by the part of them that it holds: many cells ask for the same few moves. */
  readonly known: Map<string, KnownMove[]>
}

/** A neighbour walked with a change. */
interface KnownMove {
  readonly versions: ReadonlyMap<DistributionName, string>
  /** What that walk met and the walk before it did not, or the host does not pin. */
  readonly beyond: ReadonlySet<DistributionName>
  readonly disturbed: Disturbed
}

const neighbours = new WeakMap<ClosureFacts, WeakMap<Pins, readonly Neighbour[]>>()

/** The services of a host with their closures: walked once for each host. */
export function neighboursOn(host: Host, options: Neighbourhood): readonly Neighbour[] | undefined {
  const { facts, on } = options
  const ofFacts = neighbours.get(facts) ?? new WeakMap<Pins, readonly Neighbour[]>()
  neighbours.set(facts, ofFacts)
  const known = ofFacts.get(host.pins)
  if (known !== undefined) return known
  const made = on(host)?.map((candidate): Neighbour => {
    const walked = walkOn(candidate, host, host.pins, facts)
    return {
      candidate,
      walked,
      errors: new Set(errorsOf(walked, candidate, host, options).map(({ id }) => id)),
      known: new Map(),
    }
  })
  if (made !== undefined) ofFacts.set(host.pins, made)
  return made
}

const disturbances = new WeakMap<readonly Neighbour[], Map<string, readonly Disturbed[]>>()

/** Who else holds the moved pins, and whether what it declares still holds after the move. */
export function disturbedBy(
  { candidate, host }: Cell,
  versions: ReadonlyMap<DistributionName, string>,
  options: Neighbourhood,
): readonly Disturbed[] | undefined {
  const all = neighboursOn(host, options)
  if (all === undefined) return undefined
  const known = disturbances.get(all) ?? new Map<string, readonly Disturbed[]>()
  disturbances.set(all, known)
  const key = partOf(versions, [...versions.keys()].sort())
  // Of many services few have changes of their own: who is disturbed is worked out once for each change.
  const disturbed = known.get(key) ?? disturbedOf(all, versions, host, options)
  known.set(key, disturbed)
  return disturbed.filter(({ service }) => service !== candidate.service)
}

function disturbedOf(
  all: readonly Neighbour[],
  versions: ReadonlyMap<DistributionName, string>,
  host: Host,
  options: Neighbourhood,
): readonly Disturbed[] {
  const pins = withPins(host.pins, versions)
  const names = [...versions.keys()].filter((name) => host.pins.has(name)).sort()
  return all.flatMap((neighbour) => {
    const here = distributionsOf(neighbour.walked)
    const holds = names.filter((name) => here.has(name))
    return holds.length === 0 ? [] : [movedUnder(neighbour, holds, versions, host, pins, options)]
  })
}

function partOf(versions: ReadonlyMap<DistributionName, string>, names: readonly DistributionName[]): string {
  return names.map((name) => `${name} ${versions.get(name)}`).join()
}

/**
 * What a change does to a neighbour that holds some of its names. A walk depends on the versions of the names that it
 * meets and on nothing else, so it is done once for all changes that agree on these.
 */
function movedUnder(
  { candidate, walked, errors, known }: Neighbour,
  holds: readonly DistributionName[],
  versions: ReadonlyMap<DistributionName, string>,
  host: Host,
  pins: Pins,
  options: Neighbourhood,
): Disturbed {
  const key = partOf(versions, holds)
  const moves = known.get(key) ?? []
  known.set(key, moves)
  const before = moves.find((one) =>
    [...versions.keys(), ...one.versions.keys()].every(
      (name) => !one.beyond.has(name) || versions.get(name) === one.versions.get(name),
    ),
  )
  if (before !== undefined) return before.disturbed
  const after = walkOn(candidate, host, pins, options.facts)
  const refused = errorsOf(after, candidate, host, options).filter(({ id }) => !errors.has(id))
  const disturbed = { service: candidate.service, release: candidate.release!, holds, refused }
  const here = distributionsOf(walked)
  const met = [...distributionsOf(after).keys()]
  const beyond = new Set(met.filter((name) => !here.has(name) || !host.pins.has(name)))
  moves.push({ versions, beyond, disturbed })
  return disturbed
}

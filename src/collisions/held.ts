import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import { type Closure, closure, type Member, supplierOf } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import type { Candidate, Cell } from './analysis.js'
import { type Host, isRefused } from './check.js'

/** One demand on a distribution as it is on a host: who makes it, and in which services that one is. */
interface HeldDemand {
  readonly by: string
  readonly specifier: string
  readonly at: Origin
  readonly refused: boolean
  readonly services: readonly string[]
}

/** What a distribution that a finding speaks of is to a host: its pin, who demands it there, what it demands. */
export interface Held {
  /** The host's label. */
  readonly host: string
  readonly distribution: DistributionName
  readonly version: string
  readonly at?: Origin
  /** Who of the host's services has it. */
  readonly services: readonly string[]
  /** By who demands; a service's own demands too. */
  readonly demandedBy: readonly HeldDemand[]
  readonly demands: readonly {
    readonly distribution: string
    readonly specifier: string
    readonly version?: string
  }[]
}

export interface HeldOptions {
  readonly facts: ClosureFacts
  /** The services that run on a host, at its release; none where that is not known. */
  on(host: Host): readonly Candidate[] | undefined
}

/** The pinned distributions of a host that errors and warnings speak of, or that its smallest changes move. */
function spokenOf(cells: readonly Cell[]): ReadonlyMap<Host, Set<DistributionName>> {
  const names = new Map<Host, Set<DistributionName>>()
  for (const { host, findings, radius } of cells) {
    const ofHost = names.get(host) ?? new Set()
    names.set(host, ofHost)
    for (const { distribution, level } of findings)
      if (level !== 'note' && host.pins.has(distribution)) ofHost.add(distribution)
    if (radius?.kind === 'moves') for (const { distribution } of radius.moves) ofHost.add(distribution)
  }
  return names
}

interface Growing {
  member: Member
  services: Set<string>
  demandedBy: Map<string, { demand: HeldDemand; services: Set<string> }>
  demands: Map<string, { distribution: string; specifier: string; version?: string }>
}

function add(
  held: Map<DistributionName, Growing>,
  names: ReadonlySet<DistributionName>,
  walked: Closure,
): void {
  const { service } = walked.root
  const entryOf = (member: Member): Growing => {
    const known = held.get(member.name!)
    if (known !== undefined) return known
    const made: Growing = { member, services: new Set(), demandedBy: new Map(), demands: new Map() }
    held.set(member.name!, made)
    return made
  }
  for (const member of walked.members) {
    const isSpokenOf = member.name !== undefined && member.reason === 'pin' && names.has(member.name)
    const own = isSpokenOf ? entryOf(member) : undefined
    own?.services.add(service)
    for (const demand of member.set.demands) {
      const supply = supplierOf(walked, demand)
      if (own !== undefined && !own.demands.has(demand.key))
        own.demands.set(demand.key, {
          distribution: demand.target,
          specifier: demand.specifier,
          ...(supply?.version === undefined ? {} : { version: supply.version }),
        })
      if (supply?.reason !== 'pin' || !names.has(demand.target)) continue
      const { demandedBy } = entryOf(supply)
      const key = `${demand.by} ${demand.key}`
      const known = demandedBy.get(key) ?? {
        demand: {
          by: demand.by,
          specifier: demand.specifier,
          at: demand.origin,
          refused: isRefused(demand, supply),
          services: [],
        },
        services: new Set(),
      }
      demandedBy.set(key, known)
      known.services.add(service)
    }
  }
}

function byText<T>(text: (value: T) => string): (one: T, other: T) => number {
  return (one, other) => (text(one) < text(other) ? -1 : 1)
}

/**
 * Who holds what the findings speak of, host by host: the services that run there today, or the candidates where
 * nobody knows who does. One closure a service and host.
 */
export function heldOn(cells: readonly Cell[], { facts, on }: HeldOptions): readonly Held[] {
  return [...spokenOf(cells)].flatMap(([host, names]) => {
    if (names.size === 0) return []
    const { environment, pins, label } = host
    const there = on(host) ?? cells.filter((cell) => cell.host === host).map(({ candidate }) => candidate)
    const held = new Map<DistributionName, Growing>()
    for (const candidate of there) {
      const ownPins = candidate.ownPins(environment)
      const known = ownPins === undefined ? {} : { ownPins }
      add(held, names, closure({ root: candidate.root, pins, environment, facts, ...known }))
    }
    return [...held]
      .sort(byText(([name]) => name))
      .map(([distribution, { member, services, demandedBy, demands }]) => ({
        host: label,
        distribution,
        version: member.version!,
        ...(member.at === undefined ? {} : { at: member.at }),
        services: [...services].sort(),
        demandedBy: [...demandedBy.values()]
          .map(({ demand, services: have }) => ({ ...demand, services: [...have].sort() }))
          .sort(byText(({ by, specifier }) => `${by} ${specifier}`)),
        demands: [...demands.values()].sort(
          byText(({ distribution: name, specifier }) => `${name} ${specifier}`),
        ),
      }))
  })
}

import type { Metadata } from '#catalog/catalog.js'
import type { Origin } from '#errors.js'
import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import type { Requirement } from '#pep/requirement.js'
import {
  addedBy,
  type ClosureFacts,
  type Compiled,
  compile,
  type Demand,
  type DemandSet,
  linesOf,
  newestFor,
  setOf,
  slotOf,
  type Undecided,
  type Walker,
  walkerFor,
  withExtras,
} from './closure-demands.js'
import { empty, notKnown, startOf } from './closure-start.js'

/** A version that a set of pins gives, with its place. */
export interface Supply {
  readonly version: string
  readonly at?: Origin
}

export type Pins = ReadonlyMap<DistributionName, Supply>

/** A requirement with the place where it is written. */
export interface PlacedRequirement {
  readonly requirement: Requirement
  readonly at: Origin
}

/** What a walk starts from. Keep one object for each service release: what is derived from it is kept by it. */
export interface Root {
  /** `nova`, or the stem of a requirements file. */
  readonly service: string
  /** The service's own distribution at its own version; none for a bare list of requirements. */
  readonly distribution?: { readonly name: DistributionName; readonly version: string }
  readonly extras: readonly string[]
  /** Demands of the profile. */
  readonly additions: readonly PlacedRequirement[]
  /** The service's own demands with their places; what its metadata says if left out. */
  readonly own?: readonly PlacedRequirement[]
}

export interface ClosureRequest {
  readonly root: Root
  /** The host's pins. */
  readonly pins: Pins
  /** Pins of the service's own release: they give the version of what the host does not pin. */
  readonly ownPins?: Pins
  readonly environment: MarkerEnvironment
  readonly facts: ClosureFacts
}

/** Why a distribution has the version that it has in the closure. */
type Reason = 'service' | 'pin' | 'missing' | 'unpinned'

/** One distribution of a closure. */
export interface Member {
  /** None for the profile and for a bare list of requirements. */
  readonly name: DistributionName | undefined
  readonly version: string | undefined
  readonly reason: Reason
  readonly metadata: Metadata | undefined
  /** Whether its Requires-Python admits the environment's Python, as far as is known. */
  readonly fitsPython: boolean
  readonly at: Origin | undefined
  /** Who reached it first, nearest to the service; none for where the walk starts. */
  readonly parent: Member | undefined
  /** The extras asked for. */
  readonly extras: readonly string[]
  /** Who asked for each of them first. */
  readonly askers: readonly Member[]
  readonly set: DemandSet
}

interface MissingExtra {
  readonly by: Member
  readonly demand: Demand
  readonly extra: string
}

/** The versions that one host (and, for what it lacks, the service's own release) gives. */
export interface Scope {
  readonly supplies: (Supplied | null | undefined)[]
}

export interface Closure {
  readonly root: Root
  readonly scope: Scope
  /** In the order in which they were reached, nearest first. */
  readonly members: readonly Member[]
  readonly undecided: readonly Undecided[]
  /** Extras that are demanded of a version that has no such extra. */
  readonly missingExtras: readonly MissingExtra[]
  /** By the slot of their name. */
  readonly bySlot: readonly (Member | undefined)[]
  /** The slot of the service's own distribution, or -1. */
  readonly rootSlot: number
}

/** The member that answers a demand; none where no version of it is known. */
export function supplierOf(closure: Closure, demand: Demand): Member | undefined {
  return closure.bySlot[demand.slot]
}

const byName = new WeakMap<Closure, ReadonlyMap<DistributionName, Member>>()

/** The distributions of a closure by name, nearest first, without the profile. Several rules ask: made once. */
export function distributionsOf(closure: Closure): ReadonlyMap<DistributionName, Member> {
  const known = byName.get(closure)
  if (known !== undefined) return known
  const made = new Map<DistributionName, Member>()
  for (const member of closure.members) if (member.name !== undefined) made.set(member.name, member)
  byName.set(closure, made)
  return made
}

/** The distributions from the start of the walk to the one that demands. */
export function viaOf(member: Member): readonly DistributionName[] {
  const names: DistributionName[] = []
  for (let at: Member | undefined = member; at !== undefined; at = at.parent)
    if (at.name !== undefined) names.push(at.name)
  return names.reverse()
}

/**
 * Everything that has a part in a member being there with the demands that it has: the members on the chains by
 * which it, and each of its extras, was reached first. While none of them changes, neither do its demands.
 */
export function causesOf(member: Member): readonly Member[] {
  const causes = new Set([member])
  for (const { parent, askers } of causes) {
    if (parent !== undefined) causes.add(parent)
    for (const asker of askers) causes.add(asker)
  }
  return [...causes]
}

/** Every demand of a closure with its chain. */
export function demandsOf(
  closure: Closure,
): readonly (Demand & { readonly via: readonly DistributionName[] })[] {
  return closure.members.flatMap((member) => {
    const via = viaOf(member)
    return member.set.demands.map((demand) => ({ ...demand, via }))
  })
}

/** One distribution as a host gives it. */
interface Supplied {
  readonly name: DistributionName
  readonly version: string
  readonly reason: Reason
  readonly at: Origin | undefined
  readonly compiled: Compiled | undefined
}

const scopes = new WeakMap<Walker, WeakMap<Pins, WeakMap<Pins, Scope>>>()

const noPins: Pins = new Map()

const noNames: readonly string[] = []

const nobody: readonly Member[] = []

function scopeFor(walker: Walker, pins: Pins, ownPins: Pins): Scope {
  const ofWalker = scopes.get(walker) ?? new WeakMap<Pins, WeakMap<Pins, Scope>>()
  scopes.set(walker, ofWalker)
  const known = ofWalker.get(pins) ?? new WeakMap<Pins, Scope>()
  ofWalker.set(pins, known)
  const scope: Scope = known.get(ownPins) ?? { supplies: [] }
  known.set(ownPins, scope)
  return scope
}

/** The version that a distribution has here: the host's pin, its own release's, or the newest known. */
function supplied(walker: Walker, pins: Pins, ownPins: Pins, name: DistributionName): Supplied | null {
  const pin = pins.get(name)
  const supply = pin ?? ownPins.get(name)
  const version = supply?.version ?? newestFor(walker, name)
  if (version === undefined) return null
  const reason = pin !== undefined ? 'pin' : supply !== undefined ? 'missing' : 'unpinned'
  return { name, version, reason, at: supply?.at, compiled: compile(walker, name, version) }
}

type Growing = { -readonly [Key in keyof Member]: Member[Key] } & { compiled: Compiled | undefined }

/**
 * Everything that a service release needs on a host: one environment, every version fixed beforehand, so the
 * walk is linear in the number of demands. It visits (distribution, extras) until nothing new is met.
 */
export function closure(request: ClosureRequest): Closure {
  const { root, pins, ownPins = noPins } = request
  const walker = walkerFor(request.facts, request.environment)
  const scope = scopeFor(walker, pins, ownPins)
  const start = startOf(walker, root)
  const members: Growing[] = []
  const bySlot: (Growing | undefined)[] = new Array(walker.slots.size)
  const undecided: Undecided[] = []
  const missingExtras: MissingExtra[] = []
  const nowhere = new Set<number>()
  /** Members whose demands are to be walked; one that gets a further extra comes again. */
  const open: Growing[] = []

  function enter(
    from: Omit<Supplied, 'name' | 'version'> & Partial<Supplied>,
    parent: Growing | undefined,
    set: DemandSet,
  ): Growing {
    const { name, version, reason, at, compiled } = from
    const metadata = compiled?.metadata
    const fitsPython = compiled?.fitsPython ?? true
    const member: Growing = {
      name,
      version,
      reason,
      metadata,
      fitsPython,
      at,
      parent,
      extras: noNames,
      askers: nobody,
      set,
      compiled,
    }
    members.push(member)
    open.push(member)
    return member
  }

  function reach({ slot, target }: Demand, parent: Growing): Growing | undefined {
    let supply = scope.supplies[slot]
    if (supply === undefined) {
      supply = supplied(walker, pins, ownPins, target)
      scope.supplies[slot] = supply
    }
    if (supply !== null) {
      const member = enter(supply, parent, supply.compiled?.always ?? empty)
      bySlot[slot] = member
      return member
    }
    if (!nowhere.has(slot))
      undecided.push({ distribution: target, reason: 'no version of it is known', lacks: 'versions' })
    nowhere.add(slot)
    return undefined
  }

  function switchOn(member: Growing, by: Growing, demand: Demand, extra: string): void {
    const { compiled } = member
    if (compiled === undefined) return
    // Old build backends list no Provides-Extra: an extra that switches a line on exists all the same.
    if (!compiled.extras.has(extra) && addedBy(walker, compiled, extra).demands.length === 0)
      missingExtras.push({ by, demand, extra })
    if (member.extras.includes(extra)) return
    member.extras = [...member.extras, extra].sort()
    member.askers = [...member.askers, by]
    if (member.reason === 'service') {
      // The service demands an extra of itself: what that adds is the service's own demand.
      const added = addedBy(walker, compiled, extra)
      member.set = setOf([...linesOf(member.set), ...added.demands], member.set.undecided)
    } else member.set = withExtras(walker, compiled, member.extras)
    open.push(member)
  }

  const service = enter(
    { ...root.distribution, reason: 'service', at: undefined, compiled: start.compiled },
    undefined,
    start.own,
  )
  const rootSlot = root.distribution === undefined ? -1 : slotOf(walker, root.distribution.name)
  if (rootSlot !== -1) bySlot[rootSlot] = service
  if (start.profile.demands.length > 0)
    enter({ reason: 'service', at: undefined, compiled: undefined }, service, start.profile)

  for (let next = 0; next < open.length; next += 1) {
    const member = open[next]!
    for (const demand of member.set.reach) {
      const reached = bySlot[demand.slot] ?? reach(demand, member)
      if (reached === undefined) continue
      const { extras } = demand.requirement
      if (extras.length > 0) for (const extra of extras) switchOn(reached, member, demand, extra)
    }
  }
  for (const { set, name, version, compiled, at, reason } of members) {
    undecided.push(...set.undecided)
    if (compiled === undefined && name !== undefined && reason !== 'service')
      undecided.push(notKnown(name, version!, at))
  }
  return { root, scope, members, bySlot, rootSlot, undecided, missingExtras }
}

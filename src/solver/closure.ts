import type { Metadata } from '#catalog/catalog.js'
import { type Origin, SvcsplitError } from '#errors.js'
import { evaluateMarker, type MarkerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeExtra } from '#pep/name.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { specifierSetContains, tryParseSpecifierSet } from '#pep/specifier-set.js'
import { isPrerelease, tryParseVersion } from '#pep/version.js'

/** What is known of distributions, without waiting; `versions` oldest first. */
export interface ClosureFacts {
  metadata(name: DistributionName, version: string): Metadata | undefined
  versions(name: DistributionName): readonly string[]
}

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

/** One demand: a requirement that holds in the environment, and who makes it. */
export interface Demand {
  /** `nova 33.0.0`, or `profile nova`. */
  readonly by: string
  readonly target: DistributionName
  readonly requirement: Requirement
  /** As written at the origin. */
  readonly specifier: string
  readonly origin: Origin
  /** Made by the service's own distribution. */
  readonly direct: boolean
  /** Target and specifier in one text: equal for two lines of one distribution that demand the same. */
  readonly key: string
  /** The number of the target among the names met in this environment. */
  readonly slot: number
  /** Answers that were worked out already, by version. */
  readonly answers: Map<string, boolean>
}

/** What a distribution version demands with certain extras. One object for one answer, so that it can be a key. */
export interface DemandSet {
  /** Each (target, specifier) once. */
  readonly demands: readonly Demand[]
  /** What the walk has to look at: each target once, and whatever asks for extras. */
  readonly reach: readonly Demand[]
  readonly slots: ReadonlySet<number>
  readonly undecided: readonly Undecided[]
}

/** Why a distribution has the version that it has in the closure. */
export type Reason = 'service' | 'pin' | 'missing' | 'unpinned'

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
  readonly set: DemandSet
}

/** A fact that is needed and not known: the answer is incomplete by it. */
export interface Undecided {
  readonly distribution: DistributionName
  readonly version?: string
  readonly reason: string
  /** The kind of fact that would decide it; none where no fact can. */
  readonly lacks?: 'metadata' | 'versions'
  readonly at?: Origin
}

export interface MissingExtra {
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

/** The distributions of a closure by name, without the profile. */
export function distributionsOf(closure: Closure): ReadonlyMap<DistributionName, Member> {
  return new Map(
    closure.members.flatMap((member) => (member.name === undefined ? [] : [[member.name, member]])),
  )
}

/** Whether a demand accepts a version; pre-releases count, as in `pip check`: the pin is there already. */
export function accepts(demand: Demand, version: string): boolean {
  const known = demand.answers.get(version)
  if (known !== undefined) return known
  const answer = specifierSetContains(demand.requirement.specifiers, version, true)
  demand.answers.set(version, answer)
  return answer
}

/** The distributions from the start of the walk to the one that demands. */
export function viaOf(member: Member): readonly DistributionName[] {
  const names: DistributionName[] = []
  for (let at: Member | undefined = member; at !== undefined; at = at.parent)
    if (at.name !== undefined) names.push(at.name)
  return names.reverse()
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

/** A distribution version under one environment: every line parsed and every marker evaluated at most once. */
interface Compiled {
  readonly metadata: Metadata
  readonly fitsPython: boolean
  /** Lines that hold without an extra. */
  readonly always: DemandSet
  /** Places of the lines that name an extra. */
  readonly optional: readonly number[]
  readonly extras: ReadonlySet<string>
  /** What each extra adds to the lines that hold without it. */
  readonly added: Map<
    string,
    { readonly demands: readonly Demand[]; readonly undecided: readonly Undecided[] }
  >
  /** By extras, sorted and joined. */
  readonly withExtras: Map<string, DemandSet>
}

/** One distribution as a host gives it. */
interface Supplied {
  readonly name: DistributionName
  readonly version: string
  readonly reason: Reason
  readonly at: Origin | undefined
  readonly compiled: Compiled | undefined
}

interface Start {
  readonly compiled: Compiled | undefined
  readonly own: DemandSet
  readonly profile: DemandSet
}

/** What has been worked out for one marker environment. */
interface Walker {
  readonly facts: ClosureFacts
  readonly environment: MarkerEnvironment
  readonly compiled: Map<string, Compiled | undefined>
  readonly answers: Map<string, Map<string, boolean>>
  readonly slots: Map<DistributionName, number>
  readonly roots: WeakMap<Root, Start>
  readonly scopes: WeakMap<Pins, WeakMap<Pins, Scope>>
  readonly newest: Map<DistributionName, string | undefined>
}

const noExtras: ReadonlySet<string> = new Set()
const noPins: Pins = new Map()
const noNames: readonly string[] = []
const empty: DemandSet = { demands: [], reach: [], slots: new Set(), undecided: [] }

function slotOf(walker: Walker, name: DistributionName): number {
  const known = walker.slots.get(name)
  if (known !== undefined) return known
  const slot = walker.slots.size
  walker.slots.set(name, slot)
  return slot
}

/** The target and its specifiers as written, in any order. */
function keyOf(requirement: Requirement): string {
  const { specifiers } = requirement.specifiers
  const [first] = specifiers
  if (first === undefined) return requirement.name
  if (specifiers.length === 1) return `${requirement.name} ${first.operator}${first.version}`
  const parts = specifiers.map(({ operator, version }) => operator + version)
  return `${requirement.name} ${parts.sort().join(',')}`
}

function makeDemand(
  walker: Walker,
  by: string,
  requirement: Requirement,
  origin: Origin,
  direct: boolean,
): Demand {
  const key = keyOf(requirement)
  const answers = walker.answers.get(key) ?? new Map<string, boolean>()
  walker.answers.set(key, answers)
  const { name: target, specifiers } = requirement
  const slot = slotOf(walker, target)
  return { by, target, requirement, specifier: specifiers.text, origin, direct, key, slot, answers }
}

function compareDemands(one: Demand, other: Demand): number {
  if (one.key !== other.key) return one.key < other.key ? -1 : 1
  const extras = one.requirement.extras.join(',')
  const otherExtras = other.requirement.extras.join(',')
  return extras < otherExtras ? -1 : extras > otherExtras ? 1 : 0
}

/** Sorted, so that the walk meets everything in the same order however the lines are ordered. */
function setOf(demands: readonly Demand[], undecided: readonly Undecided[]): DemandSet {
  const all = [...new Set(demands)].sort(compareDemands)
  const keys = new Set<string>()
  const slots = new Set<number>()
  const distinct: Demand[] = []
  const reach: Demand[] = []
  for (const demand of all) {
    if (!slots.has(demand.slot) || demand.requirement.extras.length > 0) reach.push(demand)
    if (!keys.has(demand.key)) distinct.push(demand)
    slots.add(demand.slot)
    keys.add(demand.key)
  }
  return { demands: distinct, reach, slots, undecided }
}

/** Every line behind a set: two may demand the same version and different extras. */
function linesOf({ demands, reach }: DemandSet): readonly Demand[] {
  return [...new Set([...demands, ...reach])]
}

const requirements = new Map<string, Requirement>()

/** A line parsed; the same line stands in many versions of a distribution. */
export function parseOnce(text: string): Requirement {
  const known = requirements.get(text)
  if (known !== undefined) return known
  const requirement = parseRequirement(text)
  requirements.set(text, requirement)
  return requirement
}

function holds(walker: Walker, requirement: Requirement, extras: ReadonlySet<string>): boolean {
  return requirement.marker === undefined || evaluateMarker(requirement.marker, walker.environment, extras)
}

/** The demands that lines of the metadata make with the given extras. */
function compileLines(
  walker: Walker,
  metadata: Metadata,
  indexes: readonly number[],
  extras: ReadonlySet<string>,
): { demands: Demand[]; undecided: Undecided[] } {
  const { distribution, version } = metadata
  const demands: Demand[] = []
  const undecided: Undecided[] = []
  for (const index of indexes) {
    const origin = { distribution, version, field: 'Requires-Dist', index } as const
    try {
      const requirement = parseOnce(metadata.requires[index]!)
      if (!holds(walker, requirement, extras)) continue
      if (requirement.url !== undefined)
        undecided.push({ distribution: requirement.name, reason: 'it is demanded by URL', at: origin })
      demands.push(makeDemand(walker, `${distribution} ${version}`, requirement, origin, false))
    } catch (error) {
      if (!(error instanceof SvcsplitError)) throw error
      undecided.push({ distribution, version, reason: error.message, at: origin })
    }
  }
  return { demands, undecided }
}

const extraAtEnd = /^extra\s*==\s*(?:'[^']*'|"[^"]*")\s*\)?\s*$/
const alternative = /\bor\b/

/** `… extra == "x"` at the end and no `or`: cannot hold without an extra. Told without parsing: most lines are such. */
export function needsExtra(line: string): boolean {
  const at = line.lastIndexOf('extra')
  if (at === -1) return false
  const semicolon = line.indexOf(';')
  if (semicolon === -1 || at < semicolon || !extraAtEnd.test(line.slice(at))) return false
  return !alternative.test(line.slice(semicolon, at))
}

function compile(walker: Walker, name: DistributionName, version: string): Compiled | undefined {
  const id = `${name} ${version}`
  const known = walker.compiled.get(id)
  if (known !== undefined || walker.compiled.has(id)) return known
  const metadata = walker.facts.metadata(name, version)
  let compiled: Compiled | undefined
  if (metadata !== undefined) {
    const optional: number[] = []
    const always: number[] = []
    for (const [index, text] of metadata.requires.entries()) {
      if (text.includes('extra')) optional.push(index)
      if (!needsExtra(text)) always.push(index)
    }
    const { demands, undecided } = compileLines(walker, metadata, always, noExtras)
    const fits = pythonFits(walker.environment, metadata.requiresPython)
    if (fits === undefined) {
      const reason = `its Requires-Python ${JSON.stringify(metadata.requiresPython)} cannot be read`
      undecided.push({ distribution: name, version, reason })
    }
    const extras = new Set(metadata.extras.map(normalizeExtra))
    const set = setOf(demands, undecided)
    compiled = {
      metadata,
      fitsPython: fits !== false,
      always: set,
      optional,
      extras,
      added: new Map(),
      withExtras: new Map(),
    }
  }
  walker.compiled.set(id, compiled)
  return compiled
}

function addedBy(walker: Walker, compiled: Compiled, extra: string) {
  const known = compiled.added.get(extra)
  if (known !== undefined) return known
  const present = new Set(compiled.always.demands.map(({ origin }) => 'index' in origin && origin.index))
  const indexes = compiled.optional.filter((index) => !present.has(index))
  const added = compileLines(walker, compiled.metadata, indexes, new Set([extra]))
  compiled.added.set(extra, added)
  return added
}

function withExtras(walker: Walker, compiled: Compiled, extras: readonly string[]): DemandSet {
  const key = extras.join(',')
  const known = compiled.withExtras.get(key)
  if (known !== undefined) return known
  const added = extras.map((extra) => addedBy(walker, compiled, extra))
  const undecided = added.flatMap((one) => one.undecided)
  const demands = added.flatMap((one) => one.demands)
  const { always } = compiled
  const set =
    demands.length === 0 && undecided.length === 0
      ? always
      : setOf([...linesOf(always), ...demands], [...always.undecided, ...undecided])
  compiled.withExtras.set(key, set)
  return set
}

/** The service itself, and its profile, as the walk meets them: worked out once for each environment. */
function startOf(walker: Walker, root: Root): Start {
  const known = walker.roots.get(root)
  if (known !== undefined) return known
  const { distribution } = root
  const compiled = distribution && compile(walker, distribution.name, distribution.version)
  const by = distribution === undefined ? root.service : `${distribution.name} ${distribution.version}`
  const profile = `profile ${root.service}`
  const placed = (who: string, list: readonly PlacedRequirement[], direct: boolean) =>
    list
      .filter(({ requirement }) => holds(walker, requirement, noExtras))
      .map(({ requirement, at }) => makeDemand(walker, who, requirement, at, direct))
  const byUrl = (demands: readonly Demand[]) =>
    demands
      .filter(({ requirement }) => requirement.url !== undefined)
      .map(({ target, origin }) => ({ distribution: target, reason: 'it is demanded by URL', at: origin }))
  const own =
    root.own === undefined
      ? linesOf(compiled?.always ?? empty).map((demand) => ({ ...demand, direct: true }))
      : placed(by, root.own, true)
  const added = root.extras.flatMap((extra) =>
    compiled === undefined ? [] : addedBy(walker, compiled, normalizeExtra(extra)).demands,
  )
  const byProfile = [
    ...added.map((demand) => ({ ...demand, by: profile })),
    ...placed(profile, root.additions, false),
  ]
  const unknown =
    compiled === undefined && distribution !== undefined
      ? [notKnown(distribution.name, distribution.version, undefined)]
      : []
  const start: Start = {
    compiled,
    own: setOf(own, [
      ...unknown,
      ...(root.own === undefined ? (compiled?.always.undecided ?? []) : byUrl(own)),
    ]),
    profile: setOf(byProfile, byUrl(byProfile)),
  }
  walker.roots.set(root, start)
  return start
}

function notKnown(distribution: DistributionName, version: string, at: Origin | undefined): Undecided {
  const reason = 'its demands are not known'
  return { distribution, version, reason, lacks: 'metadata', ...(at === undefined ? {} : { at }) }
}

/** The newest version known that the environment's Python may have: for names that no constraints pin. */
function newestFor(walker: Walker, name: DistributionName): string | undefined {
  if (walker.newest.has(name)) return walker.newest.get(name)
  const newest = walker.facts.versions(name).findLast((version) => {
    const parsed = tryParseVersion(version)
    const wanted = walker.facts.metadata(name, version)?.requiresPython
    return parsed !== undefined && !isPrerelease(parsed) && pythonFits(walker.environment, wanted) !== false
  })
  walker.newest.set(name, newest)
  return newest
}

const pythonAnswers = new Map<string, boolean>()

/** Whether Requires-Python admits the environment's Python; none when it cannot be read. */
export function pythonFits(
  environment: MarkerEnvironment,
  requiresPython: string | undefined,
): boolean | undefined {
  if (requiresPython === undefined) return true
  const key = `${environment.python_full_version} ${requiresPython}`
  const known = pythonAnswers.get(key)
  if (known !== undefined) return known
  const set = tryParseSpecifierSet(requiresPython)
  if (set === undefined) return undefined
  const answer = specifierSetContains(set, environment.python_full_version, true)
  pythonAnswers.set(key, answer)
  return answer
}

const walkers = new WeakMap<ClosureFacts, Map<string, Walker>>()

function walkerFor(facts: ClosureFacts, environment: MarkerEnvironment): Walker {
  const known = walkers.get(facts) ?? new Map<string, Walker>()
  walkers.set(facts, known)
  const key = JSON.stringify(environment)
  const walker: Walker = known.get(key) ?? {
    facts,
    environment,
    compiled: new Map(),
    answers: new Map(),
    slots: new Map(),
    roots: new WeakMap(),
    scopes: new WeakMap(),
    newest: new Map(),
  }
  known.set(key, walker)
  return walker
}

function scopeFor(walker: Walker, pins: Pins, ownPins: Pins): Scope {
  const known = walker.scopes.get(pins) ?? new WeakMap<Pins, Scope>()
  walker.scopes.set(pins, known)
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
  const bySlot: (Growing | undefined)[] = []
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
      for (const extra of demand.requirement.extras) switchOn(reached, member, demand, extra)
    }
  }
  for (const { set, name, version, compiled, at, reason } of members) {
    undecided.push(...set.undecided)
    if (compiled === undefined && name !== undefined && reason !== 'service')
      undecided.push(notKnown(name, version!, at))
  }
  return { root, scope, members, bySlot, rootSlot, undecided, missingExtras }
}

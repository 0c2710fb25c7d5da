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
  /** Answers that were worked out already, by version. */
  readonly answers: Map<string, boolean>
}

/** Why a distribution has the version that it has in the closure. */
export type Reason = 'service' | 'pin' | 'missing' | 'unpinned'

/** One distribution of a closure. */
export interface Member {
  /** None for the profile and for a bare list of requirements. */
  readonly name?: DistributionName
  readonly version?: string
  readonly reason: Reason
  readonly metadata?: Metadata
  readonly at?: Origin
  /** Who reached it first; none for where the walk starts. */
  readonly parent?: Member
  readonly extras: ReadonlySet<string>
  /** Each (target, specifier) once. */
  readonly demands: readonly Demand[]
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

export interface Closure {
  readonly root: Root
  /** In the order in which they were reached, nearest first. */
  readonly members: readonly Member[]
  /** The distributions among them. */
  readonly byName: ReadonlyMap<DistributionName, Member>
  /** Extras that are demanded of a version that has no such extra. */
  readonly missingExtras: readonly MissingExtra[]
  readonly undecided: readonly Undecided[]
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
    return member.demands.map((demand) => ({ ...demand, via }))
  })
}

interface Demands {
  readonly all: readonly Demand[]
  /** Each (target, specifier) once. */
  readonly distinct: readonly Demand[]
  readonly undecided: readonly Undecided[]
}

/** A distribution version under one environment: every line parsed and every marker evaluated at most once. */
interface Compiled {
  readonly metadata: Metadata
  readonly always: Demands
  /** Lines that name an extra, by their place. */
  readonly optional: readonly number[]
  readonly byExtra: Map<string, Demands>
  readonly extras: ReadonlySet<string>
}

interface Walker {
  readonly facts: ClosureFacts
  readonly environment: MarkerEnvironment
  readonly compiled: Map<string, Compiled | undefined>
  readonly answers: Map<string, Map<string, boolean>>
  readonly roots: WeakMap<Root, Start>
  readonly newest: Map<DistributionName, string | undefined>
}

const none: ReadonlySet<string> = new Set()
const nothing: readonly Demand[] = []

/** Only `extra == "x"` and nothing that could hold without an extra: the common line, told without parsing. */
const onlyWithExtra = /^[^;]*;[^;]*\bextra\s*==\s*["'][^"']*["']\s*\)?\s*$/

function specifierKey(requirement: Requirement): string {
  const parts = requirement.specifiers.specifiers.map(({ operator, version }) => operator + version)
  return `${requirement.name}${parts.sort().join(',')}`
}

function makeDemand(
  walker: Walker,
  by: string,
  requirement: Requirement,
  origin: Origin,
  direct: boolean,
): Demand {
  const key = specifierKey(requirement)
  const answers = walker.answers.get(key) ?? new Map<string, boolean>()
  walker.answers.set(key, answers)
  const specifier = requirement.specifiers.text
  return { by, target: requirement.name, requirement, specifier, origin, direct, key, answers }
}

const requirements = new Map<string, Requirement>()

/** The same line stands in many versions of a distribution. */
function parseOnce(text: string): Requirement {
  const known = requirements.get(text)
  if (known !== undefined) return known
  const requirement = parseRequirement(text)
  requirements.set(text, requirement)
  return requirement
}

function holds(walker: Walker, requirement: Requirement, extras: ReadonlySet<string>): boolean {
  return requirement.marker === undefined || evaluateMarker(requirement.marker, walker.environment, extras)
}

function compileLine(
  walker: Walker,
  metadata: Metadata,
  index: number,
  extras: ReadonlySet<string>,
  undecided: Undecided[],
): Demand | undefined {
  const { distribution, version } = metadata
  const origin = { distribution, version, field: 'Requires-Dist', index } as const
  try {
    const requirement = parseOnce(metadata.requires[index]!)
    if (!holds(walker, requirement, extras)) return undefined
    if (requirement.url !== undefined)
      undecided.push({ distribution: requirement.name, reason: 'it is demanded by URL', at: origin })
    return makeDemand(walker, `${distribution} ${version}`, requirement, origin, false)
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    undecided.push({ distribution, version, reason: error.message, at: origin })
    return undefined
  }
}

/** Each (target, specifier) once, the first line of it. */
function distinct(demands: readonly Demand[]): readonly Demand[] {
  const keys = new Set<string>()
  const result = demands.filter(({ key }) => !keys.has(key) && keys.add(key))
  return result.length === demands.length ? demands : result
}

/** Sorted, so that the walk meets everything in the same order however the lines are ordered. */
function demandsFrom(demands: readonly Demand[], undecided: readonly Undecided[] = []): Demands {
  const all = demands.toSorted((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
  return { all, distinct: distinct(all), undecided }
}

function compileLines(
  walker: Walker,
  metadata: Metadata,
  indexes: Iterable<number>,
  extras: ReadonlySet<string>,
): Demands {
  const all: Demand[] = []
  const undecided: Undecided[] = []
  for (const index of indexes) {
    const demand = compileLine(walker, metadata, index, extras, undecided)
    if (demand !== undefined) all.push(demand)
  }
  return demandsFrom(all, undecided)
}

function compile(walker: Walker, name: DistributionName, version: string): Compiled | undefined {
  const id = `${name} ${version}`
  if (walker.compiled.has(id)) return walker.compiled.get(id)
  const metadata = walker.facts.metadata(name, version)
  let result: Compiled | undefined
  if (metadata !== undefined) {
    const optional: number[] = []
    const always: number[] = []
    for (const [index, text] of metadata.requires.entries()) {
      const marked = text.includes('extra')
      if (marked) optional.push(index)
      if (!(marked && onlyWithExtra.test(text) && !/\bor\b/.test(text))) always.push(index)
    }
    const extras = new Set(metadata.extras.map(normalizeExtra))
    const lines = compileLines(walker, metadata, always, none)
    const floor = metadata.requiresPython ?? ''
    const broken = {
      distribution: name,
      version,
      reason: `its Requires-Python ${JSON.stringify(floor)} cannot be read`,
    }
    const readable = pythonFits(walker.environment, metadata.requiresPython) !== undefined
    result = {
      metadata,
      always: readable ? lines : { ...lines, undecided: [...lines.undecided, broken] },
      optional,
      byExtra: new Map(),
      extras,
    }
  }
  walker.compiled.set(id, result)
  return result
}

/** What an extra adds to the demands that hold without it. */
function extraDemands(walker: Walker, compiled: Compiled, extra: string): Demands {
  const known = compiled.byExtra.get(extra)
  if (known !== undefined) return known
  const present = new Set(compiled.always.all.map(({ origin }) => 'index' in origin && origin.index))
  const indexes = compiled.optional.filter((index) => !present.has(index))
  const added = compileLines(walker, compiled.metadata, indexes, new Set([extra]))
  compiled.byExtra.set(extra, added)
  return added
}

interface Start {
  readonly compiled?: Compiled
  readonly own: Demands
  readonly profile: Demands
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
      .filter(({ requirement }) => holds(walker, requirement, none))
      .map(({ requirement, at }) => makeDemand(walker, who, requirement, at, direct))
  const switchedOn = root.extras.flatMap((extra) =>
    compiled === undefined ? [] : extraDemands(walker, compiled, normalizeExtra(extra)).all,
  )
  const inMetadata = (compiled?.always.all ?? []).map((demand) => ({ ...demand, direct: true }))
  const start: Start = {
    ...(compiled && { compiled }),
    own: demandsFrom(
      root.own === undefined ? inMetadata : placed(by, root.own, true),
      root.own === undefined ? compiled?.always.undecided : [],
    ),
    profile: demandsFrom([
      ...switchedOn.map((demand) => ({ ...demand, by: profile })),
      ...placed(profile, root.additions, false),
    ]),
  }
  walker.roots.set(root, start)
  return start
}

/** The newest version known that the environment's Python may have: for names that no constraints pin. */
function newestFor(walker: Walker, name: DistributionName): string | undefined {
  if (walker.newest.has(name)) return walker.newest.get(name)
  const fits = walker.facts.versions(name).filter((version) => {
    const parsed = tryParseVersion(version)
    const wanted = walker.facts.metadata(name, version)?.requiresPython
    return parsed !== undefined && !isPrerelease(parsed) && pythonFits(walker.environment, wanted) !== false
  })
  const newest = fits.at(-1)
  walker.newest.set(name, newest)
  return newest
}

/** Whether Requires-Python admits the environment's Python; none when it cannot be parsed. */
export function pythonFits(
  environment: MarkerEnvironment,
  requiresPython: string | undefined,
): boolean | undefined {
  if (requiresPython === undefined) return true
  const known = pythonAnswers.get(`${environment.python_full_version} ${requiresPython}`)
  if (known !== undefined) return known
  const set = tryParseSpecifierSet(requiresPython)
  if (set === undefined) return undefined
  const answer = specifierSetContains(set, environment.python_full_version, true)
  pythonAnswers.set(`${environment.python_full_version} ${requiresPython}`, answer)
  return answer
}

const pythonAnswers = new Map<string, boolean>()
const walkers = new WeakMap<ClosureFacts, Map<string, Walker>>()

function walkerFor(facts: ClosureFacts, environment: MarkerEnvironment): Walker {
  const known = walkers.get(facts) ?? new Map<string, Walker>()
  walkers.set(facts, known)
  const key = JSON.stringify(environment)
  let walker = known.get(key)
  if (walker === undefined) {
    const fresh = { compiled: new Map(), answers: new Map(), roots: new WeakMap(), newest: new Map() }
    walker = { facts, environment, ...fresh }
    known.set(key, walker)
  }
  return walker
}

/** A member while the walk goes on. */
interface Growing extends Omit<Member, 'extras' | 'demands' | 'parent'> {
  readonly parent?: Growing
  readonly extras: Set<string>
  demands: readonly Demand[]
  readonly compiled?: Compiled
}

/** The version that a distribution has here: the host's pin, its own release's, or the newest known. */
function supplyOf(
  walker: Walker,
  request: ClosureRequest,
  name: DistributionName,
): (Supply & { reason: Reason }) | undefined {
  const pin = request.pins.get(name)
  if (pin !== undefined) return { ...pin, reason: 'pin' }
  const own = request.ownPins?.get(name)
  if (own !== undefined) return { ...own, reason: 'missing' }
  const version = newestFor(walker, name)
  return version === undefined ? undefined : { version, reason: 'unpinned' }
}

/**
 * Everything that a service release needs on a host: one environment, every version fixed beforehand, so the
 * walk is linear in the number of demands. It visits (distribution, extra) pairs until nothing new is met.
 */
export function closure(request: ClosureRequest): Closure {
  const { root, facts, environment } = request
  const walker = walkerFor(facts, environment)
  const members: Growing[] = []
  const byName = new Map<DistributionName, Growing>()
  const undecided: Undecided[] = []
  const missingExtras: MissingExtra[] = []
  const unknown = new Set<DistributionName>()
  const open: { readonly member: Growing; readonly demands: readonly Demand[] }[] = []

  function enter(member: Growing, demands: Demands | undefined): void {
    members.push(member)
    if (member.name !== undefined) byName.set(member.name, member)
    if (demands === undefined) return
    undecided.push(...demands.undecided)
    open.push({ member, demands: demands.all })
  }

  function reach(name: DistributionName, parent: Growing): Growing | undefined {
    if (unknown.has(name)) return undefined
    const supply = supplyOf(walker, request, name)
    if (supply === undefined) {
      unknown.add(name)
      undecided.push({ distribution: name, reason: 'no version of it is known', lacks: 'versions' })
      return undefined
    }
    const { version, reason, at } = supply
    const place = at === undefined ? {} : { at }
    const compiled = compile(walker, name, version)
    const known = compiled && { compiled, metadata: compiled.metadata }
    if (compiled === undefined)
      undecided.push({
        distribution: name,
        version,
        reason: 'its demands are not known',
        lacks: 'metadata',
        ...place,
      })
    const demands = compiled?.always.distinct ?? nothing
    const member = { name, version, reason, parent, extras: new Set<string>(), demands, ...known, ...place }
    enter(member, compiled?.always)
    return member
  }

  function switchOn(member: Growing, extra: string): void {
    if (member.extras.has(extra)) return
    member.extras.add(extra)
    if (member.compiled === undefined) return
    const added = extraDemands(walker, member.compiled, extra)
    undecided.push(...added.undecided)
    if (added.all.length === 0) return
    member.demands = distinct([...member.demands, ...added.all])
    open.push({ member, demands: added.all })
  }

  const { own, profile, compiled } = startOf(walker, root)
  const known = compiled && { compiled, metadata: compiled.metadata }
  const service: Growing = {
    ...root.distribution,
    ...known,
    reason: 'service',
    extras: new Set(),
    demands: own.distinct,
  }
  enter(service, own)
  if (root.distribution !== undefined && compiled === undefined)
    undecided.push({
      distribution: root.distribution.name,
      version: root.distribution.version,
      reason: 'its demands are not known',
      lacks: 'metadata',
    })
  if (profile.all.length > 0)
    enter({ reason: 'service', parent: service, extras: new Set(), demands: profile.distinct }, profile)

  for (let next = 0; next < open.length; next += 1) {
    const { member, demands } = open[next]!
    for (const demand of demands) {
      const { target, requirement } = demand
      const reached = byName.get(target) ?? reach(target, member)
      if (reached === undefined) continue
      for (const extra of requirement.extras) {
        switchOn(reached, extra)
        // Old build backends list no Provides-Extra: an extra that switches a demand on exists all the same.
        if (reached.compiled === undefined || reached.compiled.extras.has(extra)) continue
        if (extraDemands(walker, reached.compiled, extra).all.length > 0) continue
        missingExtras.push({ by: member, demand, extra })
      }
    }
  }
  return { root, members, byName, missingExtras, undecided }
}

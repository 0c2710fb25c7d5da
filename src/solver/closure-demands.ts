import type { Metadata } from '#catalog/catalog.js'
import { type Origin, SvcsplitError } from '#errors.js'
import { evaluateMarker, type MarkerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, normalizeExtra } from '#pep/name.js'
import type { Requirement } from '#pep/requirement.js'
import { parseRequirementOnce } from '#pep/requirement-once.js'
import { specifierSetContains } from '#pep/specifier-set.js'
import { isPrerelease, tryParseVersion } from '#pep/version.js'
import type { CodeNeed } from './facts.js'
import { pythonFits } from './python-fits.js'
import { needsExtra } from './requires-line.js'

/** What is known of distributions, without waiting; `versions` oldest first. */
export interface ClosureFacts {
  metadata(name: DistributionName, version: string): Metadata | undefined
  versions(name: DistributionName): readonly string[]
  /** What the code of a version needs for certain, beyond its metadata; left out where code is not asked. */
  code?(name: DistributionName, version: string): readonly CodeNeed[]
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

/** A fact that is needed and not known: the answer is incomplete by it. */
export interface Undecided {
  readonly distribution: DistributionName
  readonly version?: string
  readonly reason: string
  /** The kind of fact that would decide it; none where no fact can. */
  readonly lacks?: 'metadata' | 'versions'
  readonly at?: Origin
}

/** A distribution version under one environment: every line parsed and every marker evaluated at most once. */
export interface Compiled {
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

/** What has been worked out for one marker environment. */
export interface Walker {
  readonly facts: ClosureFacts
  readonly environment: MarkerEnvironment
  readonly compiled: Map<string, Compiled | undefined>
  readonly code: Map<string, readonly Demand[]>
  readonly answers: Map<string, Map<string, boolean>>
  readonly slots: Map<DistributionName, number>
  readonly newest: Map<DistributionName, string | undefined>
}

export const noExtras: ReadonlySet<string> = new Set()

export function slotOf(walker: Walker, name: DistributionName): number {
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

export function makeDemand(
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
export function setOf(demands: readonly Demand[], undecided: readonly Undecided[]): DemandSet {
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
export function linesOf({ demands, reach }: DemandSet): readonly Demand[] {
  return [...new Set([...demands, ...reach])]
}

export function holds(walker: Walker, requirement: Requirement, extras: ReadonlySet<string>): boolean {
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
      const requirement = parseRequirementOnce(metadata.requires[index]!)
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

/** The bounds that the code of a version puts on other distributions, as demands with lines of code for origins. */
export function codeDemands(walker: Walker, name: DistributionName, version: string): readonly Demand[] {
  const id = `${name} ${version}`
  const known = walker.code.get(id)
  if (known !== undefined) return known
  const demands = (walker.facts.code?.(name, version) ?? []).map(({ name: target, specifiers, at }) =>
    makeDemand(walker, id, { name: target, rawName: target, extras: [], specifiers }, at, false),
  )
  walker.code.set(id, demands)
  return demands
}

export function compile(walker: Walker, name: DistributionName, version: string): Compiled | undefined {
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

export function addedBy(walker: Walker, compiled: Compiled, extra: string) {
  const known = compiled.added.get(extra)
  if (known !== undefined) return known
  const present = new Set(compiled.always.demands.map(({ origin }) => 'index' in origin && origin.index))
  const indexes = compiled.optional.filter((index) => !present.has(index))
  const added = compileLines(walker, compiled.metadata, indexes, new Set([extra]))
  compiled.added.set(extra, added)
  return added
}

export function withExtras(walker: Walker, compiled: Compiled, extras: readonly string[]): DemandSet {
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

/** Whether a demand accepts a version; pre-releases count, as in `pip check`: the pin is there already. */
export function accepts(demand: Demand, version: string): boolean {
  const known = demand.answers.get(version)
  if (known !== undefined) return known
  const answer = specifierSetContains(demand.requirement.specifiers, version, true)
  demand.answers.set(version, answer)
  return answer
}

const environmentKeys = new WeakMap<MarkerEnvironment, string>()
const walkers = new WeakMap<ClosureFacts, Map<string, Walker>>()

export function walkerFor(facts: ClosureFacts, environment: MarkerEnvironment): Walker {
  const known = walkers.get(facts) ?? new Map<string, Walker>()
  walkers.set(facts, known)
  const key = environmentKeys.get(environment) ?? JSON.stringify(environment)
  environmentKeys.set(environment, key)
  const walker: Walker = known.get(key) ?? {
    facts,
    environment,
    compiled: new Map(),
    code: new Map(),
    answers: new Map(),
    slots: new Map(),
    newest: new Map(),
  }
  known.set(key, walker)
  return walker
}

/** The newest version known that the environment's Python may have: for names that no constraints pin. */
export function newestFor(walker: Walker, name: DistributionName): string | undefined {
  if (walker.newest.has(name)) return walker.newest.get(name)
  const newest = walker.facts.versions(name).findLast((version) => {
    const parsed = tryParseVersion(version)
    const wanted = walker.facts.metadata(name, version)?.requiresPython
    return parsed !== undefined && !isPrerelease(parsed) && pythonFits(walker.environment, wanted) !== false
  })
  walker.newest.set(name, newest)
  return newest
}

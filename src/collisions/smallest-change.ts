import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import {
  type Closure,
  causesOf,
  closure,
  type Member,
  type Pins,
  type Root,
  supplierOf,
} from '#solver/closure.js'
import {
  accepts,
  type ClosureFacts,
  codeDemands,
  type Demand,
  linesOf,
  newestFor,
  noExtras,
  walkerFor,
} from '#solver/closure-demands.js'
import { cheapestOf, childrenOf, disjoint, type Open, openFrom, type Step } from './change-steps.js'
import { refusesPython } from './check.js'
import { type Domains, type Slot, spread } from './forced-moves.js'
import { heap } from './heap.js'
import { addCosts, type Choice, choicesFor, compareCosts, noCost } from './move-cost.js'

export interface ChangeProblem {
  readonly root: Root
  readonly pins: Pins
  readonly ownPins: Pins | undefined
  readonly environment: MarkerEnvironment
  readonly facts: ClosureFacts
  /** Closures that may be walked: the same answer on any machine, where a clock would give another on each. */
  readonly budget: number
  /** Whether a version may be moved to; any if left out. */
  mayBe?(name: DistributionName, version: string): boolean
}

/** A demand, or a Requires-Python, that is not met. */
interface Violation {
  readonly member: Member
  /** None where the member refuses the Python. */
  readonly demand: Demand | undefined
}

export type Change =
  | {
      readonly kind: 'found'
      /** Versions in place of the host's, and of distributions that come in another version than usual. */
      readonly versions: ReadonlyMap<DistributionName, string>
      readonly exact: boolean
      /** No smaller number of pins will do; the number that had to move if `exact`. */
      readonly atLeast: number
    }
  /** No versions that are known will do; `by` if one demand alone says so. */
  | { readonly kind: 'none'; readonly by: Violation | undefined }
  | { readonly kind: 'undecided'; readonly atLeast: number }

type Walked = { readonly kind: 'open'; readonly open: readonly Open[] } | Dead

interface Dead {
  readonly kind: 'dead'
  readonly by: Violation | undefined
}

function pinned(pins: Pins, versions: ReadonlyMap<DistributionName, string>): Pins {
  if (versions.size === 0) return pins
  const changed = new Map(pins)
  for (const [name, version] of versions) changed.set(name, { version })
  return changed
}

/**
 * The smallest change of the host's pins after which the service release meets no error: fewest pins first,
 * then smallest jumps, by best-first search. While a demand is refused, its target has to move, or something on
 * the chain by which it is reached; refused demands that share none of these names cost at least the sum of the
 * cheapest ways out of each. So the first change that is taken up and has no error left is a smallest one.
 */
export function smallestChange(problem: ChangeProblem): Change {
  const { root, pins, ownPins, environment, facts, mayBe } = problem
  const walker = walkerFor(facts, environment)
  const ownName = root.distribution?.name
  const slots = new Map<DistributionName, Slot | undefined>()
  let walks = 0
  let isWhole = true

  function slotOf(name: DistributionName): Slot | undefined {
    if (slots.has(name)) return slots.get(name)
    const pin = pins.get(name) ?? ownPins?.get(name)
    const version = pin?.version ?? newestFor(walker, name)
    const slot =
      version === undefined
        ? undefined
        : {
            version,
            isFree: pin === undefined,
            choices: choicesFor(walker, name, version, pins.has(name)).filter(
              (choice) => mayBe?.(name, choice.version) !== false,
            ),
          }
    slots.set(name, slot)
    return slot
  }

  const choicesOf = (name: DistributionName): readonly Choice[] => slotOf(name)?.choices ?? []

  /** Every way to be rid of a violation; names that are decided, and the service, stay as they are. */
  function waysOut(
    { member, demand }: Violation,
    decided: Step['versions'],
    walked: Closure,
  ): readonly Choice[] {
    const ways: Choice[] = []
    const mayMove = (one: Member | undefined): one is Member & { name: DistributionName } =>
      one?.name !== undefined && one.name !== ownName && !decided.has(one.name)
    const target = demand && supplierOf(walked, demand)
    const causes = causesOf(member)
    // A target that has a part in being demanded may as well move to where nobody demands it so.
    if (mayMove(target) && !causes.includes(target))
      ways.push(...choicesOf(target.name).filter(({ version }) => accepts(demand!, version)))
    for (const cause of causes) if (mayMove(cause)) ways.push(...choicesOf(cause.name))
    return ways
  }

  /** A distribution that nobody pins may come in any version, known or not, unless a known one would fit. */
  function isMet(demand: Demand, supply: Member): boolean {
    if (accepts(demand, supply.version!)) return true
    return (
      supply.reason === 'unpinned' && !choicesOf(supply.name!).some(({ version }) => accepts(demand, version))
    )
  }

  function walk({ versions }: Step): Walked {
    walks += 1
    const known = ownPins === undefined ? {} : { ownPins }
    const walked = closure({ root, pins: pinned(pins, versions), environment, facts, ...known })
    if (walked.undecided.length > 0) {
      isWhole = false
      return { kind: 'dead', by: undefined }
    }
    const violations: Violation[] = []
    for (const member of walked.members) {
      if (refusesPython(member)) violations.push({ member, demand: undefined })
      for (const demand of member.set.demands) {
        const supply = supplierOf(walked, demand)
        if (supply !== undefined && !isMet(demand, supply)) violations.push({ member, demand })
      }
      if (member.name === undefined) continue
      for (const demand of codeDemands(walker, member.name, member.version!)) {
        const supply = supplierOf(walked, demand)
        if (supply !== undefined && !isMet(demand, supply)) violations.push({ member, demand })
      }
    }
    return violations.length === 0 ? { kind: 'open', open: [] } : openOf(violations, versions, walked)
  }

  function openOf(violations: readonly Violation[], versions: Step['versions'], walked: Closure): Walked {
    const domains: Domains = new Map()
    const found: Open[] = []
    for (const violation of violations) {
      const ways = waysOut(violation, versions, walked)
      const [first] = ways
      if (first === undefined) return { kind: 'dead', by: violation }
      if (ways.some(({ name }) => name !== first.name)) found.push(openFrom(ways))
      else {
        const before = domains.get(first.name)
        const both = before === undefined ? ways : before.filter((one) => ways.includes(one))
        if (both.length === 0) return { kind: 'dead', by: violation }
        domains.set(first.name, both)
      }
    }
    const isFixed = ({ name }: Member): boolean =>
      name === undefined || name === ownName || versions.has(name)
    const firm = walked.members.filter((member) =>
      causesOf(member).every((cause) => cause === member || isFixed(cause)),
    )
    const extras = new Map<DistributionName, Set<string>>()
    for (const demand of firm.filter(isFixed).flatMap(({ set }) => linesOf(set))) {
      const wanted = extras.get(demand.target) ?? new Set()
      for (const extra of demand.requirement.extras) wanted.add(extra)
      extras.set(demand.target, wanted)
      const domain = domains.get(demand.target)
      if (domain !== undefined)
        domains.set(
          demand.target,
          domain.filter(({ version }) => accepts(demand, version)),
        )
    }
    /** Whether a member accepts no possible version of something that has to move. */
    const isTorn = ({ set }: Member): boolean =>
      set.demands.some((demand) => {
        const domain = domains.get(demand.target)
        return domain !== undefined && !domain.some(({ version }) => accepts(demand, version))
      })
    const staysAsItIs = ({ name }: Member): boolean => name === undefined || !domains.has(name)
    /** Who is there in any case and is torn has to move as well. */
    const addTorn = (): boolean => {
      const before = domains.size
      for (const member of firm)
        if (!isFixed(member) && staysAsItIs(member) && isTorn(member))
          domains.set(member.name!, choicesOf(member.name!))
      return domains.size > before
    }
    const known = {
      walker,
      slotOf,
      fixedVersion: (name: DistributionName) =>
        name === ownName ? root.distribution!.version : versions.get(name),
      extrasOf: (name: DistributionName) => extras.get(name) ?? noExtras,
    }
    let isPossible = true
    do {
      isPossible = [...domains.values()].every(({ length }) => length > 0) && spread(domains, known)
    } while (isPossible && addTorn())
    if (!isPossible) return { kind: 'dead', by: violations.length === 1 ? violations[0] : undefined }
    for (const member of walked.members) {
      if (!isTorn(member)) continue
      const causes = causesOf(member)
      if (!causes.every(staysAsItIs)) continue
      const ways = causes.flatMap(({ name }) =>
        name === undefined || name === ownName || versions.has(name) ? [] : choicesOf(name),
      )
      if (ways.length === 0) return { kind: 'dead', by: undefined }
      found.push(openFrom(ways))
    }
    return { kind: 'open', open: disjoint([...[...domains.values()].map(openFrom), ...found]) }
  }

  const start: Step = { versions: new Map(), key: '', cost: noCost, bound: noCost, open: undefined }
  const queue = heap<Step>(
    (one, other) =>
      compareCosts(one.bound, other.bound) ||
      other.versions.size - one.versions.size ||
      (one.key < other.key ? -1 : one.key > other.key ? 1 : 0),
  )
  const seen = new Set<string>()
  let by: Violation | undefined
  queue.push(start)
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    const { open } = node
    if (open === undefined) {
      if (walks >= problem.budget) return bestKnown(node)
      const walked = walk(node)
      if (walked.kind === 'dead') {
        if (node === start) by = walked.by
        continue
      }
      const bound = walked.open.reduce((sum, { least }) => addCosts(sum, least), node.cost)
      if (walked.open.length === 0)
        return { kind: 'found', versions: node.versions, exact: isWhole, atLeast: node.cost[0] }
      queue.push({
        ...node,
        open: walked.open,
        bound: compareCosts(bound, node.bound) < 0 ? node.bound : bound,
      })
      continue
    }
    for (const child of [cheapestOf(node, open), ...childrenOf(node, open)]) {
      if (seen.has(child.key)) continue
      seen.add(child.key)
      queue.push(child)
    }
  }
  return isWhole ? { kind: 'none', by } : { kind: 'undecided', atLeast: 0 }

  /** Out of budget: straight on from where the search was, the cheapest way out each time. */
  function bestKnown(from: Step): Change {
    const atLeast = from.bound[0]
    for (let node: Step | undefined = from, steps = 0; node !== undefined && steps < mostSteps; steps += 1) {
      const walked: Walked = walk(node)
      if (walked.kind === 'dead') break
      if (walked.open.length === 0) return { kind: 'found', versions: node.versions, exact: false, atLeast }
      node = cheapestOf(node, walked.open)
    }
    return { kind: 'undecided', atLeast }
  }
}

const mostSteps = 500

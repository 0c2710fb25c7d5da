import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import { type Closure, type Member, type Pins, type Scope, supplierOf } from '#solver/closure.js'
import { accepts, type Demand, type DemandSet } from '#solver/closure-demands.js'
import { type Jump, levelOf, type Rule } from './finding.js'
import { type Numbers, numbersOf } from './summary.js'

/** Where a service release is to run: the pins of a host and its Python. */
export interface Host {
  /** The release, or the path of a user's own constraints. */
  readonly label: string
  readonly release?: string
  /** As asked for: `3.11`, or `3.11.4`. */
  readonly python: string
  readonly platform: string
  readonly environment: MarkerEnvironment
  readonly pins: Pins
  /** Of these pins, those that were tested together: a release's; none of a user's own constraints. */
  readonly tested?: Pins
  /** Names that a user's constraints bound and do not pin. */
  readonly bounds?: { has(name: DistributionName): boolean }
}

/** Something of a closure that a rule speaks of, before it is told as a finding. */
export interface Hit {
  readonly rule: Rule
  /** None for `python-floor`. */
  readonly demand: Demand | undefined
  readonly supply: Member | undefined
  readonly jump: Jump | undefined
  readonly extra: string | undefined
}

function sameOrJump(one: string, other: string): 'same' | Jump {
  if (one === other) return 'same'
  const a = tryParseVersion(one)
  const b = tryParseVersion(other)
  if (a === undefined || b === undefined) return 'major'
  if (compareVersions(a, b) === 0) return 'same'
  if (a.epoch !== b.epoch || (a.release[0] ?? 0) !== (b.release[0] ?? 0)) return 'major'
  return (a.release[1] ?? 0) === (b.release[1] ?? 0) ? 'patch' : 'minor'
}

const jumps = new Map<string, Map<string, 'same' | Jump>>()

/** How far two versions are apart; each pair is compared once. */
export function jumpBetween(one: string, other: string): 'same' | Jump {
  let row = jumps.get(one)
  if (row === undefined) {
    row = new Map()
    jumps.set(one, row)
  }
  let jump = row.get(other)
  if (jump === undefined) {
    jump = sameOrJump(one, other)
    row.set(other, jump)
  }
  return jump
}

function isJump(rule: Rule | Jump): rule is Jump {
  return rule === 'major' || rule === 'minor' || rule === 'patch'
}

/** A collision: the host has a version, or the service is there itself, and the demand does not accept it. */
export function isRefused(demand: Demand, supply: Member | undefined): boolean {
  if (supply === undefined || supply.reason === 'unpinned' || supply.reason === 'missing') return false
  return !accepts(demand, supply.version!)
}

/** What has been worked out for the services that have the same pins on one host, by slot and by set of demands. */
interface ScopeHits {
  readonly drifts: ('same' | Jump | undefined)[]
  readonly bySet: Map<DemandSet, SetHits>
}

const known = new WeakMap<Scope, ScopeHits>()

function hitsIn(scope: Scope): ScopeHits {
  let hits = known.get(scope)
  if (hits === undefined) {
    hits = { drifts: [], bySet: new Map() }
    known.set(scope, hits)
  }
  return hits
}

/** How far what answers a demand is from what the service was tested with. */
function driftOf(
  { drifts }: ScopeHits,
  { slot, target }: Demand,
  supply: Member,
  ownPins: Pins | undefined,
): 'same' | Jump {
  let drift = drifts[slot]
  if (drift === undefined) {
    const own = ownPins?.get(target)
    drift = own === undefined ? 'same' : jumpBetween(own.version, supply.version!)
    drifts[slot] = drift
  }
  return drift
}

/** The rule, if any, that one demand falls under; drift as how far it goes. */
function ruleOf(
  demand: Demand,
  supply: Member | undefined,
  ownPins: Pins | undefined,
  ofScope: ScopeHits,
): Rule | Jump | undefined {
  if (supply === undefined || supply.reason === 'unpinned') return 'unpinned'
  if (supply.reason === 'missing') return 'missing'
  if (isRefused(demand, supply)) return 'collision'
  if (supply.reason === 'service') return undefined
  const drift = driftOf(ofScope, demand, supply, ownPins)
  return drift === 'same' ? undefined : drift
}

/** The hits of one set of demands, and what they count for. */
interface SetHits {
  /** Errors and warnings. */
  readonly told: readonly Hit[]
  readonly counts: readonly SetCount[]
}

interface SetCount {
  readonly rule: Rule
  readonly findings: number
  /** By their slots. */
  readonly distributions: Numbers
}

function hitOf(found: Rule | Jump, demand: Demand, supply: Member | undefined): Hit {
  return isJump(found)
    ? { rule: 'drift', demand, supply, jump: found, extra: undefined }
    : { rule: found, demand, supply, jump: undefined, extra: undefined }
}

function hitsOfSet(closure: Closure, set: DemandSet, ownPins: Pins | undefined, ofScope: ScopeHits): SetHits {
  const told: Hit[] = []
  const counted = new Map<Rule, { findings: number; slots: number[] }>()
  for (const demand of set.demands) {
    const supply = supplierOf(closure, demand)
    const found = ruleOf(demand, supply, ownPins, ofScope)
    if (found === undefined) continue
    const rule = isJump(found) ? 'drift' : found
    if (levelOf[rule] !== 'note') told.push(hitOf(found, demand, supply))
    let count = counted.get(rule)
    if (count === undefined) {
      count = { findings: 0, slots: [] }
      counted.set(rule, count)
    }
    count.findings += 1
    count.slots.push(demand.slot)
  }
  const counts = [...counted].map(([rule, { findings, slots }]) => ({
    rule,
    findings,
    distributions: numbersOf(slots),
  }))
  return { told, counts }
}

/** The notes of one member's demands. Of many cells they are only counted, and there are a hundred thousand. */
export function notesOf(closure: Closure, set: DemandSet, ownPins: Pins | undefined): readonly Hit[] {
  const ofScope = hitsIn(closure.scope)
  return set.demands.flatMap((demand) => {
    const supply = supplierOf(closure, demand)
    const found = ruleOf(demand, supply, ownPins, ofScope)
    if (found === undefined || levelOf[isJump(found) ? 'drift' : found] !== 'note') return []
    return [hitOf(found, demand, supply)]
  })
}

/**
 * The hits of one member's demands. On one host they are the same for every service that has the member, since
 * the host alone says what answers each demand; only a demand on the service itself is answered by the service.
 */
export function hitsOf(closure: Closure, set: DemandSet, ownPins: Pins | undefined): SetHits {
  const ofScope = hitsIn(closure.scope)
  if (set.slots.has(closure.rootSlot)) return hitsOfSet(closure, set, ownPins, ofScope)
  let hits = ofScope.bySet.get(set)
  if (hits === undefined) {
    hits = hitsOfSet(closure, set, ownPins, ofScope)
    ofScope.bySet.set(set, hits)
  }
  return hits
}

/** Whether a member refuses the Python of the host. What the host does not pin is `missing`, whatever its floor. */
export function refusesPython(member: Member): boolean {
  return !member.fitsPython && (member.reason === 'pin' || member.reason === 'service')
}

export const pythonHit: Hit = {
  rule: 'python-floor',
  demand: undefined,
  supply: undefined,
  jump: undefined,
  extra: undefined,
}

/** Each extra that somebody demands and that is none of the pinned version, once. */
export function extraHits(closure: Closure): readonly { readonly hit: Hit; readonly member: Member }[] {
  const seen = new Set<string>()
  return closure.missingExtras
    .filter(({ demand, extra }) => {
      const key = JSON.stringify([demand.by, demand.target, extra])
      return !seen.has(key) && seen.add(key)
    })
    .map(({ by, demand, extra }) => {
      const supply = supplierOf(closure, demand)
      return { member: by, hit: { rule: 'missing-extra' as const, demand, supply, jump: undefined, extra } }
    })
}

/** Calls `visit` for everything in a closure that a rule speaks of. */
export function visitHits(
  closure: Closure,
  ownPins: Pins | undefined,
  visit: (hit: Hit, member: Member) => void,
): void {
  for (const member of closure.members) {
    if (refusesPython(member)) visit(pythonHit, member)
    for (const hit of hitsOf(closure, member.set, ownPins).told) visit(hit, member)
    for (const hit of notesOf(closure, member.set, ownPins)) visit(hit, member)
  }
  for (const { hit, member } of extraHits(closure)) visit(hit, member)
}

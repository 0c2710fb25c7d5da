import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import {
  accepts,
  type Closure,
  type Demand,
  type DemandSet,
  type Member,
  type Pins,
  type Scope,
  supplierOf,
  viaOf,
} from '#solver/closure.js'
import { type Finding, type FindingSupply, fingerprint, type Jump, levelOf, type Rule } from './finding.js'

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
function jumpBetween(one: string, other: string): 'same' | Jump {
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

/** The rule, if any, that one demand falls under; drift as how far it goes. */
function ruleOf(
  demand: Demand,
  supply: Member | undefined,
  ownPins: Pins | undefined,
): Rule | Jump | undefined {
  if (supply === undefined || supply.reason === 'unpinned') return 'unpinned'
  if (supply.reason === 'missing') return 'missing'
  if (!accepts(demand, supply.version!)) return 'collision'
  if (supply.reason === 'service') return undefined
  const own = ownPins?.get(demand.target)
  if (own === undefined) return undefined
  const jump = jumpBetween(own.version, supply.version!)
  return jump === 'same' ? undefined : jump
}

function hitsOfSet(closure: Closure, set: DemandSet, ownPins: Pins | undefined): readonly Hit[] {
  const hits: Hit[] = []
  for (const demand of set.demands) {
    const supply = supplierOf(closure, demand)
    const rule = ruleOf(demand, supply, ownPins)
    if (rule === undefined) continue
    const jump = isJump(rule) ? rule : undefined
    hits.push({ rule: isJump(rule) ? 'drift' : rule, demand, supply, jump, extra: undefined })
  }
  return hits
}

const known = new WeakMap<Scope, Map<DemandSet, readonly Hit[]>>()

/**
 * The hits of one member's demands. On one host they are the same for every service that has the member, since
 * the host alone says what answers each demand; only a demand on the service itself is answered by the service.
 */
function hitsOf(closure: Closure, set: DemandSet, ownPins: Pins | undefined): readonly Hit[] {
  if (set.slots.has(closure.rootSlot)) return hitsOfSet(closure, set, ownPins)
  let ofScope = known.get(closure.scope)
  if (ofScope === undefined) {
    ofScope = new Map()
    known.set(closure.scope, ofScope)
  }
  let hits = ofScope.get(set)
  if (hits === undefined) {
    hits = hitsOfSet(closure, set, ownPins)
    ofScope.set(set, hits)
  }
  return hits
}

/** Calls `visit` for everything in a closure that a rule speaks of, in the order of the walk. */
export function visitHits(
  closure: Closure,
  ownPins: Pins | undefined,
  visit: (hit: Hit, member: Member) => void,
): void {
  for (const member of closure.members) {
    if (!member.fitsPython && (member.reason === 'pin' || member.reason === 'service'))
      visit(
        { rule: 'python-floor', demand: undefined, supply: undefined, jump: undefined, extra: undefined },
        member,
      )
    for (const hit of hitsOf(closure, member.set, ownPins)) visit(hit, member)
  }
  const seen = new Set<string>()
  for (const { by, demand, extra } of closure.missingExtras) {
    const key = JSON.stringify([demand.by, demand.target, extra])
    if (seen.has(key)) continue
    seen.add(key)
    const supply = supplierOf(closure, demand)
    visit({ rule: 'missing-extra', demand, supply, jump: undefined, extra }, by)
  }
}

function placed(version: string, at: FindingSupply['at']): FindingSupply {
  return at === undefined ? { version } : { version, at }
}

function floorFinding(member: Member, closure: Closure, host: Host, release: string | undefined): Finding {
  const { name, version, metadata } = member
  const specifier = metadata!.requiresPython!
  return {
    id: fingerprint([
      'python-floor',
      closure.root.service,
      release,
      name,
      specifier,
      host.label,
      host.python,
    ]),
    rule: 'python-floor',
    level: levelOf['python-floor'],
    distribution: name!,
    demand: {
      service: closure.root.service,
      ...(release === undefined ? {} : { release }),
      by: `${name} ${version}`,
      specifier,
      at: { distribution: name!, version: version!, field: 'Requires-Python' },
    },
    supply: { version: host.environment.python_full_version },
    via: viaOf(member),
    direct: member.reason === 'service',
    state: 'new',
    fixes: [],
  }
}

/** A hit told in full. */
export function toFinding(
  hit: Hit,
  member: Member,
  closure: Closure,
  host: Host,
  release: string | undefined,
  ownPins: Pins | undefined,
): Finding {
  const { rule, demand, supply } = hit
  if (demand === undefined) return floorFinding(member, closure, host, release)
  const { service } = closure.root
  const who = member.name ?? demand.by
  const specifier = hit.extra === undefined ? demand.specifier : `[${hit.extra}]`
  const identity = hit.extra === undefined ? demand.key : `${demand.target}[${hit.extra}]`
  const tested = rule === 'drift' || rule === 'missing' ? ownPins?.get(demand.target) : undefined
  const given = supply !== undefined && supply.reason !== 'missing' && supply.reason !== 'unpinned'
  return {
    id: fingerprint([rule, service, release, who, identity, host.label, host.python]),
    rule,
    level: levelOf[rule],
    distribution: demand.target as DistributionName,
    demand: {
      service,
      ...(release === undefined ? {} : { release }),
      by: demand.by,
      specifier,
      at: demand.origin,
    },
    ...(given ? { supply: placed(supply.version!, supply.at) } : {}),
    ...(tested === undefined ? {} : { tested: placed(tested.version, tested.at) }),
    ...(hit.jump === undefined ? {} : { jump: hit.jump }),
    via: viaOf(member),
    direct: demand.direct,
    state: 'new',
    fixes: [],
  }
}

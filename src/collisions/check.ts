import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import {
  accepts,
  type Closure,
  type Demand,
  type Member,
  type Pins,
  pythonFits,
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
  readonly member: Member
  /** None for `python-floor`. */
  readonly demand?: Demand
  readonly supply?: Member
  readonly jump?: Jump
  readonly extra?: string
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

/** The rule, if any, that one demand falls under. */
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

/** Calls `visit` for everything in a closure that a rule speaks of, in the order of the walk. */
export function visitHits(
  closure: Closure,
  environment: MarkerEnvironment,
  ownPins: Pins | undefined,
  visit: (hit: Hit) => void,
): void {
  for (const member of closure.members) {
    const floor = member.metadata?.requiresPython
    const pinned = member.reason === 'pin' || member.reason === 'service'
    if (
      floor !== undefined &&
      pinned &&
      member.name !== undefined &&
      pythonFits(environment, floor) === false
    )
      visit({ rule: 'python-floor', member })
    for (const demand of member.demands) {
      const supply = closure.byName.get(demand.target)
      const rule = ruleOf(demand, supply, ownPins)
      if (rule === undefined) continue
      const known = supply === undefined ? {} : { supply }
      if (rule === 'major' || rule === 'minor' || rule === 'patch')
        visit({ rule: 'drift', member, demand, jump: rule, ...known })
      else visit({ rule, member, demand, ...known })
    }
  }
  const seen = new Set<string>()
  for (const { by, demand, extra } of closure.missingExtras) {
    const supply = closure.byName.get(demand.target)
    const key = JSON.stringify([demand.by, demand.target, extra])
    if (supply === undefined || seen.has(key)) continue
    seen.add(key)
    visit({ rule: 'missing-extra', member: by, demand, supply, extra })
  }
}

function placed(version: string, at: FindingSupply['at']): FindingSupply {
  return at === undefined ? { version } : { version, at }
}

function floorFinding(hit: Hit, closure: Closure, host: Host, release: string | undefined): Finding {
  const { name, version, metadata } = hit.member
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
    via: viaOf(hit.member),
    direct: hit.member.reason === 'service',
    state: 'new',
    fixes: [],
  }
}

/** A hit told in full. */
export function toFinding(
  hit: Hit,
  closure: Closure,
  host: Host,
  release: string | undefined,
  ownPins: Pins | undefined,
): Finding {
  const { rule, demand, supply } = hit
  if (demand === undefined) return floorFinding(hit, closure, host, release)
  const { service } = closure.root
  const who = hit.member.name ?? demand.by
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
    via: viaOf(hit.member),
    direct: demand.direct,
    state: 'new',
    fixes: [],
  }
}

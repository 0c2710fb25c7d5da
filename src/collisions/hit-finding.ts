import type { DistributionName } from '#pep/name.js'
import { type Closure, type Member, type Pins, viaOf } from '#solver/closure.js'
import type { Hit, Host } from './check.js'
import { type Finding, type FindingSupply, fingerprint, levelOf } from './finding.js'

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

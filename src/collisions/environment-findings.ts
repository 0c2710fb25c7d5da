import type { FileOrigin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { ExplainedConflict } from '#solver/conflict.js'
import type { Fact } from '#solver/explain.js'
import type { Line } from '#solver/problem.js'
import { type Finding, type FindingDemand, type Fix, fingerprint, levelOf } from './finding.js'

/** `nova@2026.1` as its two parts; whoever is no service (constraints, the Python) is named whole. */
function ownerOf({ owner, by }: Line): { readonly service: string; readonly release?: string } {
  const [service = by, release] = (owner ?? by).split('@')
  return release === undefined ? { service: owner ?? by } : { service, release }
}

/** A name that code needs, as a demand on versions that have it; said of the service if it is its own code. */
function demandOfCode(
  { holder, versions, target, specifiers, needs, at }: Fact,
  lines: readonly Line[],
  environment: FileOrigin,
): FindingDemand {
  const line = lines.find(({ name }) => name === holder)
  return {
    ...(line === undefined ? { service: holder } : ownerOf(line)),
    by: `${holder} ${versions.at(-1)}`,
    specifier: `${target}${specifiers} for ${needs}`,
    at: at ?? environment,
  }
}

/** A conflict of an environment as a finding: its first demand, and the others that it cannot be met with. */
export function unsatisfiable(
  conflict: ExplainedConflict,
  environment: string,
  python: string,
  at: FileOrigin,
): Finding {
  const lines = [...conflict.lines].sort((one, other) => (one.key < other.key ? -1 : 1))
  const demands = lines.map(
    (line): FindingDemand => ({
      ...ownerOf(line),
      by: line.by,
      specifier: line.text,
      at: line.origin ?? at,
    }),
  )
  for (const fact of conflict.explanation?.facts ?? [])
    if (fact.kind === 'code') demands.push(demandOfCode(fact, lines, at))
  const distribution = conflict.explanation?.clash.name ?? lines[0]!.name
  const separated = new Set(
    conflict.fixes
      .filter(({ lines: changed, separates }) => changed.length === 1 && separates.size === 1)
      .flatMap(({ separates }) => [...separates].map((line) => ownerOf(line).service)),
  )
  const fixes = [...separated].map((service): Fix => ({ kind: 'separate', service, verified: true }))
  return {
    id: fingerprint([
      'unsatisfiable',
      environment,
      python,
      ...lines.map(({ owner, by, text }) => `${owner ?? by} ${text}`).sort(),
    ]),
    rule: 'unsatisfiable',
    level: levelOf.unsatisfiable,
    distribution,
    demand: demands[0]!,
    among: demands.slice(1),
    via: [],
    direct: true,
    state: 'new',
    fixes,
  }
}

/** Services of one list that are in one environment or on one host. */
export function notSeparate(services: readonly string[], where: string, at: FileOrigin): Finding {
  const sorted = [...services].sort()
  return {
    id: fingerprint(['not-separate', where, ...sorted]),
    rule: 'not-separate',
    level: levelOf['not-separate'],
    distribution: sorted[0]! as DistributionName,
    demand: { service: sorted[0]!, by: sorted.join(' and '), specifier: '', at },
    via: [],
    direct: true,
    state: 'new',
    fixes: [],
  }
}

import type { Cell } from '#collisions/analysis.js'
import type { Finding, FindingSupply, Fix, Rule } from '#collisions/finding.js'
import type { Held } from '#collisions/held.js'
import type { Radius } from '#collisions/radius.js'
import type { Counts } from '#collisions/summary.js'
import type { Origin } from '#errors.js'
import type { Undecided } from '#solver/closure-demands.js'
import type { Analysis } from '#verbs/analyze.js'

/**
 * The keys of every summary, in their order. Rules that `analyze` does not work out are null and not 0: it says
 * nothing of them. `rules` beside it lists those that were worked out.
 */
const summaryKeys = [
  'unsatisfiable',
  'collision',
  'python-floor',
  'missing',
  'missing-extra',
  'unpinned',
  'entry-point',
  'same-file',
  'system-package',
  'broken-import',
  'drift',
] as const

function summaryJson(
  counts: Counts,
  rules: readonly Rule[],
  undecided: number,
): Readonly<Record<string, number | null>> {
  const worked = new Set<string>(rules)
  const counted = summaryKeys.map((key) => [key, worked.has(key) ? counts[key as Rule] : null])
  return Object.fromEntries([...counted, ['waived', 0], ['known', 0], ['stale', 0], ['undecided', undecided]])
}

/** Paths, lines and what is written there; columns are for people. */
export function originJson(origin: Origin): object {
  if (!('path' in origin)) return origin
  const { path, line, text } = origin
  return {
    path,
    ...(line === undefined ? {} : { line }),
    ...(text === undefined ? {} : { text: text.trim() }),
  }
}

function supplyJson({ version, at }: FindingSupply): object {
  return at === undefined ? { version } : { version, at: originJson(at) }
}

export function findingJson(finding: Finding, cell: Cell): object {
  const { id, rule, level, distribution, demand, supply, tested, jump, via, direct, state, fixes } = finding
  const { release } = demand
  return {
    id,
    rule,
    level,
    distribution,
    demand: {
      service: demand.service,
      ...(release === undefined ? {} : { release }),
      by: demand.by,
      specifier: demand.specifier,
      at: originJson(demand.at),
    },
    supply: supply === undefined ? null : supplyJson(supply),
    ...(tested === undefined ? {} : { tested: supplyJson(tested) }),
    ...(jump === undefined ? {} : { jump }),
    host: cell.host.label,
    via,
    direct,
    state,
    fixes: fixes.map(fixJson),
  }
}

function fixJson(fix: Fix): object {
  if (fix.kind === 'separate') return fix
  const { kind, pins, disturbs, verified } = fix
  return { kind, pins: Object.fromEntries(pins), ...(disturbs === undefined ? {} : { disturbs }), verified }
}

/** Question 2's answer: `pins` null where no versions known will do, or where the search ended before it was known. */
export function radiusJson(radius: Radius): object {
  if (radius.kind === 'none') return { pins: null, moves: null, disturbs: null, exact: true }
  if (radius.kind === 'undecided')
    return { pins: null, moves: null, disturbs: null, exact: false, atLeast: radius.atLeast }
  const { moves, adds, exact, atLeast, disturbs } = radius
  return {
    pins: Object.fromEntries(moves.map(({ distribution, to }) => [distribution, to])),
    moves: moves.length,
    disturbs: disturbs?.map(({ service }) => service) ?? null,
    exact,
    ...(exact ? {} : { atLeast }),
    jumps: Object.fromEntries(moves.map(({ distribution, jump }) => [distribution, jump])),
    changes: moves.map(({ distribution, from, to, at }) => ({
      distribution,
      from,
      to,
      ...(at === undefined ? {} : { at: originJson(at) }),
    })),
    ...(adds.size === 0 ? {} : { adds: Object.fromEntries(adds) }),
    refused: (disturbs ?? []).flatMap(({ refused }) =>
      refused.map(({ demand, distribution, supply }) => ({
        service: demand.service,
        ...(demand.release === undefined ? {} : { release: demand.release }),
        by: demand.by,
        distribution,
        specifier: demand.specifier,
        version: supply?.version ?? null,
        at: originJson(demand.at),
      })),
    ),
  }
}

function undecidedJson({ distribution, version, reason, at }: Undecided): object {
  return {
    distribution,
    ...(version === undefined ? {} : { version }),
    reason,
    ...(at === undefined ? {} : { at: originJson(at) }),
  }
}

function cellJson(cell: Cell, rules: readonly Rule[]): object {
  const { candidate, host, summary, undecided } = cell
  return {
    service: candidate.service,
    from: host.label,
    to: candidate.release ?? null,
    python: host.python,
    size: cell.size,
    summary: summaryJson(summary.findings, rules, undecided.length),
    distributions: summaryJson(summary.distributions, rules, undecided.length),
    ...(cell.radius === undefined ? {} : { radius: radiusJson(cell.radius) }),
  }
}

function heldJson({ host, distribution, version, at, services, demandedBy, demands }: Held): object {
  return {
    host,
    distribution,
    version,
    ...(at === undefined ? {} : { at: originJson(at) }),
    services,
    demandedBy: demandedBy.map((demand) => ({ ...demand, at: originJson(demand.at) })),
    demands,
  }
}

function servicesJson(cells: readonly Cell[]): readonly object[] {
  const services = new Map<string, object>()
  for (const { candidate } of cells) {
    const { service: name, release, version } = candidate
    services.set(`${name}@${release ?? ''}`, {
      name,
      ...(release === undefined ? {} : { release }),
      ...(version === undefined ? {} : { version }),
    })
  }
  return [...services.values()]
}

/** The result of `analyze` as JSON: names fixed, keys in a fixed order, no clock and no absolute path. */
export function analysisJson(result: Analysis): string {
  const { cells, rules, summary, undecided } = result
  const document = {
    schemaVersion: '1.0',
    tool: { name: 'svcsplit', version: result.toolVersion },
    inputs: result.inputs,
    target: {
      host: { ...result.host, python: result.python, platform: result.platform },
      services: servicesJson(cells),
    },
    releases: result.releases.map(({ name, slurp }) => ({ name, slurp })),
    rules,
    summary: summaryJson(summary.findings, rules, undecided.length),
    distributions: summaryJson(summary.distributions, rules, undecided.length),
    separate: result.separate,
    ...(cells.length === 1 && cells[0]!.radius !== undefined ? { radius: radiusJson(cells[0]!.radius) } : {}),
    ...(cells.length === 1
      ? { size: cells[0]!.size }
      : { cells: cells.map((cell) => cellJson(cell, rules)) }),
    ...(result.notesTold ? {} : { counted: ['unpinned', 'drift'] }),
    findings: cells.flatMap((cell) => cell.findings.map((finding) => findingJson(finding, cell))),
    ...(result.held === undefined ? {} : { held: result.held.map(heldJson) }),
    ...(result.images === undefined ? {} : { images: result.images }),
    undecided: undecided.map(undecidedJson),
  }
  return `${JSON.stringify(document, undefined, 1)}\n`
}

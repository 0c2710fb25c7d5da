import type { Finding, FindingDemand, FindingSupply, Fix, MissingName, Rule } from '#collisions/finding.js'
import type { Held } from '#collisions/held.js'
import type { Move, Radius } from '#collisions/radius.js'
import type { AnalysisResult, EnvironmentCheck, ResultCell } from '#collisions/result.js'
import type { Counts } from '#collisions/summary.js'
import type { Verdict } from '#collisions/verdict.js'
import type { Origin } from '#errors.js'
import type { Undecided } from '#solver/closure-demands.js'
import type { Analysis } from '#verbs/analyze.js'
import type {
  CellDocument,
  DemandDocument,
  EnvironmentDocument,
  FindingDocument,
  FixDocument,
  HeldDocument,
  MissingDocument,
  MoveDocument,
  Place,
  RadiusDocument,
  RefusedDocument,
  ResultDocument,
  SupplyDocument,
  UndecidedDocument,
  VerdictDocument,
  WaiverDocument,
} from './html/result-document.js'
import { jsonText } from './json-text.js'

/** How many are in a state, and how many entries of a baseline or a file of waivers are stale. */
interface States {
  readonly waived: number
  readonly known: number
  readonly stale: number
}

function statesOf(findings: readonly Finding[], verdict: Verdict | undefined): States {
  const inState = (state: Finding['state']) => findings.filter((one) => one.state === state).length
  const stale =
    (verdict?.stale.length ?? 0) +
    (verdict?.compared ?? []).reduce((sum, { isBaseline, gone }) => sum + (isBaseline ? gone.length : 0), 0)
  return { waived: inState('waived'), known: inState('known'), stale }
}

/** By rule. Those that were not worked out are null and not 0: nothing is said of them, and `rules` beside it has the others. */
function summaryJson(
  counts: Counts,
  rules: readonly Rule[],
  { waived, known, stale }: States,
  undecided: number,
): Readonly<Record<string, number | null>> {
  const worked = new Set<string>(rules)
  const counted = Object.entries(counts).map(([rule, count]) => [rule, worked.has(rule) ? count : null])
  return { ...Object.fromEntries(counted), waived, known, stale, undecided }
}

/** A place with its source line, so that a saved result can be shown with its excerpts. */
export function originJson(origin: Origin): Place {
  if (!('path' in origin)) return origin
  const { path, line, column, text } = origin
  return {
    path,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    ...(text === undefined ? {} : { text }),
  }
}

function supplyJson({ version, at }: FindingSupply): SupplyDocument {
  return at === undefined ? { version } : { version, at: originJson(at) }
}

function demandJson({ service, release, by, specifier, at }: FindingDemand): DemandDocument {
  return { service, ...(release === undefined ? {} : { release }), by, specifier, at: originJson(at) }
}

/** @param where the host's label, or the name of the environment */
export function findingJson(
  finding: Finding,
  where: { readonly host: string } | { readonly environment: string },
): FindingDocument {
  const { id, rule, level, distribution, demand, supply, tested, jump, instead, via, direct, state, fixes } =
    finding
  const { waiver, among, missing } = finding
  return {
    id,
    rule,
    level,
    distribution,
    demand: demandJson(demand),
    ...(among === undefined ? {} : { among: among.map(demandJson) }),
    supply: supply === undefined ? null : supplyJson(supply),
    ...(tested === undefined ? {} : { tested: supplyJson(tested) }),
    ...(jump === undefined ? {} : { jump }),
    ...(instead === undefined ? {} : { instead }),
    ...(missing === undefined ? {} : { missing: missingJson(missing) }),
    ...where,
    via,
    direct,
    state,
    ...(waiver === undefined ? {} : { waiver }),
    fixes: fixes.map(fixJson),
  }
}

function fixJson(fix: Fix): FixDocument {
  if (fix.kind === 'separate') return fix
  const { kind, pins, disturbs, verified } = fix
  return { kind, pins: Object.fromEntries(pins), ...(disturbs === undefined ? {} : { disturbs }), verified }
}

function missingJson(missing: MissingName): MissingDocument {
  return { ...missing, places: missing.places.map(originJson) }
}

function moveJson({ distribution, from, to, jump, up, at }: Move): MoveDocument {
  return { distribution, from, to, jump, up, ...(at === undefined ? {} : { at: originJson(at) }) }
}

/** Question 2's answer: `pins` null where no versions known will do, or where the search ended before it was known. */
export function radiusJson(radius: Radius): RadiusDocument {
  if (radius.kind === 'none') {
    const by = radius.by === undefined ? {} : { by: refusedJson(radius.by) }
    return { pins: null, moves: null, disturbs: null, exact: true, ...by }
  }
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
    changes: moves.map(moveJson),
    ...(adds.size === 0 ? {} : { adds: Object.fromEntries(adds) }),
    ...('sparing' in radius ? { sparing: radius.sparing?.map(moveJson) ?? null } : {}),
    holds: (disturbs ?? []).map(({ service, release, holds }) => ({
      service,
      release,
      distributions: holds,
    })),
    refused: (disturbs ?? []).flatMap(({ refused }) => refused.map(refusedJson)),
  }
}

function refusedJson({ id, rule, demand, distribution, supply, missing }: Finding): RefusedDocument {
  return {
    id,
    rule,
    service: demand.service,
    ...(demand.release === undefined ? {} : { release: demand.release }),
    by: demand.by,
    distribution,
    specifier: demand.specifier,
    version: supply?.version ?? null,
    at: originJson(demand.at),
    ...(missing === undefined ? {} : { missing: missingJson(missing) }),
  }
}

function undecidedJson({ distribution, version, reason, at }: Undecided): UndecidedDocument {
  return {
    distribution,
    ...(version === undefined ? {} : { version }),
    reason,
    ...(at === undefined ? {} : { at: originJson(at) }),
  }
}

function cellJson(cell: ResultCell, rules: readonly Rule[]): CellDocument {
  const { candidate, host, summary, undecided } = cell
  const states = statesOf(cell.findings, undefined)
  return {
    service: candidate.service,
    from: host.label,
    ...(host.release === undefined ? { constraints: host.label } : {}),
    to: candidate.release ?? null,
    python: host.python,
    size: cell.size,
    ...(cell.at === undefined ? {} : { at: originJson(cell.at) }),
    summary: summaryJson(summary.findings, rules, states, undecided.length),
    distributions: summaryJson(summary.distributions, rules, states, undecided.length),
    ...(undecided.length === 0 ? {} : { undecided: undecided.map(undecidedJson) }),
    ...(cell.radius === undefined ? {} : { radius: radiusJson(cell.radius) }),
    ...fictionsJson(cell),
  }
}

function heldJson({ host, distribution, version, at, services, demandedBy, demands }: Held): HeldDocument {
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

function environmentJson({ name, services, sharable, at }: EnvironmentCheck): EnvironmentDocument {
  return { name, services, sharable, ...(at === undefined ? {} : { at: originJson(at) }) }
}

function fictionsJson({ fictions }: ResultCell): Pick<CellDocument, 'fictionalBounds'> {
  if (fictions === undefined) return {}
  const bounds = fictions.map((bound) => ({
    ...bound,
    at: originJson(bound.at),
    usedAt: originJson(bound.usedAt),
  }))
  return { fictionalBounds: bounds }
}

function servicesJson(cells: readonly ResultCell[]): ResultDocument['target']['services'] {
  const services = new Map<string, ResultDocument['target']['services'][number]>()
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

function findingsIn({ cells, environments = [] }: AnalysisResult): readonly Finding[] {
  return [...cells, ...environments].flatMap(({ findings }) => findings)
}

function waiverJson({ match, reason, until, owner, at }: Verdict['stale'][number]): WaiverDocument {
  return { match, reason, until, owner, at: originJson(at) }
}

function verdictJson(verdict: Verdict): VerdictDocument {
  const { expired, stale, ending, ...rest } = verdict
  return {
    ...rest,
    waivers: {
      expired: expired.map(({ waiver, days }) => ({ ...waiverJson(waiver), days })),
      stale: stale.map(waiverJson),
      ending: ending.map(waiverJson),
    },
  }
}

/** A result as JSON has it: names fixed, keys in a fixed order, no clock and no absolute path. */
export function analysisDocument(result: Analysis): ResultDocument {
  const { cells, environments = [], rules, summary, undecided, verdict } = result
  const states = statesOf(findingsIn(result), verdict)
  return {
    schemaVersion: '1.0',
    tool: { name: 'svcsplit', version: result.toolVersion },
    inputs: result.inputs,
    target: {
      host: { ...result.host, python: result.python, platform: result.platform },
      ...(result.excludeNewer === undefined ? {} : { excludeNewer: result.excludeNewer }),
      services: servicesJson(cells),
    },
    rules,
    summary: summaryJson(summary.findings, rules, states, undecided.length),
    distributions: summaryJson(summary.distributions, rules, states, undecided.length),
    releases: result.releases.map(({ name, slurp }) => ({ name, slurp })),
    separate: result.separate,
    ...(cells.length === 1 && cells[0]!.radius !== undefined ? { radius: radiusJson(cells[0]!.radius) } : {}),
    ...(cells.length === 1 ? { size: cells[0]!.size } : {}),
    cells: cells.map((cell) => cellJson(cell, rules)),
    ...(result.notesTold ? {} : { counted: ['unpinned', 'drift'] }),
    ...(environments.length === 0 ? {} : { environments: environments.map(environmentJson) }),
    findings: [
      ...cells.flatMap(({ findings, host }) =>
        findings.map((finding) => findingJson(finding, { host: host.label })),
      ),
      ...environments.flatMap(({ findings, name }) =>
        findings.map((finding) => findingJson(finding, { environment: name })),
      ),
    ],
    ...(result.held === undefined ? {} : { held: result.held.map(heldJson) }),
    ...(result.images === undefined ? {} : { images: result.images }),
    undecided: undecided.map(undecidedJson),
    ...(verdict === undefined ? {} : { verdict: verdictJson(verdict) }),
  }
}

export function analysisJson(result: Analysis): string {
  return jsonText(analysisDocument(result), 1)
}

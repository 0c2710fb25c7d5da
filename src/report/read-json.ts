import type { FictionalBound } from '#collisions/fictional-bounds.js'
import type { Finding, FindingDemand, FindingSupply, Fix, Jump, Rule } from '#collisions/finding.js'
import type { Held } from '#collisions/held.js'
import type { Move, Radius } from '#collisions/radius.js'
import type { AnalysisResult, EnvironmentCheck, ResultCell } from '#collisions/result.js'
import type { Counts } from '#collisions/summary.js'
import type { Verdict } from '#collisions/verdict.js'
import type { FileOrigin, Origin } from '#errors.js'
import type { InputFile } from '#inputs/fleet.js'
import type { Waiver } from '#inputs/waivers-file.js'
import type { DistributionName } from '#pep/name.js'
import type { Undecided } from '#solver/closure-demands.js'
import type { Analysis } from '#verbs/analyze.js'
import type { ReleaseImages } from '#verbs/image-plan.js'

type Numbers = Readonly<Record<string, number | null>>

interface Refused extends Omit<FindingDemand, 'at'>, Pick<Finding, 'missing'> {
  readonly id: string
  readonly rule: Rule
  readonly distribution: DistributionName
  readonly version: string | null
  readonly at: Origin
}

/** `up` and `jump` stand here since 1.0 of the rule `broken-import`. */
interface SavedMove extends Omit<Move, 'up' | 'jump'> {
  readonly up?: boolean
  readonly jump?: Jump
}

interface SavedRadius {
  readonly pins: Readonly<Record<string, string>> | null
  readonly disturbs: readonly string[] | null
  readonly exact: boolean
  readonly atLeast?: number
  readonly by?: Refused
  readonly jumps?: Readonly<Record<string, Jump>>
  readonly changes?: readonly SavedMove[]
  readonly sparing?: readonly SavedMove[] | null
  readonly adds?: Readonly<Record<string, string>>
  readonly holds?: readonly { service: string; release: string; distributions: readonly DistributionName[] }[]
  readonly refused?: readonly Refused[]
}

interface SavedFinding extends Omit<Finding, 'supply' | 'fixes'> {
  readonly supply: FindingSupply | null
  readonly fixes: readonly (
    | Extract<Fix, { kind: 'separate' }>
    | (Omit<Extract<Fix, { kind: 'raise' }>, 'pins'> & { readonly pins: Readonly<Record<string, string>> })
  )[]
  readonly host?: string
  readonly environment?: string
}

interface SavedCell {
  readonly service: string
  readonly from: string
  readonly constraints?: string
  readonly to: string | null
  readonly python: string
  readonly size: number
  readonly summary: Numbers
  readonly distributions: Numbers
  readonly undecided?: readonly Undecided[]
  readonly radius?: SavedRadius
  readonly at?: FileOrigin
  /** Once they were told only where a module cannot be imported. */
  readonly fictionalBounds?: readonly (Omit<FictionalBound, 'level'> & Partial<FictionalBound>)[]
}

interface SavedVerdict extends Omit<Verdict, 'expired' | 'stale' | 'ending'> {
  readonly waivers: {
    readonly expired: readonly (Waiver & { readonly days: number })[]
    readonly stale: readonly Waiver[]
    readonly ending: readonly Waiver[]
  }
}

interface Saved {
  readonly tool: { readonly version: string }
  readonly inputs: readonly InputFile[]
  readonly target: {
    readonly host: {
      readonly release?: string
      readonly constraints?: string
      python: string
      platform: string
    }
    readonly excludeNewer?: string
    readonly services: readonly {
      readonly name: string
      readonly release?: string
      readonly version?: string
    }[]
  }
  readonly rules: readonly Rule[]
  readonly summary: Numbers
  readonly distributions: Numbers
  readonly releases: AnalysisResult['releases']
  readonly separate: AnalysisResult['separate']
  readonly cells: readonly SavedCell[]
  readonly counted?: readonly Rule[]
  readonly environments?: readonly Omit<EnvironmentCheck, 'findings'>[]
  readonly findings: readonly SavedFinding[]
  readonly held?: readonly Held[]
  readonly images?: ReleaseImages
  readonly undecided: readonly Undecided[]
  readonly verdict?: SavedVerdict
}

function counts(numbers: Numbers): Counts {
  return Object.fromEntries(Object.entries(numbers).map(([rule, number]) => [rule, number ?? 0])) as Counts
}

function named<T>(record: Readonly<Record<string, T>> | undefined): ReadonlyMap<DistributionName, T> {
  return new Map(Object.entries(record ?? {}) as [DistributionName, T][])
}

function findingFrom({ host: _, environment: __, supply, fixes, ...rest }: SavedFinding): Finding {
  return {
    ...rest,
    ...(supply === null ? {} : { supply }),
    fixes: fixes.map((fix) => (fix.kind === 'separate' ? fix : { ...fix, pins: named(fix.pins) })),
  }
}

/** A demand that would be refused after a move: of such a finding a result tells no more. */
function refusedFrom({ id, rule, distribution, version, missing, ...demand }: Refused): Finding {
  return {
    id,
    rule,
    level: 'error',
    distribution,
    demand,
    ...(version === null ? {} : { supply: { version } }),
    ...(missing === undefined ? {} : { missing }),
    via: [],
    direct: false,
    state: 'new',
    fixes: [],
  }
}

/** Pins were only ever raised before it was told which way they move. */
function moveFrom({ jump = 'major', up = true, ...rest }: SavedMove): Move {
  return { ...rest, jump, up }
}

function radiusFrom(saved: SavedRadius): Radius {
  const {
    pins,
    disturbs,
    exact,
    atLeast = 0,
    by,
    jumps,
    changes = [],
    adds,
    holds = [],
    refused = [],
    sparing,
  } = saved
  if (pins === null)
    return exact
      ? { kind: 'none', by: by === undefined ? undefined : refusedFrom(by) }
      : { kind: 'undecided', atLeast }
  const before = new Map(changes.map((change) => [change.distribution, change]))
  const moves = [...named(pins)].map(([distribution, to]) => {
    const jump = jumps?.[distribution] ?? 'major'
    return moveFrom({ distribution, from: '', jump, ...before.get(distribution), to })
  })
  return {
    kind: 'moves',
    moves,
    adds: named(adds),
    exact,
    atLeast: exact ? moves.length : atLeast,
    disturbs:
      disturbs === null
        ? undefined
        : holds.map(({ service, release, distributions }) => ({
            service,
            release,
            holds: distributions,
            refused: refused.filter((one) => one.service === service).map(refusedFrom),
          })),
    ...(sparing === undefined ? {} : { sparing: sparing?.map(moveFrom) }),
  }
}

function cellKey(service: string, release: string | undefined | null, host: string | undefined): string {
  return JSON.stringify([service, release ?? null, host])
}

function verdictFrom({ waivers, ...rest }: SavedVerdict): Verdict {
  return {
    ...rest,
    expired: waivers.expired.map(({ days, ...waiver }) => ({ waiver, days })),
    stale: waivers.stale,
    ending: waivers.ending,
  }
}

function resultFrom(saved: Saved): Analysis {
  const { target, summary, distributions, counted, environments, verdict, ...rest } = saved
  const { python, platform, ...host } = target.host
  const versions = new Map(
    target.services.map(({ name, release, version }) => [`${name}@${release}`, version]),
  )
  const byCell = new Map<string, Finding[]>()
  const byEnvironment = new Map<string, Finding[]>()
  for (const one of saved.findings) {
    const [map, key] =
      one.environment === undefined
        ? [byCell, cellKey(one.demand.service, one.demand.release, one.host)]
        : [byEnvironment, one.environment]
    const list = map.get(key)
    if (list === undefined) map.set(key, [findingFrom(one)])
    else list.push(findingFrom(one))
  }
  const cells = saved.cells.map((cell): ResultCell => {
    const release = cell.to ?? undefined
    const version = versions.get(`${cell.service}@${release}`)
    return {
      candidate: {
        service: cell.service,
        ...(release === undefined ? {} : { release }),
        ...(version === undefined ? {} : { version }),
      },
      host: {
        label: cell.from,
        ...(cell.constraints === undefined ? { release: cell.from } : {}),
        python: cell.python,
      },
      summary: { findings: counts(cell.summary), distributions: counts(cell.distributions) },
      size: cell.size,
      findings: byCell.get(cellKey(cell.service, release, cell.from)) ?? [],
      undecided: cell.undecided ?? [],
      ...(cell.at === undefined ? {} : { at: cell.at }),
      ...(cell.radius === undefined ? {} : { radius: radiusFrom(cell.radius) }),
      ...(cell.fictionalBounds === undefined
        ? {}
        : { fictions: cell.fictionalBounds.map((one) => ({ level: 'error', ...one })) }),
    }
  })
  return {
    toolVersion: saved.tool.version,
    inputs: rest.inputs,
    python,
    platform,
    ...(target.excludeNewer === undefined ? {} : { excludeNewer: target.excludeNewer }),
    ...(Object.keys(host).length === 0 ? {} : { host }),
    releases: rest.releases,
    cells,
    ...(environments === undefined
      ? {}
      : {
          environments: environments.map((one) => ({ ...one, findings: byEnvironment.get(one.name) ?? [] })),
        }),
    rules: rest.rules,
    notesTold: counted === undefined,
    summary: { findings: counts(summary), distributions: counts(distributions) },
    ...(rest.held === undefined ? {} : { held: rest.held }),
    ...(rest.images === undefined ? {} : { images: rest.images }),
    undecided: rest.undecided,
    separate: rest.separate,
    ...(verdict === undefined ? {} : { verdict: verdictFrom(verdict) }),
  }
}

/** The result that `analysisJson` wrote, from a document that fits its schema. */
export function analysisFrom(document: unknown): Analysis {
  return resultFrom(document as Saved)
}

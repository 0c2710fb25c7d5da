import type { Waiver } from '#inputs/waivers-file.js'
import type { BaselineEntry } from './baseline.js'
import { allRules, type Finding, type Level, levelOf, type Rule } from './finding.js'
import { type AnalysisResult, findingsOf } from './result.js'

/** What a gate does not let pass. */
export interface Threshold {
  /** Levels and rules of which no new finding may be; a level stands for itself and what is worse. */
  readonly failOn: readonly (Level | Rule)[]
  /** Levels that are not the usual ones. */
  readonly levels: ReadonlyMap<Rule, Level>
  /** New findings of a rule that may be; of rules that are not named none, where `failOn` has them. */
  readonly allowed: ReadonlyMap<Rule, number>
}

/** More new findings of a rule than may be. */
interface Excess {
  readonly rule: Rule
  readonly found: number
  readonly allowed: number
}

/** What a gate decided and on what grounds. */
export interface Verdict {
  readonly outcome: 'passed' | 'failed' | 'undecided'
  /** As given: levels and rules; empty where nothing fails. */
  readonly failOn: readonly string[]
  /** Findings of the levels and rules of `failOn`, by state. */
  readonly new: number
  readonly known: number
  readonly waived: number
  readonly excess: readonly Excess[]
  /** A baseline, an older result, an older revision: what they know and is no more. */
  readonly compared: readonly Comparison[]
  /** The baseline that was written. */
  readonly written?: { readonly path: string; readonly added: number; readonly removed: number }
  readonly expired: readonly ExpiredWaiver[]
  /** Waivers that match nothing. */
  readonly stale: readonly Waiver[]
  /** Waivers that match and end within the next fourteen days. */
  readonly ending: readonly Waiver[]
  /** Whether what is stale makes it fail. */
  readonly strict: boolean
}

export interface Comparison {
  /** A file, or a revision. */
  readonly against: string
  /** Of a baseline what is gone is stale; of anything else it is mended. */
  readonly isBaseline: boolean
  readonly gone: readonly BaselineEntry[]
}

export interface ExpiredWaiver {
  readonly waiver: Waiver
  readonly days: number
}

const severity: Readonly<Record<Level, number>> = { error: 2, warning: 1, note: 0 }

/** The level of a rule, or of one finding of it, which may be milder than its rule. */
export function levelUnder(threshold: Threshold, rule: Rule, usual: Level = levelOf[rule]): Level {
  return threshold.levels.get(rule) ?? usual
}

/** Whether a new finding fails, unless the policy gives a number. */
function isFailing({ failOn }: Threshold, { rule, level }: Pick<Finding, 'rule' | 'level'>): boolean {
  return failOn.some((one) => one === rule || (one in severity && severity[level] >= severity[one as Level]))
}

/** Whether new findings of a rule are held against a number at all. */
export function isCounted(threshold: Threshold, rule: Rule): boolean {
  return threshold.allowed.has(rule) || isFailing(threshold, { rule, level: levelUnder(threshold, rule) })
}

/** New findings of a rule that count: those told, or the number where notes are only counted. */
function newOf(result: AnalysisResult, rule: Rule, told: readonly Finding[], threshold: Threshold): number {
  if (!result.notesTold && levelOf[rule] === 'note') return result.summary.findings[rule]
  // A number in the policy is one of all findings of the rule, whatever their level.
  const counts = (finding: Finding) => threshold.allowed.has(rule) || isFailing(threshold, finding)
  return told.filter((one) => one.rule === rule && one.state === 'new' && counts(one)).length
}

interface Grounds {
  readonly threshold: Threshold
  readonly compared: readonly Comparison[]
  readonly written?: Verdict['written']
  readonly expired: readonly ExpiredWaiver[]
  readonly stale: readonly Waiver[]
  readonly ending: readonly Waiver[]
  /** Stale waivers and baseline entries fail. */
  readonly strict: boolean
  /** Missing facts do not keep it from passing. */
  readonly allowIncomplete: boolean
}

/** Entries of a baseline that no finding has any more. */
function staleEntries(compared: readonly Comparison[]): number {
  return compared.reduce((sum, { isBaseline, gone }) => sum + (isBaseline ? gone.length : 0), 0)
}

/** Whether anything was looked at: a gate that has looked at nothing has not passed. */
export function isEmpty({ cells, environments }: AnalysisResult): boolean {
  return cells.every(({ size }) => size === 0) && (environments ?? []).length === 0
}

/** The verdict on a result whose findings have their states. */
export function judge(result: AnalysisResult, grounds: Grounds): Verdict {
  const { threshold, compared, written, expired, stale, ending, strict } = grounds
  const told = findingsOf(result)
  const counted = new Set(allRules.filter((rule) => isCounted(threshold, rule)))
  const excess = [...counted]
    .map((rule) => ({
      rule,
      found: newOf(result, rule, told, threshold),
      allowed: threshold.allowed.get(rule) ?? 0,
    }))
    .filter(({ found, allowed }) => found > allowed)
  const inState = (state: Finding['state']) =>
    told.filter((finding) => finding.state === state && isFailing(threshold, finding)).length
  const failed =
    excess.length > 0 || expired.length > 0 || (strict && stale.length + staleEntries(compared) > 0)
  const open = isEmpty(result) || (result.undecided.length > 0 && !grounds.allowIncomplete)
  return {
    outcome: failed ? 'failed' : open ? 'undecided' : 'passed',
    failOn: threshold.failOn,
    new: inState('new'),
    known: inState('known'),
    waived: inState('waived'),
    excess,
    compared,
    ...(written === undefined ? {} : { written }),
    expired,
    stale,
    ending,
    strict,
  }
}

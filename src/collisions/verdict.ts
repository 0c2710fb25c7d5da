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
export interface Excess {
  readonly rule: Rule
  readonly found: number
  readonly allowed: number
}

/** What a gate decided and on what grounds. */
export interface Verdict {
  readonly outcome: 'passed' | 'failed' | 'undecided'
  /** As given: levels and rules; empty where nothing fails. */
  readonly failOn: readonly string[]
  /** Findings of the rules that count here, by state. */
  readonly new: number
  readonly known: number
  readonly waived: number
  readonly excess: readonly Excess[]
  /** What was known before and is no more; none without a baseline or an older run. */
  readonly gone?: readonly BaselineEntry[]
  /** The file or revision that `known` and `gone` are held against. */
  readonly against?: string
  readonly expired: readonly ExpiredWaiver[]
  /** Waivers that match nothing. */
  readonly stale: readonly Waiver[]
  /** Waivers that match and end within the next fourteen days. */
  readonly ending: readonly Waiver[]
  /** Whether what is stale makes it fail. */
  readonly strict: boolean
}

export interface ExpiredWaiver {
  readonly waiver: Waiver
  readonly days: number
}

const severity: Readonly<Record<Level, number>> = { error: 2, warning: 1, note: 0 }

export function levelUnder(threshold: Threshold, rule: Rule): Level {
  return threshold.levels.get(rule) ?? levelOf[rule]
}

/** Whether new findings of a rule are held against a number at all. */
export function isCounted(threshold: Threshold, rule: Rule): boolean {
  if (threshold.allowed.has(rule)) return true
  const level = levelUnder(threshold, rule)
  return threshold.failOn.some(
    (one) => one === rule || (one in severity && severity[level] >= severity[one as Level]),
  )
}

/** New findings of a rule: those told, or the number where notes are only counted. */
function newOf(result: AnalysisResult, rule: Rule, told: readonly Finding[]): number {
  if (!result.notesTold && levelOf[rule] === 'note') return result.summary.findings[rule]
  return told.filter((finding) => finding.rule === rule && finding.state === 'new').length
}

export interface Grounds {
  readonly threshold: Threshold
  readonly gone?: readonly BaselineEntry[]
  readonly against?: string
  readonly expired: readonly ExpiredWaiver[]
  readonly stale: readonly Waiver[]
  readonly ending: readonly Waiver[]
  /** Stale waivers and baseline entries fail. */
  readonly strict: boolean
  /** Missing facts do not keep it from passing. */
  readonly allowIncomplete: boolean
}

/** Whether anything was looked at: a gate that has looked at nothing has not passed. */
export function isEmpty({ cells, environments }: AnalysisResult): boolean {
  return cells.every(({ size }) => size === 0) && (environments ?? []).length === 0
}

/** The verdict on a result whose findings have their states. */
export function judge(result: AnalysisResult, grounds: Grounds): Verdict {
  const { threshold, gone, against, expired, stale, ending, strict } = grounds
  const told = findingsOf(result)
  const counted = new Set(allRules.filter((rule) => isCounted(threshold, rule)))
  const excess = [...counted]
    .map((rule) => ({
      rule,
      found: newOf(result, rule, told),
      allowed: threshold.allowed.get(rule) ?? 0,
    }))
    .filter(({ found, allowed }) => found > allowed)
  const inState = (state: Finding['state']) =>
    told.filter((finding) => finding.state === state && counted.has(finding.rule)).length
  const failed = excess.length > 0 || expired.length > 0 || (strict && stale.length + (gone?.length ?? 0) > 0)
  const open = isEmpty(result) || (result.undecided.length > 0 && !grounds.allowIncomplete)
  return {
    outcome: failed ? 'failed' : open ? 'undecided' : 'passed',
    failOn: threshold.failOn,
    new: inState('new'),
    known: inState('known'),
    waived: inState('waived'),
    excess,
    ...(gone === undefined ? {} : { gone }),
    ...(against === undefined ? {} : { against }),
    expired,
    stale,
    ending,
    strict,
  }
}

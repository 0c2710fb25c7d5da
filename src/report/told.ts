import type { Finding, Rule } from '#collisions/finding.js'
import type { AnalysisResult, EnvironmentCheck, ResultCell } from '#collisions/result.js'
import type { FileOrigin, Origin } from '#errors.js'
import { wordsOf } from './rule-words.js'

/** What findings are about: a service release on a host, or services that are to share an environment. */
export interface Subject {
  /** `nova@2026.1 on host 2025.1`. */
  readonly name: string
  readonly findings: readonly Finding[]
  readonly at?: FileOrigin
  readonly of: ResultCell | EnvironmentCheck
}

export function serviceId({ service, release }: ResultCell['candidate']): string {
  return release === undefined ? service : `${service}@${release}`
}

export function subjectsOf({ cells, environments = [] }: AnalysisResult): readonly Subject[] {
  const subject = (name: string, of: ResultCell | EnvironmentCheck): Subject => ({
    name,
    findings: of.findings,
    ...(of.at === undefined ? {} : { at: of.at }),
    of,
  })
  return [
    ...cells.map((cell) => subject(`${serviceId(cell.candidate)} on host ${cell.host.label}`, cell)),
    ...environments.map((one) => subject(`environment ${one.name}`, one)),
  ]
}

/** What a person reads of a rule where there is room for a few words. */
export function titleOf(rule: Rule): string {
  return wordsOf(rule).title
}

/** One finding as one sentence without its end: `nova 33.0.2 wants futurist >=3.2.1, the host has 3.1.0`. */
export function sentence(finding: Finding): string {
  return wordsOf(finding.rule).sentence(finding)
}

/** Findings that are told one by one where each costs attention: errors and warnings. Notes are counted. */
export function isTold({ level }: Finding): boolean {
  return level !== 'note'
}

/** Numbers of findings by rule, of the rules that found some. */
export function countsOf({ rules, summary }: AnalysisResult): readonly (readonly [Rule, number])[] {
  return rules.map((rule) => [rule, summary.findings[rule]] as const).filter(([, number]) => number > 0)
}

function fileOf(at: Origin | undefined): FileOrigin | undefined {
  return at !== undefined && 'path' in at && at.path !== '' ? at : undefined
}

/** Paths of the user's own files among the inputs: only these are in the user's checkout. */
export function ownPaths({ inputs }: AnalysisResult): ReadonlySet<string> {
  return new Set(inputs.filter(({ shipped }) => shipped === false).map(({ path }) => path))
}

export interface Places {
  /** Where a person has to look first. */
  readonly main: FileOrigin | undefined
  /** The others, each with what stands there. */
  readonly others: readonly { readonly what: string; readonly at: FileOrigin }[]
}

/**
 * The files of a finding: the line that demands, then the pin, then the line of the policy that asks. Lines of the
 * user's own files come before lines of shipped ones, which no checkout has.
 */
export function placesOf(finding: Finding, subject: Subject, own: ReadonlySet<string>): Places {
  const demand = fileOf(finding.demand.at)
  const supply = fileOf(finding.supply?.at)
  const all = [
    ...(demand === undefined ? [] : [{ what: 'the demand', at: demand }]),
    ...(finding.among ?? []).flatMap(({ by, at }) => {
      const file = fileOf(at)
      return file === undefined ? [] : [{ what: `a demand of ${by}`, at: file }]
    }),
    ...(supply === undefined ? [] : [{ what: 'the pin', at: supply }]),
    ...(subject.at === undefined ? [] : [{ what: 'the policy', at: subject.at }]),
  ]
  const main = all.find(({ at }) => own.has(at.path)) ?? all[0]
  return { main: main?.at, others: all.filter((one) => one !== main) }
}

/** The place of a finding that no file tells: the profile of its service, else the first file that was read. */
export function fallbackPath(finding: Finding, { inputs }: AnalysisResult): string {
  const profile = inputs.find(({ id }) => id === `profile-${finding.demand.service}`)
  return (profile ?? inputs[0])?.path ?? 'constraints/releases.json'
}

import type { Finding, Level, Rule } from '#collisions/finding.js'
import type { AnalysisResult } from '#collisions/result.js'
import { wordsOf } from './rule-words.js'
import { isTold, type Subject, subjectsOf } from './told.js'

export interface Told {
  readonly finding: Finding
  readonly subject: Subject
}

/** Findings with one cause: what one host has of one distribution, whoever it is that this does not suit. */
export interface RootCause {
  readonly rule: Rule
  readonly level: Level
  readonly distribution: string
  /** The host's label, or the name of the environment. */
  readonly where: string
  /** What is there; none where there is nothing. */
  readonly version: string | undefined
  /** At least one. */
  readonly told: readonly Told[]
}

const rank: Readonly<Record<Level, number>> = { error: 0, warning: 1, note: 2 }

function whereOf({ of }: Subject): string {
  return 'host' in of ? of.host.label : of.name
}

/** Root causes of errors and warnings in one state, worst first: by level, then by how many they hit, then by name. */
export function rootCauses(result: AnalysisResult, state: Finding['state'] = 'new'): readonly RootCause[] {
  const groups = new Map<string, Told[]>()
  for (const subject of subjectsOf(result))
    for (const finding of subject.findings) {
      if (!isTold(finding) || finding.state !== state) continue
      const { rule, distribution, supply, missing } = finding
      const key = JSON.stringify([rule, whereOf(subject), distribution, supply?.version, missing?.gone])
      const list = groups.get(key)
      if (list === undefined) groups.set(key, [{ finding, subject }])
      else list.push({ finding, subject })
    }
  const causes = [...groups.values()].map((told): RootCause => {
    const { finding, subject } = told[0]!
    const { rule, level, distribution, supply } = finding
    return { rule, level, distribution, where: whereOf(subject), version: supply?.version, told }
  })
  const name = ({ where, rule, distribution }: RootCause) => `${where} ${rule} ${distribution}`
  return causes.sort(
    (one, other) =>
      rank[one.level] - rank[other.level] ||
      other.told.length - one.told.length ||
      (name(one) < name(other) ? -1 : 1),
  )
}

/** `oslo-service 4.1.2 on host 2025.1 is refused`: what is wrong, without who says so. */
export function causeText({ rule, distribution, where, version, told }: RootCause): string {
  const has = version === undefined ? distribution : `${distribution} ${version}`
  const cause = { distribution, version, has, where, first: told[0]?.finding }
  return wordsOf(rule).cause?.(cause) ?? `${has} on ${where}: ${told.length} findings`
}

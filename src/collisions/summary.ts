import type { DistributionName } from '#pep/name.js'
import { type Rule, rules } from './finding.js'

/** A number for each rule that was worked out. */
export type Counts = Readonly<Record<Rule, number>>

/** Findings and distributions, counted by rule. */
export interface Summary {
  readonly findings: Counts
  readonly distributions: Counts
}

export function noCounts(): Record<Rule, number> {
  return Object.fromEntries(rules.map((rule) => [rule, 0])) as Record<Rule, number>
}

/** Counts as findings come by; a distribution counts once for each rule. */
export interface Counter {
  add(rule: Rule, distribution: DistributionName): void
  summary(): Summary
  /** The distributions counted, by rule. */
  readonly named: ReadonlyMap<Rule, ReadonlySet<DistributionName>>
}

export function counter(): Counter {
  const findings = noCounts()
  const names = new Map(rules.map((rule) => [rule, new Set<DistributionName>()]))
  return {
    named: names,
    add(rule, distribution) {
      findings[rule] += 1
      names.get(rule)!.add(distribution)
    },
    summary() {
      const distributions = noCounts()
      for (const [rule, set] of names) distributions[rule] = set.size
      return { findings, distributions }
    },
  }
}

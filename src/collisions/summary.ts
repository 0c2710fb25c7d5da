import type { DistributionName } from '#pep/name.js'
import { type Rule, rules } from './finding.js'

/** A number for each rule that was worked out. */
export type Counts = Readonly<Record<Rule, number>>

/** Findings and distributions, counted by rule. */
export interface Summary {
  readonly findings: Counts
  readonly distributions: Counts
}

function noCounts(): Record<Rule, number> {
  return Object.fromEntries(rules.map((rule) => [rule, 0])) as Record<Rule, number>
}

/** Counts findings cell by cell, and over all cells. A distribution counts once for each rule. */
export interface Tally {
  begin(): void
  add(rule: Rule, distribution: DistributionName): void
  /** The cell begun last. */
  cell(): Summary
  /** All cells: findings summed, each distribution once. */
  all(): Summary
}

/** One for a whole matrix: 170,000 additions, so distributions are numbered and no set is made for a cell. */
export function tally(): Tally {
  const ids = new Map<DistributionName, number>()
  // For each rule: the last cell in which a distribution was counted, by its number.
  const lastCell = new Map(rules.map((rule) => [rule, [] as number[]]))
  const total: Summary = { findings: noCounts(), distributions: noCounts() }
  let current = { findings: noCounts(), distributions: noCounts() }
  let cells = 0
  const allFindings = total.findings as Record<Rule, number>
  const allDistributions = total.distributions as Record<Rule, number>
  return {
    begin() {
      cells += 1
      current = { findings: noCounts(), distributions: noCounts() }
    },
    add(rule, distribution) {
      let id = ids.get(distribution)
      if (id === undefined) {
        id = ids.size
        ids.set(distribution, id)
      }
      current.findings[rule] += 1
      allFindings[rule] += 1
      const counted = lastCell.get(rule)!
      const last = counted[id]
      if (last === cells) return
      counted[id] = cells
      current.distributions[rule] += 1
      if (last === undefined) allDistributions[rule] += 1
    },
    cell: () => current,
    all: () => total,
  }
}

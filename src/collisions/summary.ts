import { allRules, type Rule } from './finding.js'

/** A number for each rule that was worked out. */
export type Counts = Readonly<Record<Rule, number>>

/** Findings and distributions, counted by rule. */
export interface Summary {
  readonly findings: Counts
  readonly distributions: Counts
}

function noCounts(): Record<Rule, number> {
  return Object.fromEntries(allRules.map((rule) => [rule, 0])) as Record<Rule, number>
}

/** Counts findings cell by cell, and over all cells. A distribution counts once for each rule. */
export interface Tally {
  begin(): void
  /** `distributions` by a number of their own, the same number in every cell; each once. */
  add(rule: Rule, findings: number, distributions: readonly number[]): void
  /** The cell begun last. */
  cell(): Summary
  /** All cells: findings summed, each distribution once. */
  all(): Summary
}

/** One for a whole matrix: distributions come as numbers, so that no set is made for a cell. */
export function tally(): Tally {
  // For each rule: the last cell in which a distribution was counted, by its number.
  const lastCell = new Map(allRules.map((rule) => [rule, [] as number[]]))
  const allFindings = noCounts()
  const allDistributions = noCounts()
  let findings = noCounts()
  let distributions = noCounts()
  let cells = 0
  return {
    begin() {
      cells += 1
      findings = noCounts()
      distributions = noCounts()
    },
    add(rule, number, names) {
      findings[rule] += number
      allFindings[rule] += number
      const counted = lastCell.get(rule)!
      for (const name of names) {
        const last = counted[name]
        if (last === cells) continue
        counted[name] = cells
        distributions[rule] += 1
        if (last === undefined) allDistributions[rule] += 1
      }
    },
    cell: () => ({ findings, distributions }),
    all: () => ({ findings: allFindings, distributions: allDistributions }),
  }
}

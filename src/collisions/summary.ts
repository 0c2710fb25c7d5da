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

/** Distributions by a number of their own, the same number in every cell: 32 to a word. */
export type Numbers = Int32Array

export function numbersOf(numbers: readonly number[]): Numbers {
  const words = new Int32Array((Math.max(-1, ...numbers) + 32) >>> 5)
  for (const number of numbers) words[number >>> 5]! |= 1 << (number & 31)
  return words
}

/** Counts findings cell by cell, and over all cells. A distribution counts once for each rule. */
export interface Tally {
  begin(): void
  add(rule: Rule, findings: number, distributions: Numbers): void
  /** The cell begun last. */
  cell(): Summary
  /** All cells: findings summed, each distribution once. */
  all(): Summary
}

/** What is counted of one cell, or of all. */
class Count {
  readonly findings = noCounts()
  readonly #met = new Map<Rule, Numbers>()

  add(rule: Rule, findings: number, distributions: Numbers): void {
    this.findings[rule] += findings
    let met = this.#met.get(rule)
    if (met === undefined || met.length < distributions.length) {
      const longer = new Int32Array(distributions.length)
      if (met !== undefined) longer.set(met)
      this.#met.set(rule, longer)
      met = longer
    }
    for (let word = 0; word < distributions.length; word += 1) met[word]! |= distributions[word]!
  }

  addAll(other: Count): void {
    for (const [rule, met] of other.#met) this.add(rule, other.findings[rule], met)
  }

  summary(): Summary {
    const distributions = noCounts()
    for (const [rule, met] of this.#met) distributions[rule] = met.reduce((sum, word) => sum + ones(word), 0)
    return { findings: this.findings, distributions }
  }
}

function ones(word: number): number {
  let count = 0
  for (let left = word; left !== 0; left &= left - 1) count += 1
  return count
}

/** One for a whole matrix: what a cell has in common with others is added in words, not one by one. */
export function tally(): Tally {
  const before = new Count()
  let cell = new Count()
  return {
    begin() {
      before.addAll(cell)
      cell = new Count()
    },
    add: (rule, findings, distributions) => cell.add(rule, findings, distributions),
    cell: () => cell.summary(),
    all() {
      const every = new Count()
      every.addAll(before)
      every.addAll(cell)
      return every.summary()
    },
  }
}

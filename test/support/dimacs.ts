import { evaluateMarker } from '#pep/marker-evaluate.js'
import { parseRequirement } from '#pep/requirement.js'
import { parseSpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { environment, python, type SmallUniverse } from './universe.js'

/** A question for a SAT solver; pre-releases and yanked versions count as any version. */
export interface SatQuestion {
  readonly universe: SmallUniverse
  readonly demands: readonly string[]
  readonly pins?: readonly string[]
}

/** Clauses over variables from 1 on, as DIMACS has them, and how many variables there are. */
interface Cnf {
  readonly variables: number
  readonly clauses: readonly (readonly number[])[]
}

const universes = new WeakMap<SmallUniverse, (demands: readonly string[], pins: readonly string[]) => Cnf>()

function cnfOf({ universe, demands, pins = [] }: SatQuestion): Cnf {
  const ask = universes.get(universe) ?? universeCnf(universe)
  universes.set(universe, ask)
  return ask(demands, pins)
}

/** One variable for each version and each extra; nothing is shared with the solver. */
function universeCnf(universe: SmallUniverse): (demands: readonly string[], pins: readonly string[]) => Cnf {
  const numbers = new Map<string, number>()
  const number = (key: string) => {
    if (!numbers.has(key)) numbers.set(key, numbers.size + 1)
    return numbers.get(key)!
  }
  const clauses: number[][] = []
  const versionsOf = (name: string) => Object.keys(universe[name] ?? {})
  const require = (unless: number[], text: string) => {
    const { name, extras, specifiers } = parseRequirement(text)
    const fitting = versionsOf(name).filter((version) => specifierSetContains(specifiers, version, true))
    clauses.push([...unless, ...fitting.map((version) => number(`${name} ${version}`))])
    for (const extra of extras) clauses.push([...unless, number(`${name}[${extra}]`)])
  }
  const limit = (unless: number[], text: string) => {
    const { name, specifiers } = parseRequirement(text)
    for (const version of versionsOf(name))
      if (!specifierSetContains(specifiers, version, true))
        clauses.push([...unless, -number(`${name} ${version}`)])
  }
  for (const [name, versions] of Object.entries(universe)) {
    Object.keys(versions).forEach((version, i, all) => {
      const own = -number(`${name} ${version}`)
      // At most one: "this one or an earlier one" rules the next one out.
      const upTo = number(`${name} up to ${version}`)
      clauses.push([own, upTo])
      if (i > 0) {
        const before = number(`${name} up to ${all[i - 1]}`)
        clauses.push([-before, upTo], [-before, own])
      }
      const release = versions[version]!
      const {
        requires = [],
        python: wanted = '',
        code = [],
      } = 'length' in release ? { requires: release } : release
      if (!specifierSetContains(parseSpecifierSet(wanted), python, true)) clauses.push([own])
      for (const text of code) limit([own], text)
      for (const text of requires) {
        const { marker } = parseRequirement(text)
        const holds = (extras: readonly string[]) =>
          marker === undefined || evaluateMarker(marker, environment, new Set(extras))
        if (holds([])) {
          require([own], text)
          continue
        }
        for (const [, extra] of text.matchAll(/extra\s*==\s*["']([^"']+)["']/g))
          if (holds([extra!])) require([own, -number(`${name}[${extra}]`)], text)
      }
    })
  }
  const facts = clauses.length
  return (demands, pins) => {
    clauses.length = facts
    for (const text of demands) require([], text)
    for (const text of pins) limit([], text)
    return { variables: numbers.size, clauses }
  }
}

function toText({ variables, clauses }: Cnf): string {
  const lines = clauses.map((clause) => `${clause.join(' ')} 0\n`)
  return `p cnf ${variables} ${clauses.length}\n${lines.join('')}`
}

/** The question as DIMACS. */
export function toDimacs(question: SatQuestion): string {
  return toText(cnfOf(question))
}

/** One question that has an answer exactly if all of these have. */
export function allSatisfiable(questions: readonly SatQuestion[]): string {
  const clauses: number[][] = []
  let variables = 0
  for (const question of questions) {
    const cnf = cnfOf(question)
    for (const clause of cnf.clauses) clauses.push(clause.map((literal) => shifted(literal, variables)))
    variables += cnf.variables
  }
  return toText({ variables, clauses })
}

/** One question that has an answer exactly if any of these has: each clause counts only for the one that is chosen. */
export function anySatisfiable(questions: readonly SatQuestion[]): string {
  const clauses: number[][] = [questions.map((_, i) => i + 1)]
  let variables = questions.length
  for (const [i, question] of questions.entries()) {
    const cnf = cnfOf(question)
    for (const clause of cnf.clauses)
      clauses.push([-(i + 1), ...clause.map((literal) => shifted(literal, variables))])
    variables += cnf.variables
  }
  return toText({ variables, clauses })
}

function shifted(literal: number, by: number): number {
  return literal < 0 ? literal - by : literal + by
}

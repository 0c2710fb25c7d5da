import type { DistributionName } from '#pep/name.js'
import type { Variable } from './engine.js'
import { backtrack } from './engine.js'
import type { Needs } from './facts.js'
import { createGuide } from './guide.js'
import type { Line, Solution, Undecided, Unsolvable } from './problem.js'
import { search } from './search.js'
import { openSupport } from './support.js'
import type { Task } from './task.js'
import { addLine, createUniverse, lineVariable, type Universe, type UniverseOptions } from './universe.js'

/** A solver for many questions over the same facts: what one search learns of the facts, later ones know. */
export interface Session {
  readonly universe: Universe
  /** Steps of propagation that one search may take. */
  readonly budget: number
}

export type Outcome = Solution | Unsolvable | Undecided

export interface Question {
  readonly lines: readonly Line[]
  /** Lines that are not to count, among them the Python and gaps, which count by themselves otherwise. */
  readonly without?: ReadonlySet<Line>
  /** Versions to choose where possible, else the nearest above, else the nearest below. */
  readonly preferred?: ReadonlyMap<DistributionName, string>
}

/** About a minute of work on a machine of 2020; real questions need a thousandth of it. */
const largestBudget = 200_000_000

export function createSession(options: UniverseOptions & { readonly budget?: number }): Session {
  return { universe: createUniverse(options), budget: options.budget ?? largestBudget }
}

/** One version for each distribution that is needed, or lines that cannot hold together. */
export function* solve(session: Session, { lines, without, preferred }: Question): Task<Outcome> {
  const { universe } = session
  const counted = lines.filter((line) => without?.has(line) !== true).sort(byKey)
  const given = new Map(counted.map((line) => [line.key, line]))
  for (;;) {
    backtrack(universe.engine, 0)
    const isReady = counted.map((line) => addLine(universe, line)).every((ready) => ready)
    if (isReady) break
    yield takeNeeds(universe)
  }
  const assumed: Variable[] = counted.map((line) => lineVariable(universe, line))
  if (without?.has(universe.pythonLine) !== true) assumed.push(lineVariable(universe, universe.pythonLine))
  const support = openSupport(universe, assumed, new Set(assumed))
  const guide = createGuide(universe, { assumed, support, without, preferred })
  const limit = universe.engine.steps + session.budget
  for (;;) {
    const result = search(universe.engine, assumed, guide, limit - universe.engine.steps)
    if (result.kind === 'found') return guide.solution()
    if (result.kind === 'undecided') return result
    if (result.kind === 'waiting') {
      yield takeNeeds(universe)
      continue
    }
    if (support.reopen(result.assumptions)) continue
    const core = result.assumptions.flatMap((variable) => {
      const line = universe.lineAt.get(variable)
      return line === undefined ? [] : [given.get(line.key) ?? line]
    })
    return { kind: 'unsolvable', core: core.sort(byKey) }
  }
}

export function byKey(a: Line, b: Line): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

function takeNeeds({ needNames, needReleases }: Universe): Needs {
  const needs = { names: [...needNames], releases: [...needReleases.values()] }
  needNames.clear()
  needReleases.clear()
  return needs
}

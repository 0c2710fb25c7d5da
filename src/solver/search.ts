import { assumptionsOf, falsifier, learn } from './analyze.js'
import type { Bitset } from './bitset.js'
import { isFullSet, setOf } from './bitset.js'
import type { Clause, Engine, Term, Variable } from './engine.js'
import {
  allFalse,
  backtrack,
  clauseOf,
  isFalse,
  level,
  narrow,
  propagate,
  pushLevel,
  swapTerms,
} from './engine.js'

/** Boolean variables have the ranks 0 (off) and 1 (on). */
export const ON: Bitset = setOf(2, [1])
export const OFF: Bitset = setOf(2, [0])

/** What to do once everything has been propagated. */
export type Move =
  /** Try this value. */
  | { readonly kind: 'decide'; readonly variable: Variable; readonly rank: number }
  /** Clauses have become known; look again. */
  | { readonly kind: 'again' }
  /** Every required variable has a value, and what can be checked only then holds. */
  | { readonly kind: 'done' }
  /** Facts are missing without which the search cannot go on. */
  | { readonly kind: 'wait' }

export interface Guide {
  /** Called with nothing left to propagate. May add clauses with `addClause`, and then has to answer `again`. */
  next(): Move
  /** Told of every conflict: the variables of the clause that was learned from it. */
  learned(variables: readonly Variable[]): void
}

export type SearchResult =
  | { readonly kind: 'found' }
  /** These assumptions cannot hold together. Empty only if the clauses contradict each other. */
  | { readonly kind: 'failed'; readonly assumptions: readonly Variable[] }
  | { readonly kind: 'waiting' }
  /** The budget was used up. */
  | { readonly kind: 'undecided' }

/**
 * Conflict-driven search for values of all required variables under assumptions (each a boolean variable that
 * is to be on). Complete: ends with `found` or `failed` unless the budget, in steps of propagation, ends first.
 * Learned clauses follow from the clauses alone and stay for later searches.
 */
export function search(
  engine: Engine,
  assumptions: readonly Variable[],
  guide: Guide,
  budget: number,
): SearchResult {
  const limit = engine.steps + budget
  backtrack(engine, 0)
  for (;;) {
    const conflict = settle(engine)
    if (conflict !== undefined) {
      if (engine.steps > limit) return { kind: 'undecided' }
      const top = levelOfClause(engine, conflict)
      if (top <= 1) {
        const failed = assumptionsOf(engine, conflict)
        backtrack(engine, 0)
        return { kind: 'failed', assumptions: failed }
      }
      backtrack(engine, top)
      const derived = learn(engine, conflict)
      guide.learned(derived.terms.map((term) => term.variable))
      backtrack(engine, derived.backjump)
      addClause(engine, derived.terms, true)
      engine.steps += derived.terms.length
      continue
    }
    if (level(engine) === 0) {
      const failed = assume(engine, assumptions)
      if (failed !== undefined) {
        backtrack(engine, 0)
        return { kind: 'failed', assumptions: failed }
      }
      continue
    }
    const move = guide.next()
    engine.steps++
    if (move.kind === 'done') return { kind: 'found' }
    if (move.kind === 'wait') return { kind: 'waiting' }
    if (engine.steps > limit) return { kind: 'undecided' }
    if (move.kind === 'decide') {
      pushLevel(engine)
      narrow(engine, move.variable, setOf(engine.sizes[move.variable]!, [move.rank]), undefined)
    }
  }
}

/** Units hold on every level, so they are put in again after each way back to level 0. */
function settle(engine: Engine): Clause | undefined {
  if (level(engine) === 0) {
    for (const unit of engine.units) if (!narrow(engine, unit.variables[0]!, unit.sets[0]!, unit)) return unit
  }
  return propagate(engine)
}

/** All assumptions on level 1; returns those that contradict each other, if any. */
function assume(engine: Engine, assumptions: readonly Variable[]): Variable[] | undefined {
  pushLevel(engine)
  for (const variable of assumptions) {
    if (!narrow(engine, variable, ON, undefined)) {
      const others = assumptionsOf(engine, { variables: [variable], sets: [ON] })
      return [...others, variable]
    }
    const conflict = propagate(engine)
    if (conflict !== undefined) return assumptionsOf(engine, conflict)
  }
  return undefined
}

/**
 * Adds a clause at any time. If it already asks for something on an earlier level, the search goes back to that
 * level, so that nothing that follows from it is lost.
 */
export function addClause(engine: Engine, terms: readonly Term[], learned = false): void {
  const clause = clauseOf(engine, terms, learned)
  if (clause === undefined) return
  const { variables, sets } = clause
  if (variables.length <= 1) {
    backtrack(engine, 0)
    // A clause without terms cannot hold: it is kept as one that asks the impossible of variable 0.
    if (variables.length === 0) {
      variables.push(0)
      sets.push(setOf(engine.sizes[0]!, []))
    }
    engine.units.push(clause)
    return
  }
  watchBest(engine, clause)
  engine.watchers[variables[0]!]!.push(clause)
  engine.watchers[variables[1]!]!.push(clause)
  if (!isFalse(engine, variables[1]!, sets[1]!)) return
  const second = levelOfTerm(engine, variables[1]!, sets[1]!)
  if (second < level(engine)) backtrack(engine, second)
  if (!narrow(engine, variables[0]!, sets[0]!, clause)) requeue(engine, variables[0]!)
}

/** A condition of an implication: the variable has come down to this rank. */
export interface Condition extends Term {
  readonly rank: number
  /** Every other rank. */
  readonly negation: Bitset
}

/** Adds "if all conditions hold, then the head does" at any time, as `addClause` does. */
export function addImplication(engine: Engine, conditions: readonly Condition[], head: Term): void {
  if (conditions.some(({ variable }) => variable === head.variable)) {
    addClause(engine, [...conditions.map(({ variable, negation }) => ({ variable, set: negation })), head])
    return
  }
  if (isFullSet(head.set, engine.sizes[head.variable]!)) return
  const clause: Clause = {
    variables: [...conditions.map(({ variable }) => variable), head.variable],
    sets: [...conditions.map(({ negation }) => negation), head.set],
    learned: false,
  }
  for (const { variable, rank } of conditions) {
    const byRank = engine.implications[variable]!
    const list = byRank[rank] ?? []
    byRank[rank] = list
    list.push(clause)
  }
  if (!allFalse(engine, clause, conditions.length)) return
  const entries = conditions.map(({ variable, negation }) => falsifier(engine, variable, negation))
  const last = entries.indexOf(Math.max(...entries))
  backtrack(engine, entries[last]! < 0 ? 0 : engine.trailLevel[entries[last]!]!)
  if (!narrow(engine, head.variable, head.set, clause)) requeue(engine, conditions[last]!.variable)
}

/** Puts the terms that can hold, or became false last, to the two watched places. */
function watchBest(engine: Engine, clause: Clause): void {
  for (let place = 0; place < 2; place++) {
    let best = place
    let bestRank = -1
    for (let i = place; i < clause.variables.length; i++) {
      const variable = clause.variables[i]!
      const set = clause.sets[i]!
      const rank = isFalse(engine, variable, set) ? falsifier(engine, variable, set) : Number.MAX_SAFE_INTEGER
      if (rank > bestRank) {
        best = i
        bestRank = rank
      }
    }
    if (best !== place) swapTerms(clause, best, place)
  }
}

/** Makes propagation look at the clauses of a variable again: a clause that came late is false by it. */
function requeue(engine: Engine, variable: Variable): void {
  const entry = engine.lastEntry[variable]!
  engine.propagated = Math.min(engine.propagated, Math.max(0, entry))
}

function levelOfTerm(engine: Engine, variable: Variable, set: Bitset): number {
  const entry = falsifier(engine, variable, set)
  return entry < 0 ? 0 : engine.trailLevel[entry]!
}

function levelOfClause(engine: Engine, clause: Clause): number {
  let top = 0
  for (let i = 0; i < clause.variables.length; i++) {
    top = Math.max(top, levelOfTerm(engine, clause.variables[i]!, clause.sets[i]!))
  }
  return top
}

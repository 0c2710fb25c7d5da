import type { Bitset } from './bitset.js'
import { isEmptySet, unionOf } from './bitset.js'
import type { Clause, Engine, Term, Variable } from './engine.js'

/** A clause that follows from the clauses of the engine, and what it was found by. */
interface Derived {
  readonly terms: readonly Term[]
  /** The level on which all its terms but one are false already. */
  readonly backjump: number
}

/** A false term, with the trail entry that made it false. */
interface FalseTerm {
  set: Bitset
  entry: number
}

/**
 * First unique implication point: the clause with a single term that became false on the level of the conflict.
 * Resolution works on sets of ranks: two clauses with `x in S` and `x in T` give one with `x in S and T`.
 */
export function learn(engine: Engine, conflict: Clause): Derived {
  const terms = falseTerms(engine, conflict)
  for (;;) {
    const { latest, second } = lastTwo(terms)
    const top = levelOf(engine, latest)
    if (latest < 0 || levelOf(engine, second) < top) {
      return { terms: asTerms(terms), backjump: Math.max(0, levelOf(engine, second)) }
    }
    resolve(engine, terms, latest)
  }
}

/**
 * Resolves until only terms are left that were assumed or decided, and returns their variables: the
 * assumptions that cannot hold together. To be called while only assumptions have been made.
 */
export function assumptionsOf(
  engine: Engine,
  conflict: { variables: Variable[]; sets: Bitset[] },
): Variable[] {
  const terms = falseTerms(engine, conflict)
  const found: Variable[] = []
  for (;;) {
    const { latest } = lastTwo(terms)
    if (latest < 0) return found
    if (engine.trailReason[latest] === undefined) {
      const variable = engine.trailVariable[latest]!
      found.push(variable)
      terms.delete(variable)
    } else {
      resolve(engine, terms, latest)
    }
  }
}

function falseTerms(
  engine: Engine,
  clause: { variables: Variable[]; sets: Bitset[] },
): Map<Variable, FalseTerm> {
  const terms = new Map<Variable, FalseTerm>()
  for (let i = 0; i < clause.variables.length; i++)
    addTerm(engine, terms, clause.variables[i]!, clause.sets[i]!)
  return terms
}

/** Terms that are false whatever is assumed (level 0) say nothing and are left out. */
function addTerm(engine: Engine, terms: Map<Variable, FalseTerm>, variable: Variable, set: Bitset): void {
  const present = terms.get(variable)
  const joined = present === undefined ? set : unionOf(present.set, set)
  const entry = falsifier(engine, variable, joined)
  if (levelOf(engine, entry) > 0) terms.set(variable, { set: joined, entry })
}

function resolve(engine: Engine, terms: Map<Variable, FalseTerm>, entry: number): void {
  const variable = engine.trailVariable[entry]!
  const reason = engine.trailReason[entry]!
  const own = reason.variables.indexOf(variable)
  const kept = Int32Array.from(terms.get(variable)!.set)
  const other = reason.sets[own]!
  for (let i = 0; i < kept.length; i++) kept[i]! &= other[i]!
  terms.delete(variable)
  if (!isEmptySet(kept)) addTerm(engine, terms, variable, kept)
  for (let i = 0; i < reason.variables.length; i++) {
    if (i !== own) addTerm(engine, terms, reason.variables[i]!, reason.sets[i]!)
  }
}

/** The trail entry that took the last rank of `set` from the domain; -1 if none ever was in it. */
export function falsifier(engine: Engine, variable: Variable, set: Bitset): number {
  const { saved } = engine
  let entry = engine.lastEntry[variable]!
  while (entry >= 0) {
    const at = engine.trailSaved[entry]!
    let disjoint = true
    for (let i = 0; i < set.length; i++) {
      if ((saved[at + i]! & set[i]!) !== 0) {
        disjoint = false
        break
      }
    }
    if (!disjoint) return entry
    entry = engine.trailPrevious[entry]!
  }
  return -1
}

function levelOf(engine: Engine, entry: number): number {
  return entry < 0 ? -1 : engine.trailLevel[entry]!
}

function lastTwo(terms: Map<Variable, FalseTerm>): { latest: number; second: number } {
  let latest = -1
  let second = -1
  for (const { entry } of terms.values()) {
    if (entry > latest) {
      second = latest
      latest = entry
    } else if (entry > second) {
      second = entry
    }
  }
  return { latest, second }
}

function asTerms(terms: Map<Variable, FalseTerm>): Term[] {
  return [...terms].map(([variable, { set }]) => ({ variable, set }))
}

import type { Bitset } from './bitset.js'
import { fullSet, isEmptySet, isFullSet, unionOf, wordsFor } from './bitset.js'

/** A variable is a number; its value is one of the ranks 0, 1, ... below its size. */
export type Variable = number

/**
 * At least one term holds: the value of `variables[i]` lies in `sets[i]`. Variables of one clause are distinct.
 * Most clauses are facts, "if p is this version, then q is one of those": an implication, looked at only when its
 * conditions come true, with what follows as its last term. Of the others, the learned ones above all, the first
 * two terms are watched, so their order changes while the engine works.
 */
export interface Clause {
  readonly variables: Variable[]
  readonly sets: Bitset[]
  readonly learned: boolean
}

export interface Term {
  readonly variable: Variable
  readonly set: Bitset
}

/**
 * Finite-domain constraint store: the domain of each variable, the clauses, and the trail of narrowings that
 * lead to the present domains, so that they can be explained and taken back.
 */
export interface Engine {
  readonly sizes: number[]
  /** First word of each variable in `domains`. */
  readonly bases: number[]
  domains: Int32Array
  readonly watchers: Clause[][]
  /** Implications to look at when a variable has come down to one rank: `implications[variable][rank]`. */
  readonly implications: Clause[][][]
  /** Clauses with one term: they hold whatever is assumed. */
  readonly units: Clause[]
  /** Variables that may no longer take rank 0, in the order in which that became known. */
  readonly required: Variable[]
  /** The trail, one entry per narrowing. */
  readonly trailVariable: Variable[]
  readonly trailReason: (Clause | undefined)[]
  readonly trailLevel: number[]
  /** The earlier entry of the same variable, or -1. */
  readonly trailPrevious: number[]
  /** Where the domain before the entry is kept in `saved`. */
  readonly trailSaved: number[]
  saved: Int32Array
  savedLength: number
  /** The last trail entry of each variable, or -1. */
  readonly lastEntry: number[]
  /** Trail length at the start of each level above 0. */
  readonly levelStart: number[]
  /** Trail entries before this one have been propagated. */
  propagated: number
  /** How often narrowings have been taken back: who remembers places in the trail has to look again then. */
  backtracks: number
  /** Clauses looked at since the engine was made: a measure of work that no clock disturbs. */
  steps: number
}

export function createEngine(): Engine {
  return {
    sizes: [],
    bases: [],
    domains: new Int32Array(1024),
    watchers: [],
    implications: [],
    units: [],
    required: [],
    trailVariable: [],
    trailReason: [],
    trailLevel: [],
    trailPrevious: [],
    trailSaved: [],
    saved: new Int32Array(4096),
    savedLength: 0,
    lastEntry: [],
    levelStart: [],
    propagated: 0,
    backtracks: 0,
    steps: 0,
  }
}

export function newVariable(engine: Engine, size: number): Variable {
  const variable = engine.sizes.length
  const last = variable - 1
  const base = last < 0 ? 0 : engine.bases[last]! + wordsFor(engine.sizes[last]!)
  const full = fullSet(size)
  if (base + full.length > engine.domains.length) engine.domains = grown(engine.domains, base + full.length)
  engine.domains.set(full, base)
  engine.sizes.push(size)
  engine.bases.push(base)
  engine.watchers.push([])
  engine.implications.push([])
  engine.lastEntry.push(-1)
  return variable
}

function grown(array: Int32Array, needed: number): Int32Array {
  const larger = new Int32Array(Math.max(needed, array.length * 2))
  larger.set(array)
  return larger
}

export function level(engine: Engine): number {
  return engine.levelStart.length
}

export function pushLevel(engine: Engine): void {
  engine.levelStart.push(engine.trailVariable.length)
}

/** A term is false when no rank of its set is left in the domain. */
export function isFalse(engine: Engine, variable: Variable, set: Bitset): boolean {
  const { domains } = engine
  const base = engine.bases[variable]!
  for (let i = 0; i < set.length; i++) if ((domains[base + i]! & set[i]!) !== 0) return false
  return true
}

/** A term is true when every rank left in the domain is in its set. */
export function isTrue(engine: Engine, variable: Variable, set: Bitset): boolean {
  const { domains } = engine
  const base = engine.bases[variable]!
  for (let i = 0; i < set.length; i++) if ((domains[base + i]! & ~set[i]!) !== 0) return false
  return true
}

/** A copy of the present domain. */
export function domainOf(engine: Engine, variable: Variable): Bitset {
  const base = engine.bases[variable]!
  return engine.domains.slice(base, base + wordsFor(engine.sizes[variable]!))
}

/** The one rank that is left, or -1. */
export function rankOf(engine: Engine, variable: Variable): number {
  const { domains } = engine
  const base = engine.bases[variable]!
  const words = wordsFor(engine.sizes[variable]!)
  let found = -1
  for (let i = 0; i < words; i++) {
    const word = domains[base + i]!
    if (word === 0) continue
    if (found >= 0 || (word & (word - 1)) !== 0) return -1
    found = (i << 5) + 31 - Math.clz32(word)
  }
  return found
}

/** Keeps only the ranks of `set`; false, and nothing changed, if none would be left. */
export function narrow(engine: Engine, variable: Variable, set: Bitset, reason: Clause | undefined): boolean {
  if (isFalse(engine, variable, set)) return false
  if (isTrue(engine, variable, set)) return true
  const { domains } = engine
  const base = engine.bases[variable]!
  const at = engine.savedLength
  if (at + set.length > engine.saved.length) engine.saved = grown(engine.saved, at + set.length)
  const { saved } = engine
  for (let i = 0; i < set.length; i++) saved[at + i] = domains[base + i]!
  for (let i = 0; i < set.length; i++) domains[base + i]! &= set[i]!
  engine.savedLength = at + set.length
  const entry = engine.trailVariable.length
  engine.trailVariable.push(variable)
  engine.trailReason.push(reason)
  engine.trailLevel.push(engine.levelStart.length)
  engine.trailPrevious.push(engine.lastEntry[variable]!)
  engine.trailSaved.push(at)
  engine.lastEntry[variable] = entry
  if ((saved[at]! & 1) !== 0 && (domains[base]! & 1) === 0) engine.required.push(variable)
  return true
}

/** Takes back every narrowing above `target`. */
export function backtrack(engine: Engine, target: number): void {
  if (engine.levelStart.length <= target) return
  const start = engine.levelStart[target]!
  engine.backtracks++
  const { domains, saved } = engine
  for (let entry = engine.trailVariable.length - 1; entry >= start; entry--) {
    const variable = engine.trailVariable[entry]!
    const base = engine.bases[variable]!
    const at = engine.trailSaved[entry]!
    if ((saved[at]! & 1) !== 0 && (domains[base]! & 1) === 0) engine.required.pop()
    for (let i = at; i < engine.savedLength; i++) domains[base + i - at] = saved[i]!
    engine.savedLength = at
    engine.lastEntry[variable] = engine.trailPrevious[entry]!
  }
  for (const column of [
    engine.trailVariable,
    engine.trailReason,
    engine.trailLevel,
    engine.trailPrevious,
    engine.trailSaved,
  ]) {
    column.length = start
  }
  engine.levelStart.length = target
  // Not beyond where it stood: a clause that came late may wait to be looked at.
  engine.propagated = Math.min(engine.propagated, start)
}

/** Narrows domains until no clause asks for more. Returns a clause that can no longer hold, or undefined. */
export function propagate(engine: Engine): Clause | undefined {
  while (engine.propagated < engine.trailVariable.length) {
    const entry = engine.propagated++
    const variable = engine.trailVariable[entry]!
    // Narrowed again since: that entry is still to come, and one look at the domain as it is now serves both.
    if (engine.lastEntry[variable] !== entry) continue
    const conflict = followImplications(engine, variable) ?? visitWatchers(engine, variable)
    if (conflict !== undefined) return conflict
  }
  return undefined
}

function followImplications(engine: Engine, variable: Variable): Clause | undefined {
  const byRank = engine.implications[variable]!
  if (byRank.length === 0) return undefined
  const rank = rankOf(engine, variable)
  const list = rank < 0 ? undefined : byRank[rank]
  if (list === undefined) return undefined
  engine.steps += list.length
  for (const clause of list) {
    const { variables, sets } = clause
    const head = variables.length - 1
    if (allFalse(engine, clause, head) && !narrow(engine, variables[head]!, sets[head]!, clause))
      return clause
  }
  return undefined
}

/**
 * Whether an implication contradicts this value already. Choosing it would only lead to a conflict; leaving it
 * out is a matter of order, because the value stays in the domain.
 */
export function failsAtOnce(engine: Engine, variable: Variable, rank: number): boolean {
  const list = engine.implications[variable]![rank] ?? []
  engine.steps += list.length
  return list.some(({ variables, sets }) =>
    variables.every((other, i) => other === variable || isFalse(engine, other, sets[i]!)),
  )
}

/** Whether the first terms are all false: for an implication, whether all its conditions hold. */
export function allFalse(engine: Engine, { variables, sets }: Clause, terms: number): boolean {
  for (let i = 0; i < terms; i++) if (!isFalse(engine, variables[i]!, sets[i]!)) return false
  return true
}

function visitWatchers(engine: Engine, variable: Variable): Clause | undefined {
  const list = engine.watchers[variable]!
  engine.steps += list.length
  let kept = 0
  for (let i = 0; i < list.length; i++) {
    const clause = list[i]!
    const { variables, sets } = clause
    const own = variables[0] === variable ? 0 : 1
    const other = 1 - own
    if (!isFalse(engine, variable, sets[own]!) || isTrue(engine, variables[other]!, sets[other]!)) {
      list[kept++] = clause
      continue
    }
    if (moveWatch(engine, clause, own)) continue
    list[kept++] = clause
    if (!narrow(engine, variables[other]!, sets[other]!, clause)) {
      while (++i < list.length) list[kept++] = list[i]!
      list.length = kept
      return clause
    }
  }
  list.length = kept
  return undefined
}

/** Watches a term that can still hold instead of the one at `own`; false if there is none. */
function moveWatch(engine: Engine, clause: Clause, own: number): boolean {
  const { variables, sets } = clause
  for (let k = 2; k < variables.length; k++) {
    if (isFalse(engine, variables[k]!, sets[k]!)) continue
    swapTerms(clause, own, k)
    engine.watchers[variables[own]!]!.push(clause)
    return true
  }
  return false
}

export function swapTerms(clause: Clause, a: number, b: number): void {
  const { variables, sets } = clause
  const variable = variables[a]!
  const set = sets[a]!
  variables[a] = variables[b]!
  sets[a] = sets[b]!
  variables[b] = variable
  sets[b] = set
}

/** Joins terms of one variable; undefined if a term is always true, so that there is nothing to say. */
export function clauseOf(engine: Engine, terms: readonly Term[], learned = false): Clause | undefined {
  const byVariable = new Map<Variable, Bitset>()
  for (const { variable, set } of terms) {
    const present = byVariable.get(variable)
    byVariable.set(variable, present === undefined ? set : unionOf(present, set))
  }
  const variables: Variable[] = []
  const sets: Bitset[] = []
  for (const [variable, set] of byVariable) {
    if (isFullSet(set, engine.sizes[variable]!)) return undefined
    if (isEmptySet(set)) continue
    variables.push(variable)
    sets.push(set)
  }
  return { variables, sets, learned }
}

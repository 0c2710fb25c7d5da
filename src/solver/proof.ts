import { type Bitset, complementOf, ranksOf } from './bitset.js'
import type { Term, Variable } from './engine.js'
import { createEngine, domainOf, type Engine, newVariable, rankOf } from './engine.js'
import type { Package } from './packages.js'
import { addClause, type Guide, OFF, ON, search } from './search.js'
import { type Failure, shrink } from './shrink.js'
import { finish, type Task } from './task.js'

/** "If the holder is one of `ranks`, then one of `consequences`"; without consequences, it is none of them. */
export interface Rule {
  readonly holder: Package
  readonly ranks: Bitset
  readonly consequences: readonly ProofTerm[]
}

/** The value of a distribution is in a set, or an extra of it is wanted or not. */
export type ProofTerm =
  | { readonly pack: Package; readonly set: Bitset }
  | { readonly pack: Package; readonly extra: string; readonly wanted: boolean }

/** A small solver of its own in which every rule can be switched off. */
export interface Proof<R extends Rule> {
  /** Rules that leave no choice and are all needed for that; undefined if there is a choice. */
  needed(): readonly R[] | undefined
}

const budget = 5_000_000

/** `given` holds in any case, each an alternative of terms. */
export function createProof<R extends Rule>(
  given: readonly (readonly ProofTerm[])[],
  rules: readonly R[],
): Proof<R> {
  const engine = createEngine()
  const packages = new Map<Package, Variable>()
  const packageAt: (Package | undefined)[] = []
  const extras = new Map<string, Variable>()

  function packageVariable(pack: Package): Variable {
    let variable = packages.get(pack)
    if (variable === undefined) {
      variable = newVariable(engine, pack.size)
      packages.set(pack, variable)
      packageAt[variable] = pack
    }
    return variable
  }

  function extraVariable(pack: Package, extra: string): Variable {
    const key = `${pack.name}[${extra}]`
    let variable = extras.get(key)
    if (variable === undefined) {
      variable = newVariable(engine, 2)
      extras.set(key, variable)
    }
    return variable
  }

  function termOf(term: ProofTerm): Term {
    if ('set' in term) return { variable: packageVariable(term.pack), set: term.set }
    return { variable: extraVariable(term.pack, term.extra), set: term.wanted ? ON : OFF }
  }

  for (const terms of given) addClause(engine, terms.map(termOf))
  const ruleAt = new Map<Variable, R>()
  const switchOf = new Map<R, Variable>()
  for (const rule of rules) {
    const variable = newVariable(engine, 2)
    ruleAt.set(variable, rule)
    switchOf.set(rule, variable)
    addClause(engine, [
      { variable, set: OFF },
      { variable: packageVariable(rule.holder), set: complementOf(rule.ranks, rule.holder.size) },
      ...rule.consequences.map(termOf),
    ])
  }

  function* ask(kept: readonly R[]): Task<Failure<R>> {
    const assumed = kept.map((rule) => switchOf.get(rule)!)
    const result = search(engine, assumed, newestFirst(engine, packageAt), budget)
    if (result.kind !== 'failed') return { kind: result.kind === 'found' ? 'holds' : 'undecided' }
    return { kind: 'fails', core: result.assumptions.flatMap((variable) => ruleAt.get(variable) ?? []) }
  }

  return {
    needed() {
      const whole = finish(ask(rules))
      if (whole.kind !== 'fails') return undefined
      const core = new Set(whole.core)
      return finish(
        shrink(
          rules.filter((rule) => core.has(rule)),
          ask,
        ),
      ).items
    },
  }
}

function newestFirst(engine: Engine, packageAt: readonly (Package | undefined)[]): Guide {
  return {
    next() {
      for (const variable of engine.required) {
        if (packageAt[variable] === undefined || rankOf(engine, variable) >= 0) continue
        return { kind: 'decide', variable, rank: ranksOf(domainOf(engine, variable)).at(-1)! }
      }
      return { kind: 'done' }
    },
    learned: () => undefined,
  }
}

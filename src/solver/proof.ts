import { type Bitset, ranksOf, setOf } from './bitset.js'
import type { Term, Variable } from './engine.js'
import { createEngine, domainOf, type Engine, newVariable, rankOf } from './engine.js'
import { allBut, type Package } from './packages.js'
import { addClause, addImplication, type Condition, type Guide, OFF, ON, search } from './search.js'
import { type Failure, shrink } from './shrink.js'
import { finish, type Task } from './task.js'

/** The value of a distribution is in a set, or an extra of it is wanted. */
export type ProofTerm =
  | { readonly pack: Package; readonly set: Bitset }
  | { readonly pack: Package; readonly extra: string }

/** "If the holder is one of `ranks`, with the extra if there is one, then the consequence"; none: it cannot be. */
export interface Rule {
  readonly holder: Package
  readonly ranks: Bitset
  readonly underExtra?: string
  readonly consequence?: ProofTerm
  /** Rules that say the same for other versions: they are first kept or dropped together. */
  readonly group: string
}

/** Steps of all searches for one proof. */
const budget = 20_000_000
/** Rules that are tried one by one; of more, every one of the groups that are needed is kept. */
const mostTried = 60

/**
 * Rules that together with what is given leave no choice, found by a small solver of its own in which every rule
 * can be switched off. Each group is needed, and each rule where there are not too many. Undefined if there is
 * a choice, or the budget ends first.
 */
export function neededRules<R extends Rule>(
  given: readonly ProofTerm[],
  rules: readonly R[],
): readonly R[] | undefined {
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
    return 'set' in term
      ? { variable: packageVariable(term.pack), set: term.set }
      : { variable: extraVariable(term.pack, term.extra), set: ON }
  }

  function addRule({ holder, ranks, underExtra, consequence }: R, variable: Variable): void {
    const on = (boolean: Variable): Condition => ({ variable: boolean, rank: 1, set: ON, negation: OFF })
    const also = underExtra === undefined ? [] : [on(extraVariable(holder, underExtra))]
    if (consequence !== undefined) also.push(on(variable))
    for (const rank of ranksOf(ranks)) {
      const set = setOf(holder.size, [rank])
      const here = { variable: packageVariable(holder), rank, set, negation: allBut(holder, rank) }
      addImplication(
        engine,
        [here, ...also],
        consequence === undefined ? { variable, set: OFF } : termOf(consequence),
      )
    }
  }

  for (const term of given) addClause(engine, [termOf(term)])
  const ruleAt = new Map<Variable, R>()
  const switchOf = new Map<R, Variable>()
  for (const rule of rules) {
    const variable = newVariable(engine, 2)
    ruleAt.set(variable, rule)
    switchOf.set(rule, variable)
    addRule(rule, variable)
  }

  function* ask(kept: readonly R[]): Task<Failure<R>> {
    const assumed = kept.map((rule) => switchOf.get(rule)!)
    const result = search(engine, assumed, newestFirst(engine, packageAt), Math.max(0, budget - engine.steps))
    if (result.kind !== 'failed') return { kind: result.kind === 'found' ? 'holds' : 'undecided' }
    return { kind: 'fails', core: result.assumptions.flatMap((variable) => ruleAt.get(variable) ?? []) }
  }

  const whole = finish(ask(rules))
  if (whole.kind !== 'fails') return undefined
  const core = new Set(whole.core.map(({ group }) => group))
  const groups = [...new Set(rules.map(({ group }) => group))].filter((group) => core.has(group))
  const rulesIn = (kept: readonly string[]) => rules.filter(({ group }) => kept.includes(group))
  const needed = rulesIn(finish(shrink(groups, (kept) => askGroups(ask(rulesIn(kept))))).items)
  return needed.length > mostTried ? needed : finish(shrink(needed, ask)).items
}

function* askGroups(task: Task<Failure<Rule>>): Task<Failure<string>> {
  const answer = yield* task
  return answer.kind === 'fails' ? { kind: 'fails', core: answer.core.map(({ group }) => group) } : answer
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

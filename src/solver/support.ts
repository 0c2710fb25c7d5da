import { specifierSetContains } from '#pep/specifier-set.js'
import { type Bitset, complementOf, hasRank, setOf } from './bitset.js'
import { backtrack, isFalse, isTrue, rankOf, type Term, type Variable } from './engine.js'
import type { Package } from './packages.js'
import { addClause, type Move, OFF } from './search.js'
import { type DemandRecord, expand, isExpanded, newBoolean, type Universe } from './universe.js'

/** What is needed in a finished search: reached from the assumed lines by demands that count. */
interface Founded {
  readonly packages: ReadonlySet<Package>
  readonly booleans: ReadonlySet<Variable>
}

/**
 * Versions that may be chosen only because of what else is chosen: a pre-release, if a demand that counts names
 * one or no final release is left by the demands that count (PEP 440, as pip has it); a yanked version, if a
 * demand that counts pins it (PEP 592). Whether there is such a demand can be seen only at the end of a search,
 * so it is checked there, and what was wrong becomes a clause. Such a clause rests on there being no other
 * demands than those known so far; it is therefore tied to an assumption that is dropped as soon as more are.
 */
export interface Support {
  /** To be called when everything is decided: `done` if everything chosen may be. */
  check(): Move
  /** To be called when more demands are known; true if the search has to start again. */
  expanded(): boolean
  /** To be called with failed assumptions; true if more facts are known now and the search is to be tried again. */
  reopen(failed: readonly Variable[]): boolean
  /** Whether finals are to be tried before pre-releases, as far as the demands known now go. */
  guardsPrereleases(pack: Package): boolean
  /** What an answer consists of, once `check` has said that the search is done. */
  needed(): Founded
}

export function openSupport(universe: Universe, assumed: Variable[], lines: ReadonlySet<Variable>): Support {
  const { engine, mode } = universe
  /** As the last `check` found it. */
  let needed: Founded = { packages: new Set(), booleans: new Set() }
  /** Stands for "no other demands are known than now"; made when first needed. */
  let closed: Variable | undefined

  function founded(): Founded {
    const packages = new Set<Package>()
    const booleans = new Set<Variable>(lines)
    const queue: Package[] = []
    const follow = (entries: readonly DemandRecord[] | undefined) => {
      for (const { target, extras, isPin, when } of entries ?? []) {
        if (isPin || when.some(({ variable }, i) => i > 0 && !booleans.has(variable))) continue
        // A distribution that is not known stays away where that gap is not to count.
        if (rankOf(engine, target.variable) <= 0) continue
        const isNew = !packages.has(target) || extras.some((extra) => !booleans.has(extra))
        if (!isNew) continue
        packages.add(target)
        for (const extra of extras) booleans.add(extra)
        queue.push(target)
      }
    }
    for (const line of lines) follow(universe.held.get(line)?.[1])
    for (let i = 0; i < queue.length; i++) {
      const { variable } = queue[i]!
      follow(universe.held.get(variable)?.[rankOf(engine, variable)])
    }
    return { packages, booleans }
  }

  function counts(entry: DemandRecord, { packages, booleans }: Founded): boolean {
    return entry.when.every(({ variable, set }) => {
      const pack = universe.packageAt[variable]
      return pack === undefined ? booleans.has(variable) : packages.has(pack) && isTrue(engine, variable, set)
    })
  }

  /** A line that was not asked about can lend no support. */
  function recordsOn(pack: Package): DemandRecord[] {
    return universe.records.get(pack)!.filter(({ when }) => {
      const { variable } = when[0]!
      return !universe.lineAt.has(variable) || lines.has(variable)
    })
  }

  /** Clauses that forbid what was chosen without support; none if everything has some. */
  function objections(found: Founded): Term[][] {
    const clauses: Term[][] = []
    for (const pack of found.packages) {
      const rank = rankOf(engine, pack.variable)
      if (hasRank(pack.prereleases, rank)) {
        for (const supports of prereleaseRules(pack))
          clauses.push(...objection(pack, pack.prereleases, supports, found))
      }
      if (hasRank(pack.yanked, rank)) {
        const pins = (entry: DemandRecord) => hasRank(entry.admitted, rank) && isPinning(entry)
        clauses.push(...objection(pack, setOf(pack.size, [rank]), pins, found))
      }
    }
    return clauses
  }

  /** Each rule has to be met by some demand that counts. */
  function prereleaseRules(pack: Package): ((entry: DemandRecord) => boolean)[] {
    const names = (entry: DemandRecord) => entry.specifiers.asksForPrereleases
    if (mode === 'explicit') return [(entry) => names(entry) && universe.lineAt.has(entry.when[0]!.variable)]
    if (mode !== 'pip') return []
    return pack.candidates.flatMap((_, i) => {
      const rank = i + 1
      if (hasRank(pack.prereleases, rank) || !fitsPython(universe, pack, rank)) return []
      return [(entry: DemandRecord) => names(entry) || !hasRank(entry.admitted, rank)]
    })
  }

  /** Nothing if a demand that counts supports the choice of one of `ranks`; else what would have to be otherwise. */
  function objection(
    pack: Package,
    ranks: Bitset,
    supports: (entry: DemandRecord) => boolean,
    found: Founded,
  ): Term[][] {
    const supporters = recordsOn(pack).filter(supports)
    if (supporters.some((entry) => counts(entry, found))) return []
    const terms = openTerms(supporters)
    const clause = [{ variable: pack.variable, set: complementOf(ranks, pack.size) }, ...terms]
    return terms.length === supporters.length ? [clause] : [clause, ...loops(found)]
  }

  /** For each demand that does not count, a condition of it that does not hold. */
  function openTerms(entries: readonly DemandRecord[]): Term[] {
    return entries.flatMap(({ when }) => {
      const open = when.find(({ variable, set }) => !isTrue(engine, variable, set))
      return open === undefined ? [] : [{ variable: open.variable, set: open.set }]
    })
  }

  /**
   * What is there without anybody needing it lends no support either: it may be there only if one of the demands
   * on it from outside counts (a loop formula of answer set programming).
   */
  function loops(found: Founded): Term[][] {
    const idle = new Set<Variable>()
    for (const variable of engine.required) {
      const pack = universe.packageAt[variable]
      const isExtra = universe.extraOwner.has(variable)
      if (pack === undefined ? isExtra && !found.booleans.has(variable) : !found.packages.has(pack))
        idle.add(variable)
    }
    const entries = [...idle].flatMap((variable) => {
      const pack = universe.packageAt[variable]
      if (pack !== undefined) return recordsOn(pack)
      const owner = universe.extraOwner.get(variable)
      return owner === undefined ? [] : recordsOn(owner).filter(({ extras }) => extras.includes(variable))
    })
    const outside = openTerms(
      entries.filter(({ when, isPin }) => !isPin && when.every((c) => !idle.has(c.variable))),
    )
    return [...idle].map((variable) => {
      const pack = universe.packageAt[variable]
      const absent = pack === undefined ? OFF : setOf(pack.size, [0])
      return [{ variable, set: absent }, ...outside]
    })
  }

  return {
    check() {
      needed = founded()
      const clauses = objections(needed)
      if (clauses.length === 0) return { kind: 'done' }
      // What nobody needs is left out of an answer, so it is decided that it is not there before that counts.
      for (const { variable, set } of clauses.flat()) {
        if (!isFalse(engine, variable, set) && rankOf(engine, variable) < 0) {
          return { kind: 'decide', variable, rank: 0 }
        }
      }
      if (closed === undefined) {
        closed = newBoolean(universe)
        assumed.push(closed)
      }
      backtrack(engine, 0)
      for (const terms of clauses) addClause(engine, [...terms, { variable: closed, set: OFF }])
      return { kind: 'again' }
    },
    expanded: forget,
    reopen(failed) {
      if (closed === undefined || !failed.includes(closed)) return false
      backtrack(engine, 0)
      if (!expandAll(universe)) return false
      forget()
      return true
    },
    guardsPrereleases(pack) {
      if (mode === 'allow') return false
      return !recordsOn(pack).some(
        ({ specifiers, when }) =>
          specifiers.asksForPrereleases && when.every(({ variable, set }) => isTrue(engine, variable, set)),
      )
    },
    needed: () => needed,
  }

  function forget(): boolean {
    if (closed === undefined) return false
    assumed.splice(assumed.indexOf(closed), 1)
    closed = undefined
    return true
  }
}

/** PEP 592: `==` without a wildcard, or `===`. */
function isPinning({ specifiers }: DemandRecord): boolean {
  return specifiers.specifiers.some(
    ({ operator, version }) => operator === '===' || (operator === '==' && !version.endsWith('.*')),
  )
}

function fitsPython(universe: Universe, pack: Package, rank: number): boolean {
  const candidate = pack.candidates[rank - 1]!
  const facts = universe.facts.release(pack.name, candidate.version)
  return [candidate.requiresPython, facts?.requiresPython].every(
    (set) => set === undefined || specifierSetContains(set, universe.python, true),
  )
}

/** Makes clauses of every version that can be reached by facts that are loaded; true if there were more. */
function expandAll(universe: Universe): boolean {
  let hasMore = false
  for (const pack of universe.packages.values()) {
    for (let rank = 1; rank < pack.size; rank++) {
      const facts = universe.facts.release(pack.name, pack.candidates[rank - 1]!.version)
      for (const extra of new Set(['', ...(facts?.demands ?? []).map(({ underExtra = '' }) => underExtra)])) {
        if (!isExpanded(pack, rank, extra) && expand(universe, pack, rank, extra)) hasMore = true
      }
    }
  }
  universe.needNames.clear()
  universe.needReleases.clear()
  return hasMore
}

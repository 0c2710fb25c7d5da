import type { DistributionName } from '#pep/name.js'
import { specifierSetContains } from '#pep/specifier-set.js'
import { addRank, emptySet, hasRank, isEmptySet } from './bitset.js'
import type { CodeNeed, Demand } from './facts.js'
import { isInput } from './minimal.js'
import { admittedBy, allBut, orAbsent } from './packages.js'
import type { Line } from './problem.js'
import type { ProofTerm, Rule } from './proof.js'
import { isExpanded, type Universe } from './universe.js'

/** A fact of the catalog as a rule of a proof. */
export interface FactRule extends Rule {
  readonly kind: 'demand' | 'code' | 'python' | 'guarded'
  readonly specifiers: string
  readonly demand?: Demand
  readonly need?: CodeNeed
}

/** The distribution that a rule bounds, other than its holder. */
export function targetOf({ demand, need }: FactRule): DistributionName | undefined {
  return demand?.name ?? need?.name
}

/** What a line says of distributions. */
export function givenBy(universe: Universe, line: Line): ProofTerm[] {
  const pack = universe.packages.get(line.name)
  if (pack === undefined) return []
  if (line.kind === 'gap') {
    const rank = pack.candidates.findIndex(({ version }) => line.text === `${line.name} ${version}`) + 1
    return rank === 0 ? [] : [{ pack, set: allBut(pack, rank) }]
  }
  const admitted = admittedBy(pack, line.specifiers)
  if (line.kind === 'pin') return [{ pack, set: orAbsent(admitted) }]
  return [{ pack, set: admitted }, ...line.extras.map((extra) => ({ pack, extra }))]
}

/** The facts that can be reached from the lines, versions that say the same taken together. */
export function rulesFrom(universe: Universe, lines: readonly Line[]): FactRule[] {
  const python = lines.some(({ kind }) => kind === 'python')
  const unknown = new Set(
    lines.filter(({ kind, text, name }) => kind === 'gap' && text === name).map(({ name }) => name),
  )
  const rules: FactRule[] = []
  const reached = new Set(lines.map(({ name }) => name))
  for (const name of reached) {
    const pack = universe.packages.get(name)
    if (pack === undefined) continue
    const byText = new Map<string, FactRule>()
    const add = (key: string, rank: number, make: () => Omit<FactRule, 'holder' | 'ranks'>) => {
      const rule = byText.get(key) ?? { ...make(), holder: pack, ranks: emptySet(pack.size) }
      byText.set(key, rule)
      addRank(rule.ranks, rank)
    }
    const bounds = lines.filter((line) => line.name === name && isInput(line))
    const left = bounds.map((line) => admittedBy(pack, line.specifiers))
    for (let rank = pack.size - 1; rank > 0; rank--) {
      // Versions that the lines exclude have no part in why the others are excluded too.
      if (left.some((admitted) => !hasRank(admitted, rank))) continue
      const { version, requiresPython } = pack.candidates[rank - 1]!
      const facts = isExpanded(pack, rank) ? universe.facts.release(name, version) : undefined
      for (const set of python ? [requiresPython, facts?.requiresPython] : []) {
        if (set === undefined || specifierSetContains(set, universe.python, true)) continue
        add(`python ${set.text}`, rank, () => ({
          kind: 'python',
          specifiers: set.text,
          group: `${name} python`,
        }))
      }
      for (const demand of facts?.demands ?? []) {
        const target = universe.packages.get(demand.name)
        if (target === undefined || (target.candidates.length === 0 && !unknown.has(demand.name))) continue
        reached.add(demand.name)
        const under = demand.underExtra === undefined ? {} : { underExtra: demand.underExtra }
        const { text } = demand.specifiers
        const own = (what: string, consequence: ProofTerm) => {
          const group = `${name} ${demand.name} ${what} ${demand.underExtra ?? ''}`
          add(`${group} ${text}`, rank, () => ({
            kind: 'demand',
            specifiers: text,
            demand,
            ...under,
            consequence,
            group,
          }))
        }
        own('', { pack: target, set: admittedBy(target, demand.specifiers) })
        for (const extra of demand.extras) own(extra, { pack: target, extra })
      }
      for (const need of facts?.code ?? []) {
        const target = universe.packages.get(need.name)
        if (target === undefined || target.candidates.length === 0) continue
        const group = `${name} ${need.name} code ${need.needs}`
        const { text } = need.specifiers
        const set = orAbsent(admittedBy(target, need.specifiers))
        const consequence = { pack: target, set }
        add(`${group} ${text}`, rank, () => ({ kind: 'code', specifiers: text, need, consequence, group }))
      }
    }
    rules.push(...byText.values())
  }
  return rules
}

/** Versions that may be chosen only because of what else is chosen, as if nothing else spoke for them. */
export function guards(universe: Universe, rules: readonly FactRule[]): FactRule[] {
  const packs = new Set([...universe.packages.values()])
  for (const { holder } of rules) packs.add(holder)
  return [...packs].flatMap((holder) => {
    const sets = universe.mode === 'allow' ? [holder.yanked] : [holder.prereleases, holder.yanked]
    return sets
      .filter((ranks) => !isEmptySet(ranks))
      .map(
        (ranks): FactRule => ({
          kind: 'guarded',
          holder,
          ranks,
          specifiers: '',
          group: `${holder.name} guarded`,
        }),
      )
  })
}

import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import { parseSpecifierSet, type SpecifierSet } from '#pep/specifier-set.js'
import { hasRank, ranksOf } from './bitset.js'
import { type FactRule, givenBy, guards, rulesFrom, targetOf } from './fact-rules.js'
import type { Demand } from './facts.js'
import { isInput, type MinimalConflict } from './minimal.js'
import { admittedBy, anyVersion, type Package } from './packages.js'
import type { Line } from './problem.js'
import { neededRules } from './proof.js'
import type { Session } from './session.js'
import type { Universe } from './universe.js'

/** A fact of the catalog that has a part in a conflict: why lines that do not touch each other still clash. */
export interface Fact {
  /**
   * `demand`: these versions demand the target; `code`: their code needs a name that only some versions of the
   * target have; `python`: they refuse the Python; `guarded`: they are pre-releases that nothing names, or yanked
   * and not pinned, so they may not be chosen.
   */
  readonly kind: 'demand' | 'code' | 'python' | 'guarded'
  readonly holder: DistributionName
  /** Those that the lines leave, oldest first. */
  readonly versions: readonly string[]
  /** As in the metadata, without blanks and marker: `>=2.0` of the target, or of the Python. */
  readonly specifiers: string
  readonly target?: DistributionName
  readonly underExtra?: string
  /** Place in Requires-Dist of the newest of these versions. */
  readonly index?: number
  /** Of `code`: the name, and the line of the newest of these versions that uses it first. */
  readonly needs?: string
  readonly at?: Origin
}

/** Facts that together with the lines of a conflict leave no choice; each is needed for that. */
export interface Explanation {
  /** From the lines on, nearest first. */
  readonly facts: readonly Fact[]
  /** The distribution of which no version is left, and its known versions. */
  readonly clash: { readonly name: DistributionName; readonly known: readonly string[] }
  /** Of lines and facts that bound it by several specifiers: the one that alone refuses what the others leave. */
  readonly binding: ReadonlyMap<Line | Fact, string>
}

/** Why the lines of a conflict cannot hold together; undefined only if the budget of the proof ends first. */
export function explain({ universe }: Session, { lines }: MinimalConflict): Explanation | undefined {
  const given = lines.flatMap((line) => givenBy(universe, line))
  const rules = rulesFrom(universe, lines)
  const needed = neededRules(given, rules) ?? neededRules(given, [...rules, ...guards(universe, rules)])
  if (needed === undefined) return undefined
  const ordered = inOrder(lines, needed)
  const facts = ordered.map((rule) => factOf(universe, rule))
  const clash = clashOf(universe, lines, ordered)
  return { facts, clash, binding: bindingOf(universe, clash.name, lines, facts) }
}

/** By distance from the lines. */
function inOrder(lines: readonly Line[], rules: readonly FactRule[]): FactRule[] {
  const reached = new Set(lines.map(({ name }) => name))
  for (const name of reached) {
    for (const { holder, demand } of rules)
      if (holder.name === name && demand !== undefined) reached.add(demand.name)
  }
  const places = [...reached]
  const place = (rule: FactRule) => {
    const index = places.indexOf(rule.holder.name)
    return index < 0 ? places.length : index
  }
  return [...rules].sort((a, b) => place(a) - place(b))
}

function factOf(universe: Universe, rule: FactRule): Fact {
  const { holder, kind, specifiers, demand, need } = rule
  const ranks = ranksOf(rule.ranks)
  const versions = ranks.map((rank) => holder.candidates[rank - 1]!.version)
  return {
    kind,
    holder: holder.name,
    versions,
    specifiers,
    ...(demand !== undefined && {
      target: demand.name,
      index: indexIn(universe, holder, versions.at(-1), demand),
      ...(demand.underExtra !== undefined && { underExtra: demand.underExtra }),
    }),
    // Rules are gathered from the newest version on, so the line is the newest's.
    ...(need !== undefined && { target: need.name, needs: need.needs, at: need.at }),
  }
}

/** The same demand stands in different places of the metadata of different versions. */
function indexIn(universe: Universe, holder: Package, version: string | undefined, demand: Demand): number {
  const facts = version === undefined ? undefined : universe.facts.release(holder.name, version)
  const same = facts?.demands.find(
    ({ name, specifiers, underExtra }) =>
      name === demand.name && specifiers.text === demand.specifiers.text && underExtra === demand.underExtra,
  )
  return (same ?? demand).index
}

/** The distribution that most of the lines and facts speak about, the last of them where several do. */
function clashOf(
  universe: Universe,
  lines: readonly Line[],
  rules: readonly FactRule[],
): Explanation['clash'] {
  const counts = new Map<DistributionName, number>()
  const seen = new Set<string>()
  const spokenOf = lines.flatMap(({ kind, name }) => (kind === 'python' ? [] : [name]))
  for (const rule of rules) {
    if (!seen.has(rule.group)) spokenOf.push(targetOf(rule) ?? rule.holder.name)
    seen.add(rule.group)
  }
  for (const name of spokenOf) {
    const count = (counts.get(name) ?? 0) + 1
    counts.delete(name)
    counts.set(name, count)
  }
  const most = Math.max(...counts.values())
  const name = [...counts].findLast(([, count]) => count === most)![0]
  const known = universe.packages.get(name)?.candidates.map(({ version }) => version) ?? []
  return { name, known }
}

function bindingOf(
  universe: Universe,
  name: DistributionName,
  lines: readonly Line[],
  facts: readonly Fact[],
): Map<Line | Fact, string> {
  const pack = universe.packages.get(name)
  const bounds: { item: Line | Fact; set: SpecifierSet }[] = [
    ...lines.flatMap((item) => (item.name === name && isInput(item) ? [{ item, set: item.specifiers }] : [])),
    ...facts.flatMap((item) =>
      item.target === name ? [{ item, set: parseSpecifierSet(item.specifiers) }] : [],
    ),
  ]
  const binding = new Map<Line | Fact, string>()
  for (const { item, set } of pack === undefined ? [] : bounds) {
    if (set.specifiers.length < 2) continue
    const others = bounds.filter((bound) => bound.item !== item).map((bound) => admittedBy(pack!, bound.set))
    const left = ranksOf(anyVersion(pack!)).filter((rank) =>
      others.every((admitted) => hasRank(admitted, rank)),
    )
    const refuses = set.specifiers
      .map(({ operator, version }) => `${operator}${version}`)
      .find((text) => left.every((rank) => !hasRank(admittedBy(pack!, parseSpecifierSet(text)), rank)))
    if (refuses !== undefined && left.length > 0) binding.set(item, refuses)
  }
  return binding
}

import type { DistributionName } from '#pep/name.js'
import { parseSpecifierSet, type SpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { parseVersion, type Version } from '#pep/version.js'
import type { Bitset } from './bitset.js'
import { addRank, emptySet, hasRank, setOf } from './bitset.js'
import { createEngine, type Engine, newVariable, type Variable } from './engine.js'
import type { Facts, VersionFacts } from './facts.js'
import { admittedBy, allBut, anyVersion, orAbsent, ordered, type Package, packageOf } from './packages.js'
import type { Line, PrereleaseMode } from './problem.js'
import { addClause, addImplication, type Condition, OFF, ON } from './search.js'

/** One demand on a distribution that has become a clause, with what makes it count: all of `when`. */
export interface DemandRecord {
  readonly target: Package
  readonly admitted: Bitset
  readonly specifiers: SpecifierSet
  readonly extras: readonly Variable[]
  /** Limits the distribution without asking for it. */
  readonly isPin: boolean
  /** The first is the holder: a line, or a version of a distribution. */
  readonly when: readonly Condition[]
}

/** The facts as variables and clauses, made as the search comes across them. */
export interface Universe {
  readonly engine: Engine
  readonly facts: Facts
  readonly mode: PrereleaseMode
  readonly python: Version
  readonly pythonLine: Line
  readonly packages: Map<DistributionName, Package>
  /** The distribution of a variable; undefined for boolean variables. */
  readonly packageAt: (Package | undefined)[]
  readonly variables: Map<string, Variable>
  readonly lineAt: Map<Variable, Line>
  readonly gaps: Line[]
  /** Pins of distributions that nothing has asked for yet: most lines of a constraints file stay here. */
  readonly idlePins: Map<DistributionName, Line[]>
  /** Demands by what they are on, and by what holds them: `held[variable][rank]`. */
  readonly records: Map<Package, DemandRecord[]>
  readonly held: Map<Variable, DemandRecord[][]>
  readonly extraOwner: Map<Variable, Package>
  readonly needNames: Set<DistributionName>
  readonly needReleases: Map<string, { name: DistributionName; version: string }>
}

export interface UniverseOptions {
  readonly facts: Facts
  /** The full version of the Python, `3.11.13`. */
  readonly python: string
  readonly prereleases: PrereleaseMode
  /** What asked for this Python. */
  readonly pythonLine: Line
}

export function createUniverse({ facts, python, prereleases, pythonLine }: UniverseOptions): Universe {
  const universe: Universe = {
    engine: createEngine(),
    facts,
    mode: prereleases,
    python: parseVersion(python),
    pythonLine,
    packages: new Map(),
    packageAt: [],
    variables: new Map(),
    lineAt: new Map(),
    gaps: [],
    idlePins: new Map(),
    records: new Map(),
    held: new Map(),
    extraOwner: new Map(),
    needNames: new Set(),
    needReleases: new Map(),
  }
  lineVariable(universe, pythonLine)
  return universe
}

export function newBoolean(universe: Universe): Variable {
  universe.packageAt.push(undefined)
  return newVariable(universe.engine, 2)
}

/** The variable of a line; the line's own clauses come with `addLine`, when its distribution is known. */
export function lineVariable(universe: Universe, line: Line): Variable {
  const known = universe.variables.get(line.key)
  if (known !== undefined) return known
  const variable = newBoolean(universe)
  universe.variables.set(line.key, variable)
  universe.lineAt.set(variable, line)
  return variable
}

/** The distribution as a variable, or undefined if its versions are not loaded yet; what is missing is noted. */
function packageNamed(universe: Universe, name: DistributionName): Package | undefined {
  const known = universe.packages.get(name)
  if (known !== undefined) return known
  const candidates = universe.facts.candidates(name)
  if (candidates === undefined) {
    universe.needNames.add(name)
    return undefined
  }
  const versions = ordered(candidates)
  const variable = newVariable(universe.engine, versions.length + 1)
  const pack = packageOf(name, versions, variable)
  universe.packages.set(name, pack)
  universe.packageAt.push(pack)
  universe.records.set(pack, [])
  limitToPython(universe, pack)
  if (universe.mode === 'disallow') forbid(universe, pack, pack.prereleases)
  for (const line of universe.idlePins.get(name) ?? []) addPin(universe, pack, line)
  universe.idlePins.delete(name)
  return pack
}

/** Requires-Python that is known without metadata: one clause for the whole distribution. */
function limitToPython(universe: Universe, pack: Package): void {
  const fitting = emptySet(pack.size)
  addRank(fitting, 0)
  pack.candidates.forEach(({ requiresPython }, i) => {
    if (requiresPython === undefined || specifierSetContains(requiresPython, universe.python, true)) {
      addRank(fitting, i + 1)
    }
  })
  const python = switchedOn(lineVariable(universe, universe.pythonLine))
  addImplication(universe.engine, [python], { variable: pack.variable, set: fitting })
}

function forbid(universe: Universe, pack: Package, ranks: Bitset): void {
  const rest = orAbsent(anyVersion(pack))
  for (let i = 0; i < rest.length; i++) rest[i]! &= ~ranks[i]!
  addClause(universe.engine, [{ variable: pack.variable, set: rest }])
}

/** Puts a line's own clauses in; false if its distribution is not loaded yet. A pin alone loads nothing. */
export function addLine(universe: Universe, line: Line): boolean {
  if (universe.variables.has(line.key)) return true
  if (line.kind === 'pin') {
    const pinned = universe.packages.get(line.name)
    if (pinned === undefined) addIdlePin(universe, line)
    else addPin(universe, pinned, line)
    return true
  }
  const target = packageNamed(universe, line.name)
  if (target === undefined) return false
  addDemand(universe, target, line.specifiers, line.extras, [switchedOn(lineVariable(universe, line))])
  return true
}

function addIdlePin(universe: Universe, line: Line): void {
  lineVariable(universe, line)
  const others = universe.idlePins.get(line.name)
  if (others === undefined) universe.idlePins.set(line.name, [line])
  else others.push(line)
}

function addPin(universe: Universe, target: Package, line: Line): void {
  addLimit(universe, target, line.specifiers, [switchedOn(lineVariable(universe, line))])
}

/** If the target is there, then in a version that the specifiers admit. */
function addLimit(
  universe: Universe,
  target: Package,
  specifiers: SpecifierSet,
  when: readonly Condition[],
): void {
  const admitted = admittedBy(target, specifiers)
  record(universe, { target, admitted, specifiers, extras: [], isPin: true, when })
  addImplication(universe.engine, when, { variable: target.variable, set: orAbsent(admitted) })
}

/** Whether what one version demands, under an extra or (`''`) in any case, has become clauses. */
export function isExpanded(pack: Package, rank: number, extra = ''): boolean {
  const ranks = pack.expanded.get(extra)
  return ranks !== undefined && hasRank(ranks, rank)
}

/**
 * Makes clauses of what one version demands, under an extra or (`''`) in any case; false if something of it is not
 * loaded yet. What only extras demand waits until they are wanted: most of it are the tools of tests.
 */
export function expand(universe: Universe, pack: Package, rank: number, extra = ''): boolean {
  const { version } = pack.candidates[rank - 1]!
  const facts = universe.facts.release(pack.name, version)
  if (facts === undefined) {
    universe.needReleases.set(`${pack.name} ${version}`, { name: pack.name, version })
    return false
  }
  const demands = facts.demands.filter(({ underExtra = '' }) => underExtra === extra)
  let isReady = true
  const code = extra === '' ? (facts.code ?? []) : []
  for (const { name } of [...demands, ...code])
    if (packageNamed(universe, name) === undefined) isReady = false
  if (!isReady) return false
  const when = [versionIs(pack, rank)]
  if (extra === '') addReleaseClauses(universe, pack, rank, facts)
  else when.push(switchedOn(extraVariable(universe, pack, extra)))
  const ranks = pack.expanded.get(extra) ?? emptySet(pack.size)
  pack.expanded.set(extra, ranks)
  addRank(ranks, rank)
  for (const { name, specifiers, extras } of demands) {
    addDemand(universe, packageNamed(universe, name)!, specifiers, extras, when)
  }
  for (const { name, specifiers } of code) addLimit(universe, packageNamed(universe, name)!, specifiers, when)
  return true
}

function addReleaseClauses(universe: Universe, pack: Package, rank: number, facts: VersionFacts): void {
  const { requiresPython } = facts
  const when = [versionIs(pack, rank)]
  if (requiresPython !== undefined && !specifierSetContains(requiresPython, universe.python, true)) {
    const variable = lineVariable(universe, universe.pythonLine)
    addImplication(universe.engine, when, { variable, set: OFF })
  }
  if (facts.trouble !== undefined) {
    const place = `${pack.name} ${pack.candidates[rank - 1]!.version}`
    addImplication(universe.engine, when, {
      variable: gapVariable(universe, place, pack.name, facts),
      set: OFF,
    })
  }
}

function extraVariable(universe: Universe, pack: Package, extra: string): Variable {
  const known = pack.extras.get(extra)
  if (known !== undefined) return known
  const variable = newBoolean(universe)
  pack.extras.set(extra, variable)
  universe.extraOwner.set(variable, pack)
  return variable
}

function addDemand(
  universe: Universe,
  target: Package,
  specifiers: SpecifierSet,
  extras: readonly string[],
  when: readonly Condition[],
): void {
  const admitted = admittedBy(target, specifiers)
  const wanted = extras.map((extra) => extraVariable(universe, target, extra))
  record(universe, { target, admitted, specifiers, extras: wanted, isPin: false, when })
  const head =
    target.candidates.length === 0
      ? { variable: absentName(universe, target.name), set: OFF }
      : { variable: target.variable, set: admitted }
  addImplication(universe.engine, when, head)
  for (const variable of wanted) addImplication(universe.engine, when, { variable, set: ON })
}

function record(universe: Universe, entry: DemandRecord): void {
  universe.records.get(entry.target)!.push(entry)
  const { variable, rank } = entry.when[0]!
  const byRank = universe.held.get(variable) ?? []
  universe.held.set(variable, byRank)
  const list = byRank[rank] ?? []
  byRank[rank] = list
  list.push(entry)
}

function switchedOn(variable: Variable): Condition {
  return { variable, rank: 1, set: ON, negation: OFF }
}

function versionIs(pack: Package, rank: number): Condition {
  return { variable: pack.variable, rank, set: setOf(pack.size, [rank]), negation: allBut(pack, rank) }
}

function absentName(universe: Universe, name: DistributionName): Variable {
  const isMissing = !universe.facts.knowsAllNames
  const trouble = isMissing ? 'no such distribution is known' : 'there is no such distribution'
  return gapVariable(universe, name, name, { trouble, isMissing })
}

/** A line for a fact that is missing: an answer that rests on it has to say so. */
function gapVariable(
  universe: Universe,
  place: string,
  name: DistributionName,
  { trouble, isMissing = false }: { readonly trouble?: string; readonly isMissing?: boolean },
): Variable {
  const key = `gap ${place}`
  const known = universe.variables.get(key)
  if (known !== undefined) return known
  const line: Line = {
    key,
    kind: 'gap',
    name,
    extras: [],
    specifiers: parseSpecifierSet(''),
    text: place,
    by: 'catalog',
    ...(trouble !== undefined && { trouble }),
    isMissing,
  }
  universe.gaps.push(line)
  return lineVariable(universe, line)
}

import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import {
  type Closure,
  closure,
  distributionsOf,
  type Member,
  type Pins,
  supplierOf,
} from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import type { Candidate, Cell } from './analysis.js'
import { brokenFinding, brokenNames } from './broken-import.js'
import { type Hit, type Host, isRefused, jumpBetween, pythonHit, refusesPython, toFinding } from './check.js'
import type { Finding, Fix, Jump } from './finding.js'
import type { AsRun } from './needed-names.js'
import { type ChangeProblem, smallestChange } from './smallest-change.js'

/** A pin of the host that moves. */
export interface Move {
  readonly distribution: DistributionName
  readonly from: string
  /** Where the host's pin stands. */
  readonly at?: Origin
  readonly to: string
  readonly jump: Jump
  /** To a newer version; else the host's is held back. */
  readonly up: boolean
}

/** A service of the host that has moved pins in its closure. */
export interface Disturbed {
  readonly service: string
  readonly release: string
  /** The moved pins that it holds. */
  readonly holds: readonly DistributionName[]
  /** Its demands that the moved pins refuse, and those that they make: as declared, nobody has run it. */
  readonly refused: readonly Finding[]
}

/** Question 2: the smallest change of the host that lets the service run, and whom it disturbs. */
export type Radius =
  | {
      readonly kind: 'moves'
      readonly moves: readonly Move[]
      /** Distributions that the host does not pin, where another version than usual has to come. */
      readonly adds: ReadonlyMap<DistributionName, string>
      /** Proved: no smaller number of pins will do. */
      readonly exact: boolean
      /** The number of pins that have to move at least; that of `moves` if `exact`. */
      readonly atLeast: number
      /** None where it is not known who else is on the host. */
      readonly disturbs: readonly Disturbed[] | undefined
      /**
       * Where the moves break code of other services: the smallest change that breaks none, by holding back what
       * they need; undefined where none is known.
       */
      readonly sparing?: readonly Move[] | undefined
    }
  /** No versions known will do; `by` where one demand says so alone. */
  | { readonly kind: 'none'; readonly by: Finding | undefined }
  | { readonly kind: 'undecided'; readonly atLeast: number }

export interface RadiusOptions {
  readonly facts: ClosureFacts
  /** The services that run on a host, at its release; none where that is not known. */
  on(host: Host): readonly Candidate[] | undefined
  /** Closures walked for one cell. */
  readonly budget: number
  /** What is known of code: with it a service is broken, too, by a name that is gone. */
  readonly asRun?: AsRun
}

/** Closures walked for the one cell of a question, and for each of many. Real hops take 2, and 50 at worst. */
export const cellBudget = 2000
export const matrixBudget = 200

function walkOn(candidate: Candidate, host: Host, pins: Pins, facts: ClosureFacts): Closure {
  const { environment } = host
  const ownPins = candidate.ownPins(environment)
  const known = ownPins === undefined ? {} : { ownPins }
  return closure({ root: candidate.root, pins, environment, facts, ...known })
}

/** The errors of a closure, by the rules of question 1 and without the notes that go with them. */
function errorsOf(
  walked: Closure,
  candidate: Candidate,
  host: Host,
  { asRun }: Pick<RadiusOptions, 'asRun'>,
): readonly Finding[] {
  const ownPins = candidate.ownPins(host.environment)
  const errors: Finding[] = []
  const tell = (hit: Hit, member: Member) =>
    errors.push(toFinding(hit, member, walked, host, candidate.release, ownPins))
  for (const member of walked.members) {
    if (refusesPython(member)) tell(pythonHit, member)
    for (const demand of member.set.demands) {
      const supply = supplierOf(walked, demand)
      if (isRefused(demand, supply)) tell({ ...pythonHit, rule: 'collision', demand, supply }, member)
    }
  }
  if (asRun !== undefined)
    for (const broken of brokenNames(walked, asRun, false))
      if (broken.need.level === 'error')
        errors.push(brokenFinding(broken, walked, host, candidate.release, asRun))
  return errors
}

function withPins(pins: Pins, versions: ReadonlyMap<DistributionName, string>): Pins {
  const changed = new Map(pins)
  for (const [name, version] of versions) changed.set(name, { version })
  return changed
}

interface Neighbour {
  readonly candidate: Candidate
  readonly walked: Closure
  readonly errors: ReadonlySet<string>
  /** What changes came to before, by the part of them that it holds: many cells ask for the same few moves. */
  readonly known: Map<string, KnownMove[]>
}

/** A neighbour walked with a change. */
interface KnownMove {
  readonly versions: ReadonlyMap<DistributionName, string>
  /** What that walk met and the walk before it did not, or the host does not pin. */
  readonly beyond: ReadonlySet<DistributionName>
  readonly disturbed: Disturbed
}

const neighbours = new WeakMap<ClosureFacts, WeakMap<Pins, readonly Neighbour[]>>()

/** The services of a host with their closures: walked once for each host. */
function neighboursOn(host: Host, options: RadiusOptions): readonly Neighbour[] | undefined {
  const { facts, on } = options
  const ofFacts = neighbours.get(facts) ?? new WeakMap<Pins, readonly Neighbour[]>()
  neighbours.set(facts, ofFacts)
  const known = ofFacts.get(host.pins)
  if (known !== undefined) return known
  const made = on(host)?.map((candidate): Neighbour => {
    const walked = walkOn(candidate, host, host.pins, facts)
    return {
      candidate,
      walked,
      errors: new Set(errorsOf(walked, candidate, host, options).map(({ id }) => id)),
      known: new Map(),
    }
  })
  if (made !== undefined) ofFacts.set(host.pins, made)
  return made
}

/** Who else holds the moved pins, and whether what it declares still holds after the move. */
function disturbedBy(
  cell: Cell,
  versions: ReadonlyMap<DistributionName, string>,
  options: RadiusOptions,
): readonly Disturbed[] | undefined {
  const { host } = cell
  const pins = withPins(host.pins, versions)
  const names = [...versions.keys()].filter((name) => host.pins.has(name)).sort()
  return neighboursOn(host, options)?.flatMap((neighbour) => {
    if (neighbour.candidate.service === cell.candidate.service) return []
    const here = distributionsOf(neighbour.walked)
    const holds = names.filter((name) => here.has(name))
    return holds.length === 0 ? [] : [movedUnder(neighbour, holds, versions, host, pins, options)]
  })
}

/**
 * What a change does to a neighbour that holds some of its names. A walk depends on the versions of the names that it
 * meets and on nothing else, so it is done once for all changes that agree on these.
 */
function movedUnder(
  { candidate, walked, errors, known }: Neighbour,
  holds: readonly DistributionName[],
  versions: ReadonlyMap<DistributionName, string>,
  host: Host,
  pins: Pins,
  options: RadiusOptions,
): Disturbed {
  const key = holds.map((name) => `${name} ${versions.get(name)}`).join()
  const moves = known.get(key) ?? []
  known.set(key, moves)
  const before = moves.find((one) =>
    [...versions.keys(), ...one.versions.keys()].every(
      (name) => !one.beyond.has(name) || versions.get(name) === one.versions.get(name),
    ),
  )
  if (before !== undefined) return before.disturbed
  const after = walkOn(candidate, host, pins, options.facts)
  const refused = errorsOf(after, candidate, host, options).filter(({ id }) => !errors.has(id))
  const disturbed = { service: candidate.service, release: candidate.release!, holds, refused }
  const here = distributionsOf(walked)
  const met = [...distributionsOf(after).keys()]
  const beyond = new Set(met.filter((name) => !here.has(name) || !host.pins.has(name)))
  moves.push({ versions, beyond, disturbed })
  return disturbed
}

/** The smallest change for one cell; none where the cell has no error, or is undecided itself. */
export function radiusOf(cell: Cell, options: RadiusOptions): Radius | undefined {
  const { candidate, host } = cell
  if (cell.undecided.length > 0 || !cell.findings.some(({ level }) => level === 'error')) return undefined
  const ownPins = candidate.ownPins(host.environment)
  const { facts, budget } = options
  const { environment, pins } = host
  const change = smallestChange({ root: candidate.root, pins, ownPins, environment, facts, budget })
  if (change.kind === 'undecided') return change
  if (change.kind === 'none') {
    const { by } = change
    const refusal = by && errorsOf(walkOn(candidate, host, pins, facts), candidate, host, options)
    const name = by?.demand?.target ?? by?.member.name
    return { kind: 'none', by: refusal?.find(({ distribution }) => distribution === name) }
  }
  const { versions, exact, atLeast } = change
  const ask = { root: candidate.root, pins, ownPins, environment, facts, budget }
  const left = errorsOf(walkOn(candidate, host, withPins(pins, versions), facts), candidate, host, options)
  // The search ends on a walk without an error: this one goes the way of `analyze` itself.
  if (left.length > 0) return { kind: 'undecided', atLeast }
  const { moves, adds } = movesOf(pins, versions)
  const disturbs = disturbedBy(cell, versions, options)
  return {
    kind: 'moves',
    moves,
    adds,
    exact,
    atLeast,
    disturbs,
    ...(disturbs?.some(({ refused }) => refused.some(({ rule }) => rule === 'broken-import'))
      ? { sparing: sparingOthers(cell, ask, options) }
      : {}),
  }
}

function isNewer(one: string, other: string): boolean {
  const a = tryParseVersion(one)
  const b = tryParseVersion(other)
  return a !== undefined && b !== undefined && compareVersions(a, b) > 0
}

function movesOf(
  pins: Pins,
  versions: ReadonlyMap<DistributionName, string>,
): { readonly moves: readonly Move[]; readonly adds: ReadonlyMap<DistributionName, string> } {
  const moves: Move[] = []
  const adds = new Map<DistributionName, string>()
  for (const [name, to] of [...versions].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const pin = pins.get(name)
    if (pin === undefined) {
      adds.set(name, to)
      continue
    }
    const jump = jumpBetween(pin.version, to)
    moves.push({
      distribution: name,
      from: pin.version,
      ...(pin.at === undefined ? {} : { at: pin.at }),
      to,
      jump: jump === 'same' ? 'patch' : jump,
      up: isNewer(to, pin.version),
    })
  }
  return { moves, adds }
}

/** The smallest change whose versions have every name that the code of the other services needs. */
function sparingOthers(cell: Cell, ask: ChangeProblem, options: RadiusOptions): readonly Move[] | undefined {
  const { asRun } = options
  const others = (neighboursOn(cell.host, options) ?? []).filter(
    ({ candidate }) => candidate.service !== cell.candidate.service,
  )
  const needs = others.flatMap(({ candidate: { root } }) => {
    const { distribution } = root
    return (distribution && asRun?.needs(distribution.name, distribution.version)) ?? []
  })
  const change = smallestChange({
    ...ask,
    mayBe: (name, version) =>
      needs.every((ofService) =>
        (ofService.get(name)?.lackedBy(version) ?? []).every(({ level }) => level !== 'error'),
      ),
  })
  if (change.kind !== 'found') return undefined
  const broken = disturbedBy(cell, change.versions, options)?.some(({ refused }) =>
    refused.some(({ rule }) => rule === 'broken-import'),
  )
  return broken === true ? undefined : movesOf(ask.pins, change.versions).moves
}

/**
 * For each error the moves that it needs, of those that the cell needs: without any one of them the error stays
 * or another one comes. Found by walking the closure with those moves alone.
 */
function raisesFor(cell: Cell, radius: Radius, options: RadiusOptions): ReadonlyMap<string, Fix> {
  const fixes = new Map<string, Fix>()
  if (radius.kind !== 'moves') return fixes
  const { candidate, host } = cell
  const before = new Set(cell.findings.map(({ id }) => id))
  const versions = new Map([
    ...radius.adds,
    ...radius.moves.map(({ distribution, to }) => [distribution, to] as const),
  ])
  const helps = (id: string, names: readonly DistributionName[]): boolean => {
    const some = new Map(names.map((name) => [name, versions.get(name)!]))
    const walked = walkOn(candidate, host, withPins(host.pins, some), options.facts)
    const left = errorsOf(walked, candidate, host, options)
    return left.every((error) => error.id !== id && before.has(error.id))
  }
  for (const { id, level, distribution } of cell.findings) {
    if (level !== 'error') continue
    let names: readonly DistributionName[] = versions.has(distribution) ? [distribution] : []
    if (names.length === 0 || !helps(id, names)) {
      names = [...versions.keys()]
      for (const name of versions.keys()) {
        const fewer = names.filter((other) => other !== name)
        if (helps(id, fewer)) names = fewer
      }
    }
    const moved = new Set(names)
    const pins = radius.moves.flatMap(({ distribution: name, to }) =>
      moved.has(name) ? [[name, to] as const] : [],
    )
    const disturbs = radius.disturbs
      ?.filter(({ holds }) => holds.some((name) => moved.has(name)))
      .map(({ service }) => service)
    fixes.set(id, {
      kind: 'raise',
      pins: new Map(pins),
      ...(disturbs === undefined ? {} : { disturbs }),
      verified: true,
    })
  }
  return fixes
}

/** A cell with its blast radius. */
export function withRadius(cell: Cell, options: RadiusOptions): Cell {
  const radius = radiusOf(cell, options)
  return radius === undefined ? cell : { ...cell, radius }
}

/** A cell with its blast radius, and each error with the pins that would have to move for it. */
export function withRaises(cell: Cell, options: RadiusOptions): Cell {
  const radius = radiusOf(cell, options)
  if (radius === undefined) return cell
  const raises = raisesFor(cell, radius, options)
  const findings = cell.findings.map((finding) => {
    const raise = raises.get(finding.id)
    return raise === undefined ? finding : { ...finding, fixes: [...finding.fixes, raise] }
  })
  return { ...cell, radius, findings }
}

import type { Origin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import type { Pins } from '#solver/closure.js'
import type { Cell } from './analysis.js'
import { jumpBetween } from './check.js'
import { type Disturbed, disturbedBy, type Neighbourhood, neighboursOn } from './disturbed.js'
import type { Finding, Jump } from './finding.js'
import { type ChangeProblem, smallestChange } from './smallest-change.js'
import { errorsOf, walkOn, withPins } from './walk-on.js'

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

export interface RadiusOptions extends Neighbourhood {
  /** Closures walked for one cell. */
  readonly budget: number
}

/** Closures walked for the one cell of a question, and for each of many. Real hops take 2, and 50 at worst. */
export const cellBudget = 2000
export const matrixBudget = 200

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

/** A cell with its blast radius. */
export function withRadius(cell: Cell, options: RadiusOptions): Cell {
  const radius = radiusOf(cell, options)
  return radius === undefined ? cell : { ...cell, radius }
}

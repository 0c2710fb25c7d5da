import type { DistributionName } from '#pep/name.js'
import { parseSpecifierSet } from '#pep/specifier-set.js'
import { isInput, type MinimalConflict, minimise, noWholes, type Wholes } from './minimal.js'
import type { Line, Solution } from './problem.js'
import { byKey, type Session, solve } from './session.js'
import type { Task } from './task.js'

/** Lines to take back so that the rest can hold together; solved again before it is given. */
export interface Fix {
  readonly lines: readonly Line[]
  /** For each of these lines the version that its distribution has without it; none if it is not needed then. */
  readonly instead: ReadonlyMap<Line, string>
  /** Those of the lines that stand for a whole: a service that gets an environment of its own. */
  readonly separates: ReadonlySet<Line>
  readonly solution: Solution
}

export interface FixLimits {
  /**
   * A demand may lose its bounds and not be dropped whole: where code uses what is demanded, to leave it out
   * resolves nothing.
   */
  readonly keepsDemands?: boolean
  /** Lines in one fix. */
  readonly lines: number
  readonly fixes: number
  /** Solver runs. */
  readonly runs: number
}

export const usualLimits: FixLimits = { lines: 6, fixes: 8, runs: 120 }

/**
 * The smallest sets of lines whose removal resolves a conflict, by rising size: a breadth-first hitting-set tree
 * (Reiter 1987), where each node that still fails branches over a minimal conflict of its own. `lines` are all
 * lines of the problem but those of the other conflicts. A set that contains a smaller fix is none.
 */
export function* fixesOf(
  session: Session,
  lines: readonly Line[],
  conflict: MinimalConflict,
  wholes: Wholes = noWholes,
  limits: FixLimits = usualLimits,
): Task<Fix[]> {
  const together = (line: Line) => wholes.get(line) ?? [line]
  const given = new Set(lines)
  const boundless = (dropped: readonly Line[]) =>
    limits.keepsDemands === true ? demandsOf(dropped, wholes).map(withoutBounds) : []
  const fixes: Fix[] = []
  const preferred = pinnedVersions(lines.filter(({ kind }) => kind === 'pin'))
  let layer: (readonly Line[])[] = [[]]
  const seen = new Set<string>()
  const known: MinimalConflict[] = [conflict]
  for (let size = 0, runs = 0; size <= limits.lines && layer.length > 0; size++) {
    const next: (readonly Line[])[] = []
    for (const dropped of layer) {
      if (fixes.length >= limits.fixes || runs >= limits.runs) return fixes
      if (fixes.some((fix) => fix.lines.every((line) => dropped.includes(line)))) continue
      let open = known.find(
        (other) => !other.lines.some((line) => dropped.some((one) => together(one).includes(line))),
      )
      if (open === undefined) {
        runs++
        const gone = new Set(dropped.flatMap(together))
        const left = [...lines.filter((line) => !gone.has(line)), ...boundless(dropped)]
        const outcome = yield* solve(session, { lines: left, preferred })
        if (outcome.kind === 'solution') {
          fixes.push(yield* fixOf(session, lines, dropped, wholes, outcome))
        }
        if (outcome.kind !== 'unsolvable') continue
        open = yield* minimise(session, outcome.core)
        known.push(open)
      }
      for (const line of open.lines.filter((one) => isInput(one) && given.has(one))) {
        const larger = [...dropped, line].sort(byKey)
        const key = larger.map((one) => one.key).join('\n')
        if (!seen.has(key)) next.push(larger)
        seen.add(key)
      }
    }
    layer = next
  }
  return fixes
}

/** Those that do not stand for a whole. */
function demandsOf(dropped: readonly Line[], wholes: Wholes): readonly Line[] {
  return dropped.filter((line) => line.kind === 'demand' && !wholes.has(line))
}

/** A pin that has to move should move no further than it must; so should the version of a demand. */
function pinnedVersions(lines: readonly Line[]): Map<DistributionName, string> {
  return new Map(
    lines.flatMap(({ kind, name, specifiers }) => {
      const [first] = specifiers.specifiers
      return kind !== 'python' && first !== undefined ? [[name, first.version] as const] : []
    }),
  )
}

/** Dropping a demand may not be needed: often its bounds are all that has to go, and that is tried as well. */
function* fixOf(
  session: Session,
  lines: readonly Line[],
  dropped: readonly Line[],
  wholes: Wholes,
  solution: Solution,
): Task<Fix> {
  const gone = new Set(dropped.flatMap((line) => wholes.get(line) ?? [line]))
  const demands = demandsOf(dropped, wholes)
  const relaxed = [...lines.filter((line) => !gone.has(line)), ...demands.map(withoutBounds)]
  const preferred = pinnedVersions([...lines.filter(({ kind }) => kind === 'pin'), ...demands])
  const outcome = demands.length === 0 ? solution : yield* solve(session, { lines: relaxed, preferred })
  const final = outcome.kind === 'solution' ? outcome : solution
  const instead = new Map<Line, string>()
  for (const line of dropped) {
    const version = final.pins.get(line.name)
    const isKept = line.kind === 'pin' || (outcome.kind === 'solution' && demands.includes(line))
    if (version !== undefined && isKept) instead.set(line, version)
  }
  return {
    lines: dropped,
    instead,
    separates: new Set(dropped.filter((line) => wholes.has(line))),
    solution: final,
  }
}

/** Whether several fixes, each of its own conflict, leave an answer when all of them are made. */
export function* holdsWith(
  session: Session,
  lines: readonly Line[],
  fixes: readonly Fix[],
  wholes: Wholes,
): Task<boolean> {
  const dropped = fixes.flatMap((fix) => fix.lines)
  const gone = new Set(dropped.flatMap((line) => wholes.get(line) ?? [line]))
  const relaxed = fixes.flatMap(({ lines: own, instead }) =>
    own.filter((line) => line.kind === 'demand' && instead.has(line)).map(withoutBounds),
  )
  const left = [...lines.filter((line) => !gone.has(line)), ...relaxed]
  return (yield* solve(session, { lines: left })).kind === 'solution'
}

function withoutBounds(line: Line): Line {
  return { ...line, key: `any ${line.key}`, specifiers: parseSpecifierSet('') }
}

import type { DistributionName } from '#pep/name.js'
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
  /** Lines in one fix. */
  readonly lines: number
  readonly fixes: number
  /** Solver runs. */
  readonly runs: number
}

const usualLimits: FixLimits = { lines: 3, fixes: 8, runs: 120 }

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
  const fixes: Fix[] = []
  const preferred = pinnedVersions(lines)
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
        const outcome = yield* solve(session, { lines: lines.filter((line) => !gone.has(line)), preferred })
        if (outcome.kind === 'solution') fixes.push(fixOf(dropped, wholes, outcome))
        if (outcome.kind !== 'unsolvable') continue
        open = yield* minimise(session, outcome.core)
        known.push(open)
      }
      for (const line of open.lines.filter(isInput)) {
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

/** A pin that has to move should move no further than it must. */
function pinnedVersions(lines: readonly Line[]): Map<DistributionName, string> {
  return new Map(
    lines.flatMap(({ kind, name, specifiers }) => {
      const [first] = specifiers.specifiers
      return kind === 'pin' && first !== undefined ? [[name, first.version] as const] : []
    }),
  )
}

function fixOf(lines: readonly Line[], wholes: Wholes, solution: Solution): Fix {
  const instead = new Map<Line, string>()
  for (const line of lines) {
    const version = solution.pins.get(line.name)
    if (version !== undefined && !wholes.has(line)) instead.set(line, version)
  }
  return { lines, instead, separates: new Set(lines.filter((line) => wholes.has(line))), solution }
}

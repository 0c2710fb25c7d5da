import type { DistributionName } from '#pep/name.js'
import { isInput, type MinimalConflict, minimise } from './minimal.js'
import type { Line, Solution } from './problem.js'
import { byKey, type Session, solve } from './session.js'
import type { Task } from './task.js'

/** Lines to take back so that the rest can hold together; solved again before it is given. */
export interface Fix {
  readonly lines: readonly Line[]
  /** For each of these lines the version that its distribution has without it; none if it is not needed then. */
  readonly instead: ReadonlyMap<Line, string>
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
  limits: FixLimits = usualLimits,
): Task<Fix[]> {
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
      let open = known.find((other) => !other.lines.some((line) => dropped.includes(line)))
      if (open === undefined) {
        runs++
        const outcome = yield* solve(session, {
          lines: lines.filter((line) => !dropped.includes(line)),
          preferred,
        })
        if (outcome.kind === 'solution')
          fixes.push({ lines: dropped, instead: insteadOf(dropped, outcome), solution: outcome })
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

function insteadOf(dropped: readonly Line[], { pins }: Solution): Map<Line, string> {
  return new Map(
    dropped.flatMap((line) => {
      const version = pins.get(line.name)
      return version === undefined ? [] : [[line, version] as const]
    }),
  )
}

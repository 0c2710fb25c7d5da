import type { Line } from './problem.js'
import { byKey, type Outcome, type Session, solve } from './session.js'
import type { Task } from './task.js'

/** Lines that cannot hold together, and can as soon as any demand or pin of them is dropped. */
export interface MinimalConflict {
  /** Demands and pins, then the Python and gaps, as far as they have a part in it. */
  readonly lines: readonly Line[]
  /** False if the budget ended before every line had been tried: then some may be dropped for nothing. */
  readonly isMinimal: boolean
}

/**
 * Drops one line after the other and keeps those that are needed; a failed try gives a new core, which usually
 * drops many lines at once. The Python and gaps stay in force until it is known which demands and pins matter,
 * because nobody can drop them.
 */
export function* minimise(session: Session, core: readonly Line[]): Task<MinimalConflict> {
  const inputs = yield* shrink(core.filter(isInput), (lines) => solve(session, { lines }))
  const { universe } = session
  const background = () => [universe.pythonLine, ...universe.gaps]
  const others = yield* shrink(background(), (lines) => {
    const without = new Set(background().filter((line) => !lines.includes(line)))
    return solve(session, { lines: inputs.lines, without })
  })
  return {
    lines: [...inputs.lines, ...others.lines.filter((line) => !isInput(line))],
    isMinimal: inputs.isMinimal && others.isMinimal,
  }
}

/**
 * Goes round again while something was dropped, because a line can also make a conflict disappear (one that
 * names a pre-release), so that what was needed once may be needed no more.
 */
function* shrink(
  lines: readonly Line[],
  ask: (lines: readonly Line[]) => Task<Outcome>,
): Task<MinimalConflict> {
  const candidates = new Set(lines)
  let working = [...lines].sort(byKey)
  let isMinimal = true
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false
    const tried = new Set<Line>()
    for (;;) {
      const line = working.find((candidate) => !tried.has(candidate))
      if (line === undefined) break
      tried.add(line)
      const outcome = yield* ask(working.filter((other) => other !== line))
      if (outcome.kind === 'undecided') isMinimal = false
      if (outcome.kind !== 'unsolvable') continue
      working = outcome.core.filter((other) => candidates.has(other))
      hasChanged ||= tried.size > 1
    }
  }
  return { lines: working, isMinimal }
}

/** A line that somebody wrote: the Python and gaps count by themselves. */
export function isInput({ kind }: Line): boolean {
  return kind === 'demand' || kind === 'pin'
}

/** Conflicts that share no demand and no pin, each minimal; none if the lines can hold together. */
export interface Conflicts {
  readonly conflicts: readonly MinimalConflict[]
  /** Whether what is left when the lines of all conflicts are taken away was decided. */
  readonly isComplete: boolean
}

export function* independentConflicts(session: Session, lines: readonly Line[]): Task<Conflicts> {
  const conflicts: MinimalConflict[] = []
  let left = [...lines]
  for (;;) {
    const outcome = yield* solve(session, { lines: left })
    if (outcome.kind !== 'unsolvable') return { conflicts, isComplete: outcome.kind === 'solution' }
    const conflict = yield* minimise(session, outcome.core)
    conflicts.push(conflict)
    const taken = new Set(conflict.lines)
    left = left.filter((line) => !taken.has(line))
  }
}

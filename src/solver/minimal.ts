import type { Line } from './problem.js'
import { type Question, type Session, solve } from './session.js'
import { type Failure, shrink } from './shrink.js'
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
  const { universe } = session
  const inputs = yield* shrink(core.filter(isInput), (lines) => failureOf(session, { lines }))
  for (;;) {
    const background = [universe.pythonLine, ...universe.gaps]
    const others = yield* shrink(background, (kept) => {
      const without = new Set(background)
      for (const line of kept) without.delete(line)
      return failureOf(session, { lines: inputs.items, without })
    })
    // A gap that came to light on the way counts as well.
    if (background.length <= universe.gaps.length) continue
    return { lines: [...inputs.items, ...others.items], isMinimal: inputs.isMinimal && others.isMinimal }
  }
}

function* failureOf(session: Session, question: Question): Task<Failure<Line>> {
  const outcome = yield* solve(session, question)
  if (outcome.kind === 'unsolvable') return { kind: 'fails', core: outcome.core }
  return { kind: outcome.kind === 'solution' ? 'holds' : 'undecided' }
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

/** All that goes when one of these lines is dropped, itself among them: whoever drops a service drops its demands. */
export type Wholes = ReadonlyMap<Line, readonly Line[]>

export const noWholes: Wholes = new Map()

/**
 * Lines looked at over all conflicts. Who gives thousands of lines of which each is wrong is told the first of them:
 * what comes of all of them together is too much to read, and takes the square of their number.
 */
const mostLooks = 200_000
const leastConflicts = 20

export function* independentConflicts(
  session: Session,
  lines: readonly Line[],
  wholes: Wholes = noWholes,
): Task<Conflicts> {
  const conflicts: MinimalConflict[] = []
  const most = Math.max(leastConflicts, Math.floor(mostLooks / lines.length))
  let left = [...lines]
  for (;;) {
    if (conflicts.length === most) return { conflicts, isComplete: false }
    const outcome = yield* solve(session, { lines: left })
    if (outcome.kind !== 'unsolvable') return { conflicts, isComplete: outcome.kind === 'solution' }
    const conflict = yield* minimise(session, outcome.core)
    conflicts.push(conflict)
    const taken = new Set(conflict.lines.flatMap((line) => wholes.get(line) ?? [line]))
    left = left.filter((line) => !taken.has(line))
  }
}

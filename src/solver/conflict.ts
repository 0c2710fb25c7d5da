import { type Explanation, explain } from './explain.js'
import { type Fix, fixesOf } from './fixes.js'
import { independentConflicts, isInput, type MinimalConflict, noWholes, type Wholes } from './minimal.js'
import type { Line } from './problem.js'
import type { Session } from './session.js'
import type { Task } from './task.js'

/** A conflict with its facts and its fixes, each solved again. */
export interface ExplainedConflict extends MinimalConflict {
  /** None if the budget ended before there was one. */
  readonly explanation: Explanation | undefined
  /** Fixes of this conflict: the lines of the other conflicts are left aside. */
  readonly fixes: readonly Fix[]
}

export interface ExplainedConflicts {
  /** They share no demand and no pin. */
  readonly conflicts: readonly ExplainedConflict[]
  /** False if the budget ended before it was clear that these are all. */
  readonly isComplete: boolean
}

/** Every independent conflict among lines that cannot hold together. */
export function* explainConflicts(
  session: Session,
  lines: readonly Line[],
  wholes: Wholes = noWholes,
): Task<ExplainedConflicts> {
  const { conflicts, isComplete } = yield* independentConflicts(session, lines, wholes)
  const explained: ExplainedConflict[] = []
  for (const conflict of conflicts) {
    const others = conflicts
      .filter((other) => other !== conflict)
      .flatMap((other) => other.lines.filter(isInput))
    const aside = new Set(others.flatMap((line) => wholes.get(line) ?? [line]))
    const base = lines.filter((line) => !aside.has(line))
    const fixes = yield* fixesOf(session, base, conflict, wholes)
    explained.push({ ...conflict, explanation: explain(session, conflict), fixes })
  }
  return { conflicts: explained, isComplete }
}

import { type Explanation, explain } from './explain.js'
import { type Fix, type FixLimits, fixesOf, holdsWith, usualLimits } from './fixes.js'
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
  /** Fixes were not looked for, because not all conflicts are known. */
  readonly fixesLeftOut?: true
}

export interface ExplainedConflicts {
  /** They share no demand and no pin. */
  readonly conflicts: readonly ExplainedConflict[]
  /** False if the budget ended before it was clear that these are all. */
  readonly isComplete: boolean
  /** Whether the first fixes of all of them hold together; none where there is one conflict, or one without a fix. */
  readonly firstFixesHold?: boolean
}

/** Every independent conflict among lines that cannot hold together. */
export function* explainConflicts(
  session: Session,
  lines: readonly Line[],
  wholes: Wholes = noWholes,
  limits: FixLimits = usualLimits,
): Task<ExplainedConflicts> {
  const { conflicts, isComplete } = yield* independentConflicts(session, lines, wholes)
  const explained: ExplainedConflict[] = []
  for (const conflict of conflicts) {
    const others = conflicts
      .filter((other) => other !== conflict)
      .flatMap((other) => other.lines.filter(isInput))
    const aside = new Set(others.flatMap((line) => wholes.get(line) ?? [line]))
    const base = lines.filter((line) => !aside.has(line))
    // With conflicts that are not known nothing resolves the rest, and no fix can be shown to do so.
    const fixes = isComplete ? yield* fixesOf(session, base, conflict, wholes, limits) : []
    explained.push({
      ...conflict,
      explanation: explain(session, conflict),
      fixes,
      ...(!isComplete && { fixesLeftOut: true }),
    })
  }
  const firsts = explained.flatMap(({ fixes }) => fixes.slice(0, 1))
  if (explained.length < 2 || firsts.length < explained.length) return { conflicts: explained, isComplete }
  const firstFixesHold = yield* holdsWith(session, lines, firsts, wholes)
  return { conflicts: explained, isComplete, firstFixesHold }
}

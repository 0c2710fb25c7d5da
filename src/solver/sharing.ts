import { agree } from './agree.js'
import { type ExplainedConflicts, explainConflicts } from './conflict.js'
import { usualLimits } from './fixes.js'
import type { ServiceLines } from './lines.js'
import { type Partition, smallestPartition, type Together } from './partition.js'
import type { Line, Solution } from './problem.js'
import { type Session, solve } from './session.js'
import { type Failure, shrink } from './shrink.js'
import type { Task } from './task.js'

/** Services that may come to share one environment, and lines that hold for all of them (pins of a host). */
export interface SharingProblem {
  readonly session: Session
  readonly services: readonly ServiceLines[]
  readonly common: readonly Line[]
}

/** May they share one environment at all? */
export type Sharing =
  | { readonly kind: 'solution'; readonly solution: Solution }
  | ({ readonly kind: 'conflicts' } & ExplainedConflicts)
  | { readonly kind: 'undecided' }

export function linesOfServices({ services, common }: Omit<SharingProblem, 'session'>): Line[] {
  const lines = [...common, ...services.flatMap(({ self, demands }) => [self, ...demands])]
  return [...new Map(lines.map((line) => [line.key, line])).values()]
}

/**
 * A solution, or every independent conflict with its facts and fixes.
 * @param isAsRun the facts know what code needs: then no fix leaves out a distribution that is demanded
 */
export function* shareOne(
  problem: SharingProblem,
  preferred: ReadonlyMap<Line['name'], string> = new Map(),
  isAsRun = false,
): Task<Sharing> {
  const { session, services } = problem
  const lines = linesOfServices(problem)
  const outcome = yield* solve(session, { lines, preferred })
  if (outcome.kind === 'undecided') return outcome
  if (outcome.kind === 'solution') return { kind: 'solution', solution: outcome }
  const wholes = new Map(services.map(({ self, demands }) => [self, [self, ...demands]]))
  return {
    kind: 'conflicts',
    ...(yield* explainConflicts(session, lines, wholes, { ...usualLimits, keepsDemands: isAsRun })),
  }
}

/** Whether there is a solution at all: for the same services under another Python. */
export function* resolvesAll(problem: SharingProblem): Task<boolean> {
  const outcome = yield* solve(problem.session, { lines: linesOfServices(problem) })
  return outcome.kind === 'solution'
}

/**
 * Whether the demands of some of the services can be met together; the answer names members by their place. Services whose own answers agree need no search of their own.
 */
export function solvableFit({
  session,
  services,
  common,
}: SharingProblem): (members: readonly number[]) => Task<Failure<number>> {
  const alone = new Map<number, Solution>()
  const serviceOf = new Map<Line, number>()
  services.forEach(({ self, demands }, i) => {
    for (const line of [self, ...demands]) serviceOf.set(line, i)
  })

  return function* fit(members) {
    const known = members.flatMap((member) => alone.get(member) ?? [])
    if (known.length === members.length && agree(known, session.universe.facts)) return { kind: 'holds' }
    const lines = linesOfServices({ services: members.map((member) => services[member]!), common })
    const outcome = yield* solve(session, { lines })
    if (outcome.kind === 'undecided') return { kind: 'undecided' }
    if (outcome.kind === 'solution') {
      if (members.length === 1) alone.set(members[0]!, outcome)
      return { kind: 'holds' }
    }
    return { kind: 'fails', core: outcome.core.flatMap((line) => serviceOf.get(line) ?? []) }
  }
}

/**
 * The fewest environments such that what the services in each demand can be met together: as declared, or as run
 * where the facts of the session know what code needs.
 */
export function* fewestSolvable(problem: SharingProblem): Task<Partition> {
  const fit = solvableFit(problem)
  return yield* smallestPartition(problem.services.length, (members) => disjointFailures(members, fit))
}

/** Sets of members that fail together, each as small as can be, none sharing a member with another. */
function* disjointFailures(
  members: readonly number[],
  ask: (members: readonly number[]) => Task<Failure<number>>,
): Task<Together> {
  const sets: (readonly number[])[] = []
  for (let left = members; left.length > 0; ) {
    const answer = yield* ask(left)
    if (answer.kind === 'undecided') return { kind: 'undecided' }
    if (answer.kind !== 'fails') break
    const core = new Set(answer.core)
    const smallest = yield* shrink(
      left.filter((member) => core.has(member)),
      ask,
    )
    if (!smallest.isMinimal) return { kind: 'undecided' }
    sets.push(smallest.items)
    left = left.filter((member) => !smallest.items.includes(member))
  }
  return sets.length === 0 ? { kind: 'fits' } : { kind: 'fails', sets }
}

import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explainConflicts } from '#solver/conflict.js'
import { isInput } from '#solver/minimal.js'
import type { Line } from '#solver/problem.js'
import { solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { faultsOf } from '../support/check-solution.js'
import { allSatisfiable, anySatisfiable, type SatQuestion, toDimacs } from '../support/dimacs.js'
import { largerUniverse } from '../support/random-universe.js'
import { resolvelibCases } from '../support/resolvelib-cases.js'
import { needs } from '../support/tools.js'
import { linesOf, type SmallUniverse, smallSession } from '../support/universe.js'

const tools = needs('minisat')

/** `SOLVER_RUNS=100000` for the whole proof; fewer by default, always the same ones. */
const runs = Number(process.env.SOLVER_RUNS ?? 1000)
const firstSeed = Number(process.env.SOLVER_SEED ?? 1)
const batch = 200

function isSatisfiable(dimacs: string): boolean {
  const { status } = spawnSync('minisat', ['-verb=0'], { input: dimacs, stdio: ['pipe', 'ignore', 'ignore'] })
  // The exit codes of the SAT competition.
  if (status !== 10 && status !== 20) throw new Error(`minisat exited with ${status}`)
  return status === 10
}

/** Asks minisat about many questions at once, and about each only if the answer is not what all should have. */
function checkAll(questions: readonly SatQuestion[], verdict: boolean): void {
  const agrees = verdict
    ? isSatisfiable(allSatisfiable(questions))
    : !isSatisfiable(anySatisfiable(questions))
  if (agrees) return
  const wrong = questions.find((question) => isSatisfiable(toDimacs(question)) !== verdict)
  throw new Error(`minisat says ${!verdict} of ${JSON.stringify(wrong)}`)
}

function shuffled(universe: SmallUniverse): SmallUniverse {
  const turn = <T>(entries: readonly [string, T][]) => Object.fromEntries([...entries].reverse())
  return turn(
    Object.entries(universe).map(([name, versions]) => [name, turn(Object.entries(versions))] as const) as [
      string,
      SmallUniverse[string],
    ][],
  )
}

/** What minisat is to confirm of one random question. */
interface Claims {
  readonly satisfiable: SatQuestion[]
  readonly unsatisfiable: SatQuestion[]
}

function questionOf(universe: SmallUniverse, lines: readonly Line[]): SatQuestion {
  const texts = (kind: Line['kind']) => lines.filter((line) => line.kind === kind).map(({ text }) => text)
  return { universe, demands: texts('demand'), pins: texts('pin') }
}

function claim(question: Required<SatQuestion>, claims: Claims): 'solution' | 'unsolvable' {
  const { universe, demands, pins } = question
  const lines = linesOf(question)
  const session = smallSession(universe, { mode: 'allow' })
  const outcome = finish(solve(session, { lines }))
  const turned = linesOf({ demands: [...demands].reverse(), pins: [...pins].reverse() })
  const other = finish(solve(smallSession(shuffled(universe), { mode: 'allow' }), { lines: turned }))
  expect(other).toEqual(outcome)
  if (outcome.kind === 'undecided') throw new Error('undecided')
  if (outcome.kind === 'solution') {
    expect(faultsOf({ ...question, mode: 'allow' }, outcome.pins)).toEqual([])
    claims.satisfiable.push(question)
    return 'solution'
  }
  claims.unsatisfiable.push(question)
  const { conflicts } = finish(explainConflicts(session, lines))
  for (const conflict of conflicts) {
    const inputs = conflict.lines.filter(isInput)
    claims.unsatisfiable.push(questionOf(universe, inputs))
    for (const line of inputs)
      claims.satisfiable.push(
        questionOf(
          universe,
          inputs.filter((one) => one !== line),
        ),
      )
    const aside = new Set(conflicts.filter((one) => one !== conflict).flatMap((one) => one.lines))
    for (const { lines: dropped, instead } of conflict.fixes) {
      const rest = questionOf(
        universe,
        lines.filter((line) => !aside.has(line) && !dropped.includes(line)),
      )
      const moved = [...instead].map(([{ name }, version]) => `${name}==${version}`)
      // A demand that is relaxed still asks for its distribution; a pin that moves limits it as before.
      const relaxed = dropped.filter((line) => line.kind === 'demand' && instead.has(line))
      claims.satisfiable.push({
        universe,
        demands: [...rest.demands, ...relaxed.map(({ name }) => name)],
        pins: [...rest.pins!, ...moved],
      })
    }
  }
  return 'unsolvable'
}

test.skipIf(tools.missing)(
  tools.title('minisat confirms verdicts, minimal conflicts and fixes on random universes, in any order.'),
  { timeout: 6 * 3600_000 },
  () => {
    const verdicts = { solution: 0, unsolvable: 0 }
    for (let done = 0; done < runs; done += batch) {
      const claims: Claims = { satisfiable: [], unsatisfiable: [] }
      const seed = firstSeed + done / batch
      for (const question of fc.sample(largerUniverse, { seed, numRuns: Math.min(batch, runs - done) }))
        verdicts[claim(question, claims)]++
      checkAll(claims.satisfiable, true)
      checkAll(claims.unsatisfiable, false)
    }
    console.log(`${runs} universes: ${verdicts.solution} solved, ${verdicts.unsolvable} not`)
    expect(Math.min(verdicts.solution, verdicts.unsolvable)).toBeGreaterThan(runs / 8)
  },
)

test.skipIf(tools.missing)(tools.title("minisat comes to the verdicts of resolvelib's own cases."), () => {
  for (const { universe, demands, conflicted } of resolvelibCases())
    expect(isSatisfiable(toDimacs({ universe, demands }))).toBe(conflicted === undefined)
})

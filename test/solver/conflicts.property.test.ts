import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixesOf } from '#solver/fixes.js'
import { independentConflicts, isInput, noWholes } from '#solver/minimal.js'
import type { Line } from '#solver/problem.js'
import { finish } from '#solver/task.js'
import { bruteForce, faultsOf, type SmallProblem } from '../support/check-solution.js'
import { smallProblem } from '../support/random-universe.js'
import { linesOf, smallSession, withoutYanked } from '../support/universe.js'

/** The problem with only these lines. */
function only({ universe, mode }: SmallProblem, lines: readonly Line[]): SmallProblem {
  const texts = (kind: Line['kind']) => lines.filter((line) => line.kind === kind).map((line) => line.text)
  return { universe, demands: texts('demand'), pins: texts('pin'), mode: mode! }
}

test('Conflicts are minimal, share no line, and without their lines there is an answer.', () => {
  fc.assert(
    fc.property(smallProblem, (problem) => {
      const session = smallSession(problem.universe, { mode: problem.mode! })
      const all = linesOf(problem)
      const { conflicts, isComplete } = finish(independentConflicts(session, all))
      expect(isComplete).toBe(true)
      expect(conflicts.length > 0).toBe(bruteForce(problem) === undefined)
      const taken = conflicts.flatMap(({ lines }) => lines.filter(isInput))
      expect(new Set(taken).size).toBe(taken.length)
      if (conflicts.length > 0) {
        expect(
          bruteForce(
            only(
              problem,
              all.filter((line) => !taken.includes(line)),
            ),
          ),
        ).toBeDefined()
      }
      for (const { lines } of conflicts) {
        expect(bruteForce(only(problem, lines))).toBeUndefined()
        for (const line of lines.filter(isInput)) {
          expect(
            bruteForce(
              only(
                problem,
                lines.filter((other) => other !== line),
              ),
            ),
          ).toBeDefined()
        }
      }
    }),
    { numRuns: 300 },
  )
})

/** Fixes of each conflict, with the lines of the other conflicts taken away. */
function menus(problem: SmallProblem) {
  const session = smallSession(problem.universe, { mode: problem.mode! })
  const all = linesOf(problem)
  const { conflicts } = finish(independentConflicts(session, all))
  return conflicts.map((conflict) => {
    const others = new Set(
      conflicts.filter((other) => other !== conflict).flatMap(({ lines }) => lines.filter(isInput)),
    )
    const base = all.filter((line) => !others.has(line))
    return {
      base,
      fixes: finish(fixesOf(session, base, conflict, noWholes, { lines: 2, fixes: 100, runs: 1000 })),
    }
  })
}

test('A fix leaves an answer without a fault.', () => {
  fc.assert(
    fc.property(smallProblem, (problem) => {
      for (const { base, fixes } of menus(problem)) {
        for (const { lines, instead, solution } of fixes) {
          // Relaxing leaves the demand in force without its bounds.
          const rest = base.flatMap((line) => {
            if (!lines.includes(line)) return [line]
            return line.kind === 'demand' && instead.has(line)
              ? [{ ...line, text: line.text.replace(/[<>=!].*/, '') }]
              : []
          })
          expect(faultsOf(only(problem, rest), solution.pins)).toEqual([])
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('Every fix of one line is found where the other lines only ever forbid.', () => {
  fc.assert(
    fc.property(smallProblem, ({ universe: drawn, demands, pins }) => {
      const universe = withoutYanked(drawn)
      const problem: SmallProblem = { universe, demands, pins: pins!, mode: 'allow' }
      for (const { base, fixes } of menus(problem)) {
        const single = base.filter((line) =>
          bruteForce(
            only(
              problem,
              base.filter((other) => other !== line),
            ),
          ),
        )
        expect(fixes.flatMap(({ lines }) => (lines.length === 1 ? [lines[0]!.key] : []))).toEqual(
          single.map(({ key }) => key).sort(),
        )
      }
    }),
    { numRuns: 300 },
  )
})

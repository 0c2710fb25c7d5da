import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Line } from '#solver/problem.js'
import { createSession, solve } from '#solver/session.js'
import { finish, finishLoading } from '#solver/task.js'
import { bruteForce, faultsOf } from '../support/check-solution.js'
import { smallProblem, smallUniverse } from '../support/random-universe.js'
import {
  lines,
  linesOf,
  python,
  pythonLine,
  slowFacts,
  smallFacts,
  smallSession,
  withoutYanked,
} from '../support/universe.js'

test('A solution has no fault, and there is one exactly if trying every assignment finds one.', () => {
  fc.assert(
    fc.property(smallProblem, (problem) => {
      const session = smallSession(problem.universe, { mode: problem.mode! })
      const outcome = finish(solve(session, { lines: linesOf(problem) }))
      if (outcome.kind === 'solution') expect(faultsOf(problem, outcome.pins)).toEqual([])
      else expect(outcome.kind).toBe('unsolvable')
      expect(outcome.kind === 'solution').toBe(bruteForce(problem) !== undefined)
    }),
    { numRuns: 1000 },
  )
})

test('What a session learned from earlier questions changes no verdict.', () => {
  const questions = fc.array(
    fc.subarray(['a', 'b>=2', 'c<3', 'd', 'e==1.0', 'a[x]<3', 'b<2'], { minLength: 1 }),
    {
      minLength: 2,
      maxLength: 8,
    },
  )
  fc.assert(
    fc.property(smallUniverse, questions, (universe, asked) => {
      const session = smallSession(universe)
      for (const demands of asked) {
        const outcome = finish(solve(session, { lines: lines(demands) }))
        const fresh = finish(solve(smallSession(universe), { lines: lines(demands) }))
        expect(outcome.kind).toBe(fresh.kind)
        if (outcome.kind === 'solution') expect(faultsOf({ universe, demands }, outcome.pins)).toEqual([])
      }
    }),
    { numRuns: 300 },
  )
})

test('The order of the lines changes nothing.', () => {
  fc.assert(
    fc.property(smallProblem, fc.nat(), ({ universe, demands, mode }, turn) => {
      const all = lines(demands)
      const turned = all.map((_, i) => all[(i + turn) % all.length]!)
      const ask = (asked: Line[]) => finish(solve(smallSession(universe, { mode: mode! }), { lines: asked }))
      expect(ask(turned)).toEqual(ask(all))
    }),
    { numRuns: 200 },
  )
})

test('Facts that come one by one lead to the same verdict, and no fact is asked for twice.', async () => {
  await fc.assert(
    fc.asyncProperty(smallProblem, async (problem) => {
      // Support for pre-releases and yanked versions is looked for among loaded facts alone.
      const universe = withoutYanked(problem.universe)
      const { facts, load, asked } = slowFacts(smallFacts(universe))
      const slow = createSession({ facts, python, prereleases: 'allow', pythonLine })
      const outcome = await finishLoading(solve(slow, { lines: linesOf(problem) }), load)
      const atOnce = finish(solve(smallSession(universe, { mode: 'allow' }), { lines: linesOf(problem) }))
      expect(outcome.kind).toBe(atOnce.kind)
      if (outcome.kind === 'solution') {
        expect(faultsOf({ ...problem, universe, mode: 'allow' }, outcome.pins)).toEqual([])
      }
      expect(new Set(asked).size).toBe(asked.length)
    }),
    { numRuns: 300 },
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { agree } from '#solver/agree.js'
import { solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { faultsOf } from '../support/check-solution.js'
import { smallUniverse } from '../support/random-universe.js'
import { lines, smallSession } from '../support/universe.js'

test('Answers that agree are together an answer to their questions together.', () => {
  const demand = fc.constantFrom('a', 'b', 'c[x]', 'd<3', 'e', 'b>=2', 'a==1.0')
  let agreed = 0
  fc.assert(
    fc.property(smallUniverse, demand, demand, (universe, one, other) => {
      const session = smallSession(universe)
      const outcomes = [one, other].map((text) => finish(solve(session, { lines: lines([text]) })))
      const solutions = outcomes.flatMap((outcome) => (outcome.kind === 'solution' ? [outcome] : []))
      if (solutions.length < 2 || !agree(solutions, session.universe.facts)) return
      agreed++
      const both = new Map(solutions.flatMap(({ pins }) => [...pins]))
      expect(faultsOf({ universe, demands: [one, other] }, both)).toEqual([])
    }),
    { numRuns: 1000 },
  )
  expect(agreed).toBeGreaterThan(50)
})

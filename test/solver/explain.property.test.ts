import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explain } from '#solver/explain.js'
import { independentConflicts } from '#solver/minimal.js'
import { finish } from '#solver/task.js'
import { smallProblem } from '../support/random-universe.js'
import { linesOf, smallSession } from '../support/universe.js'

test('Every conflict is explained, by facts that the universe states.', () => {
  fc.assert(
    fc.property(smallProblem, ({ universe, demands, pins, mode }) => {
      const session = smallSession(universe, { mode: mode! })
      const { conflicts } = finish(independentConflicts(session, linesOf({ demands, pins: pins! })))
      for (const conflict of conflicts) {
        const explanation = explain(session, conflict)
        expect(explanation).toBeDefined()
        for (const { kind, holder, versions, target, specifiers, index } of explanation!.facts) {
          for (const version of versions) {
            const release = universe[holder]![version]!
            const { requires = [], python } = 'length' in release ? { requires: release } : release
            if (kind === 'demand')
              expect(requires.some((text) => text.startsWith(target!) && text.includes(specifiers))).toBe(
                true,
              )
            if (kind === 'demand' && version === versions.at(-1))
              expect(requires[index!]).toContain(specifiers)
            if (kind === 'python') expect(python).toBe(specifiers)
          }
        }
      }
    }),
    { numRuns: 400 },
  )
})

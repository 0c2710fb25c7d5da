import { expect, it } from 'vitest'
import { normalizeName } from '#pep/name.js'
import { parseVersion } from '#pep/version.js'
import { independentConflicts } from '#solver/minimal.js'
import { solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { isExpanded } from '#solver/universe.js'
import { faultsOf } from '../support/check-solution.js'
import { resolvelibCases } from '../support/resolvelib-cases.js'
import { lines, smallSession } from '../support/universe.js'

function keys(pins: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries([...pins].map(([name, version]) => [name, parseVersion(version).key]))
}

it.each(
  resolvelibCases().map((one) => [one.name, one] as const),
)('The case %s of resolvelib has the answer that its tests expect.', (_, {
  universe,
  demands,
  resolved,
  conflicted,
  unvisited,
}) => {
  const session = smallSession(universe)
  const outcome = finish(solve(session, { lines: lines(demands) }))
  if (conflicted !== undefined) {
    expect(outcome.kind).toBe('unsolvable')
    const { conflicts } = finish(independentConflicts(session, lines(demands)))
    const missing = conflicts.flatMap((one) => one.lines.filter(({ kind }) => kind === 'gap'))
    expect(missing.map(({ name }) => name)).toEqual(conflicted)
    return
  }
  if (outcome.kind !== 'solution') throw new Error(outcome.kind)
  expect(faultsOf({ universe, demands, mode: 'pip' }, outcome.pins)).toEqual([])
  expect(keys(outcome.pins)).toEqual(keys(Object.entries(resolved)))
  for (const [name, versions] of Object.entries(unvisited)) {
    const pack = session.universe.packages.get(normalizeName(name))
    const visited = (pack?.candidates ?? []).filter((_, i) => isExpanded(pack!, i + 1))
    expect(visited.filter(({ version }) => versions.includes(version))).toEqual([])
  }
})

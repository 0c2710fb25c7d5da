import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluateMarker } from '#pep/marker-evaluate.js'
import { parseRequirement } from '#pep/requirement.js'
import { parseSpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { faultsOf } from '../support/check-solution.js'
import { largerUniverse } from '../support/random-universe.js'
import { needs } from '../support/tools.js'
import { environment, lines, python, type SmallUniverse, smallSession } from '../support/universe.js'

/** The same question for a SAT solver: one variable for each version and each extra, nothing shared with the solver. */
function toDimacs(universe: SmallUniverse, demands: readonly string[]): string {
  const numbers = new Map<string, number>()
  const number = (key: string) => {
    if (!numbers.has(key)) numbers.set(key, numbers.size + 1)
    return numbers.get(key)!
  }
  const clauses: number[][] = []
  const require = (unless: number[], text: string) => {
    const { name, extras, specifiers } = parseRequirement(text)
    const fitting = Object.keys(universe[name] ?? {}).filter((version) =>
      specifierSetContains(specifiers, version, true),
    )
    clauses.push([...unless, ...fitting.map((version) => number(`${name} ${version}`))])
    for (const extra of extras) clauses.push([...unless, number(`${name}[${extra}]`)])
  }
  for (const [name, versions] of Object.entries(universe)) {
    const all = Object.keys(versions)
    all.forEach((version, i) => {
      const own = -number(`${name} ${version}`)
      for (const other of all.slice(i + 1)) clauses.push([own, -number(`${name} ${other}`)])
      const release = versions[version]!
      const { requires = [], python: wanted = '' } = 'length' in release ? { requires: release } : release
      if (!specifierSetContains(parseSpecifierSet(wanted), python, true)) clauses.push([own])
      for (const text of requires) {
        const { marker } = parseRequirement(text)
        const holds = (extra: string[]) =>
          marker === undefined || evaluateMarker(marker, environment, new Set(extra))
        if (holds([])) require([own], text)
        else if (holds(['x'])) require([own, -number(`${name}[x]`)], text)
      }
    })
  }
  for (const text of demands) require([], text)
  return `p cnf ${numbers.size} ${clauses.length}\n${clauses.map((clause) => `${clause.join(' ')} 0\n`).join('')}`
}

const tools = needs('minisat')

test.skipIf(tools.missing)(
  tools.title('minisat comes to the same verdict on random universes of twelve distributions.'),
  () => {
    const verdicts = { solution: 0, unsolvable: 0 }
    fc.assert(
      fc.property(largerUniverse, ({ universe, demands }) => {
        const outcome = finish(solve(smallSession(universe, { mode: 'allow' }), { lines: lines(demands) }))
        if (outcome.kind === 'undecided') throw new Error('undecided')
        if (outcome.kind === 'solution')
          expect(faultsOf({ universe, demands, mode: 'allow' }, outcome.pins)).toEqual([])
        const run = spawnSync('minisat', ['-verb=0'], { input: toDimacs(universe, demands) })
        // 10: satisfiable, 20: not (the exit codes of the SAT competition).
        expect(run.status).toBe(outcome.kind === 'solution' ? 10 : 20)
        verdicts[outcome.kind]++
      }),
      { numRuns: Number(process.env.SOLVER_RUNS ?? 400) },
    )
    expect(Math.min(verdicts.solution, verdicts.unsolvable)).toBeGreaterThan(50)
  },
)

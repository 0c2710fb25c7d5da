import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadSnapshot } from '#catalog/snapshot.js'
import type { Cell } from '#collisions/analysis.js'
import { loadFleet } from '#inputs/fleet.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { knownFacts } from '#solver/known-facts.js'
import { pinLine, pythonLineOf, serviceLines } from '#solver/lines.js'
import { createSession, type Outcome, solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { analyze, type WorkedAnalysis } from '#verbs/analyze.js'

interface Oracle {
  readonly cells: Readonly<
    Record<string, { readonly pins: Readonly<Record<string, string>>; readonly smallerTried: number }>
  >
}

/** Checked by radius.py with pypa/packaging: the pins will do, and no smaller number of pins will. */
const oracle = JSON.parse(
  readFileSync(new URL('../oracle/collisions/radius.json', import.meta.url), 'utf8'),
) as Oracle

const environment = markerEnvironment('3.11', 'linux/amd64')
const fleet = loadFleet()
const snapshot = loadSnapshot(join(fleet.root, 'constraints/catalog'))

let result: WorkedAnalysis

beforeAll(async () => {
  result = await analyze({
    services: [],
    python: '3.11',
    platform: 'linux/amd64',
    index: { offline: true },
    radius: true,
  })
})

function cellNamed(name: string): Cell {
  return result.cells.find(
    ({ candidate, host }) => `${candidate.service}@${candidate.release} on ${host.label}` === name,
  )!
}

function movesOf({ radius }: Cell): ReadonlyMap<DistributionName, string> {
  if (radius?.kind !== 'moves') throw new Error('this cell has no moves')
  return new Map(radius.moves.map(({ distribution, to }) => [distribution, to]))
}

/** The solver of `share`, which knows nothing of closures: the service on these pins, all else free. */
function solvedWith(cell: Cell, moves: ReadonlyMap<DistributionName, string>): Outcome {
  const { root } = cell.candidate
  const { name } = root.distribution!
  const session = createSession({
    facts: knownFacts(snapshot, environment, [root.distribution!]),
    python: environment.python_full_version,
    prereleases: 'pip',
    pythonLine: pythonLineOf(environment, '--python'),
  })
  const { self, demands } = serviceLines(cell.candidate.service, root, { path: 'releases.json' }, environment)
  const pins = [...cell.host.pins]
    .filter(([pinned]) => pinned !== name)
    .map(([pinned, { version }]) => pinLine(pinned, { version: moves.get(pinned) ?? version }, 'host'))
  return finish(solve(session, { lines: [self, ...demands, ...pins] }))
}

describe('the smallest moves of the shipped fleet', () => {
  it.each(Object.entries(oracle.cells))('of %s are those that packaging has checked', (name, { pins }) => {
    expect(Object.fromEntries(movesOf(cellNamed(name)))).toEqual(pins)
  })

  it('are proved in every cell that has errors', () => {
    const withErrors = result.cells.filter(({ findings }) => findings.some(({ level }) => level === 'error'))
    const asDeclared = withErrors.filter(({ findings }) => findings.some(({ rule }) => rule === 'collision'))
    // The others break as run alone: names that code needs are gone.
    expect([asDeclared.length, withErrors.length - asDeclared.length]).toEqual([245, 51])
    for (const { radius } of withErrors) expect(radius).toMatchObject({ kind: 'moves', exact: true })
  })

  it.each(
    Object.keys(oracle.cells),
  )('of %s satisfy the solver, and do no more as soon as one pin is put back', (name) => {
    const cell = cellNamed(name)
    const moves = movesOf(cell)
    expect(solvedWith(cell, moves).kind).toBe('solution')
    for (const distribution of moves.keys()) {
      const fewer = new Map([...moves].filter(([other]) => other !== distribution))
      expect(solvedWith(cell, fewer).kind, distribution).toBe('unsolvable')
    }
  })

  it('of nova@2026.1 on 2025.1 take a fourth pin along, which an extra of a moved one demands', () => {
    const { findings, radius } = cellNamed('nova@2026.1 on 2025.1')
    const raise = findings
      .find(({ distribution, rule }) => rule === 'collision' && distribution === 'oslo-service')!
      .fixes.find(({ kind }) => kind === 'raise')
    expect(raise).toMatchObject({
      pins: new Map([
        ['cotyledon', '2.2.0'],
        ['futurist', '3.2.1'],
        ['oslo-service', '4.5.1'],
      ]),
      verified: true,
    })
    expect(radius?.kind === 'moves' && radius.disturbs).toHaveLength(13)
  })

  it('of cinder@2026.1 on 2025.2 make four other services collide in turn', () => {
    const { radius } = cellNamed('cinder@2026.1 on 2025.2')
    const refused = radius?.kind === 'moves' ? radius.disturbs!.filter((one) => one.refused.length > 0) : []
    expect(refused.map(({ service }) => service)).toEqual(['barbican', 'heat', 'neutron', 'nova'])
    expect(refused[0]!.refused[0]).toMatchObject({
      rule: 'collision',
      distribution: 'cotyledon',
      demand: { by: 'oslo-service 4.5.1', specifier: '>=2.2.0' },
      supply: { version: '2.0.0' },
    })
  })
})

import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AnalysisResult } from '#collisions/result.js'
import { analyze } from '#verbs/analyze.js'

interface Oracle {
  readonly python: string
  readonly total: number
  readonly cells: Readonly<Record<string, readonly string[]>>
}

/** Worked out by collisions.py with pypa/packaging over the same facts, without a line of this project's code. */
const oracle = JSON.parse(
  readFileSync(new URL('../oracle/collisions/collisions.json', import.meta.url), 'utf8'),
) as Oracle

let fleet: AnalysisResult

function collisionsOf(from: string, to: string): number {
  return fleet.cells
    .filter(({ host, candidate }) => host.label === from && candidate.release === to)
    .reduce((sum, { summary }) => sum + summary.findings.collision, 0)
}

beforeAll(async () => {
  fleet = await analyze({
    services: [],
    python: '3.11',
    platform: 'linux/amd64',
    index: { offline: true },
  })
})

describe('the shipped fleet on Python 3.11', () => {
  it('has the collisions that packaging finds, in each of the 630 cells', () => {
    const found = fleet.cells.map(({ candidate, host, findings }) => {
      const collisions = findings
        .filter(({ rule }) => rule === 'collision')
        .map(({ demand, distribution }) => {
          const specifiers = demand.specifier.split(',').map((one) => one.replaceAll(/[\s()]/g, ''))
          return `${demand.by.split(' ')[0]}|${distribution}|${specifiers.sort().join(',')}`
        })
      return [`${candidate.service}@${candidate.release} on ${host.label}`, collisions.sort()] as const
    })
    expect(found).toHaveLength(630)
    const withSome = found.filter(([, collisions]) => collisions.length > 0)
    expect(Object.fromEntries(withSome)).toEqual(oracle.cells)
  })

  it('has 765 collisions, each by a demand that the service makes itself', () => {
    const collisions = fleet.cells
      .flatMap(({ findings }) => findings)
      .filter(({ rule }) => rule === 'collision')
    expect(collisions).toHaveLength(765)
    expect(fleet.summary.findings.collision).toBe(765)
    expect(collisions.filter(({ direct }) => !direct)).toEqual([])
  })

  it('has as many collisions a hop as were counted beforehand', () => {
    const names = fleet.releases.map(({ name }) => name)
    const hops = names.slice(1).map((to, index) => collisionsOf(names[index]!, to))
    expect(hops).toEqual([11, 11, 17, 24, 10, 11])
    const slurp = ['2023.1', '2024.1', '2025.1', '2026.1']
    expect(slurp.slice(1).map((to, index) => collisionsOf(slurp[index]!, to))).toEqual([21, 34, 19])
    expect(collisionsOf('2023.1', '2026.1')).toBe(72)
  })

  it('collides on newer hosts for horizon of 2023 alone', () => {
    const back = fleet.cells.filter(
      ({ host, candidate, summary }) => host.label > candidate.release! && summary.findings.collision > 0,
    )
    expect(back.reduce((sum, { summary }) => sum + summary.findings.collision, 0)).toBe(16)
    expect(back).toHaveLength(11)
    expect(new Set(back.map(({ candidate }) => `${candidate.service}@${candidate.release}`))).toEqual(
      new Set(['horizon@2023.1', 'horizon@2023.2']),
    )
  })

  it('leaves nothing undecided and no service release with an error under its own pins', () => {
    expect(fleet.undecided).toEqual([])
    expect(fleet.separate).toEqual({ sound: 105, of: 105 })
  })

  it('gives each finding an id of its own', () => {
    const ids = fleet.cells.flatMap(({ findings }) => findings.map(({ id }) => id))
    expect(new Set(ids).size).toBe(ids.length)
  })
})

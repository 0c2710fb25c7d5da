import { readFileSync } from 'node:fs'
import { normalizeName } from '#pep/name.js'
import type { Release, SmallUniverse } from './universe.js'

/** What one of resolvelib's own tests asks, and the answer that it expects; see `fixtures/resolvelib/cases.json`. */
export interface ResolvelibCase {
  readonly name: string
  readonly universe: SmallUniverse
  readonly demands: readonly string[]
  readonly resolved: Readonly<Record<string, string>>
  /** Distributions that make an answer impossible. */
  readonly conflicted?: readonly string[]
  /** Versions that a good search does not come to. */
  readonly unvisited: Readonly<Record<string, readonly string[]>>
}

interface RawCase {
  readonly requested: readonly string[]
  readonly resolved?: Readonly<Record<string, string>>
  readonly also?: Readonly<Record<string, string>>
  readonly conflicted?: readonly string[]
  readonly unvisited?: Readonly<Record<string, readonly string[]>>
}

const folder = new URL('../../fixtures/resolvelib/', import.meta.url)

export function resolvelibCases(): ResolvelibCase[] {
  const { cases } = JSON.parse(readFileSync(new URL('cases.json', folder), 'utf8')) as {
    cases: Readonly<Record<string, RawCase>>
  }
  return Object.entries(cases).map(([name, { requested, resolved, also, conflicted, unvisited = {} }]) => ({
    name,
    universe: universeOf(name),
    demands: requested.map((text) => text.replace(/^[\w.-]+/, normalizeName)),
    resolved: { ...resolved, ...also },
    ...(conflicted !== undefined && { conflicted }),
    unvisited,
  }))
}

/** Each line has a distribution, versions of it that demand the same, and what they demand. */
function universeOf(name: string): SmallUniverse {
  const universe: Record<string, Record<string, Release>> = {}
  for (const line of readFileSync(new URL(`${name}.jsonl`, folder), 'utf8')
    .trimEnd()
    .split('\n')) {
    const row = JSON.parse(line) as { name: string; versions: readonly string[]; demands: readonly string[] }
    const releases = universe[row.name] ?? {}
    universe[row.name] = releases
    for (const version of row.versions) releases[version] = row.demands
  }
  return universe
}

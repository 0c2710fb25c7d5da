import type { DistributionName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import type { ServiceLines } from './lines.js'
import { type Partition, smallestPartition, type Together } from './partition.js'
import type { Line } from './problem.js'
import { type Session, solve } from './session.js'
import type { Task } from './task.js'

/** A service release with the pins that it was tested with. */
export interface TestedService extends ServiceLines {
  /** Those of its own release, one for each distribution. */
  readonly pins: readonly Line[]
}

/**
 * The fewest environments such that no distribution would have to be at two of the versions that the services in
 * it were tested with. Two services clash if both need a distribution and their releases pin it differently, so
 * pairs say everything.
 */
export function* fewestAsTested(session: Session, services: readonly TestedService[]): Task<Partition> {
  const tested: (TestedVersions | undefined)[] = []
  for (const service of services) {
    const versions = yield* testedVersions(session, service)
    if (versions === 'undecided') return { kind: 'undecided' }
    tested.push(versions)
  }
  const pairs: [number, number][] = []
  for (const [i, a] of tested.entries()) {
    for (let j = i + 1; j < tested.length; j++) {
      const b = tested[j]
      if (a !== undefined && b !== undefined && clashOf(a, b) !== undefined) pairs.push([i, j])
    }
  }
  const clashing = new Set(pairs.map(([i, j]) => `${i} ${j}`))
  function* together(members: readonly number[]): Task<Together> {
    const sets = members.flatMap((i) => members.filter((j) => clashing.has(`${i} ${j}`)).map((j) => [i, j]))
    const alone = members.filter((member) => tested[member] === undefined).map((member) => [member])
    return sets.length + alone.length === 0 ? { kind: 'fits' } : { kind: 'fails', sets: [...alone, ...sets] }
  }
  return yield* smallestPartition(services.length, together, pairs)
}

/** Canonical, so that two spellings of one version are one; without what no release pins. */
type TestedVersions = ReadonlyMap<DistributionName, string>

/** What a service was tested with, of all that it needs; undefined if its own pins refuse it. */
export function* testedVersions(
  session: Session,
  { self, demands, pins }: TestedService,
): Task<TestedVersions | 'undecided' | undefined> {
  const outcome = yield* solve(session, { lines: [self, ...demands, ...pins] })
  if (outcome.kind === 'undecided') return 'undecided'
  if (outcome.kind === 'unsolvable') return undefined
  const pinned = new Set([self.name, ...pins.map(({ name }) => name)])
  return new Map(
    [...outcome.pins].flatMap(([name, version]) =>
      pinned.has(name) ? [[name, tryParseVersion(version)?.key ?? version] as const] : [],
    ),
  )
}

/** A distribution that two services were tested with at two versions: these two pins are the minimal conflict. */
export function clashOf(a: TestedVersions, b: TestedVersions): DistributionName | undefined {
  for (const [name, version] of a) {
    const other = b.get(name)
    if (other !== undefined && other !== version) return name
  }
  return undefined
}

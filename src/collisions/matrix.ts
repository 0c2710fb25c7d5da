import { formatOrigin } from '#errors.js'
import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { ClosureFacts, Undecided } from '#solver/closure-demands.js'
import {
  type Candidate,
  type Cell,
  type CheckOptions,
  checkOn,
  isSoundAlone,
  type KnownOfWheels,
} from './analysis.js'
import type { Host } from './check.js'
import { type Summary, tally } from './summary.js'

interface Matrix {
  readonly cells: readonly Cell[]
  /** Findings of all cells; distributions over all cells, each counted once. */
  readonly summary: Summary
  readonly undecided: readonly Undecided[]
  readonly separate: { readonly sound: number; readonly of: number }
}

/** What a fact would decide is told once, wherever it is asked for; what none can is told at each place. */
function distinctUndecided(cells: readonly Cell[]): readonly Undecided[] {
  const known = new Map<string, Undecided>()
  for (const { undecided } of cells)
    for (const one of undecided) {
      const { distribution, version = '', reason, lacks, at } = one
      const place = lacks === undefined && at !== undefined ? formatOrigin(at) : ''
      const key = `${distribution} ${version} ${reason} ${place}`
      if (!known.has(key)) known.set(key, one)
    }
  return [...known].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, one]) => one)
}

/** Every candidate on every host but the one of its own release (unless that is the only host asked for). */
export function matrix(
  candidates: readonly Candidate[],
  hosts: readonly Host[],
  environment: MarkerEnvironment,
  facts: ClosureFacts,
  options: Pick<CheckOptions, 'notes' | keyof KnownOfWheels>,
): Matrix {
  const cells: Cell[] = []
  const count = tally()
  let sound = 0
  let of = 0
  for (const candidate of candidates) {
    const alone = isSoundAlone(candidate, environment, facts)
    if (alone !== undefined) of += 1
    if (alone === true) sound += 1
    for (const host of hosts) {
      if (hosts.length > 1 && host.release !== undefined && host.release === candidate.release) continue
      cells.push(checkOn(candidate, host, facts, { ...options, sound: alone, tally: count }))
    }
  }
  return { cells, summary: count.all(), undecided: distinctUndecided(cells), separate: { sound, of } }
}

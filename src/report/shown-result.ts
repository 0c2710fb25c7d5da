import type { ResultCell } from '#collisions/result.js'
import { visible } from '#errors.js'
import type { Analysis } from '#verbs/analyze.js'

/** Longer text is cut: no name, version, specifier or line that means something is longer. */
const longest = 4000

function shown<T>(value: T): T
function shown(value: unknown): unknown {
  if (typeof value === 'string') return visible(value, longest)
  if (Array.isArray(value)) return shownList(value)
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [shown(key), shown(one)]))
  if (typeof value !== 'object' || value === null) return value
  const given = value as Readonly<Record<string, unknown>>
  // Nearly all is safe as it is: a copy is begun at the first text that is not.
  let safe: Record<string, unknown> | undefined
  for (const key in given) {
    const one = shown(given[key])
    if (one === given[key]) continue
    safe ??= allOf(given)
    safe[key] = one
  }
  return safe ?? value
}

/** Also what is worked out when it is asked for. */
function allOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all: Record<string, unknown> = {}
  for (const key in given) all[key] = given[key]
  return all
}

function shownList(list: readonly unknown[]): readonly unknown[] {
  let safe: unknown[] | undefined
  for (let index = 0; index < list.length; index++) {
    const made = shown(list[index])
    if (made === list[index]) continue
    safe ??= [...list]
    safe[index] = made
  }
  return safe ?? list
}

/** All that a result tells of a cell: a field that is left out here does not compile. */
type Told<T> = { readonly [Key in keyof Required<T>]: T[Key] | undefined }

function given<T>(told: Told<T>): T {
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as T
}

function shownCell(cell: ResultCell): ResultCell {
  // A cell of an analysis has more than a result tells: the pins of the host, the root of the closure.
  const { candidate, host, summary, size, findings, undecided, radius, fictions, at } = cell
  const { service, release, version } = candidate
  return shown(
    given<ResultCell>({
      candidate: given<ResultCell['candidate']>({ service, release, version }),
      host: given<ResultCell['host']>({ label: host.label, release: host.release, python: host.python }),
      summary,
      size,
      findings,
      undecided,
      radius,
      fictions,
      at,
    }),
  )
}

/**
 * The result with every text made safe to print. Names, versions, paths and source lines come from files and from
 * the index: here, and not in each format, they lose what could move a cursor or turn the order of a line.
 */
export function shownResult(result: Analysis): Analysis {
  const { cells, ...rest } = result
  return { ...shown(rest), cells: cells.map(shownCell) }
}

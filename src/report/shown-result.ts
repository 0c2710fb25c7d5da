import type { ResultCell } from '#collisions/result.js'
import { visible } from '#errors.js'
import type { Analysis } from '#verbs/analyze.js'

/** Longer text is cut: no name, version, specifier or line that means something is longer. */
const longest = 4000

function shown<T>(value: T): T
function shown(value: unknown): unknown {
  if (typeof value === 'string') return visible(value, longest)
  if (Array.isArray(value)) return value.map((one) => shown(one))
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [shown(key), shown(one)]))
  if (typeof value !== 'object' || value === null) return value
  const safe: Record<string, unknown> = {}
  for (const key in value) safe[key] = shown((value as Readonly<Record<string, unknown>>)[key])
  return safe
}

function shownCell(cell: ResultCell): ResultCell {
  // A cell of an analysis has more than a result tells: the pins of the host, the root of the closure.
  const { candidate, host, summary, size, findings, undecided, radius, at } = cell
  const { service, release, version } = candidate
  return {
    candidate: shown({
      service,
      ...(release === undefined ? {} : { release }),
      ...(version === undefined ? {} : { version }),
    }),
    host: shown({
      label: host.label,
      ...(host.release === undefined ? {} : { release: host.release }),
      python: host.python,
    }),
    summary,
    size,
    findings: shown(findings),
    undecided: shown(undecided),
    ...(radius === undefined ? {} : { radius: shown(radius) }),
    ...(at === undefined ? {} : { at: shown(at) }),
  }
}

/**
 * The result with every text made safe to print. Names, versions, paths and source lines come from files and from
 * the index: here, and not in each format, they lose what could move a cursor or turn the order of a line.
 */
export function shownResult(result: Analysis): Analysis {
  const { cells, ...rest } = result
  return { ...shown(rest), cells: cells.map(shownCell) }
}

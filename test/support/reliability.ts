import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One row of docs/reliability.md: what a run of a test tried, and what was lost. */
export interface ReliabilityRow {
  /** Of docs/promises.md, such as `P2`. */
  readonly promise: string
  readonly what: string
  /** Inputs or runs. */
  readonly tried: number
  /** Faults that were met: kills, failing calls, bad answers. */
  readonly injected: number
  /** Of those, after how many everything was as promised. */
  readonly survived: number
  /** Half-written or wrong outputs, hangs, untyped errors. */
  readonly losses: number
  /** Milliseconds of wall time that the longest single run took. */
  readonly longestMs: number
  /** Largest resident memory of a single run; none where it was not measured. */
  readonly peakMiB?: number
  /** What makes this row. */
  readonly command: string
}

/**
 * Keeps rows for `npm run reliability`, if this is a long run (`SVCSPLIT_RELIABILITY=1`). A row replaces the one that
 * says the same before its first colon, so that a part of a suite can be run alone.
 */
export function keepRows(name: string, rows: readonly ReliabilityRow[]): void {
  if (process.env.SVCSPLIT_RELIABILITY !== '1') return
  const dir = join(import.meta.dirname, '../../docs/reliability')
  mkdirSync(dir, { recursive: true })
  const file = join(dir, `${name}.json`)
  const about = ({ what }: ReliabilityRow): string => what.split(':', 1)[0]!
  const kept: ReliabilityRow[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  for (const row of rows) {
    const place = kept.findIndex((one) => about(one) === about(row))
    if (place === -1) kept.push(row)
    else kept[place] = row
  }
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`)
}

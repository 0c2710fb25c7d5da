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

/** What another program does with the bad inputs that svcsplit refuses. */
export interface PeerRow {
  /** With its version. */
  readonly peer: string
  readonly inputs: string
  readonly tried: number
  readonly refused: number
  readonly taken: number
  /** Ended with a stack trace. */
  readonly trace: number
  /** Had not ended after 30 seconds. */
  readonly hang: number
  readonly longestMs: number
  /** Of the catalog of bad inputs: what it took. */
  readonly takenRows: readonly string[]
}

/** A row replaces the one of the same program, so that one can be asked alone. */
export function keepPeers(rows: readonly PeerRow[]): void {
  const dir = join(import.meta.dirname, '../../docs/reliability')
  const file = join(dir, 'peers.json')
  const kept: readonly PeerRow[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []
  const isMade = ({ peer, inputs }: PeerRow): boolean =>
    rows.some((row) => row.peer === peer && row.inputs === inputs)
  const all = [...kept.filter((row) => !isMade(row)), ...rows]
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`)
}

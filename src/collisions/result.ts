import type { InputFile } from '#inputs/fleet.js'
import type { Undecided } from '#solver/closure-demands.js'
import type { Cell } from './analysis.js'
import type { Rule } from './finding.js'
import type { Held } from './held.js'
import type { Summary } from './summary.js'

/** What `analyze` found: one cell for each candidate on each host. */
export interface AnalysisResult {
  readonly toolVersion: string
  readonly inputs: readonly InputFile[]
  readonly python: string
  readonly platform: string
  /** The one host that was asked for; none when every host counts. */
  readonly host?: { readonly release?: string; readonly constraints?: string }
  /** Releases in their order, for rows and columns. */
  readonly releases: readonly { readonly name: string; readonly slurp: boolean }[]
  /** In the order of services, then releases, then hosts. */
  readonly cells: readonly Cell[]
  /** The rules that were worked out: of any other rule this result says nothing. */
  readonly rules: readonly Rule[]
  /** Whether drift and unpinned distributions are told as findings, or counted alone. */
  readonly notesTold: boolean
  readonly summary: Summary
  /** Who holds what errors and warnings speak of, host by host; where it was asked for. */
  readonly held?: readonly Held[]
  /** Each fact that was needed and not known, once. */
  readonly undecided: readonly Undecided[]
  /** Candidates without a single error under the pins of their own release, of all that have one. */
  readonly separate: { readonly sound: number; readonly of: number }
}

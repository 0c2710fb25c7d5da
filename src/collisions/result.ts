import type { FileOrigin } from '#errors.js'
import type { InputFile } from '#inputs/fleet.js'
import type { Undecided } from '#solver/closure-demands.js'
import type { FictionalBound } from './fictional-bounds.js'
import type { Finding, Rule } from './finding.js'
import type { Held } from './held.js'
import type { Radius } from './radius.js'
import type { Summary } from './summary.js'
import type { Verdict } from './verdict.js'

/** What a result tells of a candidate on a host: all of it has a name in the saved result. */
export interface ResultCell {
  readonly candidate: { readonly service: string; readonly release?: string; readonly version?: string }
  readonly host: { readonly label: string; readonly release?: string; readonly python: string }
  readonly summary: Summary
  /** How many distributions the candidate needs. */
  readonly size: number
  /** Sorted: errors first, then by rule, distribution and who demands. */
  readonly findings: readonly Finding[]
  readonly undecided: readonly Undecided[]
  /** What question 2 answers; only where it was asked and the cell has errors. */
  readonly radius?: Radius
  /** Declared bounds that the code contradicts; only where notes are told, and code is known. */
  readonly fictions?: readonly FictionalBound[]
  /** The line of a policy that asks for it. */
  readonly at?: FileOrigin
}

/** Whether services that are to share one environment may. */
export interface EnvironmentCheck {
  readonly name: string
  /** `nova@2026.1`, sorted. */
  readonly services: readonly string[]
  /** As declared; null where the search did not end, or facts are missing. */
  readonly sharable: boolean | null
  /** The line of the policy that asks for it. */
  readonly at?: FileOrigin
  readonly findings: readonly Finding[]
}

/** What `analyze` or `gate` found: one cell for each candidate on each host. */
export interface AnalysisResult {
  readonly toolVersion: string
  readonly inputs: readonly InputFile[]
  readonly python: string
  readonly platform: string
  /** What was uploaded then or later was left out: a day or a time (ISO 8601); none where all that is known counts. */
  readonly excludeNewer?: string
  /** The one host that was asked for; none when every host counts. */
  readonly host?: { readonly release?: string; readonly constraints?: string }
  /** Releases in their order, for rows and columns. */
  readonly releases: readonly { readonly name: string; readonly slurp: boolean }[]
  /** In the order of services, then releases, then hosts. */
  readonly cells: readonly ResultCell[]
  /** Only of a gate whose policy names environments. */
  readonly environments?: readonly EnvironmentCheck[]
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
  /** Only of a gate. */
  readonly verdict?: Verdict
}

/** Every finding of a result, cells first. */
export function findingsOf(result: AnalysisResult): readonly Finding[] {
  return [...result.cells, ...(result.environments ?? [])].flatMap(({ findings }) => findings)
}

/**
 * The JSON of `analyze` and `gate`: `svcsplit schema analysis` is its schema. Later versions 1.x add keys, and change or
 * take away none. Rules are names: which there are, the result says.
 */
export type Level = 'error' | 'warning' | 'note'

export type Place =
  | { readonly path: string; readonly line?: number; readonly column?: number; readonly text?: string }
  | { readonly archive: string; readonly member?: string }
  | {
      readonly distribution: string
      readonly version: string
      readonly field: string
      readonly index?: number
    }

export interface SupplyDocument {
  readonly version: string
  readonly at?: Place
}

export type FixDocument =
  | { readonly kind: 'separate'; readonly service: string; readonly verified: boolean }
  | {
      readonly kind: 'raise'
      readonly pins: Readonly<Record<string, string>>
      readonly disturbs?: readonly string[]
      readonly verified: boolean
    }

/** A name that code needs and a version of a library does not have: `broken-import`. */
export interface MissingDocument {
  /** As the code writes it, aliases resolved: `oslo_utils.secretutils.md5`. */
  readonly name: string
  readonly kind: string
  /** The shortest part of it that does not exist. */
  readonly gone: string
  /** When the first use runs: as the module is imported, or in a function. */
  readonly moment: string
  /** Uses in all, guarded ones not counted; `places` has the first of them. */
  readonly uses: number
  readonly places: readonly Place[]
  /** Known versions of the library around the host's, below it and above it. */
  readonly lastWith?: string
  readonly firstWithout?: string
  readonly lastWithout?: string
  readonly firstWith?: string
  /** The module is not declared: who brought it along under the pins of the service's own release. */
  readonly leakedBy?: string
}

export interface DemandDocument {
  readonly service: string
  /** None of a user's own requirements file. */
  readonly release?: string
  /** `nova 33.0.2`. */
  readonly by: string
  readonly specifier: string
  readonly at: Place
}

export interface FindingDocument {
  /** Twelve hexadecimal digits, the same for the same fact in every run. */
  readonly id: string
  readonly rule: string
  readonly level: Level
  readonly distribution: string
  readonly demand: DemandDocument
  /** Of a conflict that only several demands make together. */
  readonly among?: readonly DemandDocument[]
  /** What the host has. */
  readonly supply: SupplyDocument | null
  /** What the service's own release pins. */
  readonly tested?: SupplyDocument
  readonly jump?: string
  /** Of a script that is gone: what the profile starts in its place. */
  readonly instead?: { readonly process: string; readonly starts: string }
  readonly missing?: MissingDocument
  /** One of the two: what the finding is about. */
  readonly host?: string
  readonly environment?: string
  /** From the service to the distribution that demands. */
  readonly via: readonly string[]
  readonly direct: boolean
  /** `new`, `known` or `waived`. */
  readonly state: string
  readonly waiver?: { readonly reason: string; readonly until: string; readonly owner: string }
  readonly fixes: readonly FixDocument[]
}

/** A pin of the host that moves. */
export interface MoveDocument {
  readonly distribution: string
  readonly from: string
  readonly to: string
  readonly jump: string
  readonly up: boolean
  readonly at?: Place
}

/** What would be refused after a move. */
export interface RefusedDocument {
  readonly id: string
  readonly rule: string
  readonly service: string
  readonly release?: string
  readonly by: string
  readonly distribution: string
  readonly specifier: string
  readonly version: string | null
  readonly at: Place
  readonly missing?: MissingDocument
}

/** The blast radius: the fewest pins of the host to move; `pins` is null where none will do, or none is known. */
export interface RadiusDocument {
  readonly pins: Readonly<Record<string, string>> | null
  readonly moves: number | null
  readonly disturbs: readonly string[] | null
  readonly exact: boolean
  readonly atLeast?: number
  readonly changes?: readonly MoveDocument[]
  readonly adds?: Readonly<Record<string, string>>
  /** Moves after which nobody is disturbed by a name that is gone; null where there are none. */
  readonly sparing?: readonly MoveDocument[] | null
  readonly jumps?: Readonly<Record<string, string>>
  readonly holds?: readonly {
    readonly service: string
    readonly release: string
    readonly distributions: readonly string[]
  }[]
  readonly refused?: readonly RefusedDocument[]
  readonly by?: RefusedDocument
}

/** Findings by rule; null where the rule was not worked out. */
export type SummaryDocument = Readonly<Record<string, number | null>>

/** A fact that is needed and not known. */
export interface UndecidedDocument {
  readonly distribution: string
  readonly version?: string
  readonly reason: string
  readonly at?: Place
}

/** A declared lower bound that the code contradicts. */
export interface FictionalBoundDocument {
  readonly distribution: string
  readonly by: string
  readonly specifier: string
  readonly at: Place
  /** The oldest known version that it accepts, which lacks the name. */
  readonly lowest: string
  /** `error`: a module cannot be imported with it; `warning`: something fails when it is called. Once it was always an error. */
  readonly level?: 'error' | 'warning'
  readonly needsFrom: string
  readonly name: string
  readonly usedAt: Place
}

/** One service release on one host: `to` on `from`. */
export interface CellDocument {
  readonly service: string
  readonly from: string
  readonly constraints?: string
  readonly to: string | null
  readonly python: string
  /** Distributions in the closure. */
  readonly size: number
  readonly at?: Place
  readonly summary: SummaryDocument
  readonly distributions: SummaryDocument
  readonly undecided?: readonly UndecidedDocument[]
  readonly radius?: RadiusDocument
  readonly fictionalBounds?: readonly FictionalBoundDocument[]
}

/** Services that are to share an environment; null where that is not decided. */
export interface EnvironmentDocument {
  readonly name: string
  readonly services: readonly string[]
  readonly sharable: boolean | null
  readonly at?: Place
}

export interface WaiverDocument {
  readonly match: Readonly<Record<string, string>>
  readonly reason: string
  readonly until: string
  readonly owner: string
  readonly at: Place
}

export interface VerdictDocument {
  readonly outcome: 'passed' | 'failed' | 'undecided'
  readonly failOn: readonly string[]
  readonly new: number
  readonly known: number
  readonly waived: number
  readonly excess: readonly { readonly rule: string; readonly found: number; readonly allowed: number }[]
  readonly compared: readonly { readonly against: string; readonly gone: readonly unknown[] }[]
  readonly waivers: {
    readonly expired: readonly (WaiverDocument & { readonly days: number })[]
    readonly stale: readonly WaiverDocument[]
    readonly ending: readonly WaiverDocument[]
  }
}

export interface HeldDocument {
  readonly host: string
  readonly distribution: string
  readonly version: string
  readonly at?: Place
  readonly services: readonly string[]
  readonly demandedBy: readonly {
    readonly by: string
    readonly specifier: string
    readonly at: Place
    readonly refused: boolean
    readonly services: readonly string[]
  }[]
  readonly demands: readonly {
    readonly distribution: string
    readonly specifier: string
    readonly version?: string
  }[]
}

export interface ImagesDocument {
  readonly release: string
  readonly layers: readonly {
    readonly title: string
    readonly bytes: number
    readonly distributions: readonly string[]
  }[]
  readonly services: readonly { readonly service: string; readonly layers: readonly number[] }[]
}

export interface ResultDocument {
  readonly schemaVersion: string
  readonly tool: { readonly name: string; readonly version: string }
  readonly inputs: readonly { readonly id: string; readonly path: string; readonly sha256: string }[]
  readonly target: {
    readonly host: {
      readonly release?: string
      readonly constraints?: string
      readonly python: string
      readonly platform: string
    }
    readonly excludeNewer?: string
    readonly services: readonly {
      readonly name: string
      readonly release?: string
      readonly version?: string
    }[]
  }
  readonly releases: readonly { readonly name: string; readonly slurp: boolean }[]
  /** Those that were worked out. */
  readonly rules: readonly string[]
  readonly summary: SummaryDocument
  readonly distributions: SummaryDocument
  readonly separate: { readonly sound: number; readonly of: number }
  readonly cells: readonly CellDocument[]
  /** Of one cell alone, the same as in `cells`. */
  readonly radius?: RadiusDocument
  readonly size?: number
  /** Rules of which the findings are only counted. */
  readonly counted?: readonly string[]
  readonly environments?: readonly EnvironmentDocument[]
  readonly findings: readonly FindingDocument[]
  readonly held?: readonly HeldDocument[]
  readonly images?: ImagesDocument
  readonly undecided: readonly UndecidedDocument[]
  /** Only of a gate. */
  readonly verdict?: VerdictDocument
}

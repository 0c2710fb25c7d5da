/** The JSON of `analyze` and `gate`, as far as a page reads it. Rules are names: which there are, the result says. */
export type Level = 'error' | 'warning' | 'note'

export type Place =
  | { readonly path: string; readonly line?: number; readonly text?: string }
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
  | { readonly kind: 'separate'; readonly service: string }
  | {
      readonly kind: 'raise'
      readonly pins: Readonly<Record<string, string>>
      readonly disturbs?: readonly string[]
    }

export interface FindingDocument {
  readonly id: string
  readonly rule: string
  readonly level: Level
  readonly distribution: string
  readonly demand: {
    readonly service: string
    readonly release?: string
    readonly by: string
    readonly specifier: string
    readonly at: Place
  }
  readonly supply: SupplyDocument | null
  readonly tested?: SupplyDocument
  readonly jump?: string
  /** One of the two: what the finding is about. */
  readonly host?: string
  readonly environment?: string
  readonly via: readonly string[]
  readonly direct: boolean
  readonly state: string
  readonly fixes: readonly FixDocument[]
}

export interface RadiusDocument {
  readonly pins: Readonly<Record<string, string>> | null
  readonly moves: number | null
  readonly disturbs: readonly string[] | null
  readonly exact: boolean
  readonly atLeast?: number
  readonly changes?: readonly {
    readonly distribution: string
    readonly from: string
    readonly to: string
    readonly at?: Place
  }[]
  readonly adds?: Readonly<Record<string, string>>
  readonly refused?: readonly {
    readonly service: string
    readonly by: string
    readonly distribution: string
    readonly specifier: string
    readonly version: string | null
  }[]
}

/** Findings by rule; null where the rule was not worked out. */
export type SummaryDocument = Readonly<Record<string, number | null>>

export interface CellDocument {
  readonly service: string
  readonly from: string
  readonly to: string | null
  readonly size?: number
  readonly summary: SummaryDocument
  readonly distributions: SummaryDocument
  readonly radius?: RadiusDocument
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
  readonly tool: { readonly name: string; readonly version: string }
  readonly inputs: readonly { readonly id: string; readonly path: string; readonly sha256: string }[]
  readonly target: {
    readonly host: {
      readonly release?: string
      readonly constraints?: string
      readonly python: string
      readonly platform: string
    }
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
  readonly environments?: readonly EnvironmentDocument[]
  readonly findings: readonly FindingDocument[]
  readonly held?: readonly HeldDocument[]
  readonly images?: ImagesDocument
  readonly undecided: readonly {
    readonly distribution: string
    readonly version?: string
    readonly reason: string
    readonly at?: Place
  }[]
  /** Only of a gate. */
  readonly verdict?: VerdictDocument
}

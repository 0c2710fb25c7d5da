/** A plan as its page shows it: texts are ready to be read, and numbers stand beside them where they are drawn. */
export interface RunBook {
  readonly tool: { readonly name: string; readonly version: string }
  /** `nova 2025.1 -> 2026.1, ...` */
  readonly title: string
  readonly engine: string
  readonly python: string
  readonly platform: string
  readonly fleet: string
  /** Which service has to come before which, and why. */
  readonly order: readonly string[]
  readonly notes: readonly string[]
  readonly services: readonly BookService[]
  readonly untouched: readonly BookUntouched[]
}

/** A service that moves, in its window. */
export interface BookService {
  readonly service: string
  readonly from: string
  readonly to: string
  /** Of the service itself: `31.3.1`. */
  readonly versions: readonly [string, string]
  readonly images: readonly [string, string]
  /** `one SLURP release to the next, container by container`. */
  readonly hop: string
  readonly window: Amount
  readonly back: Amount
  /** Bytes. */
  readonly pull: Amount
  readonly moves: string
  readonly interrupted: Amount
  readonly interruptions: readonly { readonly step: string; readonly why: string; readonly time: string }[]
  readonly processes: readonly string[]
  /** The point of no return, where it has one. */
  readonly final?: { readonly step: string; readonly why: string }
  readonly stages: readonly BookStage[]
  readonly sources: readonly string[]
}

interface Amount {
  readonly amount: number
  readonly text: string
}

export interface BookStage {
  readonly key: 'ahead' | 'window' | 'later' | 'restore'
  readonly title: string
  readonly about: string
  readonly steps: readonly BookStep[]
}

export interface BookStep {
  readonly id: string
  readonly title: string
  readonly host?: string
  readonly commands: readonly string[]
  readonly answers: readonly { readonly code: number; readonly do: string; readonly means: string }[]
  readonly seconds: number
  readonly time: string
  readonly limit: string
  readonly interrupts?: string
  readonly undo: { readonly means: string; readonly commands: readonly string[] }
  readonly final?: string
  readonly optional?: string
  readonly note?: string
  /** As recorded when the page was written. */
  readonly result?: 'done' | 'failed'
}

export interface BookUntouched {
  readonly service: string
  readonly release: string
  /** Its image, or the host on which it runs. */
  readonly where: string
  readonly libraries: number
  readonly sha256: string
}

/** The one way in which work below the command line says how far it is. All hooks may be left out. */
export interface Progress {
  /** A step begins or goes on: `label` stays the same, `done` of `total` moves. */
  step?(label: string, done?: number, total?: number): void
  /** Something is done; the line stays. */
  done?(message: string): void
  /** A fact worth knowing that is not the result. */
  note?(message: string): void
  /** Something is odd, and the work goes on. */
  warn?(message: string): void
}

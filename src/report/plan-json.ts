import type { Plan } from '#upgrade/plan.js'
import type { StepRecord, WayBack } from '#upgrade/progress.js'
import { toolVersion } from '#version.js'

/** The JSON of `plan`: `svcsplit schema plan` is its schema. */
export interface PlanDocument {
  readonly schemaVersion: '1.0'
  readonly tool: { readonly name: 'svcsplit'; readonly version: string }
  readonly plan: Plan
  /** What was recorded of its steps. */
  readonly steps: readonly StepRecord[]
}

export function planDocument(plan: Plan, steps: readonly StepRecord[] = []): PlanDocument {
  return { schemaVersion: '1.0', tool: { name: 'svcsplit', version: toolVersion() }, plan, steps }
}

export function planJson(plan: Plan, steps: readonly StepRecord[] = []): string {
  return `${JSON.stringify(planDocument(plan, steps), null, 2)}\n`
}

export function wayBackJson(back: WayBack): string {
  const document = { schemaVersion: '1.0', tool: { name: 'svcsplit', version: toolVersion() }, back }
  return `${JSON.stringify(document, null, 2)}\n`
}

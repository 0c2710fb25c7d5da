import type { Plan } from '#upgrade/plan.js'
import type { StepRecord, WayBack } from '#upgrade/progress.js'
import { toolVersion } from '#version.js'

/** A plan as `svcsplit schema plan` describes it. */
export function planJson(plan: Plan, steps: readonly StepRecord[] = []): string {
  const document = { schemaVersion: '1.0', tool: { name: 'svcsplit', version: toolVersion() }, plan, steps }
  return `${JSON.stringify(document, null, 2)}\n`
}

export function wayBackJson(back: WayBack): string {
  const document = { schemaVersion: '1.0', tool: { name: 'svcsplit', version: toolVersion() }, back }
  return `${JSON.stringify(document, null, 2)}\n`
}

import { SvcsplitError } from '#errors.js'
import { shownPath } from '#inputs/fleet.js'
import { schemaValidator } from '#inputs/json-schema.js'
import { readInput } from '#inputs/requirements-file.js'
import { decodeText } from '#inputs/text-lines.js'
import type { Plan } from '#upgrade/plan.js'
import type { StepRecord } from '#upgrade/progress.js'

type Kind = 'analysis' | 'plan'

/** A plan, and what was recorded of its steps. */
export interface SavedPlan {
  readonly plan: Plan
  readonly steps: readonly StepRecord[]
}

/** A result as it was written: that of an analysis or gate, or a plan. */
export type SavedResult =
  | { readonly kind: 'analysis'; readonly document: unknown }
  | ({ readonly kind: 'plan' } & SavedPlan)

const schemas: Readonly<Record<Kind, () => Promise<object>>> = {
  analysis: async () => (await import('#inputs/analysis-schema.js')).analysisSchema,
  plan: async () => (await import('#upgrade/plan-schema.js')).planSchema,
}

/** A document that fits the schema of its kind, from its text. @throws E-RES-FORM */
export async function parseSaved(text: string, path: string): Promise<SavedResult> {
  const refuse = (what: string, cause?: unknown): SvcsplitError =>
    new SvcsplitError('E-RES-FORM', `${path} is no saved result: ${what}`, {
      at: { path },
      hint: 'svcsplit analyze, gate and plan make one with -o json=FILE',
      ...(cause === undefined ? {} : { cause }),
    })
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw refuse('it is not JSON', cause)
  }
  const isPlan = typeof document === 'object' && document !== null && 'plan' in document
  const kind = isPlan ? 'plan' : 'analysis'
  const validator = schemaValidator(await schemas[kind]())
  if (!validator(document)) {
    const [error] = validator.errors!
    throw refuse(`${error!.instancePath || 'the document'} ${error!.message}`)
  }
  return kind === 'analysis' ? { kind, document } : { kind, ...(document as SavedPlan) }
}

/** What `-o json=FILE` of `analyze`, `gate` or `plan` wrote. @throws E-RES-FORM, E-FS-* */
export async function savedResult(path: string): Promise<SavedResult> {
  return parseSaved(decodeText(await readInput(path), path), shownPath(path))
}

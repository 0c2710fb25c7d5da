import { SvcsplitError } from '#errors.js'
import { schemaValidator } from '#inputs/json-schema.js'
import { stepsOf } from './plan.js'
import { planSchema } from './plan-schema.js'
import type { Progress } from './progress.js'

const { plan, steps } = planSchema.properties

/** A record holds a plan as `plan -o json` writes it: its commands are printed to be typed. */
const progressSchema = {
  type: 'object',
  required: ['format', 'plan', 'steps'],
  properties: { format: { const: 'svcsplit progress 1' }, plan, steps },
  $defs: planSchema.$defs,
} as const

function broken(path: string, what: string, cause?: unknown): SvcsplitError {
  return new SvcsplitError('E-PLN-STATE', `the record of progress cannot be read: ${what}`, {
    at: { path },
    hint: 'svcsplit writes it; name another file to begin anew',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** A record that `plan --state` has written, from its text. @throws E-PLN-STATE */
export function parseProgress(text: string, path: string): Progress {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw broken(path, 'not JSON', cause)
  }
  const validate = schemaValidator(progressSchema)
  if (!validate(raw)) {
    const [error] = validate.errors!
    throw broken(path, `${error!.instancePath || 'the document'} ${error!.message}`)
  }
  const progress = raw as Progress
  const known = new Set(progress.plan.services.flatMap((service) => stepsOf(service).map(({ id }) => id)))
  const strange = progress.steps.find(({ step }) => !known.has(step))
  if (strange !== undefined)
    throw broken(path, `its plan has no step ${JSON.stringify(strange.step.slice(0, 200))}`)
  return progress
}

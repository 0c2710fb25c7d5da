import { createRequire } from 'node:module'
import type { ValidateFunction } from 'ajv'

const compiled = new WeakMap<object, ValidateFunction>()

/** What holds a document against a JSON Schema (draft 2020-12). Loaded when first asked for: few commands need it. */
export function schemaValidator(schema: object): ValidateFunction {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const made = new Ajv2020({
    verbose: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
  }).compile(schema)
  compiled.set(schema, made)
  return made
}

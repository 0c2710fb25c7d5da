import type { ValidateFunction } from 'ajv'
import { SvcsplitError } from '#errors.js'
import { shownPath } from '#inputs/fleet.js'
import { readInput } from '#inputs/requirements-file.js'
import { decodeText } from '#inputs/text-lines.js'

let validator: ValidateFunction | undefined

async function compiled(): Promise<ValidateFunction> {
  const [{ Ajv2020 }, { analysisSchema }] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('#inputs/analysis-schema.js'),
  ])
  return new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(analysisSchema)
}

/** A document that fits the schema of results, from its text. @throws E-RES-FORM */
export async function parseSavedResult(text: string, path: string): Promise<unknown> {
  const refuse = (what: string, cause?: unknown): SvcsplitError =>
    new SvcsplitError('E-RES-FORM', `${path} is no saved result: ${what}`, {
      at: { path },
      hint: 'svcsplit analyze -o json=FILE and svcsplit gate -o json=FILE make one',
      ...(cause === undefined ? {} : { cause }),
    })
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw refuse('it is not JSON', cause)
  }
  validator ??= await compiled()
  if (validator(document)) return document
  const [error] = validator.errors!
  throw refuse(`${error!.instancePath || 'the document'} ${error!.message}`)
}

/** What `-o json=FILE` of `analyze` or `gate` wrote. @throws E-RES-FORM, E-FS-* */
export async function savedResult(path: string): Promise<unknown> {
  return parseSavedResult(decodeText(await readInput(path), path), shownPath(path))
}

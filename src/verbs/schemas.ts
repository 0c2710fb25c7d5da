import { SvcsplitError } from '#errors.js'
import { nearestNames } from '#inputs/nearest-name.js'

/** What a person or a program may write for svcsplit, or reads of it: the JSON Schema (draft 2020-12) of each. */
const schemas: ReadonlyMap<string, { readonly of: string; readonly load: () => Promise<object> }> = new Map([
  [
    'analysis',
    {
      of: 'what analyze and gate write with -o json',
      load: async () => (await import('#inputs/analysis-schema.js')).analysisSchema,
    },
  ],
  [
    'baseline',
    {
      of: 'a baseline: findings that are known',
      load: async () => (await import('#inputs/baseline-schema.js')).baselineSchema,
    },
  ],
  [
    'fleet',
    {
      of: 'a fleet file: what runs today',
      load: async () => (await import('#inputs/fleet-schema.js')).fleetSchema,
    },
  ],
  [
    'overrides',
    {
      of: 'overrides.yaml: pins of single services in place of those of their release',
      load: async () => (await import('#inputs/overrides-schema.js')).overridesSchema,
    },
  ],
  [
    'plan',
    {
      of: 'what plan writes with -o json',
      load: async () => (await import('#upgrade/plan-schema.js')).planSchema,
    },
  ],
  [
    'policy',
    {
      of: 'what a gate checks, and what it does not let pass',
      load: async () => (await import('#inputs/policy-schema.js')).policySchema,
    },
  ],
  [
    'profile',
    {
      of: 'profiles/SERVICE.yaml: what a service needs to run',
      load: async () => (await import('#inputs/profile-schema.js')).profileSchema,
    },
  ],
  [
    'waivers',
    {
      of: 'findings that are allowed until a day',
      load: async () => (await import('#inputs/waivers-schema.js')).waiversSchema,
    },
  ],
])

/** The names of the schemas, and what each is of. */
export function schemaNames(): readonly { readonly name: string; readonly of: string }[] {
  return [...schemas].map(([name, { of }]) => ({ name, of }))
}

/** @throws E-CLI-USAGE where there is no such schema */
export async function schemaNamed(name: string): Promise<object> {
  const found = schemas.get(name)
  if (found !== undefined) return found.load()
  const [near] = nearestNames(name, schemas.keys())
  throw new SvcsplitError('E-CLI-USAGE', `there is no schema ${JSON.stringify(name)}`, {
    hint: near === undefined ? `known are ${[...schemas.keys()].join(', ')}` : `did you mean ${near}?`,
  })
}

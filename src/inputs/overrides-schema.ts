/** JSON Schema (draft 2020-12) of a user's overrides: `svcsplit schema overrides` prints it. */
export const overridesSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:svcsplit:schema:overrides:1',
  title: 'Pins that some services shall not have as their release has them',
  type: 'array',
  maxItems: 10_000,
  items: {
    type: 'object',
    required: ['change', 'reason', 'until'],
    additionalProperties: false,
    properties: {
      change: {
        description: 'name===version in place of the pin of the release, or -name for none at all',
        type: 'string',
        maxLength: 300,
        pattern: '^(-[A-Za-z0-9][A-Za-z0-9._-]*|[A-Za-z0-9][A-Za-z0-9._-]*===?[A-Za-z0-9.!+_-]+)$',
      },
      services: {
        description: 'The services that it is for; all if left out',
        type: 'array',
        minItems: 1,
        maxItems: 1000,
        items: { type: 'string', maxLength: 63, pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$' },
      },
      releases: {
        description: 'The releases that it is for, as >=2025.1 or ==my-cloud; all if left out',
        type: 'string',
        maxLength: 100,
        pattern: '^(?:>=|<=|==|<|>)[a-z0-9][a-z0-9.-]*(?:,(?:>=|<=|==|<|>)[a-z0-9][a-z0-9.-]*)*$',
      },
      reason: {
        description: 'Why, for whoever meets it later',
        type: 'string',
        minLength: 1,
        maxLength: 1000,
      },
      reference: { description: 'Where more is said of it', type: 'string', minLength: 1, maxLength: 1000 },
      until: {
        description: 'The day from which it is to be looked at again, as 2027-03-01',
        type: 'string',
        pattern: '^\\d{4}-\\d{2}-\\d{2}$',
      },
    },
  },
} as const

const text = { type: 'string', maxLength: 100_000 } as const

/** JSON Schema (draft 2020-12) of a baseline: `svcsplit schema baseline` prints it. Only the id decides. */
export const baselineSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:svcsplit:schema:baseline:1',
  title: 'Findings that were known when a baseline was written',
  type: 'object',
  required: ['schemaVersion', 'findings'],
  properties: {
    schemaVersion: { type: 'string', pattern: '^1\\.[0-9]{1,4}$' },
    findings: {
      type: 'array',
      maxItems: 1_000_000,
      items: {
        type: 'object',
        required: ['id', 'rule', 'distribution'],
        properties: {
          id: { type: 'string', pattern: '^[0-9a-f]{12}$' },
          rule: text,
          distribution: text,
          service: text,
          release: text,
          host: text,
          specifier: text,
        },
      },
    },
  },
} as const

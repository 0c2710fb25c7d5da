const text = { type: 'string', minLength: 1, maxLength: 1000, pattern: '\\S' } as const

/** JSON Schema (draft 2020-12) of a file of waivers: `svcsplit schema waivers` prints it. */
export const waiversSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:svcsplit:schema:waivers:1',
  title: 'Findings that are allowed until a day',
  type: 'object',
  required: ['waivers'],
  additionalProperties: false,
  properties: {
    waivers: {
      type: 'array',
      maxItems: 10_000,
      items: {
        type: 'object',
        required: ['match', 'reason', 'until', 'owner'],
        additionalProperties: false,
        properties: {
          match: {
            description: 'What a finding has to have; all of it',
            type: 'object',
            minProperties: 1,
            additionalProperties: false,
            properties: {
              id: {
                description: 'Its id, or how that begins: at least 8 digits',
                type: 'string',
                pattern: '^[0-9a-f]{8,12}$',
              },
              rule: { type: 'string', minLength: 1, maxLength: 50 },
              service: { type: 'string', minLength: 1, maxLength: 63 },
              release: { description: 'In quotes: "2026.1"', type: 'string', minLength: 1, maxLength: 100 },
              host: { description: 'A release in quotes, or the path of constraints', ...text },
              distribution: { type: 'string', minLength: 1, maxLength: 200 },
            },
          },
          reason: { description: 'Why it may be', ...text },
          until: {
            description: 'The last day on which it holds: 2026-12-15',
            type: 'string',
            pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
          },
          owner: { description: 'Who answers for it', ...text },
        },
      },
    },
  },
} as const

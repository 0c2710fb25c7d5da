const serviceRelease = {
  description: 'SERVICE@RELEASE, such as nova@2026.1',
  type: 'string',
  maxLength: 100,
  pattern: '^[a-z][a-z0-9-]*(?:@[A-Za-z0-9.]+)?$',
} as const

const services = { type: 'array', minItems: 1, maxItems: 1000, items: serviceRelease } as const

const path = { type: 'string', minLength: 1, maxLength: 4096 } as const

const level = { enum: ['error', 'warning', 'note'] } as const

/** JSON Schema (draft 2020-12) of a gate's policy: `svcsplit schema policy` prints it. */
export const policySchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:svcsplit:schema:policy:1',
  title: 'What a gate checks, and what it does not let pass',
  type: 'object',
  additionalProperties: false,
  properties: {
    python: {
      description: 'Python of the hosts and environments: "3.11" or "3.11.4" (default 3.11)',
      type: 'string',
      pattern: '^3\\.[0-9]{1,2}(?:\\.[0-9]{1,3})?$',
    },
    platform: { enum: ['linux/amd64', 'linux/arm64'] },
    hosts: {
      description: 'Each with the services that are to run on it as it is',
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          release: { description: 'The release whose pins the host has', type: 'string', maxLength: 100 },
          constraints: {
            ...path,
            description: "The host's pins as a constraints file, in place of a release",
          },
          services,
          requirements: {
            ...path,
            description: 'In place of services: one, as a requirements file states it',
          },
          profile: { ...path, description: 'In place of the shipped profile of its service' },
        },
      },
    },
    environments: {
      description: 'Each with the services that are to be sharable: able to share it, as declared',
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['name', 'services'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
          services,
          constraints: { ...path, description: 'Pins that hold for all of them' },
        },
      },
    },
    separate: {
      description: 'Services of which no host and no environment may have two',
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'array',
        minItems: 2,
        maxItems: 1000,
        uniqueItems: true,
        items: { type: 'string', maxLength: 63, pattern: '^[a-z][a-z0-9-]*$' },
      },
    },
    rules: {
      description: 'By rule: its level, in place of the usual one, and how many new findings may be',
      type: 'object',
      propertyNames: { maxLength: 50 },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: { level, max: { type: 'integer', minimum: 0, maximum: 1_000_000 } },
      },
    },
    'fail-on': {
      description: 'Levels and rules of which no new finding may be (default: error); [] for none',
      type: 'array',
      maxItems: 50,
      items: { type: 'string', maxLength: 50 },
    },
    baseline: { ...path, description: 'What is known and does not fail; written by --write-baseline' },
    waivers: { ...path, description: 'What is allowed until a day' },
  },
} as const

import { edgesSchema, upgradeSchema } from './upgrade-schema.js'

/** JSON Schema (draft 2020-12) of a profile: `svcsplit schema profile` prints it. Lengths are capped first. */
export const profileSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:svcsplit:schema:profile:1',
  title: 'What one service needs to run',
  type: 'object',
  required: ['service', 'distribution', 'user'],
  additionalProperties: false,
  properties: {
    service: {
      description: 'Name of the service: lower case letters, digits and hyphens',
      type: 'string',
      maxLength: 63,
      pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$',
    },
    distribution: {
      description: 'The Python distribution that is the service',
      type: 'string',
      minLength: 1,
      maxLength: 100,
    },
    extras: {
      description: 'Extras of that distribution',
      type: 'array',
      maxItems: 100,
      items: { type: 'string', minLength: 1, maxLength: 100 },
    },
    additions: {
      description: 'Requirements (PEP 508) that the service needs to run and does not declare',
      type: 'array',
      maxItems: 1000,
      items: { type: 'string', minLength: 1, maxLength: 1000 },
    },
    user: {
      description: 'The user that the processes run as',
      type: 'object',
      required: ['name', 'uid', 'gid'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', maxLength: 32, pattern: '^[a-z_][a-z0-9_-]*$' },
        uid: { type: 'integer', minimum: 1, maximum: 4294967294 },
        gid: { type: 'integer', minimum: 1, maximum: 4294967294 },
      },
    },
    processes: {
      type: 'array',
      maxItems: 200,
      items: {
        type: 'object',
        required: ['name', 'command'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
          command: {
            description: 'Program and arguments, started without a shell',
            type: 'array',
            minItems: 1,
            maxItems: 200,
            items: { type: 'string', minLength: 1, maxLength: 4096 },
          },
          wsgi: {
            description: 'The WSGI application that the process serves, as MODULE:NAME',
            type: 'string',
            maxLength: 200,
            pattern: '^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$',
          },
          port: { type: 'integer', minimum: 1, maximum: 65535 },
          health: {
            description: 'Path on that port that answers with a success while the process is well',
            type: 'string',
            maxLength: 200,
            pattern: '^/[A-Za-z0-9._~/-]*$',
          },
          releases: {
            description: 'The releases that have this process, as >=2023.1,<2026.1; all if left out',
            type: 'string',
            maxLength: 100,
            pattern: '^(?:>=|<=|==|<|>)20[0-9][0-9]\\.[0-9](?:,(?:>=|<=|==|<|>)20[0-9][0-9]\\.[0-9])*$',
          },
        },
      },
    },
    systemPackages: {
      description: 'Packages of the base by its suite: to run, and to build wheels',
      type: 'object',
      additionalProperties: false,
      properties: { run: { $ref: '#/$defs/suites' }, build: { $ref: '#/$defs/suites' } },
    },
    directories: {
      description: 'Folders that belong to the user',
      type: 'array',
      maxItems: 200,
      items: { $ref: '#/$defs/absolutePath' },
    },
    data: {
      description: 'Folders of the environment and where the service looks for them: etc/glance: /etc/glance',
      type: 'object',
      maxProperties: 200,
      propertyNames: { maxLength: 200, pattern: '^[A-Za-z0-9_][^\\\\]*$' },
      additionalProperties: { $ref: '#/$defs/absolutePath' },
    },
    upgrade: upgradeSchema,
    edges: edgesSchema,
  },
  $defs: {
    suites: {
      type: 'object',
      maxProperties: 20,
      propertyNames: { maxLength: 32, pattern: '^[a-z][a-z0-9.-]*$' },
      additionalProperties: {
        type: 'array',
        maxItems: 1000,
        items: { type: 'string', maxLength: 100, pattern: '^[a-z0-9][a-z0-9.+-]+$' },
      },
    },
    absolutePath: { type: 'string', maxLength: 4096, pattern: '^/[^\\\\]*$' },
  },
} as const

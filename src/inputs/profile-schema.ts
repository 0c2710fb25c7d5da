import { edgesSchema, upgradeSchema } from './upgrade-schema.js'

/** Controls, line ends of every kind and half characters: no path, argument or instruction has them. */
const unprintable = '\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}'

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
      maxLength: 100,
      pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$',
    },
    extras: {
      description: 'Extras of that distribution',
      type: 'array',
      maxItems: 100,
      items: {
        description: 'Name of an extra (PEP 508)',
        type: 'string',
        maxLength: 100,
        pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$',
      },
    },
    additions: {
      description: 'Requirements (PEP 508) that the service needs to run and does not declare',
      type: 'array',
      maxItems: 1000,
      items: { $ref: '#/$defs/addition' },
    },
    user: {
      description: 'The user that the processes run as',
      type: 'object',
      required: ['name', 'uid', 'gid'],
      additionalProperties: false,
      properties: {
        name: {
          description: 'Name of the account: lower case letters, digits, underscore and hyphen',
          type: 'string',
          maxLength: 32,
          pattern: '^[a-z_][a-z0-9_-]*$',
        },
        uid: { $ref: '#/$defs/id' },
        gid: { $ref: '#/$defs/id' },
      },
    },
    processes: {
      description: 'What the service is made of; an image starts the first one that its release has',
      type: 'array',
      maxItems: 200,
      items: { $ref: '#/$defs/process' },
    },
    systemPackages: {
      description: 'Packages of the base: to run, and to build wheels',
      type: 'object',
      additionalProperties: false,
      properties: { run: { $ref: '#/$defs/suites' }, build: { $ref: '#/$defs/suites' } },
    },
    bindings: {
      description: "Modules that come with a system library, for the distribution's own Python alone",
      type: 'array',
      maxItems: 200,
      items: { $ref: '#/$defs/binding' },
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
      propertyNames: {
        description: 'A folder of the environment, as etc/foo',
        maxLength: 200,
        pattern: `^[A-Za-z0-9_][^\\\\${unprintable}]*$`,
      },
      additionalProperties: { $ref: '#/$defs/absolutePath' },
    },
    upgrade: upgradeSchema,
    edges: edgesSchema,
    rootwrap: {
      description: 'Configuration of rootwrap, whose exec_dirs has to name the programs of the environment',
      $ref: '#/$defs/absolutePath',
    },
    sudoers: {
      description: 'What the user may run as root',
      type: 'array',
      maxItems: 100,
      items: { $ref: '#/$defs/sudoRule' },
    },
  },
  $defs: {
    id: {
      description: 'Number of the account, never that of root',
      type: 'integer',
      minimum: 1,
      maximum: 4294967294,
    },
    addition: {
      description: 'A requirement, or one with the releases that need it and the reason',
      if: { type: 'object' },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { $ref: '#/$defs/boundAddition' },
      else: { $ref: '#/$defs/requirement' },
    },
    boundAddition: {
      type: 'object',
      required: ['requirement'],
      additionalProperties: false,
      properties: {
        requirement: { $ref: '#/$defs/requirement' },
        releases: { $ref: '#/$defs/releases' },
        reason: { description: 'Why it is needed', type: 'string', minLength: 1, maxLength: 1000 },
      },
    },
    requirement: { description: 'A requirement (PEP 508)', type: 'string', minLength: 1, maxLength: 1000 },
    process: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: {
        name: {
          description: 'Name of the process: letters, digits, dot, underscore and hyphen',
          type: 'string',
          maxLength: 100,
          pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
        },
        command: {
          description:
            'Program and arguments, started without a shell. Left out: uWSGI serves the WSGI application, or else the program has the name of the process',
          type: 'array',
          minItems: 1,
          maxItems: 200,
          items: {
            description: 'One argument, without control characters',
            type: 'string',
            maxLength: 4096,
            pattern: `^[^${unprintable}]+$`,
          },
        },
        wsgi: {
          description:
            'The WSGI application that the process serves, as MODULE:NAME, or as MODULE:NAME() what makes it',
          type: 'string',
          maxLength: 200,
          pattern: '^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*(?:\\(\\))?$',
        },
        port: { description: 'Where it listens', type: 'integer', minimum: 1, maximum: 65535 },
        health: {
          description: 'Path on that port that answers with a success while the process is well',
          type: 'string',
          maxLength: 200,
          pattern: '^/[A-Za-z0-9._~/-]*$',
        },
        replaces: {
          description: 'Scripts of other releases, or of the same, whose place it takes',
          type: 'array',
          maxItems: 50,
          items: { type: 'string', minLength: 1, maxLength: 100 },
        },
        optional: { description: 'Whether only some deployments run it', type: 'boolean' },
        releases: { $ref: '#/$defs/releases' },
      },
    },
    binding: {
      type: 'object',
      required: ['package', 'imports'],
      additionalProperties: false,
      properties: {
        package: { description: 'The package of the base', $ref: '#/$defs/package' },
        imports: {
          description: 'Top-level modules that the service takes from it',
          type: 'array',
          minItems: 1,
          maxItems: 50,
          items: {
            description: 'The name of a top-level module',
            type: 'string',
            maxLength: 100,
            pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          },
        },
        distribution: {
          description: 'What has the same modules on the package index, if anything',
          type: 'string',
          minLength: 1,
          maxLength: 100,
        },
        floor: {
          description: 'The lowest upstream version that the service takes',
          type: 'string',
          maxLength: 50,
          pattern: '^[0-9]+(?:\\.[0-9]+)*$',
        },
        for: { description: 'What the service uses it for', type: 'string', maxLength: 500 },
        optional: { description: 'Whether images are made without it', type: 'boolean' },
        releases: { $ref: '#/$defs/releases' },
      },
    },
    sudoRule: {
      type: 'object',
      required: ['command'],
      additionalProperties: false,
      properties: {
        command: {
          description: 'A program of the environment with its arguments, as sudoers(5) has them',
          type: 'string',
          maxLength: 1000,
          pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*(?: [A-Za-z0-9_./*=-]+)*$',
        },
        releases: { $ref: '#/$defs/releases' },
      },
    },
    releases: {
      description: 'The releases that have it, as >=2023.1,<2026.1; all if left out',
      type: 'string',
      maxLength: 100,
      pattern: '^(?:>=|<=|==|<|>)20[0-9][0-9]\\.[0-9](?:,(?:>=|<=|==|<|>)20[0-9][0-9]\\.[0-9])*$',
    },
    package: {
      description: 'The name of a package of the base',
      type: 'string',
      maxLength: 100,
      pattern: '^[a-z0-9][a-z0-9.+-]+$',
    },
    suites: {
      description: 'By the suite of the base; under `all` what has the same name in every suite',
      type: 'object',
      maxProperties: 20,
      propertyNames: {
        description: 'A suite such as bookworm, in lower case, or `all`',
        maxLength: 32,
        pattern: '^[a-z][a-z0-9.-]*$',
      },
      additionalProperties: {
        type: 'array',
        maxItems: 1000,
        items: { $ref: '#/$defs/package' },
      },
    },
    absolutePath: {
      description: 'An absolute path in its shortest form',
      type: 'string',
      maxLength: 4096,
      pattern: `^(?:/(?!\\.{1,2}(?:/|$))[^/\\\\${unprintable}]+)+$`,
    },
  },
} as const

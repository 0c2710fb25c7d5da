const text = { type: 'string', minLength: 1, maxLength: 1000 } as const
const release = { type: 'string', maxLength: 20, pattern: '^[A-Za-z0-9][A-Za-z0-9.-]*$' } as const
const name = { type: 'string', maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' } as const
const port = { type: 'integer', minimum: 1, maximum: 65535 } as const
/** Control characters have no place in anything that becomes part of a command or a file. */
const word = {
  type: 'string',
  minLength: 1,
  maxLength: 1000,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
} as const
const words = { type: 'array', maxItems: 100, items: word } as const
const environment = {
  description: 'Variables of the containers',
  type: 'object',
  maxProperties: 100,
  propertyNames: { maxLength: 100, pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
  additionalProperties: { type: 'string', maxLength: 4096, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
} as const
const volumes = {
  description: 'What the containers see of the host: SOURCE:TARGET or SOURCE:TARGET:ro',
  type: 'array',
  maxItems: 100,
  items: {
    type: 'string',
    maxLength: 1000,
    pattern: '^[^:\\u0000-\\u001f]+:/[^:\\u0000-\\u001f]*(?::[a-zA-Z,]+)?$',
  },
} as const

const backend = {
  description: 'BACKEND/SERVER of the proxy',
  type: 'string',
  maxLength: 200,
  pattern: '^[A-Za-z0-9._:-]+/[A-Za-z0-9._:-]+$',
} as const

/** JSON Schema (draft 2020-12) of a fleet file. Lengths are capped first. */
export const fleetSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:svcsplit:schema:fleet:1',
  title: 'What runs today',
  type: 'object',
  required: ['services'],
  additionalProperties: false,
  properties: {
    release: { description: 'The release of every service that names none', ...release },
    python: {
      description: 'Python of the images and shared hosts',
      type: 'string',
      maxLength: 10,
      pattern: '^3\\.[0-9]{1,2}(?:\\.[0-9]{1,3})?$',
    },
    platform: { enum: ['linux/amd64', 'linux/arm64'] },
    engine: { description: 'What runs the containers', enum: ['podman', 'docker'] },
    options: { description: 'Options of every `run` of that engine: --network=host', ...words },
    images: {
      description:
        'Where images are, with {service} and {release}: registry.example/cloud/{service}:{release}',
      type: 'string',
      maxLength: 500,
      pattern: '^[A-Za-z0-9][A-Za-z0-9._:/{}@-]*$',
    },
    database: {
      description: 'The MySQL or MariaDB server of all services',
      type: 'object',
      additionalProperties: false,
      properties: {
        host: word,
        port,
        options: { description: 'Option file with user and password: /etc/mysql/upgrade.cnf', ...word },
        dumps: { description: 'Folder for dumps', ...word },
        image: { description: 'An image that has the client programs, where the machine has none', ...word },
      },
    },
    proxy: {
      description: 'The HAProxy in front of the replicas',
      type: 'object',
      required: ['socket'],
      additionalProperties: false,
      properties: {
        socket: { description: 'Its admin socket', ...word },
        drain: {
          description: 'Seconds to wait for the last request of a replica',
          type: 'integer',
          minimum: 0,
          maximum: 3600,
        },
      },
    },
    hosts: {
      description: 'Shared hosts: one set of libraries for all services on it',
      type: 'object',
      maxProperties: 1000,
      propertyNames: { maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' },
      additionalProperties: {
        type: 'object',
        required: ['release'],
        additionalProperties: false,
        properties: { release: { description: 'Whose constraints its libraries follow', ...release } },
      },
    },
    services: {
      type: 'object',
      minProperties: 1,
      maxProperties: 200,
      propertyNames: { maxLength: 63, pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$' },
      additionalProperties: { $ref: '#/$defs/service' },
    },
  },
  $defs: {
    service: {
      type: 'object',
      additionalProperties: false,
      properties: {
        release,
        image: { description: 'What runs, best by digest: registry.example/cloud/nova@sha256:...', ...text },
        on: { description: 'The shared host whose libraries it runs on, in place of an image', ...name },
        units: {
          description: 'The systemd units of it on that host',
          type: 'array',
          maxItems: 100,
          items: { type: 'string', maxLength: 200, pattern: '^[A-Za-z0-9][A-Za-z0-9:._@-]*$' },
        },
        replicas: {
          description: 'How many of each process',
          type: 'integer',
          minimum: 1,
          maximum: 1000,
        },
        containers: {
          description: 'Each container by itself, in place of a number of replicas',
          type: 'array',
          minItems: 1,
          maxItems: 1000,
          items: { $ref: '#/$defs/container' },
        },
        volumes,
        environment,
        options: { description: 'Further options of `run`', ...words },
        databases: {
          description: 'Its databases; those of its profile if left out',
          type: 'array',
          maxItems: 100,
          items: { type: 'string', maxLength: 64, pattern: '^[A-Za-z0-9_$-]+$' },
        },
        lists: {
          description:
            'What some steps are repeated for: subprojects of neutron, configuration of cells of nova',
          type: 'object',
          maxProperties: 10,
          propertyNames: { enum: ['subprojects', 'cells'] },
          additionalProperties: words,
        },
      },
    },
    container: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: {
        name: { description: 'Name of the container', ...name },
        process: { description: 'The process of the profile; its first if left out', ...name },
        host: { description: 'The machine that it is on; this one if left out', ...name },
        port: { description: 'Where it listens, if not where the profile says', ...port },
        backend,
        arguments: { description: 'Further arguments of the process', ...words },
        volumes,
        environment,
        spare: {
          description:
            'Where the other release starts beside it, so that the way back is a change of the proxy: both run until the upgrade is kept',
          type: 'object',
          required: ['name', 'port', 'backend'],
          additionalProperties: false,
          properties: {
            name: { description: 'Name of that container', ...name },
            port,
            backend,
            environment,
          },
        },
      },
    },
  },
} as const

/** Everything may be printed, and commands are there to be typed: nothing may hide in a text. */
const text = { type: 'string', pattern: '^[^\\u0000-\\u001f\\u007f]*$' } as const
const number = { type: 'number', minimum: 0 } as const
const texts = { type: 'array', items: text } as const
const steps = { type: 'array', items: { $ref: '#/$defs/step' } } as const
const textsByName = { type: 'object', additionalProperties: text } as const

/** JSON Schema (draft 2020-12) of what `plan -o json` writes. Names are fixed: more may come, none is renamed. */
export const planSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:svcsplit:schema:plan:1',
  title: 'From what runs now to what is wanted',
  type: 'object',
  required: ['schemaVersion', 'tool', 'plan', 'steps'],
  properties: {
    schemaVersion: { const: '1.0' },
    tool: { type: 'object', required: ['name', 'version'], properties: { name: text, version: text } },
    steps: {
      description: 'Progress: steps that were begun, in their order',
      type: 'array',
      items: {
        type: 'object',
        required: ['step', 'result'],
        properties: { step: text, result: { enum: ['done', 'failed'] } },
      },
    },
    plan: {
      type: 'object',
      required: [
        'kind',
        'fleet',
        'engine',
        'python',
        'platform',
        'order',
        'services',
        'windows',
        'untouched',
        'notes',
      ],
      properties: {
        kind: { const: 'upgrade' },
        fleet: { description: 'The file that says what runs now', ...text },
        engine: { enum: ['podman', 'docker'] },
        proxy: {
          description: 'The HAProxy in front of the replicas',
          type: 'object',
          required: ['socket', 'drain'],
          properties: { socket: text, drain: number },
        },
        python: text,
        platform: text,
        notes: texts,
        order: {
          type: 'array',
          items: {
            type: 'object',
            required: ['service', 'because'],
            properties: {
              service: text,
              because: {
                type: 'array',
                items: {
                  type: 'object',
                  required: ['after', 'kind', 'source'],
                  properties: {
                    after: text,
                    kind: { enum: ['required', 'recommended'] },
                    why: text,
                    source: text,
                  },
                },
              },
            },
          },
        },
        services: { type: 'array', items: { $ref: '#/$defs/service' } },
        windows: {
          type: 'array',
          items: {
            type: 'object',
            required: ['number', 'service', 'seconds', 'back', 'pull', 'interruptions'],
            properties: {
              number,
              service: text,
              seconds: number,
              back: { description: 'Seconds to undo all of it', ...number },
              pull: { description: 'Bytes', ...number },
              interruptions: {
                type: 'array',
                items: {
                  type: 'object',
                  required: ['step', 'why', 'seconds'],
                  properties: { step: text, why: text, seconds: number },
                },
              },
            },
          },
        },
        untouched: {
          type: 'array',
          items: {
            type: 'object',
            required: ['service', 'release', 'libraries'],
            properties: {
              service: text,
              release: text,
              image: text,
              on: text,
              libraries: { $ref: '#/$defs/libraries' },
            },
          },
        },
      },
    },
  },
  $defs: {
    libraries: {
      description: 'How many, and the sha256 of their sorted lines NAME==VERSION',
      type: 'object',
      required: ['count', 'sha256'],
      properties: { count: number, sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } },
    },
    process: {
      type: 'object',
      required: ['name', 'command'],
      properties: { name: text, command: text },
    },
    image: {
      type: 'object',
      required: ['service', 'release', 'version', 'reference', 'libraries'],
      properties: {
        service: text,
        release: text,
        version: text,
        reference: text,
        tagged: text,
        digest: text,
        libraries: { $ref: '#/$defs/libraries' },
      },
    },
    service: {
      type: 'object',
      required: [
        'service',
        'from',
        'to',
        'hop',
        'restart',
        'before',
        'after',
        'pull',
        'distributions',
        'processes',
        'sources',
        'ahead',
        'window',
        'later',
        'restore',
      ],
      properties: {
        service: text,
        from: text,
        to: text,
        hop: { enum: ['adjacent', 'slurp'] },
        restart: { enum: ['rolling', 'cold'] },
        on: { description: 'The shared host that it leaves', ...text },
        before: { $ref: '#/$defs/image' },
        after: { $ref: '#/$defs/image' },
        pull: {
          type: 'object',
          required: ['bytes', 'exact'],
          properties: { bytes: number, exact: { type: 'boolean' } },
        },
        distributions: {
          description: 'Libraries of the image: how many change, come and go',
          type: 'object',
          required: ['changed', 'added', 'removed'],
          properties: { changed: number, added: number, removed: number },
        },
        processes: {
          type: 'object',
          required: ['comes', 'goes', 'changes', 'vanished'],
          properties: {
            comes: { type: 'array', items: { $ref: '#/$defs/process' } },
            goes: { type: 'array', items: { $ref: '#/$defs/process' } },
            changes: {
              type: 'array',
              items: {
                type: 'object',
                required: ['name', 'from', 'to'],
                properties: { name: text, from: text, to: text },
              },
            },
            vanished: {
              description: 'Programs and WSGI modules that the new release does not have',
              ...texts,
            },
          },
        },
        ahead: { description: 'Before the window: nothing that runs is touched', ...steps },
        window: steps,
        later: { description: 'When nobody wants to go back any more', ...steps },
        restore: { description: 'The way out after the point of no return', ...steps },
        sources: texts,
        containers: {
          type: 'array',
          items: {
            type: 'object',
            $ref: '#/$defs/container',
            properties: {
              beside: {
                description: 'The replica of the new release that takes over while this one stays ready',
                type: 'object',
                $ref: '#/$defs/container',
                required: ['port', 'backend', 'after'],
              },
            },
          },
        },
      },
    },
    container: {
      type: 'object',
      required: ['name', 'process', 'volumes', 'environment'],
      properties: {
        name: text,
        process: text,
        host: text,
        port: number,
        health: { description: 'Path on the port that answers while it is well', ...text },
        backend: { description: 'BACKEND/SERVER of the proxy', ...text },
        volumes: texts,
        environment: textsByName,
        before: texts,
        after: texts,
      },
    },
    step: {
      type: 'object',
      required: ['id', 'service', 'phase', 'title', 'commands', 'answers', 'seconds', 'limit', 'undo'],
      properties: {
        id: text,
        service: text,
        phase: text,
        title: text,
        host: text,
        image: text,
        run: texts,
        commands: { description: 'Lines of shell', ...texts },
        answers: {
          type: 'array',
          items: {
            type: 'object',
            required: ['code', 'do', 'means'],
            properties: {
              code: { type: 'integer', minimum: 0, maximum: 255 },
              do: { enum: ['go on', 'look', 'repeat', 'stop'] },
              means: text,
            },
          },
        },
        seconds: { description: 'An estimate to plan with', ...number },
        limit: { description: 'Seconds after which something is wrong', ...number },
        interrupts: text,
        undo: {
          type: 'object',
          required: ['means', 'commands'],
          properties: { means: text, commands: texts },
        },
        final: { description: 'Why there is no way back from here', ...text },
        optional: text,
        note: text,
      },
    },
  },
} as const

const line = {
  type: 'string',
  minLength: 1,
  maxLength: 1000,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
} as const
const words = { type: 'array', minItems: 1, maxItems: 100, items: line } as const
const duration = { type: 'string', maxLength: 10, pattern: '^[1-9][0-9]{0,5}[smh]$' } as const
const processName = { type: 'string', maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' } as const

/** How a service is upgraded: the key `upgrade` of a profile. */
export const upgradeSchema = {
  description: 'How the service is upgraded',
  type: 'object',
  required: ['hops', 'restart', 'databases', 'sources', 'steps'],
  additionalProperties: false,
  properties: {
    hops: {
      description: 'slurp: from one SLURP release to the next too; adjacent: one release at a time only',
      enum: ['slurp', 'adjacent'],
    },
    restart: {
      description: 'rolling: replicas of two releases serve side by side; cold: the old ones stop first',
      enum: ['rolling', 'cold'],
    },
    order: {
      description: 'Processes as they are restarted',
      type: 'array',
      maxItems: 200,
      items: processName,
    },
    databases: {
      type: 'array',
      maxItems: 20,
      items: { type: 'string', maxLength: 64, pattern: '^[A-Za-z0-9_]+$' },
    },
    interrupts: { description: 'Why a cold restart is needed, and what keeps working', ...line },
    sources: { description: 'Where this is written down', ...words },
    steps: {
      type: 'array',
      maxItems: 200,
      items: {
        type: 'object',
        required: ['stage', 'title'],
        additionalProperties: false,
        properties: {
          stage: { enum: ['check', 'pin', 'expand', 'verify', 'migrate', 'contract'] },
          title: line,
          run: { description: 'Program and arguments, in a container of the new image', ...words },
          shell: { description: 'A line of shell, on the machine of the operator', ...line },
          inside: { description: 'The line of shell runs in a container of the new image', const: true },
          set: {
            description: 'An option of a configuration file, set before the restart',
            type: 'object',
            required: ['file', 'section', 'option', 'value'],
            additionalProperties: false,
            properties: { file: line, section: line, option: line, value: line },
          },
          lifted: { description: 'The option is unset again when all run the new release', const: true },
          restart: { description: 'Every container is restarted', const: true },
          as: { description: 'The image of the release that still runs', const: 'old' },
          each: {
            description: 'Once for each entry of this list of the fleet file; {each} stands for it',
            enum: ['subprojects', 'cells'],
          },
          answers: {
            description: 'What exit codes mean; 0 alone is success if left out',
            anyOf: [
              { enum: ['upgrade check', 'until done'] },
              {
                type: 'object',
                minProperties: 1,
                maxProperties: 20,
                propertyNames: { maxLength: 3, pattern: '^(?:0|[1-9][0-9]{0,2})$' },
                additionalProperties: {
                  type: 'object',
                  required: ['do', 'means'],
                  additionalProperties: false,
                  properties: { do: { enum: ['go on', 'look', 'repeat', 'stop'] }, means: line },
                },
              },
            ],
          },
          takes: { description: 'About how long, to plan with', ...duration },
          limit: { description: 'After which time something is wrong', ...duration },
          final: { description: 'Why there is no way back to the old release from here', ...line },
          stopped: { description: 'Every container is stopped for it', const: true },
          interrupts: { description: 'Why the service is interrupted', ...line },
          optional: { description: 'When it is to be done', ...line },
          note: line,
        },
      },
    },
  },
} as const

/** What goes before what: the key `edges` of a profile. */
export const edgesSchema = {
  description: 'Services that go before this one',
  type: 'array',
  maxItems: 50,
  items: {
    type: 'object',
    required: ['after', 'kind', 'source'],
    additionalProperties: false,
    properties: {
      after: { type: 'string', maxLength: 63, pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$' },
      kind: {
        description: 'required, or recommended where it is a convention',
        enum: ['required', 'recommended'],
      },
      atLeast: {
        description: 'The oldest release of the other service that this one works with, where it is known',
        type: 'string',
        maxLength: 10,
        pattern: '^20[0-9][0-9]\\.[0-9]$',
      },
      why: line,
      source: line,
    },
  },
} as const

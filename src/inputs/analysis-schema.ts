const text = { type: 'string', maxLength: 100_000 } as const
const count = { type: 'integer', minimum: 0 } as const
const level = { enum: ['error', 'warning', 'note'] } as const
const rule = { type: 'string', maxLength: 50, pattern: '^[a-z][a-z-]*$' } as const
const texts = { type: 'array', items: text } as const
const list = <T extends object>(items: T) => ({ type: 'array', items }) as const
const ref = (name: string) => ({ $ref: `#/$defs/${name}` }) as const
const pins = { type: 'object', additionalProperties: text } as const

/** An object of which the keys in `required` are always there; others may come with a later 1.x. */
function record(required: object, optional: object = {}): object {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
  }
}

const summary = {
  description: 'By rule: a number, or null where the rule was not worked out',
  type: 'object',
  required: ['waived', 'known', 'stale', 'undecided'],
  additionalProperties: { type: ['integer', 'null'], minimum: 0 },
} as const

const waiver = record({
  match: { type: 'object', additionalProperties: text },
  reason: text,
  until: text,
  owner: text,
  at: ref('file'),
})

/**
 * JSON Schema (draft 2020-12) of what `analyze` and `gate` write with `-o json`: `svcsplit schema analysis` prints
 * it. Names are fixed: later versions 1.x add some, and change or take away none.
 */
export const analysisSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:svcsplit:schema:analysis:1',
  title: 'What svcsplit analyze and svcsplit gate found',
  ...record(
    {
      schemaVersion: { type: 'string', pattern: '^1\\.[0-9]{1,4}$' },
      tool: record({ name: { const: 'svcsplit' }, version: text }),
      inputs: list(
        record({
          id: text,
          path: text,
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          shipped: { type: 'boolean' },
        }),
      ),
      target: record(
        {
          host: record({ python: text, platform: text }, { release: text, constraints: text }),
          services: list(record({ name: text }, { release: text, version: text })),
        },
        { excludeNewer: text },
      ),
      rules: list(rule),
      summary,
      distributions: summary,
      releases: list(record({ name: text, slurp: { type: 'boolean' } })),
      separate: record({ sound: count, of: count }),
      cells: list(ref('cell')),
      findings: list(ref('finding')),
      undecided: list(ref('undecided')),
    },
    {
      counted: list(rule),
      radius: ref('radius'),
      environments: list(
        record({ name: text, services: texts, sharable: { type: ['boolean', 'null'] } }, { at: ref('file') }),
      ),
      size: count,
      held: list(
        record(
          {
            host: text,
            distribution: text,
            version: text,
            services: texts,
            demandedBy: list(
              record({
                by: text,
                specifier: text,
                at: ref('origin'),
                refused: { type: 'boolean' },
                services: texts,
              }),
            ),
            demands: list(record({ distribution: text, specifier: text }, { version: text })),
          },
          { at: ref('origin') },
        ),
      ),
      images: record({
        release: text,
        layers: list(record({ title: text, bytes: count, distributions: texts })),
        services: list(record({ service: text, layers: list(count) })),
      }),
      verdict: ref('verdict'),
    },
  ),
  $defs: {
    file: record({ path: text }, { line: count, column: count, text }),
    origin: {
      anyOf: [
        ref('file'),
        record({ archive: text }, { member: text }),
        record(
          {
            distribution: text,
            version: text,
            field: { enum: ['Requires-Dist', 'Requires-Python', 'Provides-Extra', 'Entry-Point'] },
          },
          { index: count },
        ),
      ],
    },
    supply: record({ version: text }, { at: ref('origin') }),
    demand: record({ service: text, by: text, specifier: text, at: ref('origin') }, { release: text }),
    fix: {
      anyOf: [
        record({ kind: { const: 'separate' }, service: text, verified: { const: true } }),
        record({ kind: { const: 'raise' }, pins, verified: { const: true } }, { disturbs: texts }),
      ],
    },
    finding: record(
      {
        id: { type: 'string', pattern: '^[0-9a-f]{12}$' },
        rule,
        level,
        distribution: text,
        demand: ref('demand'),
        supply: { anyOf: [{ type: 'null' }, ref('supply')] },
        via: texts,
        direct: { type: 'boolean' },
        state: { enum: ['new', 'known', 'waived'] },
        fixes: list(ref('fix')),
      },
      {
        among: list(ref('demand')),
        tested: ref('supply'),
        jump: { enum: ['major', 'minor', 'patch'] },
        instead: record({ process: text, starts: text }),
        missing: ref('missing'),
        host: text,
        environment: text,
        waiver: record({ reason: text, until: text, owner: text }),
      },
    ),
    undecided: record({ distribution: text, reason: text }, { version: text, at: ref('origin') }),
    refused: record(
      {
        id: text,
        rule,
        service: text,
        by: text,
        distribution: text,
        specifier: text,
        version: { type: ['string', 'null'] },
        at: ref('origin'),
      },
      { release: text, missing: ref('missing') },
    ),
    missing: record(
      {
        name: text,
        kind: text,
        gone: text,
        moment: { enum: ['import', 'call'] },
        uses: count,
        places: list(ref('origin')),
      },
      { lastWith: text, firstWithout: text, lastWithout: text, firstWith: text, leakedBy: text },
    ),
    change: record(
      { distribution: text, from: text, to: text },
      { at: ref('origin'), jump: { enum: ['major', 'minor', 'patch'] }, up: { type: 'boolean' } },
    ),
    radius: record(
      {
        pins: { anyOf: [{ type: 'null' }, pins] },
        moves: { type: ['integer', 'null'] },
        disturbs: { anyOf: [{ type: 'null' }, texts] },
        exact: { type: 'boolean' },
      },
      {
        atLeast: count,
        by: ref('refused'),
        jumps: { type: 'object', additionalProperties: { enum: ['major', 'minor', 'patch'] } },
        changes: list(ref('change')),
        sparing: { anyOf: [{ type: 'null' }, list(ref('change'))] },
        adds: pins,
        holds: list(record({ service: text, release: text, distributions: texts })),
        refused: list(ref('refused')),
      },
    ),
    cell: record(
      {
        service: text,
        from: text,
        to: { type: ['string', 'null'] },
        python: text,
        size: count,
        summary,
        distributions: summary,
      },
      {
        constraints: text,
        at: ref('file'),
        undecided: list(ref('undecided')),
        radius: ref('radius'),
        fictionalBounds: list(
          record(
            {
              distribution: text,
              by: text,
              specifier: text,
              at: ref('origin'),
              lowest: text,
              needsFrom: text,
              name: text,
              usedAt: ref('origin'),
            },
            { level: { enum: ['error', 'warning'] } },
          ),
        ),
      },
    ),
    baselineEntry: record(
      { id: text, rule: text, distribution: text },
      { service: text, release: text, host: text, specifier: text },
    ),
    verdict: record(
      {
        outcome: { enum: ['passed', 'failed', 'undecided'] },
        failOn: texts,
        new: count,
        known: count,
        waived: count,
        excess: list(record({ rule, found: count, allowed: count })),
        compared: list(
          record({ against: text, isBaseline: { type: 'boolean' }, gone: list(ref('baselineEntry')) }),
        ),
        strict: { type: 'boolean' },
        waivers: record({
          expired: list({ allOf: [waiver, record({ days: count })] }),
          stale: list(waiver),
          ending: list(waiver),
        }),
      },
      { written: record({ path: text, added: count, removed: count }) },
    ),
  },
} as const

import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { compose } from '#export/compose.js'
import { engines } from '#export/engines.js'
import { kubernetes } from '#export/kubernetes.js'
import { unitWord } from '#export/quadlet.js'
import type { Plan } from '#upgrade/plan.js'
import { hostile, smallPlan } from './plan-fixture.js'

let plan: Plan
beforeAll(async () => {
  plan = await smallPlan()
}, 60_000)

const line = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .map((one) => one.replace(/[\p{Cc}\p{Cs}]/gu, ''))
const nasty = fc.oneof(
  line,
  fc.constantFrom(
    '"',
    "'",
    '$HOME',
    '$(id)',
    `\${A}`,
    '$$',
    '%h',
    '%%',
    '# x',
    ': y',
    '- z',
    'no',
    '2025.10',
    '\\',
    '{{ x }}',
    '*a',
    '!b',
    '[Service]',
  ),
)
const textOf = (files: readonly { path: string; text: string }[], path: string): string =>
  files.find((one) => one.path === path)!.text

/** What a Compose file means by a text: `$$` is `$`, and a single one would be a variable. */
function composed(text: string): string {
  expect(text.replaceAll('$$', '')).not.toContain('$')
  return text.replaceAll('$$', '$')
}

describe('a value of a fleet file', () => {
  it('comes out of a Compose file as it was', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const file = parse(textOf(compose(hostile(plan, text)), 'upgrade/compose.yaml'))
        const service = file.services.keystone
        expect(composed(service.command.at(-1))).toBe(text)
        expect(composed(service.environment.VALUE)).toBe(text)
      }),
      { numRuns: 60 },
    )
  })

  it('comes out of a Deployment as it was', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const file = textOf(kubernetes(hostile(plan, text)), 'upgrade/deployments-keystone.yaml')
        const [document] = parseAllDocuments(file)
        const [container] = document!.toJS().spec.template.spec.containers
        const read = (value: string) => value.replaceAll('$$(', '$(')
        expect(read(container.command.at(-1))).toBe(text.replaceAll('$$(', '$('))
        expect(read(container.env[0].value)).toBe(text.replaceAll('$$(', '$('))
        // A single $( would be taken for a variable.
        expect(container.command.at(-1).replaceAll('$$(', '')).not.toContain('$(')
      }),
      { numRuns: 60 },
    )
  })

  it('is one word of a unit, by the rules of systemd', () => {
    /** systemd.syntax(7): quotes, C escapes, doubled % and $. */
    const read = (word: string): string => {
      const inner = word.startsWith('"') ? word.slice(1, -1).replace(/\\([\\"])/g, '$1') : word
      return inner.replaceAll('%%', '%').replaceAll('$$', '$')
    }
    fc.assert(
      fc.property(nasty, (text) => {
        const word = unitWord(text)
        expect(word).not.toMatch(/\n/)
        if (!word.startsWith('"')) expect(word).not.toMatch(/[\s"'\\]/)
        expect(read(word)).toBe(text)
      }),
      { numRuns: 200 },
    )
  })

  it.each(Object.entries(engines))('cannot add a line to a file of %s', (_, engine) => {
    const count = (made: Plan) => engine(made).map(({ path, text }) => [path, text.split('\n').length])
    expect(count(hostile(plan, 'x # y: "z" \\ $A %h'))).toEqual(count(hostile(plan, 'xyz')))
  })
})

describe('every engine', () => {
  it.each(Object.entries(engines))('%s gets files for both ways, the same each time', (_, engine) => {
    const files = engine(plan)
    for (const way of ['upgrade/', 'fallback/'])
      expect(files.filter(({ path }) => path.startsWith(way)).length).toBeGreaterThan(0)
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length)
    expect(engine(plan)).toEqual(files)
    for (const { path, text } of files) {
      expect(text.endsWith('\n')).toBe(true)
      expect(path).toMatch(/^[A-Za-z0-9._/-]+$/)
      // The old image does not know the new schema, and must not be asked to bring it up.
      if (path.startsWith('fallback/')) expect(text).not.toContain('db_sync')
    }
  })

  it('finds the services of a deployer by their names there, or says that it has none', () => {
    const swift = { ...plan, services: [{ ...plan.services[0]!, service: 'swift' }] }
    expect(() => engines['kolla-ansible'](swift)).toThrowError('kolla-ansible has no swift')
  })

  it('never lets a Deployment fall below its replicas unless the service is upgraded cold', () => {
    const strategy = (service: string) =>
      parseAllDocuments(textOf(kubernetes(plan), `upgrade/deployments-${service}.yaml`)).map(
        (document) => document.toJS().spec.strategy,
      )
    expect(strategy('keystone')).toEqual([
      { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    ])
    for (const one of strategy('heat')) expect(one).toEqual({ type: 'Recreate' })
  })
})

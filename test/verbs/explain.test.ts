import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Finding, Rule } from '#collisions/finding.js'
import { readInput } from '#inputs/requirements-file.js'
import { environmentJson, environmentText } from '#report/explain-environment.js'
import { explainJson, explainText } from '#report/explain-text.js'
import { analyze } from '#verbs/analyze.js'
import { type ExplainOptions, explain } from '#verbs/explain.js'
import { explainEnvironment } from '#verbs/explain-environment.js'
import { readPolicy } from '#verbs/gate.js'
import { checkPolicy } from '#verbs/policy-checks.js'

const base = { python: '3.11', platform: 'linux/amd64', index: { offline: true } } as const

let findings: readonly Finding[]

beforeAll(async () => {
  const result = await analyze({ ...base, services: ['nova@2026.1'], host: '2025.1' })
  findings = result.cells[0]!.findings
})

function idOf(rule: Rule, distribution?: string): string {
  return findings.find(
    (finding) =>
      finding.rule === rule && (distribution === undefined || finding.distribution === distribution),
  )!.id
}

function ask(id: string, options: Partial<ExplainOptions> = {}) {
  return explain({ ...base, services: [], id, ...options })
}

describe('one finding', () => {
  it('is found among everything shipped by how its id begins', async () => {
    const id = idOf('collision', 'oslo-service')
    const { finding, cell, demands } = await ask(id.slice(0, 8))
    expect(finding.id).toBe(id)
    expect([cell.candidate.service, cell.candidate.release, cell.host.label]).toEqual([
      'nova',
      '2026.1',
      '2025.1',
    ])
    expect(demands.map(({ demand, isMet }) => [demand.by, isMet])).toEqual([
      ['nova 33.0.2', false],
      ['os-brick 6.11.1', true],
      ['oslo-messaging 16.1.2', true],
    ])
  })

  it('has the fixes that analyze gives it, and is the same in JSON', async () => {
    const id = idOf('collision', 'oslo-service')
    const result = await ask(id, { services: ['nova@2026.1'], host: '2025.1' })
    expect(result.finding).toEqual(findings.find((one) => one.id === id))
    expect(JSON.parse(explainJson(result))).toMatchObject({
      finding: { id, rule: 'collision', fixes: [{ kind: 'separate' }, { kind: 'raise', verified: true }] },
      radius: { moves: 4, exact: true },
    })
  })

  it.each<Rule>([
    'collision',
    'missing-extra',
    'unpinned',
    'entry-point',
    'drift',
  ])('of the rule %s is told with both sides and what to do next', async (rule) => {
    const text = explainText(await ask(idOf(rule), { services: ['nova@2026.1'], host: '2025.1' }), {
      width: 120,
      color: false,
    })
    expect(text).toMatch(new RegExp(`^${rule} [0-9a-f]{12}   `))
    expect(text).toMatch(/^(demanded|started) +\S/m)
    expect(text).toMatch(/^next {3}svcsplit /m)
    expect(text).not.toMatch(/undefined|\bsafe\b/)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  })

  it('is found on another Python only if that is given', async () => {
    const on39 = await analyze({ ...base, python: '3.9', services: ['neutron@2026.1'], host: '2026.1' })
    const { id } = on39.cells[0]!.findings[0]!
    const there = { services: ['neutron@2026.1'], host: '2026.1' }
    expect((await ask(id, { ...there, python: '3.9' })).finding.rule).toBe('python-floor')
    await expect(ask(id, there)).rejects.toMatchObject({
      code: 'E-CLI-USAGE',
      hint: expect.stringContaining('--python'),
    })
  })

  it.each([
    ['fffffffffffe', /there is no finding/],
    ['nonsense', /no id of a finding/],
    ['', /no id of a finding/],
    ['0'.repeat(13), /no id of a finding/],
  ])('by the id %j is refused with how to list ids', async (id, message) => {
    const refusal = ask(id, { services: ['nova@2026.1'], host: '2025.1' })
    await expect(refusal).rejects.toMatchObject({
      code: 'E-CLI-USAGE',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('svcsplit analyze SERVICE@RELEASE --host RELEASE'),
    })
  })

  it('by too little of an id is refused with ids to choose from', async () => {
    await expect(ask('b', { services: ['nova@2026.1'], host: '2025.1' })).rejects.toMatchObject({
      message: expect.stringMatching(/^\d+ findings have an id that begins with b$/),
      hint: expect.stringMatching(/^give more of it: b[0-9a-f]{11}, /),
    })
  })
})

describe('a finding of services together', () => {
  const policy = 'fixtures/gate/apart.yaml'
  const together = async () => {
    const checked = await checkPolicy(await readPolicy(policy, readInput), {
      ...base,
      read: readInput,
      surroundings: false,
      skipMissing: false,
    })
    return checked.environments!.flatMap((environment) => environment.findings)
  }

  it('has its proof, its fixes and the line of the policy that asks for it', async () => {
    const { id } = (await together()).find(({ rule }) => rule === 'unsatisfiable')!
    const result = await explainEnvironment({ id: id.slice(0, 6), policy, index: { offline: true } })
    const text = environmentText(result, { color: false, width: 100 })
    expect(text).toContain('asked by  fixtures/gate/apart.yaml:5')
    expect(text).toContain('nova@2026.1 is nova 33.0.2   constraints/releases.json')
    expect(text).toContain('or  give nova@2026.1 an environment of its own')
    expect(JSON.parse(environmentJson(result))).toMatchObject({
      finding: { id, rule: 'unsatisfiable' },
      conflict: { minimal: true, fixes: [{ verified: true }, { verified: true }] },
    })
  })

  it('may be that they are together at all', async () => {
    const { id } = (await together()).find(({ rule }) => rule === 'not-separate')!
    const result = await explainEnvironment({ id, policy, index: { offline: true } })
    expect(environmentText(result, { color: false, width: 100 })).toContain('services  glance and keystone')
  })

  it('is found without a look at hosts where nothing is to be apart on them', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'svcsplit-explain-')), 'policy.yaml')
    writeFileSync(
      path,
      'hosts:\n  - constraints: nowhere.txt\n    services: [nova@2026.1]\nenvironments:\n  - name: compute\n    services: [nova@2025.2, nova@2026.1]\n',
    )
    const { id } = (await together()).find(({ rule }) => rule === 'unsatisfiable')!
    const result = await explainEnvironment({ id, policy: path, index: { offline: true } })
    rmSync(dirname(path), { recursive: true })
    expect(result.conflict?.fixes).toHaveLength(2)
  })

  it('is looked for by an id that it has', async () => {
    const question = { policy, index: { offline: true } }
    for (const id of ['0000', 'xyz'])
      await expect(explainEnvironment({ ...question, id })).rejects.toMatchObject({ code: 'E-CLI-USAGE' })
  })
})

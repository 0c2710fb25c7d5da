import { beforeAll, describe, expect, it } from 'vitest'
import { rules } from '#collisions/finding.js'
import type { AnalysisResult } from '#collisions/result.js'
import { analysisText } from '#report/analyze-text.js'
import { analysisJson } from '#report/json.js'
import { cutTo, wantsColor } from '#report/terminal.js'
import { analyze } from '#verbs/analyze.js'

const plain = { width: 120, color: false }

function ask(services: readonly string[], host?: string): Promise<AnalysisResult> {
  return analyze({
    services,
    python: '3.11',
    platform: 'linux/amd64',
    index: { offline: true },
    ...(host === undefined ? {} : { host }),
  })
}

interface Json {
  readonly [key: string]: unknown
  readonly summary: Record<string, number | null>
  readonly findings: readonly Record<string, unknown>[]
  readonly cells?: readonly Record<string, unknown>[]
}

describe('one service on one host', () => {
  let result: AnalysisResult
  let json: Json

  beforeAll(async () => {
    result = await ask(['nova@2026.1'], '2025.1')
    json = JSON.parse(analysisJson(result)) as Json
  })

  it('is JSON with the names that were promised', () => {
    expect(json).toMatchObject({
      schemaVersion: '1.0',
      tool: { name: 'svcsplit' },
      target: {
        host: { release: '2025.1', python: '3.11', platform: 'linux/amd64' },
        services: [{ name: 'nova', release: '2026.1', version: '33.0.2' }],
      },
      summary: { collision: 3, 'python-floor': 0, missing: 0, 'entry-point': 5, waived: 0, undecided: 0 },
      undecided: [],
    })
    expect(json.findings[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      rule: 'collision',
      level: 'error',
      distribution: 'futurist',
      demand: {
        service: 'nova',
        release: '2026.1',
        by: 'nova 33.0.2',
        specifier: '>=3.2.1',
        at: {
          path: 'constraints/requirements/nova-2026.1.txt',
          line: expect.any(Number),
          column: 1,
          text: 'futurist>=3.2.1 # Apache-2.0',
        },
      },
      supply: {
        version: '3.1.0',
        at: {
          path: 'constraints/2025.1.txt',
          line: expect.any(Number),
          column: 1,
          text: 'futurist===3.1.0',
        },
      },
      host: '2025.1',
      via: ['nova'],
      direct: true,
      state: 'new',
      fixes: [
        { kind: 'separate', service: 'nova', verified: true },
        {
          kind: 'raise',
          pins: { futurist: '3.2.1' },
          disturbs: expect.arrayContaining(['ironic']),
          verified: true,
        },
      ],
    })
  })

  it('points into the metadata where a demand has no line of a file', () => {
    const transitive = json.findings.find(({ rule, direct }) => rule === 'drift' && direct === false)!
    expect(transitive.demand).toMatchObject({
      at: { distribution: expect.any(String), version: expect.any(String), field: 'Requires-Dist' },
    })
  })

  it('claims nothing of rules that were not worked out', () => {
    expect(rules).toEqual(expect.arrayContaining(json.rules as string[]))
    for (const [key, count] of Object.entries(json.summary)) {
      const worked = (json.rules as readonly string[]).includes(key)
      const ofBaseline = ['waived', 'known', 'stale', 'undecided'].includes(key)
      expect(count === null, key).toBe(!worked && !ofBaseline)
    }
    expect(json.summary.unsatisfiable).toBeNull()
  })

  it('counts in its summary what it tells', () => {
    for (const rule of json.rules as typeof rules)
      expect(json.findings.filter((finding) => finding.rule === rule)).toHaveLength(json.summary[rule]!)
  })

  it('lists the files that it rests on, by relative path and hash', () => {
    const inputs = json.inputs as readonly { path: string; sha256: string }[]
    expect(inputs.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['constraints/2025.1.txt', 'constraints/2026.1.txt', 'profiles/nova.yaml']),
    )
    for (const { path, sha256 } of inputs) {
      expect(path).not.toMatch(/^\//)
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    }
  })

  it('is the same text, byte for byte, when asked again', async () => {
    expect(analysisJson(await ask(['nova@2026.1'], '2025.1'))).toBe(analysisJson(result))
  })

  it('shows both sides of a collision with their lines', () => {
    const text = analysisText(result, plain)
    expect(text).toMatch(
      /nova 33\.0\.2 wants >=4\.5\.0 +constraints\/requirements\/nova-2026\.1\.txt:\d+ +oslo\.service/,
    )
    expect(text).toMatch(/the host has 4\.1\.2 +constraints\/2025\.1\.txt:\d+ +oslo\.service===4\.1\.2/)
    expect(text).toMatch(/nova-api, nova-api-metadata, nova-api-os-compute/)
    expect(text).toMatch(/next {3}svcsplit explain [0-9a-f]{8} .* svcsplit build nova@2026\.1 -o oci:images/)
    expect(text).not.toMatch(/safe/i)
  })

  it.each([60, 80, 120])('keeps its evidence within %i columns', (width) => {
    const lines = analysisText(result, { width, color: false }).split('\n')
    const evidence = lines.filter((line) => line.startsWith('    '))
    expect(Math.max(...evidence.map((line) => line.length))).toBeLessThanOrEqual(width)
  })

  it('has the same words with and without colour', () => {
    const colored = analysisText(result, { width: 120, color: true })
    expect(colored).toContain('\u001b[')
    // biome-ignore lint/complexity/useRegexLiterals: the escape is data here
    expect(colored.replaceAll(new RegExp('\u001b\\[\\d+m', 'g'), '')).toBe(analysisText(result, plain))
  })
})

describe('the whole fleet', () => {
  let result: AnalysisResult

  beforeAll(async () => {
    result = await ask([])
  })

  it('answers on a first screen of forty lines, evidence below, and ends with a verdict', () => {
    const text = analysisText(result, plain)
    const row = text.split('\n').find((line) => line.trim().startsWith('neutron'))!
    expect(row.split(/\s+/).filter((word) => word !== '')).toEqual([
      'neutron',
      '4',
      '3',
      '7',
      '5',
      '2',
      '4',
      '│',
      '5',
      '10',
      '5',
    ])
    expect(text).toMatch(/swift( +·){6} +│( +·){3}/)
    const lines = text.trimEnd().split('\n')
    const first = lines.slice(0, 40)
    expect(first.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('   ')[0])).toEqual([
      'ONE SERVICE MOVES, THE HOST STAYS',
      'THE HOST MOVES, ONE SERVICE STAYS',
      'WITH SEPARATION',
      expect.stringContaining('WORST OF'),
    ])
    expect(first.join('\n')).toContain('105 of 105 service releases without an error')
    expect(lines.length).toBeLessThanOrEqual(60)
    expect(lines.at(-1)).toMatch(/^analyzed {2}[\d,]+ errors, [\d,]+ warnings /)
  })

  it('has a cell for each ordered pair of releases, and tells no notes', () => {
    const json = JSON.parse(analysisJson(result)) as Json
    expect(json.cells).toHaveLength(630)
    expect(
      json.cells!.find((cell) => cell.service === 'nova' && cell.from === '2025.1' && cell.to === '2026.1'),
    ).toMatchObject({
      python: '3.11',
      summary: { collision: 3, 'entry-point': 5 },
    })
    expect(json.counted).toEqual(['unpinned', 'drift'])
    expect(new Set(json.findings.map(({ level }) => level))).toEqual(new Set(['error', 'warning']))
    expect(json.findings).toHaveLength(
      Object.keys(json.summary)
        .filter((rule) => !['unpinned', 'drift', 'waived', 'known', 'stale', 'undecided'].includes(rule))
        .map((rule) => json.summary[rule]!)
        .reduce((sum, count) => sum + count, 0),
    )
  })
})

it.each([
  ['auto', {}, true, true],
  ['auto', {}, false, false],
  ['auto', { NO_COLOR: '1' }, true, false],
  ['auto', { TERM: 'dumb' }, true, false],
  ['auto', { FORCE_COLOR: '1' }, false, true],
  ['always', { NO_COLOR: '1' }, false, true],
  ['never', { FORCE_COLOR: '1' }, true, false],
] as const)('--color %s with %j on a terminal %s is %s', (when, environment, isTerminal, expected) => {
  expect(wantsColor(when, environment, isTerminal)).toBe(expected)
})

it('text from outside cannot steer the terminal', () => {
  expect(cutTo('a\u001b[31mb\u202e', 100)).toBe('a\\u{1b}[31mb\\u{202e}')
  expect(cutTo('abcdef', 4)).toBe('abc…')
})

it("a user's own file on every host is a line for each host", async () => {
  const path = new URL('../../constraints/requirements/nova-2026.1.txt', import.meta.url).pathname
  const result = await analyze({
    services: [],
    requirements: path,
    python: '3.11',
    platform: 'linux/amd64',
    index: { offline: true },
  })
  const text = analysisText(result, plain)
  expect(text).toMatch(/nova-2026\.1 on 2025\.1 +3 /)
  expect(text).toMatch(/nova-2026\.1 on 2026\.1 +· /)
  const json = JSON.parse(analysisJson(result)) as Json
  expect(json.cells).toHaveLength(7)
  expect(json.summary['entry-point']).toBeNull()
})

import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import Ajv04 from 'ajv-draft-04'
import { beforeAll, describe, expect, it } from 'vitest'
import { findingsOf } from '#collisions/result.js'
import { analysisSchema } from '#inputs/analysis-schema.js'
import { analysisFrom } from '#report/read-json.js'
import { type GateResult, gate } from '#verbs/gate.js'
import { parseSaved } from '#verbs/saved-result.js'
import { analysisFormatNames, analysisFormats } from '../../src/cli/analysis-formats.js'

const shownAs = { color: false, width: 100 }
const asked = {
  services: [],
  python: '3.11',
  platform: 'linux/amd64',
  isPythonAsked: false,
  isPlatformAsked: false,
  index: { offline: true },
  writeBaseline: false,
  pruneBaseline: false,
  strict: false,
  allowIncomplete: false,
  today: '2026-11-25',
} as const

/** Nova and heat of 2026.1 on a host of 2025.1: a finding of each state, and findings with and without a file. */
let story: GateResult
/** Services that cannot share an environment, and some that may not. */
let apart: GateResult

beforeAll(async () => {
  story = await gate({ ...asked, policy: 'fixtures/gate/nova-and-heat.yaml' })
  apart = await gate({ ...asked, policy: 'fixtures/gate/apart.yaml' })
}, 60_000)

/** Errors and warnings of the story in one state. */
function told(state: string) {
  return findingsOf(story).filter((finding) => finding.state === state && finding.level !== 'note')
}

async function written(result: GateResult, format: string): Promise<string> {
  return analysisFormats(result)[format]!(shownAs)
}

interface SarifResult {
  readonly ruleId: string
  readonly message: { readonly text: string }
  readonly locations: readonly { readonly physicalLocation: Physical }[]
  readonly relatedLocations?: readonly {
    readonly message: { readonly text: string }
    physicalLocation: Physical
  }[]
  readonly partialFingerprints: Readonly<Record<string, string>>
  readonly baselineState?: string
  readonly suppressions?: readonly { readonly status: string; readonly justification: string }[]
}

interface Physical {
  readonly artifactLocation: { readonly uri: string; readonly uriBaseId: string }
  readonly region?: {
    readonly startLine: number
    readonly startColumn: number
    readonly snippet: { text: string }
  }
}

describe('The text of a gate', () => {
  it('does not call it raising where a pin goes back to what still has a name', async () => {
    const result = await gate({ ...asked, services: ['cinder@2025.1'], host: '2026.1' })
    const text = await written(result, 'text')
    expect(text).toContain('or  move oslo-utils to 9.1.0: 13 other services disturbed   (checked)')
    expect(text).not.toContain('raise oslo-utils')
  })
})

describe('SARIF', () => {
  const validate = new Ajv04.default({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(
    JSON.parse(readFileSync(new URL('../oracle/schemas/sarif-2.1.0.json', import.meta.url), 'utf8')),
  )

  it.each(['story', 'apart'])('of the %s fits the schema of the standard', async (name) => {
    const log = JSON.parse(await written(name === 'story' ? story : apart, 'sarif'))
    expect(validate(log), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
  })

  it('is refused by that schema where a level is none of the standard', async () => {
    const log = JSON.parse(await written(story, 'sarif'))
    log.runs[0].results[0].level = 'fatal'
    expect(validate(log)).toBe(false)
  })

  it('has the line of the demand, or of the policy that asks for it, and the pin beside it', async () => {
    const log = JSON.parse(await written(story, 'sarif'))
    const results: readonly SarifResult[] = log.runs[0].results
    const futurist = results.find(({ message }) => message.text.includes('futurist'))!
    // The policy is the only file here that a checkout has: a review shows the finding there.
    expect(futurist.locations[0]!.physicalLocation.artifactLocation).toEqual({
      uri: 'fixtures/gate/nova-and-heat.yaml',
      uriBaseId: 'SRCROOT',
    })
    expect(
      futurist.relatedLocations!.map(({ message, physicalLocation: { artifactLocation } }) => [
        message.text,
        artifactLocation.uri,
      ]),
    ).toEqual([
      ['the demand', 'constraints/requirements/nova-2026.1.txt'],
      ['the pin', 'constraints/2025.1.txt'],
    ])
    expect(futurist.relatedLocations![1]!.physicalLocation.region).toMatchObject({
      startColumn: 1,
      snippet: { text: 'futurist===3.1.0' },
    })
  })

  it('has fingerprints that differ, what was known as unchanged, and the waiver as a suppression', async () => {
    const log = JSON.parse(await written(story, 'sarif'))
    const results: readonly SarifResult[] = log.runs[0].results
    const prints = results.map((one) => one.partialFingerprints['svcsplit/v1'])
    expect(new Set(prints).size).toBe(results.length)
    expect(results.filter(({ baselineState }) => baselineState === 'unchanged')).toHaveLength(
      told('known').length,
    )
    const suppressed = results.filter(({ suppressions }) => suppressions !== undefined)
    expect(suppressed).toHaveLength(1)
    expect(suppressed[0]!.suppressions![0]).toMatchObject({
      status: 'accepted',
      justification: 'the host gets oslo.service 4.5.1 in the same window (until 2026-12-15, compute team)',
    })
  })
})

describe('GitLab code quality', () => {
  // What GitLab's documentation of the format lists as required, and nothing else.
  const validate = new Ajv2020({ strict: true }).compile({
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
      properties: {
        description: { type: 'string', minLength: 1 },
        check_name: { type: 'string', minLength: 1 },
        fingerprint: { type: 'string', minLength: 1 },
        severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
        location: {
          type: 'object',
          additionalProperties: false,
          required: ['path', 'lines'],
          properties: {
            path: { type: 'string', pattern: '^[^/]' },
            lines: {
              type: 'object',
              additionalProperties: false,
              required: ['begin'],
              properties: { begin: { type: 'integer', minimum: 1 } },
            },
          },
        },
      },
    },
  })

  it('lists what is new, each with a fingerprint of its own', async () => {
    const issues = JSON.parse(await written(story, 'gitlab'))
    expect(validate(issues), JSON.stringify(validate.errors)).toBe(true)
    expect(new Set(issues.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size).toBe(
      issues.length,
    )
    expect(issues).toHaveLength(told('new').length)
  })
})

describe('JUnit', () => {
  it('counts what it lists, with cases that pass', async () => {
    const xml = await written(story, 'junit')
    const number = (pattern: RegExp) => [...xml.matchAll(pattern)].length
    const [, tests, failures] = /<testsuites name="svcsplit" tests="(\d+)" failures="(\d+)" errors="0"/.exec(
      xml,
    )!
    expect(number(/<testcase /g)).toBe(Number(tests))
    expect(number(/<failure /g)).toBe(Number(failures))
    expect(Number(failures)).toBe(1)
    expect(number(/<testcase [^>]*name="python-floor: none"/g)).toBe(2)
    expect(xml).toContain('<skipped message="waived until 2026-12-15 by compute team: the host gets')
  })
})

describe('Zuul', () => {
  it('comments on the lines of the user’s own files alone', async () => {
    const { zuul } = JSON.parse(await written(story, 'zuul'))
    expect(Object.keys(zuul.file_comments)).toEqual(['fixtures/gate/nova-and-heat.yaml'])
    for (const comment of zuul.file_comments['fixtures/gate/nova-and-heat.yaml'])
      expect(comment).toEqual({
        line: 3,
        level: expect.stringMatching(/^(error|warning)$/),
        message: expect.stringContaining('heat@2026.1'),
      })
  })
})

describe('JSON', () => {
  const validate = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
    analysisSchema,
  )

  it.each([
    'story',
    'apart',
  ])('of the %s fits the published schema and holds what every other format says', async (name) => {
    const result = name === 'story' ? story : apart
    const json = await written(result, 'json')
    expect(validate(JSON.parse(json)), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
    const saved = await parseSaved(json, 'saved.json')
    const read = analysisFrom(saved.kind === 'analysis' && saved.document) as GateResult
    // The page is held against the JSON by tests of its own.
    for (const format of analysisFormatNames.filter((one) => one !== 'html'))
      expect(await written(read, format), format).toBe(await written(result, format))
  }, 60_000)
})

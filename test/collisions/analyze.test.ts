import { beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '#collisions/finding.js'
import type { AnalysisResult } from '#collisions/result.js'
import { formatOrigin } from '#errors.js'
import { analyze } from '#verbs/analyze.js'
import type { AnalyzeOptions } from '#verbs/selection.js'

function on(services: readonly string[], host: string, python = '3.11'): Promise<AnalysisResult> {
  const options: AnalyzeOptions = {
    services,
    host,
    python,
    platform: 'linux/amd64',
    index: { offline: true },
  }
  return analyze(options)
}

function told(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ distribution, demand, supply }) =>
    [distribution, demand.by, demand.specifier, supply?.version].join(' '),
  )
}

describe('nova@2026.1 on the pins of 2025.1', () => {
  let nova: AnalysisResult
  const of = (rule: string) => nova.cells[0]!.findings.filter((finding) => finding.rule === rule)

  beforeAll(async () => {
    nova = await on(['nova@2026.1'], '2025.1')
  })

  it('collides with futurist, os-traits and oslo-service, and nothing else', () => {
    expect(told(of('collision'))).toEqual([
      'futurist nova 33.0.2 >=3.2.1 3.1.0',
      'os-traits nova 33.0.2 >=3.6.0 3.3.0',
      'oslo-service nova 33.0.2 >=4.5.0 4.1.2',
    ])
  })

  it('points at the line of nova that demands, and at the line of the constraints that pins', () => {
    const [, , oslo] = of('collision')
    expect(oslo!.demand.at).toMatchObject({
      path: 'constraints/requirements/nova-2026.1.txt',
      text: 'oslo.service[threading]>=4.5.0 # Apache-2.0',
    })
    expect(oslo!.supply!.at).toMatchObject({ path: 'constraints/2025.1.txt', text: 'oslo.service===4.1.2' })
    expect(formatOrigin(oslo!.supply!.at!)).toMatch(/^constraints\/2025\.1\.txt:\d+:1$/)
  })

  it('names the five scripts that nova had and has no more', () => {
    expect(of('entry-point').map(({ demand }) => demand.specifier)).toEqual([
      'nova-api',
      'nova-api-metadata',
      'nova-api-os-compute',
      'nova-api-wsgi',
      'nova-metadata-wsgi',
    ])
  })

  it('drifts in 350 demands of 98 distributions, and in what its profile adds', () => {
    const drift = of('drift')
    const own = drift.filter(({ demand }) => !demand.by.startsWith('profile '))
    expect(own).toHaveLength(350)
    expect(new Set(own.map(({ distribution }) => distribution)).size).toBe(98)
    expect(told(drift.filter((finding) => !own.includes(finding)))).toEqual(['pymysql profile nova  1.1.1'])
    expect(drift.filter(({ demand, direct }) => direct && !demand.by.startsWith('nova '))).toEqual([])
  })

  it('is mended by separation, which was checked', () => {
    for (const { fixes } of of('collision'))
      expect(fixes).toContainEqual({ kind: 'separate', service: 'nova', verified: true })
  })

  it('would be mended by raising the pins too, and whoever else holds one is named', () => {
    const raises = of('collision').map(({ distribution, fixes }) => ({
      distribution,
      raise: fixes.find(({ kind }) => kind === 'raise'),
    }))
    for (const { distribution, raise } of raises) {
      expect(raise).toMatchObject({ verified: true })
      expect(raise).toHaveProperty('pins', expect.any(Map))
      expect((raise as { pins: ReadonlyMap<string, string> }).pins.has(distribution)).toBe(true)
      expect((raise as { disturbs: readonly string[] }).disturbs).not.toContain('nova')
    }
  })

  it('is told through the shortest chain of distributions', () => {
    const transitive = of('drift').find(({ demand }) => demand.by.startsWith('oslo-context '))!
    expect(transitive.via[0]).toBe('nova')
    expect(transitive.via.at(-1)).toBe('oslo-context')
    expect(transitive.via).toHaveLength(2)
  })
})

it('glance@2025.1 on the pins of 2024.1 collides with glance-store, oslo-policy and oslo-utils', async () => {
  const glance = await on(['glance@2025.1'], '2024.1')
  const collisions = glance.cells[0]!.findings.filter(({ rule }) => rule === 'collision')
  expect(told(collisions)).toEqual([
    'glance-store glance 30.2.0 >=4.9.0 4.7.1',
    'oslo-policy glance 30.2.0 >=4.5.0 4.3.0',
    'oslo-utils glance 30.2.0 >=7.3.0 7.1.0',
  ])
})

it('a demand that the wheel of neutron lost is a demand by its requirements file', async () => {
  const neutron = await on(['neutron@2026.1'], '2023.1')
  const pyroute = neutron.cells[0]!.findings.filter(
    ({ distribution, direct }) => distribution === 'pyroute2' && direct,
  )
  expect(pyroute).toHaveLength(1)
  expect(pyroute[0]!.demand.at).toMatchObject({ path: 'constraints/requirements/neutron-2026.1.txt' })
})

it('refuses a Python that is older than the service wants, with the Python as the supply', async () => {
  const nova = await on(['nova@2026.1'], '2025.1', '3.9')
  const floors = nova.cells[0]!.findings.filter(({ rule }) => rule === 'python-floor')
  const own = floors.find(({ direct }) => direct)!
  expect(own.demand).toMatchObject({ by: 'nova 33.0.2', specifier: '>=3.10' })
  expect(own.supply!.version).toMatch(/^3\.9\.\d+$/)
  expect(own.fixes).toEqual([])
})

it.each([
  ['novva@2026.1', '2025.1', 'E-SVC-UNKNOWN', /nova/],
  ['nova@2026.1', '2025.9', 'E-REL-UNKNOWN', /known are .*2025\.1, 2025\.2/],
  ['nova@epoxi', '2025.1', 'E-REL-UNKNOWN', /epoxy/],
  ['nova@', '2025.1', 'E-CLI-USAGE', /nova@2025\.2/],
])('%s on %s is %s, with the names that may be meant', async (service, host, code, hint) => {
  await expect(on([service], host)).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) })
})

it('takes a service without a release as its newest maintained one', async () => {
  const { cells } = await on(['keystone'], '2025.1')
  expect(cells[0]!.candidate.release).toBe('2026.1')
})

it('says the same whatever the order of the services', async () => {
  const one = await on(['nova@2026.1', 'glance@2026.1', 'nova@2026.1'], '2025.1')
  const other = await on(['glance@2026.1', 'nova@2026.1'], '2025.1')
  expect(one.cells.map(({ findings }) => findings)).toEqual(other.cells.map(({ findings }) => findings))
})

it('a WSGI module that the newer release serves is missed by an older one', async () => {
  const glance = await on(['glance@2024.1'], '2026.1')
  const gone = glance.cells[0]!.findings.filter(({ rule }) => rule === 'entry-point')
  expect(told(gone)).toEqual(['glance glance 32.0.0 glance.wsgi.api 28.2.0'])
})

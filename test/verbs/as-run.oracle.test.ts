import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '#collisions/finding.js'
import { moduleOf } from '#collisions/import-reach.js'
import { type Analysis, analyze } from '#verbs/analyze.js'

interface Cause {
  readonly kind: string
  readonly name?: string
  readonly at?: string
  readonly pass: number
}

interface Sweep {
  readonly version: string
  readonly modules: number
  readonly failing: number
  /** Modules that failed as they were, nothing put in place. */
  readonly failed: readonly string[]
  readonly causes: readonly Cause[]
}

function oracle<T>(file: string): T {
  return JSON.parse(readFileSync(`test/oracle/surface/${file}`, 'utf8')) as T
}

const sweeps = oracle<Record<string, Sweep>>('sweeps.json')
const names = oracle<Record<string, Record<string, boolean | string>>>('names.json')
const listed = readFileSync('docs/as-run.md', 'utf8').replace(/\s+/g, ' ')
const releases = ['2023.1', '2023.2', '2024.1', '2024.2', '2025.1', '2025.2', '2026.1']
const services = ['keystone', 'glance', 'cinder', 'neutron', 'nova']
const kindsOfNames = ['ImportError', 'ModuleNotFoundError', 'AttributeError']

let analysis: Analysis
/** Findings by `service@release:host`. */
const predicted = new Map<string, readonly Finding[]>()

beforeAll(async () => {
  analysis = await analyze({
    services: [],
    python: '3.11',
    platform: 'linux/amd64',
    index: { offline: true },
  })
  for (const { candidate, host, findings } of analysis.cells)
    predicted.set(
      `${candidate.service}@${candidate.release}:${host.label}`,
      findings.filter(({ rule, supply }) => rule === 'broken-import' && supply !== undefined),
    )
}, 120_000)

interface Prediction {
  readonly key: string
  readonly finding: Finding
  /** What evaluating the name says in an environment of just that version: `false` where it fails. */
  readonly answer: boolean | string | undefined
}

/** Everything that is told, each with what happened when it was tried. */
function tried(level: Finding['level']): readonly Prediction[] {
  return [...predicted].flatMap(([key, findings]) =>
    findings
      .filter((finding) => finding.level === level)
      .map((finding) => {
        const { distribution, supply, missing } = finding
        const answers = names[`${key.split(':')[1]} ${distribution} ${supply!.version}`]
        return { key, finding, answer: answers?.[missing!.name] }
      }),
  )
}

/** One name of one version on one host, however many services need it. */
function distinct(predictions: readonly Prediction[]): ReadonlySet<string> {
  return new Set(
    predictions.map(({ key, finding: { distribution, missing } }) =>
      [key.split(':')[1], distribution, missing!.name].join(' '),
    ),
  )
}

function show({ key, finding }: { readonly key: string; readonly finding: Finding }): string {
  return `${key} ${finding.missing!.name}`
}

describe('What is told as gone is gone', () => {
  it.each([
    'error',
    'warning',
  ] as const)('for every %s: evaluating the name fails with that version', (level) => {
    expect(
      tried(level)
        .filter(({ answer }) => answer !== false)
        .map(show),
    ).toEqual([])
  })

  it('for at least 200 names, as many as docs/as-run.md says', () => {
    const all = [...tried('error'), ...tried('warning')]
    const names = distinct(all).size
    expect(names).toBeGreaterThanOrEqual(200)
    expect(listed).toContain(`${names} of ${names} names`)
    expect(listed).toContain(`${all.length} predictions`)
    expect(listed).toContain(`${tried('error').length} errors`)
  })
})

/** Errors told of modules that a sweep imported: those whose module fails, and those whose module does not. */
function heldErrors(): { readonly held: number; readonly wrong: readonly string[] } {
  const wrong: string[] = []
  let held = 0
  for (const [key, { failed }] of Object.entries(sweeps))
    for (const finding of predicted.get(key) ?? []) {
      if (finding.level !== 'error' || !finding.direct || !('path' in finding.demand.at)) continue
      if (failed.includes(moduleOf(finding.demand.at.path))) held += 1
      else wrong.push(show({ key, finding }))
    }
  return { held, wrong }
}

/** Names of other distributions over which modules failed, by whether they were told. */
function namesMet(): { readonly told: readonly string[]; readonly missed: readonly string[] } {
  const [told, missed]: [string[], string[]] = [[], []]
  for (const [key, { causes }] of Object.entries(sweeps))
    for (const { kind, name } of causes) {
      const own = key.split('@')[0]!
      if (!kindsOfNames.includes(kind) || name === undefined || name.split(/[.:]/)[0] === own) continue
      const isTold = (predicted.get(key) ?? []).some(({ missing }) => {
        const { gone, name: used } = missing!
        return name === gone || name.startsWith(`${gone}.`) || used === name || used.startsWith(`${name}.`)
      })
      const list = isTold ? told : missed
      list.push(`${key} ${name}`)
    }
  return { told, missed }
}

describe('Importing on the libraries of another release', () => {
  it('fails for every module in which an error is told', () => {
    const { held, wrong } = heldErrors()
    expect(wrong).toEqual([])
    expect(held).toBeGreaterThan(0)
  })

  it('fails over names that were told, but for the misses that docs/as-run.md lists', () => {
    expect(namesMet().missed.filter((one) => !listed.includes(one))).toEqual([])
  })

  it('has been done for both directions of every neighbouring pair and every SLURP hop', () => {
    const pairs = releases.slice(1).map((newer, index) => [releases[index]!, newer] as const)
    const slurp = ['2023.1', '2024.1', '2025.1', '2026.1']
    const hops = [...pairs, ...slurp.slice(1).map((newer, index) => [slurp[index]!, newer] as const)]
    const wanted = services.flatMap((service) =>
      hops.flatMap(([older, newer]) => [`${service}@${older}:${newer}`, `${service}@${newer}:${older}`]),
    )
    expect(Object.keys(sweeps).sort()).toEqual(wanted.sort())
  })

  it('gives the figures of docs/as-run.md', () => {
    const all = Object.values(sweeps)
    const sum = (of: (sweep: Sweep) => number): string =>
      all.reduce((total, sweep) => total + of(sweep), 0).toLocaleString('en')
    const { told, missed } = namesMet()
    for (const figure of [
      `${all.length} sweeps`,
      `${sum(({ modules }) => modules)} imports of modules`,
      `${sum(({ failing }) => failing)} fail`,
      `${heldErrors().held} of ${heldErrors().held} errors`,
      `${told.length + missed.length} causes`,
      `${told.length} were told`,
      `${missed.length} were not`,
    ])
      expect(listed).toContain(figure)
  })

  it.each([
    ['cinder@2025.1:2026.1', 'oslo_utils.secretutils.md5', 'error', 'cinder/api/v3/volume_metadata.py', 21],
    [
      'neutron@2025.1:2026.1',
      'neutron_lib.constants.ACCESS_READONLY',
      'error',
      'neutron/db/external_net_db.py',
      41,
    ],
    [
      'glance@2025.1:2026.1',
      'oslo_db.sqlalchemy.session.EngineFacade',
      'warning',
      'glance/db/sqlalchemy/api.py',
      85,
    ],
    ['nova@2024.1:2026.1', 'oslo_utils.secretutils.md5', 'error', 'nova/crypto.py', 39],
  ] as const)('%s lacks %s', (key, name, level, path, line) => {
    const found = predicted.get(key)!.find(({ missing }) => missing!.name === name)
    expect(found).toMatchObject({ level, demand: { at: { path, line } } })
  })

  it.each([
    'nova@2025.1:2026.1',
    'keystone@2025.1:2026.1',
  ])('tells no error of %s, which imports whole', (key) => {
    expect(sweeps[key]!.failing).toBe(0)
    expect(predicted.get(key)!.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('does not take an alias made at run time for a name that is gone', () => {
    for (const [key, findings] of predicted)
      if (key.startsWith('keystone@2024.1:'))
        expect(findings.map(({ missing }) => missing!.name)).not.toContain(
          'sqlalchemy.orm.collections.attribute_mapped_collection',
        )
  })
})

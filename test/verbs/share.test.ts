import { describe, expect, it } from 'vitest'
import { shareDot, shareMermaid } from '#report/share-graph.js'
import { shareJson } from '#report/share-json.js'
import { shareMarkdown } from '#report/share-markdown.js'
import { shareText } from '#report/share-text.js'
import { type ShareOptions, type ShareResult, share } from '#verbs/share.js'

const ask = (services: readonly string[], options: Partial<ShareOptions> = {}): Promise<ShareResult> =>
  share({ services, python: '3.11', platform: 'linux/amd64', ...options })

const text = (result: ShareResult) => shareText(result, { width: 110, color: false })

interface Json {
  readonly sharable: boolean | null
  readonly solution: { readonly pins: Readonly<Record<string, string>> } | null
  readonly conflicts: readonly {
    readonly demands: readonly Readonly<Record<string, unknown>>[]
    readonly fixes: readonly {
      readonly changes: readonly { readonly kind: string; readonly text?: string; readonly to?: string }[]
      readonly verified: boolean
    }[]
  }[]
  readonly otherPythons: readonly string[]
  readonly environments: Readonly<
    Record<
      'asTested' | 'asDeclared',
      { readonly count: number | null; readonly groups: readonly string[][] | null }
    >
  >
}

const json = (result: ShareResult): Json => JSON.parse(shareJson(result))

describe('Shipped service releases', () => {
  it('of different releases may share as declared, and not as tested', async () => {
    const result = json(await ask(['nova@2025.1', 'glance@2026.1', 'keystone@2023.1']))
    expect(result.sharable).toBe(true)
    expect(result.solution!.pins).toMatchObject({ nova: '31.3.1', glance: '32.0.0', keystone: '23.0.2' })
    expect(result.environments.asTested).toMatchObject({
      count: 3,
      groups: [['keystone@2023.1'], ['nova@2025.1'], ['glance@2026.1']],
    })
    expect(result.environments.asDeclared.count).toBe(1)
  })

  it('of one release may share as tested', async () => {
    const result = json(await ask(['nova@2025.1', 'glance@2025.1', 'neutron@2025.1', 'swift@2025.1']))
    expect(result.environments.asTested.count).toBe(1)
  })

  it('cannot have one service twice', async () => {
    const result = json(await ask(['nova@2024.1', 'nova@2026.1', 'placement@2026.1']))
    expect(result.sharable).toBe(false)
    expect(result.conflicts).toHaveLength(1)
    expect(result.conflicts[0]!.demands).toMatchObject([
      { service: 'nova', release: '2024.1', distribution: 'nova', at: { path: 'constraints/releases.json' } },
      { service: 'nova', release: '2026.1', distribution: 'nova' },
    ])
    expect(result.conflicts[0]!.fixes).toEqual([
      { changes: [{ kind: 'separate', service: 'nova', release: '2024.1' }], verified: true },
      { changes: [{ kind: 'separate', service: 'nova', release: '2026.1' }], verified: true },
    ])
    expect(result.environments.asDeclared).toMatchObject({
      count: 2,
      lowerBound: { kind: 'clique', members: ['nova@2024.1', 'nova@2026.1'] },
    })
  })

  it('cannot be solved on a Python that they refuse, and are told which would do', async () => {
    const result = await ask(['nova@2026.1', 'swift@2023.1'], { python: '3.9' })
    expect(json(result).otherPythons).toEqual(['3.10', '3.11', '3.12', '3.13', '3.14'])
    expect(json(result).environments.asDeclared).toMatchObject({
      count: null,
      unsolvableAlone: ['nova@2026.1'],
    })
    expect(text(result)).toContain('nova 33.0.2 needs Python >=3.10')
  })

  it('that need more than pins give are told every such pin, each with the line that needs more', async () => {
    const result = await ask(['nova@2026.1'], { constraints: ['constraints/2025.1.txt'] })
    const { conflicts } = json(result)
    const named = conflicts.map(({ demands }) =>
      demands.map(({ kind, distribution }) => `${kind} ${distribution}`),
    )
    expect(named).toEqual(
      expect.arrayContaining([
        ['demand os-traits', 'constraint os-traits'],
        ['demand oslo-service', 'constraint oslo-service'],
        ['demand futurist', 'constraint futurist'],
      ]),
    )
    for (const { fixes } of conflicts) {
      expect(fixes.some(({ changes }) => changes.every((change) => change.kind === 'move'))).toBe(true)
    }
    // The newer oslo.service wants a newer cotyledon: moving the one pin alone would not do.
    expect(text(result)).toContain(
      'move the constraint cotyledon===2.0.0 to 2.2.0, and move the constraint oslo-service===4.1.2 to 4.5.1',
    )
    expect(text(result)).toMatch(
      /nova 33\.0\.2 demands os-traits>=3\.6\.0 +constraints\/requirements\/nova-2026\.1\.txt:\d+/,
    )
  })

  it('are answered alike in whatever order they are named', async () => {
    const names = ['glance@2024.1', 'nova@2025.1', 'nova@2026.1']
    expect(shareJson(await ask([...names].reverse()))).toBe(shareJson(await ask(names)))
  })

  it('of all fifteen services at releases that differ need seven environments as tested', async () => {
    const mixed = ['nova@2025.1', 'glance@2026.1', 'keystone@2024.1', 'neutron@2024.2', 'placement@2025.2']
      .concat(['cinder@2023.1', 'swift@2026.1', 'heat@2025.1', 'ironic@2024.1', 'horizon@2023.1'])
      .concat(['barbican@2024.2', 'designate@2025.2', 'magnum@2026.1', 'manila@2025.1', 'octavia@2023.2'])
    const { environments } = json(await ask(mixed))
    expect([environments.asTested.count, environments.asDeclared.count]).toEqual([7, 1])
  })
})

describe('Input that is none', () => {
  it.each([
    ['no service', [], 'E-CLI-USAGE'],
    ['an unknown service', ['novaa@2025.1'], 'E-SVC-UNKNOWN'],
    ['an unknown release', ['nova@1999.1'], 'E-REL-UNKNOWN'],
  ])('is refused: %s', async (_, services, code) => {
    await expect(ask(services)).rejects.toMatchObject({ code })
  })
})

describe('What cannot share as run', () => {
  const pair = ['heat@2023.1', 'manila@2026.1']

  it('is told with fixes that leave the libraries there, and the release that would do', async () => {
    const result = await ask(pair, { constraints: ['constraints/2026.1.txt'] })
    const { asRun } = JSON.parse(shareJson(result)) as { asRun: Json & { upgrades: unknown } }
    expect(json(result).sharable).toBe(true)
    expect(asRun.sharable).toBe(false)
    const kinds = asRun.conflicts.flatMap(({ fixes }) =>
      fixes.flatMap(({ changes }) => changes.map(({ kind }) => kind)),
    )
    expect(new Set(kinds)).toEqual(new Set(['separate', 'relax', 'move']))
    expect(asRun.upgrades).toEqual([{ service: 'heat', from: '2023.1', to: '2023.2' }])
    expect(text(result)).toContain(
      '\nOr upgrade heat from 2023.1 to 2023.2: then they may share one environment as run (checked).\n',
    )
    expect(shareMarkdown(result)).toContain('- fix: upgrade heat from 2023.1 to 2023.2, which resolves all')
  }, 60_000)

  it('is not asked for where code is left out', async () => {
    const result = await ask(pair, { code: 'none' })
    expect(result.asRun).toBeUndefined()
    expect(JSON.parse(shareJson(result))).not.toHaveProperty('asRun')
  })
})

describe('Other forms of an answer', () => {
  it('say in JSON whether all conflicts are told and whether their first fixes hold together', async () => {
    const result = JSON.parse(
      shareJson(await ask(['nova@2026.1'], { constraints: ['constraints/2025.1.txt'] })),
    )
    expect(result).toMatchObject({ complete: true, firstFixesHold: true })
    expect(JSON.parse(shareJson(await ask(['nova@2026.1'])))).not.toHaveProperty('firstFixesHold')
  })

  it('have in Markdown the verdict, every line of a conflict with its place, fixes, and the groups', async () => {
    const result = shareMarkdown(await ask(['nova@2025.1', 'nova@2026.1', 'cinder@2025.1']))
    expect(result).toMatch(/^## They cannot share one environment: 1 independent conflict\n/)
    expect(result).toContain('| `nova@2026.1 is nova 33.0.2` | `constraints/releases.json` |')
    expect(result).toContain('- fix: give nova&#64;2026.1 an environment of its own')
    expect(result).toContain('| as tested | 2 | `cinder@2025.1 nova@2025.1`<br>`nova@2026.1` |')
  })

  it('have in Markdown which pins are to be held back as run', async () => {
    const result = shareMarkdown(await ask(['nova@2026.1', 'cinder@2025.1']))
    expect(result).toContain('\nHeld back, so that no name is gone that their code needs at import:')
    expect(result).toContain('\n- `oslo-utils 9.1.0`, not 10.0.1\n')
  })

  it('draw services, their environments and what they cannot agree on', async () => {
    const result = await ask(['nova@2025.1', 'nova@2026.1', 'cinder@2025.1'])
    expect(shareDot(result).split('\n')).toEqual(
      expect.arrayContaining([
        '  s0 -> e0 [label="as run", color=gray,style=dotted];',
        '  s2 -> e1 [label="as run", color=gray,style=dotted];',
        '  s2 -> c0 [label="nova==33.0.2", color=red];',
      ]),
    )
    expect(shareMermaid(result).split('\n')).toEqual(
      expect.arrayContaining(['  s0 -.->|"as run"| e0', '  s1 -->|"nova#61;#61;31.3.1"| c0']),
    )
  })
})

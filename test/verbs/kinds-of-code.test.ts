import { describe, expect, it, test } from 'vitest'
import { analyze } from '#verbs/analyze.js'
import { gate } from '#verbs/gate.js'

/** Modules of fixtures that manila's code misses on this host, where nothing brings the distribution along. */
async function undeclaredFound(code: string): Promise<readonly string[]> {
  const { cells } = await analyze({
    services: ['manila@2023.1'],
    host: '2024.1',
    code,
    python: '3.11',
    platform: 'linux/amd64',
    index: { offline: true },
  })
  return cells.flatMap(({ findings }) =>
    findings.flatMap(({ missing }) => (missing?.leakedBy === undefined ? [] : [missing.name])),
  )
}

test('Undeclared needs are modules: told where modules are asked for, and not of other kinds of names.', async () => {
  expect(await undeclaredFound('all')).toEqual(['fixtures'])
  expect(await undeclaredFound('module,name')).toEqual(['fixtures'])
  expect(await undeclaredFound('keyword,option')).toEqual([])
})

describe('A gate with a policy', () => {
  const gated = (code?: string) =>
    gate({
      services: [],
      policy: 'fixtures/gate/stays-behind.yaml',
      ...(code === undefined ? {} : { code }),
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
    })

  it('fails on a name that is gone, and passes where code is left out or other kinds are asked for', async () => {
    const all = await gated()
    expect(all.verdict).toMatchObject({ outcome: 'failed', new: 1 })
    expect(all.rules).toContain('broken-import')
    const none = await gated('none')
    expect(none.verdict).toMatchObject({ outcome: 'passed', new: 0 })
    expect(none.rules).not.toContain('broken-import')
    expect((await gated('module')).summary.findings['broken-import']).toBe(0)
  })

  it('refuses a kind that there is not, whatever the policy has', async () => {
    await expect(gated('colour')).rejects.toMatchObject({ code: 'E-CLI-USAGE' })
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { analyze } from '#verbs/analyze.js'
import type { AnalyzeOptions } from '#verbs/selection.js'
import { indexWheel, startPackageIndex } from '../support/package-index.js'

let dir = ''
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(dir, name), text)
  return join(dir, name)
}

function ask(options: Partial<AnalyzeOptions>) {
  return analyze({
    services: [],
    python: '3.11',
    platform: 'linux/amd64',
    index: { offline: true },
    ...options,
  })
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'svcsplit-test-'))
  vi.stubEnv('SVCSPLIT_CACHE_DIR', join(dir, 'cache'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(dir, { recursive: true })
})

describe("a user's own requirements file", () => {
  it('is one service named after the file, without release, drift or scripts', async () => {
    const path = await file('billing.txt', '# head\noslo.service>=4.5.0 # why\nPyYAML\n')
    const { cells, rules, undecided } = await ask({ requirements: path, host: '2025.1' })
    expect(cells).toHaveLength(1)
    const [{ candidate, findings, summary }] = cells as [(typeof cells)[0]]
    expect(candidate).toMatchObject({ service: 'billing' })
    expect(candidate.release).toBeUndefined()
    expect(summary.findings).toMatchObject({ collision: 1, drift: 0, missing: 0 })
    expect(findings[0]).toMatchObject({
      distribution: 'oslo-service',
      direct: true,
      demand: {
        by: 'billing',
        specifier: '>=4.5.0',
        at: { path: 'billing.txt', line: 2, text: 'oslo.service>=4.5.0 # why' },
      },
      fixes: [{ kind: 'raise', verified: true }],
    })
    expect(rules).not.toContain('entry-point')
    expect(undecided).toEqual([])
  })

  it('may name its own constraints, unless a host is given too', async () => {
    await file('pins.txt', 'oslo.service===4.1.2\n')
    const path = await file('with-pins.txt', '-c pins.txt\noslo.service>=4.5.0\n')
    const { cells } = await ask({ requirements: path })
    expect(cells).toHaveLength(1)
    expect(cells[0]!.findings[0]!.supply).toMatchObject({
      version: '4.1.2',
      at: { path: 'pins.txt', line: 1 },
    })
    await expect(ask({ requirements: path, host: '2025.1' })).rejects.toMatchObject({ code: 'E-CLI-USAGE' })
  })

  const brokenIn = async (text: string) => {
    const { cells } = await ask({ requirements: await file('fleet.txt', text), host: '2026.1' })
    return cells[0]!.findings.flatMap(({ rule, level, demand, via }) =>
      rule === 'broken-import' ? [[level, demand.by, demand.specifier, via]] : [],
    )
  }

  it('pins what the host has not: that version is walked, and what its code needs is looked for', async () => {
    expect(await brokenIn('cinder==26.3.0\nPyMySQL\n')).toEqual([
      ['error', 'cinder 26.3.0', 'oslo_utils.secretutils.md5', ['cinder']],
      ['warning', 'cinder 26.3.0', 'os_brick.remotefs.windows_remotefs', ['cinder']],
    ])
    expect(await brokenIn('cinder===28.0.0\n')).toEqual([])
    expect(await brokenIn('cinder==26.3.0; python_version < "3"\ncinder===28.0.0\n')).toEqual([])
    expect(await brokenIn('cinder==28.*\n')).toEqual([])
  })

  it('pins nothing that the host has: another version is a collision', async () => {
    const path = await file('twice.txt', 'cinder==26.3.0\ncinder==28.0.0\noslo.utils==9.1.0\n')
    const { cells } = await ask({ requirements: path, host: '2026.1' })
    const refused = cells[0]!.findings.filter(({ rule }) => rule === 'collision')
    expect(refused.map(({ demand, supply }) => [demand.specifier, supply?.version])).toEqual([
      ['==28.0.0', '26.3.0'],
      ['==9.1.0', '10.0.1'],
    ])
  })

  it('is undecided offline where it demands what nobody knows', async () => {
    const path = await file('odd.txt', 'nobody-knows-this>=1\n')
    const { undecided } = await ask({ requirements: path, host: '2025.1' })
    expect(undecided).toMatchObject([{ distribution: 'nobody-knows-this', lacks: 'versions' }])
  })

  it('is undecided where it demands by URL', async () => {
    const path = await file('url.txt', 'PyYAML @ https://files.example/PyYAML-6.0.zip\n')
    const { undecided } = await ask({ requirements: path, host: '2025.1' })
    expect(undecided).toMatchObject([{ distribution: 'pyyaml', reason: 'it is demanded by URL' }])
  })
})

describe("a user's own constraints", () => {
  it('are the host, and a pin that only bounds is undecided where it is reached', async () => {
    const path = await file('host.txt', 'oslo.service===4.1.2\nsetuptools<81\nPyYAML===6.0.2\n')
    const requirements = await file('svc.txt', 'oslo.service\nsetuptools\n')
    const { host, undecided } = await ask({ requirements, constraints: [path] })
    expect(host).toEqual({ constraints: 'host.txt' })
    expect(undecided).toMatchObject([
      { distribution: 'setuptools', reason: 'the constraints bound it and do not pin it' },
    ])
  })

  it('with a pin that is no version are undecided there, and break nothing else', async () => {
    const path = await file('weird.txt', 'oslo.service===weird\n')
    const requirements = await file('one.txt', 'oslo.service\n')
    const { undecided } = await ask({ requirements, constraints: [path] })
    expect(undecided).toMatchObject([{ distribution: 'oslo-service', version: 'weird', lacks: 'metadata' }])
  })

  it('of several files all hold, each with its own lines', async () => {
    const one = await file('one.txt', '# ours\nfuturist===3.1.0\n')
    const other = await file('other.txt', 'PyYAML===6.0.2\n')
    const requirements = await file('svc.txt', 'futurist>=9\nPyYAML>=9\n')
    const { cells, inputs } = await ask({ requirements, constraints: [one, other] })
    const collisions = cells[0]!.findings.filter(({ rule }) => rule === 'collision')
    expect(collisions.map(({ supply }) => supply?.at)).toMatchObject([
      { path: expect.stringContaining('one.txt'), line: 2 },
      { path: expect.stringContaining('other.txt'), line: 1 },
    ])
    expect(inputs.map(({ id }) => id)).toEqual(expect.arrayContaining(['constraints', 'constraints-0001']))
    await expect(
      ask({ requirements, constraints: [one, await file('third.txt', 'futurist===3.2.0\n')] }),
    ).rejects.toMatchObject({ code: 'E-CON-DUP' })
  })

  it('go with shipped services, whose drift is told', async () => {
    const path = await file('uc.txt', 'futurist===3.1.0\n')
    const { cells } = await ask({ services: ['nova@2026.1'], constraints: [path] })
    const collisions = cells[0]!.findings.filter(({ rule }) => rule === 'collision')
    // oslo-service is missing on that host: the version that nova's release pins wants more of futurist too.
    expect(collisions.map(({ distribution, demand }) => [distribution, demand.by])).toEqual([
      ['futurist', 'nova 33.0.2'],
      ['futurist', 'oslo-service 4.5.1'],
    ])
  })

  it.each([
    [{ host: '2025.1', constraints: ['x'] }],
    [{ services: ['nova'], requirements: 'x' }],
    [{ profile: 'x', requirements: 'x' }],
  ])('and options that contradict it are refused: %j', async (options) => {
    await expect(ask(options)).rejects.toMatchObject({ code: 'E-CLI-USAGE' })
  })
})

describe("a user's own profile", () => {
  it('takes the place of the shipped one', async () => {
    const path = await file(
      'nova.yaml',
      'service: nova\ndistribution: nova\nadditions: ["oslo.utils>=99"]\nuser: {name: nova, uid: 1000, gid: 1000}\n',
    )
    const { cells } = await ask({ services: ['nova@2026.1'], host: '2026.1', profile: path })
    const collisions = cells[0]!.findings.filter(({ rule }) => rule === 'collision')
    expect(collisions).toMatchObject([
      {
        distribution: 'oslo-utils',
        direct: false,
        demand: { by: 'profile nova', at: { path: expect.stringContaining('nova.yaml'), line: 3 } },
        fixes: [],
      },
    ])
  })

  it('for a service that no release has is refused', async () => {
    const path = await file(
      'novva.yaml',
      'service: novva\ndistribution: nova\nuser: {name: nova, uid: 1000, gid: 1000}\n',
    )
    await expect(ask({ profile: path })).rejects.toMatchObject({ code: 'E-SVC-UNKNOWN' })
  })
})

describe('facts that are not shipped', () => {
  it('are asked of the index, as deep as they are needed', async () => {
    const index = await startPackageIndex({
      files: [
        indexWheel('ownthing', '2.0', { requires: ['owndeep>=3', 'oslo.service>=4.5.0'] }),
        indexWheel('owndeep', '1.0'),
        indexWheel('owndeep', '3.0', { requires: ['PyYAML>=99'] }),
      ],
    })
    try {
      const requirements = await file('online.txt', 'ownthing\n')
      const { cells, undecided } = await ask({
        requirements,
        host: '2025.1',
        index: { offline: false, indexUrl: index.url },
      })
      expect(undecided).toEqual([])
      const found = cells[0]!.findings.filter(({ rule }) => rule === 'collision')
      expect(found.map(({ distribution, demand, via }) => [demand.by, distribution, via])).toEqual([
        ['ownthing 2.0', 'oslo-service', ['ownthing']],
        ['owndeep 3.0', 'pyyaml', ['ownthing', 'owndeep']],
      ])
    } finally {
      await index.close()
    }
  })
})

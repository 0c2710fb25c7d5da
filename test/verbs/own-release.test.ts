import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadFleet } from '#inputs/fleet.js'
import { writeAtomic } from '#io/write-files.js'
import { analyze } from '#verbs/analyze.js'
import { catalogUpdate } from '#verbs/catalog-update.js'
import { catalogVerify } from '#verbs/catalog-verify.js'
import { type ImportReleaseRequest, importRelease } from '#verbs/import-release.js'
import { shippedSnapshot } from '#verbs/known-data.js'
import { lockRelease } from '#verbs/lock.js'
import { indexWheel, startPackageIndex } from '../support/package-index.js'

const before = process.env.SVCSPLIT_DATA_DIR
const closers: (() => Promise<void>)[] = []
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-own-'))
  process.env.SVCSPLIT_DATA_DIR = `${folder}/own`
})
afterEach(async () => {
  process.env.SVCSPLIT_DATA_DIR = before
  for (const close of closers.splice(0)) await close()
  rmSync(folder, { recursive: true })
})

const profile = (distribution: string): string =>
  `service: shop\ndistribution: ${distribution}\nadditions: [added]\nuser: {name: shop, uid: 1000, gid: 1000}\n`

async function importShop(more: Partial<ImportReleaseRequest> = {}) {
  await writeAtomic(`${folder}/own/profiles/shop.yaml`, profile('shop-server'))
  await writeAtomic(`${folder}/pins.txt`, 'shop-lib===1.0\nadded===1.0\n')
  return importRelease({
    release: 'shop-7',
    constraints: [`${folder}/pins.txt`],
    services: ['shop=7.0'],
    requirements: [],
    ...more,
  })
}

describe('a release of the user', () => {
  it('stands beside the shipped ones, with its pins as they were given, and importing it again changes nothing', async () => {
    const first = await importShop()
    expect(first).toMatchObject({ release: 'shop-7', services: ['shop'], pins: 2 })
    expect(first.written).toEqual(['constraints/releases.json', 'constraints/shop-7.txt'])
    expect(readFileSync(`${folder}/own/constraints/shop-7.txt`, 'utf8')).toBe('shop-lib===1.0\nadded===1.0\n')
    expect((await importShop()).written).toEqual([])
    const fleet = loadFleet()
    expect(fleet.own?.releases).toEqual(['shop-7'])
    expect(fleet.releases.list.map(({ name }) => name)).toEqual([
      ...loadFleet(undefined, false).releases.list.map(({ name }) => name),
      'shop-7',
    ])
    expect(fleet.constraints('shop-7').path).toBe('own/constraints/shop-7.txt')
    expect(fleet.inputs().map(({ id }) => id)).toContain('own-releases')
  })

  it('is answered for like a shipped one once its facts are known, from what the index says of it alone', async () => {
    const index = await startPackageIndex({
      files: [
        indexWheel('shop_server', '7.0', { requires: ['shop-lib>=2'] }, {}),
        indexWheel('shop_lib', '1.0', {}, {}),
        indexWheel('added', '1.0', {}, {}),
      ],
    })
    closers.push(index.close)
    await importShop()
    const updated = await catalogUpdate({ indexUrl: index.url, cacheDir: `${folder}/cache` })
    expect(updated).toMatchObject({ names: 3, versions: 3, pending: [], absent: [] })
    // What is shipped is not asked for again.
    expect(index.requests.every(({ path }) => /shop|added/.test(path))).toBe(true)
    expect((await catalogUpdate({ indexUrl: index.url, cacheDir: `${folder}/cache` })).written).toEqual([])

    const result = await analyze({
      services: ['shop@shop-7'],
      host: 'shop-7',
      python: '3.11',
      platform: 'linux/amd64',
      index: { offline: true },
    })
    expect(result.undecided).toEqual([])
    expect(result.cells[0]!.findings).toMatchObject([
      {
        rule: 'collision',
        distribution: 'shop-lib',
        supply: { at: { path: 'own/constraints/shop-7.txt', line: 1 } },
      },
    ])
  })

  it('has what nobody pins at the newest version within the bounds of its profile', async () => {
    const index = await startPackageIndex({
      files: [
        indexWheel('shop_server', '7.0', { requires: ['shop-lib', 'tools'] }, {}),
        indexWheel('shop_lib', '1.0', {}, {}),
        ...['80.0', '81.0', '82.0'].map((version) => indexWheel('tools', version, {}, {})),
      ],
    })
    closers.push(index.close)
    await importShop()
    const lockedTools = async (addition: string) => {
      await writeAtomic(
        `${folder}/own/profiles/shop.yaml`,
        profile('shop-server').replace('[added]', `[${addition}]`),
      )
      await catalogUpdate({ indexUrl: index.url, cacheDir: `${folder}/cache` })
      const fleet = loadFleet()
      expect((await catalogVerify()).problems).toEqual([])
      const lock = lockRelease(fleet, shippedSnapshot(fleet), {
        service: 'shop',
        release: 'shop-7',
        python: '3.11',
        platform: 'linux/amd64',
        glibc: '2.36',
      })
      return lock.distributions.find(({ name }) => name === 'tools')?.version
    }
    expect(
      await lockedTools('{requirement: tools<82, releases: ">=2024.1", reason: a module went away}'),
    ).toBe('81.0')
    expect(await lockedTools('{requirement: tools<82, releases: "<2024.1"}')).toBe('82.0')
  })

  it('breaks as run where a host lacks a name that its code imports, among own releases and shipped ones', {
    timeout: 120_000,
  }, async () => {
    const index = await startPackageIndex({
      files: [
        indexWheel('shop_server', '7.0', {
          requires: ['shop-lib>=1', 'oslo.utils'],
          members: {
            'shop/__init__.py': '',
            'shop/api.py': 'from shop_lib import old\nfrom oslo_utils.secretutils import md5\n',
          },
        }),
        indexWheel('shop_server', '8.0', { members: { 'shop/__init__.py': '' } }),
        indexWheel('shop_lib', '1.0', { members: { 'shop_lib/__init__.py': 'old = 1\n' } }),
        indexWheel('shop_lib', '2.0', { members: { 'shop_lib/__init__.py': 'new = 1\n' } }),
        indexWheel('added', '1.0'),
        indexWheel('oslo.utils', '99.0', { members: { 'oslo_utils/secretutils.py': 'x = 1\n' } }),
      ],
    })
    closers.push(index.close)
    await importShop()
    await writeAtomic(`${folder}/newer.txt`, 'shop-lib===2.0\nadded===1.0\noslo.utils===99.0\n')
    await importShop({ release: 'shop-8', services: ['shop=8.0'], constraints: [`${folder}/newer.txt`] })
    const update = () => catalogUpdate({ indexUrl: index.url, cacheDir: `${folder}/cache` })
    expect((await update()).written).toContain('used-names.txt')
    expect((await update()).written).toEqual([])
    expect((await catalogVerify()).problems).toEqual([])

    const brokenOn = async (service: string, host: string) => {
      const { cells } = await analyze({
        services: [service],
        host,
        python: '3.11',
        platform: 'linux/amd64',
        index: { offline: true },
      })
      return cells[0]!.findings.flatMap(({ rule, level, missing }) =>
        rule === 'broken-import' && missing !== undefined ? [`${level} ${missing.name}`] : [],
      )
    }
    const md5 = 'error oslo_utils.secretutils.md5'
    expect(await brokenOn('shop@shop-7', 'shop-7')).toEqual([])
    expect(await brokenOn('shop@shop-7', 'shop-8')).toEqual(
      expect.arrayContaining([md5, 'error shop_lib.old']),
    )
    expect(await brokenOn('shop@shop-7', '2026.1')).toEqual([md5])
    expect(await brokenOn('shop@shop-7', '2025.1')).toEqual([])
    expect(await brokenOn('cinder@2025.1', 'shop-8')).toContain(md5)
  })

  it('may be pinned by several files, which keep their names', async () => {
    await writeAtomic(`${folder}/more.txt`, 'other===2.0')
    await importShop({ constraints: [`${folder}/more.txt`, `${folder}/pins.txt`] })
    expect(readFileSync(`${folder}/own/constraints/shop-7.txt`, 'utf8')).toBe(
      '# more.txt\nother===2.0\n# pins.txt\nshop-lib===1.0\nadded===1.0\n',
    )
  })

  it('is not mixed with a shipped release of the same name', async () => {
    await expect(importShop({ release: '2025.1' })).rejects.toMatchObject({ code: 'E-CAT-MIX' })
    await importShop()
    const path = `${folder}/own/constraints/releases.json`
    await writeAtomic(path, readFileSync(path, 'utf8').replace('"shop-7": {', '"2025.1": {'))
    expect(() => loadFleet()).toThrow(expect.objectContaining({ code: 'E-CAT-MIX' }))
  })

  it.each<[string, Partial<ImportReleaseRequest>, string]>([
    ['a path for a name', { release: '../x' }, 'E-CLI-USAGE'],
    ['no service', { services: [] }, 'E-CLI-USAGE'],
    ['no version', { services: ['shop'] }, 'E-CLI-USAGE'],
    ['a version that is none', { services: ['shop=seven'] }, 'E-CLI-USAGE'],
    ['a service without a profile', { services: ['till=1.0'] }, 'E-SVC-UNKNOWN'],
    ['a service with a path for a name', { services: ['../x=1.0'] }, 'E-CLI-USAGE'],
    ['no pins', { constraints: [] }, 'E-CLI-USAGE'],
    ['a file that is not there', { constraints: ['absent.txt'] }, 'E-FS-NOTFOUND'],
    ['requirements of a service that it has not', { requirements: ['nova=x.txt'] }, 'E-CLI-USAGE'],
  ])('with %s is refused, and nothing is written', async (_, more, code) => {
    await expect(importShop(more)).rejects.toMatchObject({ code })
    expect(loadFleet().own).toBeUndefined()
  })

  it('whose files contradict one another is refused with both places', async () => {
    await writeAtomic(`${folder}/more.txt`, 'shop-lib===2.0\n')
    await expect(
      importShop({ constraints: [`${folder}/pins.txt`, `${folder}/more.txt`] }),
    ).rejects.toMatchObject({ code: 'E-CON-DUP', at: { path: `${folder}/more.txt`, line: 1 } })
  })

  it('whose profile does not fit is told with its place, whatever asks for it', async () => {
    await importShop()
    await writeAtomic(`${folder}/own/profiles/shop.yaml`, `${profile('shop-server')}extra: []\n`)
    expect(() => loadFleet().profile('shop')).toThrow(
      expect.objectContaining({ code: 'E-PRF-SCHEMA', at: expect.objectContaining({ line: 5 }) }),
    )
  })
})

describe('overrides of the user', () => {
  const overrides = (until: string): string =>
    [
      '- change: oslo.messaging===17.3.0',
      '  services: [nova]',
      '  releases: ==2025.2',
      '  reason: a fix that the release lacks',
      `  until: "${until}"`,
      '- change: python-magnumclient===4.8.1',
      '  services: [keystone]',
      '  reason: of no use',
      '  until: "2999-01-01"',
      '',
    ].join('\n')
  const target = { python: '3.11', platform: 'linux/amd64', glibc: '2.36' } as const
  const versionIn = (service: string, release: string): string | undefined => {
    const fleet = loadFleet()
    const lock = lockRelease(fleet, shippedSnapshot(fleet), { service, release, ...target })
    return lock.distributions.find(({ name }) => name === 'oslo-messaging')?.version
  }

  it('change what one service gets of its own, and nothing of a host or of any other service', async () => {
    const before = ['nova', 'cinder'].map((service) => versionIn(service, '2025.2'))
    await writeAtomic(`${folder}/own/overrides.yaml`, overrides('2999-01-01'))
    expect(versionIn('nova', '2025.2')).toBe('17.3.0')
    expect(versionIn('cinder', '2025.2')).toBe(before[1])
    const fleet = loadFleet()
    expect(fleet.constraints('2025.2')).not.toBe(fleet.constraintsOf('nova', '2025.2'))
    expect(fleet.constraints('2025.2')).toBe(fleet.constraintsOf('cinder', '2025.2'))
  })

  it('are reported when they change nothing and when their day has come, and hold all the same', async () => {
    await writeAtomic(`${folder}/own/overrides.yaml`, overrides('2026-01-01'))
    const { problems } = await catalogVerify({ now: new Date('2026-01-01') })
    expect(problems).toEqual([
      'own/overrides.yaml:1:11: the override oslo.messaging===17.3.0 was to be looked at again by 2026-01-01 (a fix that the release lacks)',
      'own/overrides.yaml:6:11: the override python-magnumclient===4.8.1 changes nothing anywhere',
    ])
    expect(versionIn('nova', '2025.2')).toBe('17.3.0')
    expect((await catalogVerify({ now: new Date('2025-12-31') })).problems).toHaveLength(1)
  })
})

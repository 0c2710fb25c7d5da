import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseFleetFile } from '#inputs/fleet-file.js'
import { checkedProfile } from '#inputs/profile.js'
import { releasesOf } from '#inputs/releases.js'
import { writeAtomic } from '#io/write-files.js'
import { normalizeName } from '#pep/name.js'
import { init } from '#verbs/init.js'
import { indexWheel, type PackageIndex, startPackageIndex } from '../support/package-index.js'

let folder = ''
let index: PackageIndex
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-init-'))
  index = await startPackageIndex({
    files: [
      indexWheel('shop_server', '1.0', {}, {}),
      indexWheel(
        'shop_server',
        '2.0',
        { extras: ['pg'], entryPoints: '[console_scripts]\nshop = shop:main\nshop-manage = shop:manage\n' },
        {},
      ),
      indexWheel('shop_server', '3.0rc1', {}, {}),
      indexWheel('shop_server', '2.5', {}, { yanked: 'broken' }),
    ],
  })
})
afterEach(async () => {
  await index.close()
  rmSync(folder, { recursive: true })
})

const begin = (what: string, more: object = {}) =>
  init({
    what,
    release: 'my-cloud',
    to: `${folder}/own`,
    indexUrl: index.url,
    cacheDir: `${folder}/cache`,
    ...more,
  })
const profileOf = (service: string) => {
  const path = `${folder}/own/profiles/${service}.yaml`
  return checkedProfile(readFileSync(path, 'utf8'), path)
}

describe('init', () => {
  it('begins a profile from the newest final version that the index has, and leaves tools out', async () => {
    const started = await begin('Shop-Server')
    expect(started).toMatchObject({ service: 'shop-server', version: '2.0', kept: [] })
    // To be typed from where one is, which may be elsewhere.
    expect(started.written).toEqual([`${folder}/own/profiles/shop-server.yaml`, `${folder}/own/fleet.yaml`])
    expect(profileOf('shop-server')).toMatchObject({
      service: 'shop-server',
      distribution: 'Shop-Server',
      processes: [{ name: 'shop', command: ['shop'] }],
    })
    const text = readFileSync(`${folder}/own/profiles/shop-server.yaml`, 'utf8')
    expect(text).toContain('it has the extras pg')
    expect(text).toContain('shop-manage')
  })

  it('begins a profile from a checkout, and a fleet file that can be read', async () => {
    await writeAtomic(
      `${folder}/src/setup.cfg`,
      '[metadata]\nname = openstack-till\n[files]\npackages =\n    till\n[entry_points]\nconsole_scripts =\n    till-worker = till:main\n    till-status = till:status\n',
    )
    await writeAtomic(`${folder}/src/till/wsgi/api.py`, 'application = None\n')
    expect((await begin(`${folder}/src`)).service).toBe('till')
    expect(profileOf('till').processes.map(({ name, wsgi }) => [name, wsgi])).toEqual([
      ['till', 'till.wsgi.api:application'],
      ['till-worker', undefined],
    ])
    const service = { distribution: normalizeName('openstack-till'), version: '1.0' }
    const release = {
      name: 'my-cloud',
      series: 'my-cloud',
      status: 'own',
      slurp: false,
      released: '',
      services: new Map([['till', service]]),
    }
    const path = `${folder}/own/fleet.yaml`
    const fleet = await parseFleetFile(readFileSync(path, 'utf8'), path, releasesOf('own', [release]))
    expect([...fleet.services.values()]).toMatchObject([
      { service: 'till', release: 'my-cloud', replicas: 1 },
    ])
  })

  it('never replaces what a person has edited, unless told to', async () => {
    await begin('shop-server')
    await writeAtomic(`${folder}/own/fleet.yaml`, 'services: {other: {}}\n')
    await expect(begin('shop-server')).rejects.toMatchObject({ code: 'E-OUT-EXISTS' })
    const again = await begin('shop-server', { service: 'second' })
    expect(again.kept).toHaveLength(1)
    expect(readFileSync(`${folder}/own/fleet.yaml`, 'utf8')).toContain('other')
    await begin('shop-server', { force: true })
    expect(readFileSync(`${folder}/own/fleet.yaml`, 'utf8')).not.toContain('other')
  })

  it('keeps text of the sources out of the meaning of the file', async () => {
    await writeAtomic(
      `${folder}/src/pyproject.toml`,
      '[project]\nname = "x"\n[project.optional-dependencies]\n"a\\nuser: {name: root, uid: 0}" = []\n[dependency-groups]\n"b\\u202e" = ["c\\nservice: evil"]\n[project.scripts]\n"x\\n- y" = "x:m"\n',
    )
    await begin(`${folder}/src`)
    expect(profileOf('x')).toMatchObject({ service: 'x', user: { name: 'x', uid: 42999 }, processes: [] })
    expect(readFileSync(`${folder}/own/profiles/x.yaml`, 'utf8')).not.toContain('\u202e')
  })

  it.each([
    ['neither a folder nor a distribution', '../absent', {}, 'E-CLI-USAGE'],
    ['a distribution that the index has not', 'absent', {}, 'E-IDX-NOTFOUND'],
    ['a name for the service that is none', 'shop-server', { service: 'Shop Server' }, 'E-CLI-USAGE'],
  ])('with %s writes nothing', async (_, what, more, code) => {
    await expect(begin(what, more)).rejects.toMatchObject({ code })
    expect(() => readFileSync(`${folder}/own/fleet.yaml`)).toThrow()
  })
})

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { ensureDir } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { writeAtomic } from '#io/write-files.js'
import { normalizeName } from '#pep/name.js'
import { catalogImport } from '#verbs/catalog-import.js'
import { catalogShow } from '#verbs/catalog-show.js'
import { catalogUpdate } from '#verbs/catalog-update.js'
import { catalogVerify } from '#verbs/catalog-verify.js'
import {
  indexSdist,
  indexWheel,
  metadataOf,
  type PackageIndex,
  startPackageIndex,
} from '../support/package-index.js'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const commit = 'f'.repeat(40)
const release = (version: string, status: string) => ({
  status,
  series: `series-${version}`,
  slurp: true,
  released: '2024-04-03',
  services: { alpha: { version, distribution: 'openstack-alpha' } },
  constraints: { repository: 'openstack/requirements', date: '2024-05-01', commit },
})
const releases = { '2025.1': release('2.0', 'maintained'), '2024.1': release('1.0', 'unmaintained') }
const pins = {
  '2024.1':
    "# head\nLib_One===1.0\nlib.two===1.0;python_version=='3.9'\nlib.two===2.0;python_version>='3.10'\n",
  '2025.1': 'lib-one===1.1\nlib-two===2.0\nold-only===1.0\n',
}

/** A folder of upstream's shape. */
async function upstream(folder: string): Promise<string> {
  await writeAtomic(`${folder}/up/releases.json`, JSON.stringify(releases))
  for (const [name, text] of Object.entries(pins))
    await writeAtomic(`${folder}/up/${name}/upper-constraints.txt`, text)
  await writeAtomic(`${folder}/up/2025.1/alpha/requirements.txt`, 'lib-one>=1.1 # Apache-2.0\r\n')
  return `${folder}/up`
}

function treeOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    paths
      .filter((path) => statSync(`${folder}/${path}`).isFile())
      .map((path) => [path, readFileSync(`${folder}/${path}`, 'utf8')]),
  )
}

describe('catalog import', () => {
  it('keeps upstream bytes, sorts releases.json, and changes nothing when run again', async () => {
    await tempDir('svcsplit-import-', async (folder) => {
      const from = await upstream(folder)
      const first = await catalogImport({ from, to: `${folder}/constraints` })
      const tree = treeOf(`${folder}/constraints`)
      expect(Object.keys(tree)).toEqual([
        '2024.1.txt',
        '2025.1.txt',
        'releases.json',
        'requirements/alpha-2025.1.txt',
      ])
      expect(first).toEqual({
        releases: ['2024.1', '2025.1'],
        requirementsFiles: 1,
        written: Object.keys(tree),
        removed: [],
      })
      expect(tree['2024.1.txt']).toBe(pins['2024.1'])
      expect(tree['requirements/alpha-2025.1.txt']).toBe('lib-one>=1.1 # Apache-2.0\r\n')
      const [oldest, newest] = Object.entries(JSON.parse(tree['releases.json']!) as Record<string, object>)
      expect([oldest![0], newest![0]]).toEqual(['2024.1', '2025.1'])
      expect(Object.keys(oldest![1])).toEqual([
        'constraints',
        'released',
        'series',
        'services',
        'slurp',
        'status',
      ])

      const again = await catalogImport({ from, to: `${folder}/constraints` })
      expect([again.written, again.removed]).toEqual([[], []])
      expect(treeOf(`${folder}/constraints`)).toEqual(tree)
    })
  })

  it('removes what upstream no longer has, and leaves other files alone', async () => {
    await tempDir('svcsplit-import-', async (folder) => {
      const from = await upstream(folder)
      const to = `${folder}/constraints`
      await writeAtomic(`${to}/2023.1.txt`, 'x===1\n')
      await writeAtomic(`${to}/requirements/beta-2024.1.txt`, '')
      await writeAtomic(`${to}/README.md`, 'mine')
      expect((await catalogImport({ from, to })).removed).toEqual([
        '2023.1.txt',
        'requirements/beta-2024.1.txt',
      ])
      expect(readFileSync(`${to}/README.md`, 'utf8')).toBe('mine')
    })
  })

  it.each<[string, string, string, string]>([
    ['an empty file', '2025.1/upper-constraints.txt', '', 'E-CON-FORM'],
    ['a web page', '2025.1/upper-constraints.txt', '<!DOCTYPE html>', 'E-CON-HTML'],
    ['no JSON', 'releases.json', '{', 'E-CAT-FORM'],
    [
      'a release with a path for a name',
      'releases.json',
      JSON.stringify({ '../../x': release('1', 'x') }),
      'E-CAT-FORM',
    ],
    [
      'a service with a path for a name',
      'releases.json',
      JSON.stringify({
        '2025.1': { ...release('1', 'x'), services: { '../x': { version: '1', distribution: 'x' } } },
      }),
      'E-CAT-FORM',
    ],
    [
      'no commit',
      'releases.json',
      JSON.stringify({ '2025.1': { ...release('1', 'x'), constraints: { date: '2024-05-01' } } }),
      'E-CAT-FORM',
    ],
  ])('with %s writes nothing at all', async (_, path, content, code) => {
    await tempDir('svcsplit-import-', async (folder) => {
      const from = await upstream(folder)
      await writeAtomic(`${from}/${path}`, content)
      await ensureDir(`${folder}/constraints`)
      await expect(catalogImport({ from, to: `${folder}/constraints` })).rejects.toMatchObject({ code })
      expect(treeOf(`${folder}/constraints`)).toEqual({})
    })
  })
})

const at = { uploadTime: '2024-06-01T00:00:00Z' }
const files = [
  indexWheel(
    'openstack_alpha',
    '1.0',
    {
      requires: ['lib-one>=1', "lib-two; python_version < '3.7'", "lib-three; sys_platform == 'win32'"],
      entryPoints: '[console_scripts]\nalpha-api = alpha.cmd:main\n',
    },
    at,
  ),
  indexWheel(
    'openstack_alpha',
    '2.0',
    { requires: ['lib-one[x]>=1.1', 'floating'] },
    { uploadTime: '2024-07-01T00:00:00Z' },
  ),
  indexWheel('Lib_One', '1.0', {}, at),
  indexWheel(
    'lib_one',
    '1.1',
    { requires: ["lib-two; extra == 'x'", "old-only; extra == 'y'"], extras: ['x', 'y'] },
    at,
  ),
  indexWheel('lib_one', '9.0', {}, { uploadTime: '2026-01-01T00:00:00Z' }),
  indexWheel('lib_two', '1.0', {}, at),
  indexSdist('lib_two', '2.0', metadataOf('lib_two', '2.0', { requires: ['six'] }), at),
  indexWheel('floating', '1.0', { requiresPython: '<3.10' }, at),
  indexWheel('floating', '2.0', { requiresPython: '>=3.10' }, at),
  indexWheel('floating', '3.0', { requiresPython: '>=3.10' }, { ...at, yanked: 'broken' }),
  indexWheel('floating', '4.0rc1', {}, at),
  indexWheel('floating', '2.0', { requiresPython: '>=3.10', tag: 'cp311-cp311-win_amd64' }, at),
  indexWheel('added', '1.0', {}, at),
]

async function ready(folder: string): Promise<{ index: PackageIndex; root: string }> {
  const index = await startPackageIndex({ files })
  closers.push(index.close)
  await catalogImport({ from: await upstream(folder), to: `${folder}/constraints` })
  await writeAtomic(
    `${folder}/profiles/alpha.yaml`,
    'service: alpha\ndistribution: openstack-alpha\nextras: []\nadditions: [added]\nuser: {name: alpha, uid: 1, gid: 1}\n',
  )
  return { index, root: folder }
}

const update = (root: string, index: PackageIndex, more: object = {}) =>
  catalogUpdate({ root, indexUrl: index.url, cacheDir: `${root}/cache`, ...more })

describe('catalog update', () => {
  it('learns of every name reached at every pinned version, and of unpinned ones the newest per Python', async () => {
    await tempDir('svcsplit-update-', async (folder) => {
      const { index, root } = await ready(folder)
      const result = await update(root, index)
      expect(result).toMatchObject({
        names: 5,
        from: { wheel: 8, sdist: 0, build: 0 },
        pending: [{ name: 'lib-two', version: '2.0' }],
        absent: [],
        unreadable: [],
      })
      const dir = `${folder}/constraints/catalog`
      const names = ['added', 'floating', 'lib-one', 'lib-two', 'openstack-alpha']
      expect(names.map((name) => catalogShow({ dir, name }))).toMatchObject([
        { versions: ['1.0'] },
        { versions: ['1.0', '2.0'] },
        { versions: ['1.0', '1.1'] },
        { versions: ['1.0'] },
        { versions: ['1.0', '2.0'] },
      ])
      const unpinned = readFileSync(`${dir}/unpinned.jsonl`, 'utf8')
        .split('\n')
        .slice(1, -1)
        .map((line) => JSON.parse(line))
      expect(unpinned.find(({ name }) => name === 'floating').versions).toEqual({
        '3.9': '1.0',
        '3.10': '2.0',
        '3.11': '2.0',
        '3.12': '2.0',
        '3.13': '2.0',
        '3.14': '2.0',
      })
      expect(readFileSync(`${dir}/files.txt`, 'utf8')).not.toContain('win_amd64')
      expect(catalogShow({ dir })).toMatchObject({
        asOf: '2024-07-01T00:00:00Z',
        unpinned: ['added', 'floating'],
      })
      expect(catalogShow({ dir, name: 'OpenStack.Alpha', version: '1.0' })).toMatchObject({
        entryPoints: { groups: new Map([['console_scripts', new Map([['alpha-api', 'alpha.cmd:main']])]]) },
      })
    })
  })

  it('changes no byte when run again, and fetches no file twice', async () => {
    await tempDir('svcsplit-update-', async (folder) => {
      const { index, root } = await ready(folder)
      await update(root, index)
      const tree = treeOf(`${folder}/constraints`)
      index.requests.length = 0
      expect((await update(root, index)).written).toEqual([])
      expect(treeOf(`${folder}/constraints`)).toEqual(tree)
      expect(index.requests.filter(({ path }) => path.startsWith('/files/'))).toEqual([])
    })
  })

  it('writes the same bytes from a cold and from a warm cache', async () => {
    await tempDir('svcsplit-update-', async (folder) => {
      const { index, root } = await ready(folder)
      await update(root, index)
      const tree = treeOf(`${folder}/constraints/catalog`)
      rmSync(`${folder}/cache`, { recursive: true })
      rmSync(`${folder}/constraints/catalog`, { recursive: true })
      await update(root, index)
      expect(treeOf(`${folder}/constraints/catalog`)).toEqual(tree)
    })
  })

  it('takes the metadata of an sdist from a build, and keeps it where nothing can be built', async () => {
    await tempDir('svcsplit-update-', async (folder) => {
      const { index, root } = await ready(folder)
      const built = await update(root, index, {
        buildMetadata: async () => metadataOf('lib_two', '2.0', { requires: ['floating'] }),
      })
      expect([built.from.build, built.pending]).toEqual([1, []])
      rmSync(`${folder}/cache`, { recursive: true })
      const again = await update(root, index)
      expect([again.from.build, again.pending, again.written]).toEqual([1, [], []])
    })
  })

  it('of one release keeps what is known of the others', async () => {
    await tempDir('svcsplit-update-', async (folder) => {
      const { index, root } = await ready(folder)
      await update(root, index)
      const tree = treeOf(`${folder}/constraints/catalog`)
      expect((await update(root, index, { release: '2025.1' })).written).toEqual([])
      expect(treeOf(`${folder}/constraints/catalog`)).toEqual(tree)
      await expect(update(root, index, { release: '1999.1' })).rejects.toMatchObject({
        code: 'E-REL-UNKNOWN',
      })
    })
  })

  it('of one release keeps what starts a service whose other versions are pinned as libraries', async () => {
    await tempDir('svcsplit-update-', async (folder) => {
      const { index, root } = await ready(folder)
      const path = `${folder}/constraints/2024.1.txt`
      writeFileSync(path, `${readFileSync(path, 'utf8')}openstack-alpha===1.0\n`)
      await update(root, index)
      expect((await update(root, index, { release: '2025.1' })).written).toEqual([])
    })
  })

  it('names pins that the index does not have', async () => {
    await tempDir('svcsplit-update-', async (folder) => {
      const { index, root } = await ready(folder)
      writeFileSync(
        `${folder}/constraints/2025.1.txt`,
        `${pins['2025.1']}lib-one===7.7;python_version=='3.12'\n`,
      )
      expect((await update(root, index)).absent).toEqual(['lib-one 7.7'])
    })
  })

  it('leaves the facts as they were when the index fails half-way', async () => {
    await tempDir('svcsplit-update-', async (folder) => {
      const { index, root } = await ready(folder)
      await update(root, index)
      const tree = treeOf(`${folder}/constraints/catalog`)
      index.fault('/simple/floating/', (_, response) => {
        response.writeHead(403).end()
        return true
      })
      await expect(update(root, index)).rejects.toMatchObject({ code: 'E-NET-STATUS' })
      expect(treeOf(`${folder}/constraints/catalog`)).toEqual(tree)
    })
  })
})

describe('catalog verify', () => {
  it('finds nothing wrong with facts that are whole', async () => {
    await tempDir('svcsplit-verify-', async (folder) => {
      const { index, root } = await ready(folder)
      await update(root, index, { buildMetadata: async () => metadataOf('lib_two', '2.0') })
      expect(await catalogVerify({ root })).toEqual({ names: 5, versions: 9, problems: [] })
    })
  })

  it.each([
    [
      'a version that is gone',
      'metadata.jsonl',
      (text: string) => text.replace(/.*"lib-one","version":"1.1".*\n/, ''),
      'lib-one 1.1 is demanded or pinned, and not known',
    ],
    [
      'files that are gone',
      'files.txt',
      (text: string) => text.replace(/^ lib_two-1.*\n/m, ''),
      'lib-two 1.0 has no file',
    ],
    [
      'lines in another order',
      'metadata.jsonl',
      (text: string) => text.replace(/(.*"lib-one".*\n)(.*"lib-one".*\n)/, '$2$1'),
      'metadata.jsonl is not as catalog update writes it',
    ],
  ])('names %s', async (_, file, bend, problem) => {
    await tempDir('svcsplit-verify-', async (folder) => {
      const { index, root } = await ready(folder)
      await update(root, index, { buildMetadata: async () => metadataOf('lib_two', '2.0') })
      const path = `${folder}/constraints/catalog/${file}`
      const text = readFileSync(path, 'utf8')
      expect(bend(text)).not.toBe(text)
      writeFileSync(path, bend(text))
      expect((await catalogVerify({ root })).problems).toContain(problem)
    })
  })

  it('finds nothing wrong with the shipped facts', async () => {
    expect((await catalogVerify()).problems).toEqual([])
  })
})

describe('catalog show', () => {
  it('says what is not known, and what is', () => {
    expect(() => catalogShow({ name: 'no-such-distribution' })).toThrow(
      expect.objectContaining({ code: 'E-CAT-MISSING' }),
    )
    expect(() => catalogShow({ name: 'alembic', version: '0.0.1' })).toThrow(
      expect.objectContaining({ code: 'E-CAT-MISSING', hint: expect.stringContaining('known are') }),
    )
    expect(catalogShow({ name: 'Oslo.Config' })).toMatchObject({
      kind: 'name',
      name: normalizeName('oslo.config'),
    })
  })
})

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureDir } from '#io/files.js'
import { writeAtomic } from '#io/write-files.js'
import { normalizeName } from '#pep/name.js'
import { readDistribution } from '#surface/read-distribution.js'
import { analyze } from '#verbs/analyze.js'
import { catalogUpdate } from '#verbs/catalog-update.js'
import { catalogVerify } from '#verbs/catalog-verify.js'
import { importRelease } from '#verbs/import-release.js'
import { readOwnSource } from '#verbs/own-sources.js'
import { indexWheel, startPackageIndex } from '../support/package-index.js'

const before = process.env.SVCSPLIT_DATA_DIR
const closers: (() => Promise<void>)[] = []
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'svcsplit-checkout-'))
  process.env.SVCSPLIT_DATA_DIR = `${folder}/own`
})
afterEach(async () => {
  process.env.SVCSPLIT_DATA_DIR = before
  for (const close of closers.splice(0)) await close()
  rmSync(folder, { recursive: true })
})

async function write(files: Readonly<Record<string, string>>, under = folder): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await ensureDir(dirname(join(under, path)))
    await writeAtomic(join(under, path), text)
  }
}

const shop = normalizeName('shop-server')
const shopCheckout = {
  'shop/setup.cfg': [
    '[metadata]',
    'name = shop-server',
    '[files]',
    'packages =',
    '    shop',
    'data_files =',
    '    etc/shop =',
    '        etc/api-paste.ini',
    '[entry_points]',
    'console_scripts =',
    '    shop-api = shop.cmd.api:main',
  ].join('\n'),
  'shop/requirements.txt': 'shop-lib>=1.0\noslo.utils # Apache-2.0\n',
  'shop/shop/__init__.py': '',
  'shop/shop/cmd/__init__.py': '',
  'shop/shop/cmd/api.py': 'from shop_lib import old\nfrom oslo_utils.secretutils import md5\n',
  'shop/shop/speedups.pyx': 'cdef int x',
  'shop/etc/api-paste.ini': '[app:main]\npaste.app_factory = shop_lib.wsgi:factory\n',
  'shop/doc/conf.py': 'import sphinx\n',
} as const

async function factsOf(path = 'shop', distribution = shop, version = '7.0') {
  const read = await readOwnSource({ distribution, version, path: join(folder, path) })
  return readDistribution(await read.files())
}

describe('A checkout', () => {
  it('is read as what its wheel would install: packages, paste files where they go, compiled modules as such', async () => {
    await write(shopCheckout)
    const facts = await factsOf()
    expect(Object.keys(facts.files)).toEqual(['shop', 'shop.cmd', 'shop.cmd.api', 'shop.speedups'])
    expect(facts.opaque).toEqual({ 'shop.speedups': 'compiled' })
    expect(facts.loaders.map(({ file }) => file)).toEqual(['etc/shop/api-paste.ini'])
  })

  it('may have its packages in src, and a version that is written when it is packaged', async () => {
    await write({
      'lib/pyproject.toml': [
        '[project]',
        'name = "shop-lib"',
        'dynamic = ["version"]',
        '[project.scripts]',
        'shop-tool = "shop_lib.tool:main"',
        '[tool.setuptools_scm]',
        'version_file = "src/shop_lib/_version.py"',
      ].join('\n'),
      'lib/src/shop_lib/__init__.py': 'from ._version import version\n',
      'lib/src/other/__init__.py': '',
      'lib/tests/__init__.py': '',
    })
    const facts = await factsOf('lib', normalizeName('shop-lib'))
    expect(Object.keys(facts.files)).toEqual(['other', 'shop_lib', 'shop_lib._version'])
    expect(facts.opaque).toEqual({ 'shop_lib._version': 'compiled' })
  })

  it.each<[string, Readonly<Record<string, string>>, string, string]>([
    ['of something else', { 'shop/setup.cfg': '[metadata]\nname = till' }, 'E-CLI-USAGE', 'till'],
    ['without a name', { 'shop/setup.cfg': '[metadata]' }, 'E-REQ-SYNTAX', 'names a distribution'],
    [
      'of another version',
      { 'shop/PKG-INFO': 'Metadata-Version: 2.1\nName: shop-server\nVersion: 6.0\n' },
      'E-CLI-USAGE',
      'is version 6.0',
    ],
    ['without a package', { 'shop/shop': '' }, 'E-CLI-USAGE', 'no Python package'],
  ])('%s is refused', async (what, files, code, text) => {
    const { 'shop/setup.cfg': setup, ...rest } = shopCheckout
    await write({ 'shop/setup.cfg': setup, ...(what === 'without a package' ? {} : rest), ...files })
    await expect(factsOf()).rejects.toMatchObject({ code, message: expect.stringContaining(text) })
  })
})

describe('How a checkout is packaged', () => {
  const stated = async (files: Readonly<Record<string, string>>, version = '7.0') => {
    await write({ 'shop/shop/__init__.py': '', ...files })
    const read = await readOwnSource({ distribution: shop, version, path: join(folder, 'shop') })
    const { requires, extras, requiresPython } = read.metadata
    return { requires, extras, requiresPython, groups: Object.fromEntries(read.entryPoints.groups) }
  }

  it.each<[string, Readonly<Record<string, string>>, object]>([
    [
      'setup.py alone, as far as it is written out',
      {
        'shop/setup.py':
          "from setuptools import setup, find_packages\nsetup(name='shop-server', version=read(), packages=find_packages(),\n" +
          " install_requires=['a>=1'], extras_require={'pg': ['b'], ':python_version<\"3\"': ['c']},\n" +
          " python_requires='>=3.9', entry_points={'console_scripts': ['shop = shop:main']})\n",
        'shop/requirements.txt': 'for-makers\n',
      },
      {
        requires: ['a>=1', "b; extra == 'pg'", 'c; (python_version<"3")'],
        extras: ['pg'],
        requiresPython: '>=3.9',
        groups: { console_scripts: new Map([['shop', 'shop:main']]) },
      },
    ],
    [
      'setup.cfg of setuptools, whose requirements.txt is for makers',
      {
        'shop/setup.py': 'import setuptools\nsetuptools.setup()\n',
        'shop/setup.cfg': '[metadata]\nname = shop-server\n[options]\ninstall_requires =\n    a\n    b>=2\n',
        'shop/requirements.txt': 'for-makers\n',
      },
      { requires: ['a', 'b>=2'] },
    ],
    [
      'files that setuptools is told to read',
      {
        'shop/pyproject.toml':
          '[project]\nname = "shop-server"\ndynamic = ["version", "dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = ["needs.in"]}\n',
        'shop/needs.in': 'a>=1 # why\n',
        'shop/requirements.txt': 'for-makers\n',
      },
      { requires: ['a>=1'] },
    ],
    [
      'pyproject.toml without dependencies, which then has none (PEP 621)',
      {
        'shop/pyproject.toml': '[project]\nname = "shop-server"\nversion = "7.0"\n',
        'shop/requirements.txt': 'for-makers\n',
      },
      { requires: [] },
    ],
    [
      'PKG-INFO that holds for every build (PEP 643), whatever setup.py works out',
      {
        'shop/setup.py':
          "from setuptools import setup\nsetup(name='shop-server', install_requires=needs())\n",
        'shop/PKG-INFO':
          'Metadata-Version: 2.2\nName: shop-server\nVersion: 7.0\nRequires-Dist: a>=1\nProvides-Extra: pg\nRequires-Python: >=3.9\n',
      },
      { requires: ['a>=1'], extras: ['pg'], requiresPython: '>=3.9' },
    ],
  ])('is read of %s', async (_, files, expected) => {
    expect(await stated(files)).toMatchObject(expected)
  })

  it.each<[string, Readonly<Record<string, string>>, object]>([
    [
      'demands',
      {
        'shop/setup.py':
          "from setuptools import setup\nsetup(name='shop-server',\n  install_requires=needs())\n",
      },
      { path: expect.stringMatching(/setup\.py$/), line: 3 },
    ],
    [
      'its name',
      { 'shop/setup.py': 'from setuptools import setup\nsetup(**about)\n' },
      { path: expect.stringMatching(/setup\.py$/), line: 2 },
    ],
    [
      'demands, though PKG-INFO says what one build had (PEP 643)',
      {
        'shop/setup.py':
          "from setuptools import setup\nsetup(name='shop-server', install_requires=needs())\n",
        'shop/PKG-INFO':
          'Metadata-Version: 2.2\nName: shop-server\nVersion: 7.0\nDynamic: Requires-Dist\nRequires-Dist: a>=1\n',
      },
      { path: expect.stringMatching(/setup\.py$/), line: 2 },
    ],
    [
      'demands by a backend of its own',
      { 'shop/pyproject.toml': '[project]\nname = "shop-server"\ndynamic = ["dependencies"]\n' },
      { path: expect.stringMatching(/pyproject\.toml$/) },
    ],
  ])('is refused where it works out %s', async (_, files, at) => {
    await expect(stated(files)).rejects.toMatchObject({ code: 'E-REQ-COMPUTED', at })
  })

  it.each([
    ['a requirements file that is not in it', { 'shop/requirements.txt': '-r ../other.txt\n' }, 'E-FS-KIND'],
    ['PKG-INFO that is none', { 'shop/PKG-INFO': 'nothing\n' }, 'E-IDX-METADATA'],
  ])('is refused with %s', async (_, files, code) => {
    const setup = { 'shop/setup.cfg': '[metadata]\nname = shop-server\n[files]\npackages = shop\n' }
    await expect(stated({ ...setup, 'other.txt': 'a\n', ...files })).rejects.toMatchObject({ code })
  })
})

describe('A wheel of one’s own', () => {
  const path = () => join(folder, 'shop_server-7.0-py3-none-any.whl')

  it('is a source as a checkout is, and can be made an image of', async () => {
    const wheel = indexWheel('shop_server', '7.0', { requires: ['shop-lib>=1.0'] }, {})
    await writeAtomic(path(), wheel.bytes)
    const read = await readOwnSource({ distribution: shop, version: '7.0', path: path() })
    expect(read.metadata).toMatchObject({ requires: ['shop-lib>=1.0'], from: 'wheel' })
    expect(read.listed).toEqual([
      {
        filename: 'shop_server-7.0-py3-none-any.whl',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        size: wheel.bytes.length,
      },
    ])
    await expect(readOwnSource({ distribution: shop, version: '8.0', path: path() })).rejects.toMatchObject({
      code: 'E-CLI-USAGE',
    })
  })

  it.each([
    ['no zip', 'shop_server-7.0-py3-none-any.whl', /^E-(IDX|WHL)-/],
    ['an sdist that is not unpacked', 'shop_server-7.0.tar.gz', /^E-FS-KIND$/],
  ])('is refused where it is %s', async (_, name, code) => {
    await writeAtomic(join(folder, name), 'x')
    await expect(
      readOwnSource({ distribution: shop, version: '7.0', path: join(folder, name) }),
    ).rejects.toMatchObject({ code: expect.stringMatching(code) })
  })
})

describe('A checkout that means harm', () => {
  it('has links inside it followed, circles left out, and nothing read that a link out of it leads to', async () => {
    await write({ ...shopCheckout, 'secret.py': 'token = 1\n' })
    symlinkSync('cmd/api.py', `${folder}/shop/shop/again.py`)
    symlinkSync('..', `${folder}/shop/shop/cmd/up`)
    symlinkSync('nowhere', `${folder}/shop/shop/dangling.py`)
    expect(Object.keys((await factsOf()).files)).toContain('shop.again')
    for (const target of ['../../secret.py', '/etc']) {
      symlinkSync(target, `${folder}/shop/shop/out.py`)
      await expect(factsOf()).rejects.toMatchObject({
        code: 'E-FS-KIND',
        at: { path: expect.stringContaining('shop/shop/out.py') },
      })
      rmSync(`${folder}/shop/shop/out.py`)
    }
  })

  it('has a pipe named like a module: it is not opened', async () => {
    await write(shopCheckout)
    execFileSync('mkfifo', [`${folder}/shop/shop/pipe.py`])
    await expect(factsOf()).rejects.toMatchObject({ code: 'E-FS-KIND' })
  })

  it('is too deep', async () => {
    await write(shopCheckout)
    await write({ [`shop/shop/${'d/'.repeat(80)}x.py`]: '' })
    await expect(factsOf()).rejects.toMatchObject({ code: 'E-FS-LIMIT' })
  })

  it('has a source of more than anything legitimate: its names cannot be told', async () => {
    await write({ ...shopCheckout, 'shop/shop/huge.py': '' })
    truncateSync(`${folder}/shop/shop/huge.py`, 1024 ** 3)
    expect((await factsOf()).opaque).toMatchObject({ 'shop.huge': 'compiled' })
  })

  it('has brackets and Python 2 in it: what cannot be read is unknown, with the place', async () => {
    await write({
      ...shopCheckout,
      'shop/shop/deep.py': `x = ${'('.repeat(50_000)}${')'.repeat(50_000)}\n`,
      'shop/shop/old.py': 'print "x"\n',
    })
    const { opaque, unread } = await factsOf()
    expect(opaque).toMatchObject({ 'shop.deep': 'unparsed', 'shop.old': 'unparsed' })
    expect(unread.map(({ file, line }) => `${file}:${line}`)).toEqual(['shop/deep.py:1', 'shop/old.py:1'])
  })
})

describe('A release whose service and library are checkouts', () => {
  it('is answered for as run, and its names are not asked of the index', { timeout: 120_000 }, async () => {
    const index = await startPackageIndex({
      files: [
        indexWheel('oslo.utils', '99.0', { members: { 'oslo_utils/secretutils.py': 'x = 1\n' } }),
        indexWheel('shop_lib', '2.0', { members: { 'shop_lib/__init__.py': 'new = 1\n' } }),
      ],
    })
    closers.push(index.close)
    await write({
      ...shopCheckout,
      'lib/pyproject.toml': '[project]\nname = "shop-lib"\nversion = "1.0"\n',
      'lib/shop_lib/__init__.py': 'old = 1\n',
      'lib/shop_lib/wsgi.py': 'def factory(): pass\n',
      'own/profiles/shop.yaml':
        'service: shop\ndistribution: shop-server\nuser: {name: shop, uid: 1000, gid: 1000}\nprocesses: [{name: shop-api, command: [shop-api]}]\n',
      'newer/setup.cfg': '[metadata]\nname = shop-server\nversion = 8.0\n[files]\npackages = shop\n',
      'newer/shop/__init__.py': '',
      'pins-7.txt': 'shop-lib===1.0\n',
      'pins-8.txt': 'shop-lib===2.0\noslo.utils===99.0\n',
    })
    const importShop = (release: string, sources: readonly string[]) =>
      importRelease({
        release: `shop-${release}`,
        constraints: [`${folder}/pins-${release}.txt`],
        services: [`shop=${release}.0`],
        requirements: [],
        sources,
      })
    await importShop('7', [`shop=${folder}/shop`, `shop-lib=${folder}/lib`])
    const update = () => catalogUpdate({ indexUrl: index.url, cacheDir: `${folder}/cache` })
    expect(await update()).toMatchObject({ pending: [], absent: [], sources: { without: [] } })
    expect(index.requests.filter(({ path }) => /shop/.test(path))).toEqual([])
    expect((await update()).written).toEqual([])
    expect((await catalogVerify()).problems).toEqual([])

    await importShop('8', [`shop=${folder}/newer`])
    expect((await update()).absent).toEqual([])
    const onHost = async (host: string) => {
      const { cells } = await analyze({
        services: ['shop@shop-7'],
        host,
        python: '3.11',
        platform: 'linux/amd64',
        index: { offline: true },
      })
      return cells[0]!.findings
        .filter(({ rule }) => rule === 'broken-import')
        .map(
          ({ level, missing, demand: { at } }) => `${level} ${missing!.gone} ${'path' in at ? at.path : ''}`,
        )
        .sort()
    }
    expect(await onHost('shop-7')).toEqual([])
    expect(await onHost('2026.1')).toEqual(['error oslo_utils.secretutils.md5 shop/cmd/api.py'])
    expect(await onHost('shop-8')).toEqual([
      'error oslo_utils.secretutils.md5 shop/cmd/api.py',
      'error shop_lib.old shop/cmd/api.py',
      'error shop_lib.wsgi etc/shop/api-paste.ini',
    ])

    // what is checked out is read again when it changes
    await write({ 'shop/shop/cmd/api.py': 'from shop_lib import new\n' })
    expect((await update()).written).toContain('used-names.txt')
    expect(await onHost('2026.1')).toEqual([])
  })

  it('is refused where a checkout is of neither, before anything is written', async () => {
    await write({
      ...shopCheckout,
      'own/profiles/shop.yaml':
        'service: shop\ndistribution: shop-server\nuser: {name: shop, uid: 1000, gid: 1000}\n',
      'pins.txt': 'shop-lib===1.0\n',
    })
    for (const source of [`till=${folder}/shop`, `shop-lib=${folder}/shop`, 'shop=nowhere', 'shop'])
      await expect(
        importRelease({
          release: 'shop-7',
          constraints: [`${folder}/pins.txt`],
          services: ['shop=7.0'],
          requirements: [],
          sources: [source],
        }),
      ).rejects.toMatchObject({ code: expect.stringMatching(/^E-(CLI-USAGE|REQ-SYNTAX|FS-NOTFOUND)$/) })
    expect(() => readFileSync(`${folder}/own/constraints/releases.json`)).toThrow()
  })
})

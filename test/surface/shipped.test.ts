import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tempDir } from '#io/temp-dir.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { surfaceProblems } from '#surface/check.js'
import { type Collected, collectSurface, type SurfaceInput } from '#surface/collect.js'
import { formatBound, formatImports, formatUsed } from '#surface/format.js'
import { surfaceFiles } from '#surface/headers.js'
import { loadSurface } from '#surface/shipped.js'
import type { Surface, UseKind } from '#surface/surface.js'
import { readTexts } from './sources.js'

const name = normalizeName
const lib = name('lib')
const service = name('service')

/** `name version` -> sources. */
const sources: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'lib 1.0': {
    'lib/__init__.py': 'from .a import *',
    'lib/a.py': 'def f(x, y): pass\nold = kept = 1\nclass C:\n    m = n = zone = 1',
  },
  'lib 2.0': {
    'lib/__init__.py': 'from .a import *',
    'lib/a.py': 'def f(x): pass\nkept = new = 1\nclass C:\n    m = 1',
  },
  'lib 3.0': { 'lib/__init__.py': 'def __getattr__(name): pass' },
  'service 1.0': {
    'service/__init__.py': '',
    'service/main.py':
      'from service import work\nimport leaked\ntry:\n    import speedups\nexcept ImportError:\n    pass\n',
    'service/work.py':
      'import lib\nfrom lib import kept, old\n\ndef f():\n    lib.f(1, y=2)\n    return lib.C.n\n\nclass D(lib.C):\n    def g(self):\n        return self.n\n    @staticmethod\n    def h(other):\n        return other.zone\n',
    'service/tests/test_work.py': 'from lib import gone_for_ever',
    'service/test_more.py': 'from lib import gone_for_ever',
    'service/tests/etc/api-paste.ini': '[filter:x]\npaste.filter_factory = lib.gone_for_ever:make\n',
  },
  'service 2.0': {
    'service/__init__.py': '',
    'service/main.py': 'import service.work',
    'service/work.py': 'import lib\nfrom lib import kept\n\nlib.new\n',
  },
  'leaky 1.0': { 'leaked.py': '' },
  'broken 1.0': { 'broken/__init__.py': '', 'broken/old.py': '\nprint "x"', 'broken/cut.py': 'def (' },
  'broken 2.0': { 'broken/__init__.py': '', 'broken/old.py': '\nprint "x"' },
}

const input: SurfaceInput = {
  versions: new Map([
    [lib, ['1.0', '2.0', '3.0']],
    [service, ['1.0', '2.0', '3.0']],
    [name('leaky'), ['1.0']],
    [name('broken'), ['1.0', '2.0']],
  ]),
  async read(distribution, version) {
    const files = sources[`${distribution} ${version}`]
    return files === undefined ? undefined : readTexts(files)
  },
  declares: () => new Set([lib]),
  testedWith: (_, version) => (version === '1.0' ? ['1.0'] : ['2.0']),
}

let collected: Collected
let texts: Readonly<Record<string, string>>

beforeAll(async () => {
  collected = await collectSurface(input)
  texts = {
    [surfaceFiles.used]: formatUsed(collected, input),
    [surfaceFiles.bound]: formatBound(collected),
    [surfaceFiles.imports]: formatImports(collected),
  }
})

async function withFacts<T>(use: (surface: Surface, folder: string) => T): Promise<T> {
  return tempDir('svcsplit-surface-', async (folder) => {
    for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, file), text)
    return use(loadSurface(folder), folder)
  })
}

describe('facts of used and bound names', () => {
  it('hold what a version uses and some version of its library lacks, with kind, places and confidence', async () => {
    await withFacts((surface) => {
      const shown = surface.usedNames(service, '1.0')!.map(({ library, kind, name, confidence, places }) => {
        const [{ file, line, moment }] = places as [(typeof places)[0]]
        return `${library} ${kind} ${name} ${confidence} ${file}:${line} ${moment}`
      })
      expect(shown).toEqual([
        'lib member lib.C.n certain service/work.py:6 call',
        'lib member lib.C.n likely service/work.py:10 call',
        'lib keyword lib.f(y) certain service/work.py:5 call',
        'lib name lib.old certain service/work.py:2 import',
      ])
      expect(surface.usedNames(service, '2.0')).toMatchObject([
        {
          kind: 'attribute',
          name: 'lib.new',
          confidence: 'certain',
          places: [{ line: 4, moment: 'import', count: 1 }],
        },
      ])
    })
  })

  it('tell bound, gone and unknown, by PEP 440 equality', async () => {
    await withFacts(({ bindings, usedNames }) => {
      const binding = (library: DistributionName, version: string, name: string, kind: UseKind) =>
        bindings(library, name, kind)(version)
      expect(binding(lib, '1', 'lib.old', 'name')).toEqual({ state: 'bound' })
      expect(binding(lib, '2.0', 'lib.old', 'name')).toEqual({ state: 'gone', missing: 'lib.old' })
      expect(binding(lib, '3.0', 'lib.old', 'name')).toEqual({ state: 'unknown', reason: 'dynamic' })
      expect(binding(lib, '2.0', 'lib.never_used', 'name')).toEqual({ state: 'unknown', reason: 'not-kept' })
      expect(binding(lib, '9.0', 'lib.old', 'name')).toEqual({ state: 'unknown', reason: 'no-sources' })
      expect(binding(name('nobody'), '1.0', 'x', 'module')).toEqual({
        state: 'unknown',
        reason: 'no-sources',
      })
      const goneNames = (version: string, libVersion: string) =>
        usedNames(service, version)!
          .filter(({ name, kind }) => binding(lib, libVersion, name, kind).state === 'gone')
          .map((one) => one.name)
      expect(goneNames('1.0', '2.0')).toEqual(['lib.C.n', 'lib.C.n', 'lib.f(y)', 'lib.old'])
      expect(goneNames('2.0', '1.0')).toEqual(['lib.new'])
      expect(goneNames('1.0', '1.0')).toEqual([])
    })
  })

  it('tell who uses a library', async () => {
    await withFacts((surface) => {
      expect([...surface.usersOf(lib)]).toEqual(['service'])
      expect([...surface.usersOf(name('li'))]).toEqual([])
      expect([...surface.usersOf(name('nobody'))]).toEqual([])
    })
  })

  it('tell modules that nothing declared provides, and who has them', async () => {
    await withFacts((surface) => {
      expect(surface.undeclared(service, '1.0')).toEqual([
        {
          module: 'leaked',
          providers: ['leaky'],
          places: [{ file: 'service/main.py', line: 2, moment: 'import', count: 1 }],
        },
        {
          module: 'speedups',
          providers: [],
          places: [{ file: 'service/main.py', line: 4, moment: 'import', guard: 'import-error', count: 1 }],
        },
      ])
      expect(surface.undeclared(service, '2.0')).toEqual([])
    })
  })

  it('tell which files cannot be read, with the place', async () => {
    await withFacts((surface, folder) => {
      const old = { problem: 'a statement of Python 2', file: 'broken/old.py', line: 2 }
      const cut = { problem: 'a syntax error', file: 'broken/cut.py', line: 1 }
      expect(surface.unread(name('broken'), '1.0')).toEqual([old, cut])
      expect(surface.unread(name('broken'), '2.0')).toEqual([old])
      expect(surface.unread(service, '1.0')).toEqual([])
      expect(surface.unread(service, '3.0')).toBeUndefined()
      expect(surfaceProblems(folder, () => true)).toEqual([])
    })
  })

  it('tell what is on the path and who imports whom, parents first', async () => {
    await withFacts((surface) => {
      expect(surface.modules(service, '1.0')).toEqual(['service'])
      expect(surface.modules(name('leaky'), '1.0')).toEqual(['leaked'])
      const graph = surface.importGraph(service, '1.0')!
      expect(graph.imports('service.main')).toEqual(['service', 'leaked', 'service.work'])
      expect(graph.imports('service.work')).toEqual(['service', 'lib'])
      expect(graph.imports('nothing')).toEqual([])
    })
  })

  it('begin no chain at a paste file of tests', async () => {
    await withFacts((surface) => {
      expect(surface.importGraph(service, '1.0')?.modules.filter((one) => one.endsWith('.ini'))).toEqual([])
    })
  })

  it('know nothing of versions without sources', async () => {
    await withFacts((surface) => {
      expect(surface.usedNames(service, '3.0')).toBeUndefined()
      expect(surface.undeclared(service, '3.0')).toBeUndefined()
      expect(surface.importGraph(service, '3.0')).toBeUndefined()
    })
  })

  it('are not certain of a name that the library which the user was tested with lacks', async () => {
    const doubtful = { ...input, testedWith: () => ['2.0'] }
    expect(formatUsed(collected, doubtful)).toContain(' lib name lib.old likely\n')
  })

  it('are the same bytes each time they are made', async () => {
    const again = await collectSurface({ ...input, versions: new Map([...input.versions].reverse()) })
    expect(formatUsed(again, input)).toBe(texts[surfaceFiles.used])
    expect(formatBound(again)).toBe(texts[surfaceFiles.bound])
    expect(formatImports(again)).toBe(texts[surfaceFiles.imports])
  })

  it.each([
    [surfaceFiles.used, 'certain', 'x 1.0\n lib colour lib.old\n  * a.py:1\n'],
    [surfaceFiles.used, 'a place', 'x 1.0\n lib name lib.old\n  * nowhere\n'],
    [surfaceFiles.used, 'a set', 'x 1.0\n lib name lib.old\n  0-7 a.py:1\n'],
    [surfaceFiles.used, 'a cut', 'x 1.0\n lib name lib.old'],
    [surfaceFiles.bound, 'a name', 'x 1.0\n  name y\n'],
    [surfaceFiles.bound, 'a reason', 'x 1.0\n z\n  name y ?because:0\n'],
    [surfaceFiles.imports, 'a number', 'x 1.0\n z *\n  one\n'],
  ] as const)('refuse %s with damage to %s, with the place', async (file, _, block) => {
    await tempDir('svcsplit-surface-', async (folder) => {
      const header = texts[file]!.split('\n')
        .filter((line) => line.startsWith('#'))
        .join('\n')
      writeFileSync(join(folder, file), `${header}\n${block}`)
      const surface = loadSurface(folder)
      const x = name('x')
      const ask = () => [
        surface.usedNames(x, '1.0'),
        surface.bindings(x, 'z.y', 'name')('1.0'),
        surface.importGraph(x, '1.0')?.imports('z'),
      ]
      expect(ask).toThrow(
        expect.objectContaining({
          code: 'E-CAT-FORM',
          at: expect.objectContaining({ path: join(folder, file) }),
        }),
      )
    })
  })
})

describe('the shipped facts', () => {
  const surface = loadSurface('constraints/catalog')

  it.each([
    [
      'cinder',
      '26.3.0',
      'oslo-utils',
      '10.0.1',
      'oslo_utils.secretutils.md5',
      'cinder/api/v3/volume_metadata.py',
      21,
    ],
    [
      'neutron',
      '26.0.5',
      'neutron-lib',
      '3.24.0',
      'neutron_lib.constants.ACCESS_READONLY',
      'neutron/db/external_net_db.py',
      41,
    ],
    [
      'glance',
      '30.2.0',
      'oslo-db',
      '18.0.0',
      'oslo_db.sqlalchemy.session.EngineFacade',
      'glance/db/sqlalchemy/api.py',
      85,
    ],
  ])('know that %s %s breaks on %s %s, which lacks %s', (user, version, library, newer, missing, file, line) => {
    const used = surface.usedNames(name(user), version)!.filter((one) => one.name === missing)
    expect(used.map((one) => surface.bindings(name(library), missing, one.kind)(newer).state)).toContain(
      'gone',
    )
    expect(used.flatMap(({ places }) => places)).toContainEqual(expect.objectContaining({ file, line }))
  })

  it('name no version that the catalog does not have', () => {
    const known = new Set(
      readFileSync('constraints/catalog/files.txt', 'utf8')
        .split('\n')
        .filter((line) => /^[a-z]/.test(line)),
    )
    const named = readFileSync(`constraints/catalog/${surfaceFiles.used}`, 'utf8')
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
      .flatMap((line) =>
        line
          .split(' ')
          .slice(1)
          .map((version) => `${line.split(' ', 1)[0]} ${version}`),
      )
    expect(named.filter((one) => !known.has(one))).toEqual([])
  })
})

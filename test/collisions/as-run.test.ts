import { describe, expect, it, test } from 'vitest'
import { type Candidate, checkOn } from '#collisions/analysis.js'
import { boundsOf } from '#collisions/bounds-of-code.js'
import type { Host } from '#collisions/check.js'
import { fictionalBounds } from '#collisions/fictional-bounds.js'
import { chainTo, type Start } from '#collisions/import-reach.js'
import { type AsRun, asRunOf, codeNeedsOf } from '#collisions/needed-names.js'
import { radiusOf } from '#collisions/radius.js'
import { tally } from '#collisions/summary.js'
import { normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { closure, type Pins } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import { type SmallSurface, smallSurface } from '../support/surface.js'
import { environment, knownUniverse, type SmallUniverse } from '../support/universe.js'

const name = normalizeName

/** The releases of a small world: `old` was tested with lib 9.2, `new` with lib 10.1. */
const universe: SmallUniverse = {
  cinder: { '26': ['lib>=7', 'mid'], '28': ['lib>=10', 'mid'] },
  nova: { '31': ['lib>=7'], '33': ['lib>=10'] },
  mid: { '1': [], '2': ['lib>=10'] },
  lib: { '7.0': [], '9.2': [], '10.0': [], '10.1': [] },
  leaky: { '1': [] },
}

const pinsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  old: { lib: '9.2', mid: '1' },
  new: { lib: '10.1', mid: '1' },
}

function pins(release: string): Pins {
  return new Map(
    Object.entries(pinsOf[release]!).map(([distribution, version]) => [
      name(distribution),
      { version, at: { path: `${release}.txt`, line: 1 } },
    ]),
  )
}

const hasMd5 = ['lib', 'lib.secret', 'lib.secret.md5', 'lib.old']
const surfaceOfWorld: SmallSurface = {
  names: {
    'lib 7.0': ['lib', 'lib.secret', 'lib.secret.md5'],
    'lib 9.2': hasMd5,
    'lib 10.0': ['lib', 'lib.secret', 'lib.fresh'],
    'lib 10.1': ['lib', 'lib.secret', 'lib.fresh'],
  },
  uses: {
    'cinder 26': [
      {
        library: 'lib',
        name: 'lib.secret.md5',
        places: ['cinder/api/metadata.py:21', { at: 'cinder/quota.py:7', moment: 'call', count: 14 }],
      },
      { library: 'lib', name: 'lib.old', places: [{ at: 'cinder/quota.py:9', moment: 'call' }] },
    ],
    'nova 31': [],
    'cinder 28': [{ library: 'lib', name: 'lib.fresh', places: ['cinder/api/metadata.py:22'] }],
    'nova 33': [],
  },
  imports: {
    'cinder 26': {
      cinder: [],
      'cinder.api.metadata': ['cinder'],
      'cinder.api.router': ['cinder', 'cinder.api.metadata'],
      'cinder.cmd.api': ['cinder', 'cinder.service'],
      'cinder.service': [],
      'cinder.drivers.fast': ['cinder.quota'],
      'cinder.quota': [],
    },
  },
}

const starts: readonly Start[] = [
  { kind: 'process', name: 'cinder-api', module: 'cinder.cmd.api' },
  { kind: 'plugin', name: 'cinder.drivers:fast', module: 'cinder.drivers.fast' },
]

function startsOf(kind: Start['kind']): readonly Start[] {
  return starts.filter((start) => start.kind === kind)
}

const known = knownUniverse(universe)

function worldWith(surface: SmallSurface = surfaceOfWorld): { asRun: AsRun; facts: ClosureFacts } {
  const releaseOf: Readonly<Record<string, string>> = {
    'cinder 26': 'old',
    'cinder 28': 'new',
    'nova 31': 'old',
    'nova 33': 'new',
  }
  const asRun = asRunOf({
    surface: smallSurface(surface),
    versions: known.versions,
    starts: (user, _, kind) => (user === 'cinder' ? startsOf(kind) : []),
    tested: (user, version, library) => {
      const release = releaseOf[`${user} ${version}`]
      return release === undefined ? [] : [pins(release).get(library)?.version ?? []].flat()
    },
  })
  return { asRun, facts: { ...known, code: (user, version) => codeNeedsOf(asRun, user, version) } }
}

function candidate(service: string, version: string, release: string): Candidate {
  const own = (universe[service]![version] as readonly string[]).map((text, index) => ({
    requirement: parseRequirement(text),
    at: { path: `${service}.txt`, line: index + 1 },
  }))
  return {
    service,
    release,
    version,
    root: { service, distribution: { name: name(service), version }, extras: [], additions: [], own },
    ownPins: () => pins(release),
    entryPoints: () => undefined,
  }
}

function host(release: string): Host {
  return {
    label: release,
    release,
    python: '3.11',
    platform: 'linux/amd64',
    environment,
    pins: pins(release),
    tested: pins(release),
  }
}

function check(
  [service, version, release]: readonly [string, string, string],
  on: string,
  surface?: SmallSurface,
) {
  const { asRun, facts } = worldWith(surface)
  return checkOn(candidate(service, version, release), host(on), facts, {
    notes: true,
    sound: undefined,
    tally: tally(),
    asRun,
  })
}

const broken = (cell: ReturnType<typeof check>) =>
  cell.findings.filter(({ rule }) => rule === 'broken-import')

describe('Old code on newer libraries', () => {
  it('breaks at import: one finding a name, with both origins and the versions around', () => {
    const [first] = broken(check(['cinder', '26', 'old'], 'new'))
    expect(first).toMatchObject({
      level: 'error',
      distribution: 'lib',
      demand: {
        by: 'cinder 26',
        specifier: 'lib.secret.md5',
        at: { path: 'cinder/api/metadata.py', line: 21 },
      },
      supply: { version: '10.1', at: { path: 'new.txt', line: 1 } },
      missing: {
        gone: 'lib.secret.md5',
        moment: 'import',
        uses: 15,
        lastWith: '9.2',
        firstWithout: '10.0',
        places: [
          { path: 'cinder/api/metadata.py', line: 21 },
          { path: 'cinder/quota.py', line: 7 },
        ],
      },
    })
  })

  it('is only warned of what fails when it is called', () => {
    expect(
      broken(check(['cinder', '26', 'old'], 'new')).map(({ level, demand }) => [level, demand.specifier]),
    ).toEqual([
      ['error', 'lib.secret.md5'],
      ['warning', 'lib.old'],
    ])
  })

  it('counts what it tells, by findings and by distributions', () => {
    const { summary } = check(['cinder', '26', 'old'], 'new')
    expect(summary.findings['broken-import']).toBe(2)
    expect(summary.distributions['broken-import']).toBe(1)
  })

  it('keeps the id of a finding when a line moves, and gives each name its own', () => {
    const moved = {
      ...surfaceOfWorld,
      uses: {
        'cinder 26': [{ library: 'lib', name: 'lib.secret.md5', places: ['cinder/api/metadata.py:99'] }],
      },
    }
    const [first, other] = broken(check(['cinder', '26', 'old'], 'new'))
    expect(broken(check(['cinder', '26', 'old'], 'new', moved))[0]!.id).toBe(first!.id)
    expect(other!.id).not.toBe(first!.id)
  })
})

test('New code on older libraries breaks in the same way, and names the version that it needs.', () => {
  const [first] = broken(check(['cinder', '28', 'new'], 'old'))
  expect(first).toMatchObject({
    level: 'error',
    missing: { gone: 'lib.fresh', lastWithout: '9.2', firstWith: '10.0' },
  })
})

describe('No error is told', () => {
  const with26 = (uses: NonNullable<SmallSurface['uses']>[string]): SmallSurface => ({
    ...surfaceOfWorld,
    uses: { 'cinder 26': uses },
  })
  const levels = (surface: SmallSurface, on = 'new') =>
    broken(check(['cinder', '26', 'old'], on, surface)).map(({ level }) => level)

  it('of a guarded use', () => {
    const uses = [
      {
        library: 'lib',
        name: 'lib.secret.md5',
        places: [{ at: 'cinder/a.py:1', guard: 'import-error' as const }],
      },
    ]
    expect(levels(with26(uses))).toEqual([])
  })

  it('of a name that was given in a way that reading cannot see', () => {
    const uses = [
      { library: 'lib', name: 'lib.secret.md5', confidence: 'likely' as const, places: ['cinder/a.py:1'] },
    ]
    expect(levels(with26(uses))).toEqual(['warning'])
  })

  it('of a driver that no process imports, but of one that does', () => {
    const at = (file: string) => [{ library: 'lib', name: 'lib.secret.md5', places: [`${file}:1`] }]
    expect(levels(with26(at('cinder/drivers/fast.py')))).toEqual(['warning'])
    const surface = with26(at('cinder/drivers/fast.py'))
    const imports = {
      'cinder 26': { 'cinder.cmd.api': ['cinder.drivers.fast'], 'cinder.drivers.fast': [] },
    }
    expect(levels({ ...surface, imports })).toEqual(['error'])
  })

  it('of a name that the libraries of its own release lack as well, and no warning: that was tested', () => {
    const names = { ...surfaceOfWorld.names, 'lib 9.2': ['lib', 'lib.secret'] }
    expect(
      levels({
        ...surfaceOfWorld,
        names,
        uses: { 'cinder 26': [{ library: 'lib', name: 'lib.secret.md5', places: ['cinder/a.py:1'] }] },
      }),
    ).toEqual([])
  })

  it('of a library whose sources were never read', () => {
    const { 'lib 10.1': _, ...names } = surfaceOfWorld.names!
    expect(levels({ ...surfaceOfWorld, names })).toEqual([])
  })
})

test('A module that came along undeclared and comes no more is told with who brought it.', () => {
  const surface: SmallSurface = {
    undeclared: {
      'cinder 26': [
        {
          module: 'leaky',
          providers: [name('leaky')],
          places: [{ file: 'cinder/a.py', line: 3, moment: 'import', count: 2 }],
        },
      ],
    },
  }
  const leaking: SmallUniverse = { ...universe, mid: { '1': ['leaky'], '2': [] } }
  const facts = knownUniverse(leaking)
  const { asRun } = worldWith(surface)
  const own = new Map([...pins('old'), [name('leaky'), { version: '1' }]])
  const cell = checkOn(
    { ...candidate('cinder', '26', 'old'), ownPins: () => own },
    { ...host('new'), pins: new Map([...pins('new'), [name('mid'), { version: '2' }]]) },
    facts,
    { notes: true, sound: undefined, tally: tally(), asRun },
  )
  expect(broken(cell)).toMatchObject([
    { level: 'warning', distribution: 'leaky', missing: { name: 'leaky', leakedBy: 'mid', uses: 2 } },
  ])
})

describe('What cannot be read', () => {
  const names = { ...surfaceOfWorld.names, 'lib 10.1': ['lib', 'lib.secret', '?lib.secret.md5'] }

  it('is undecided where the service needs a name that may be in it, and never gone', () => {
    const unread = { 'lib 10.1': [{ problem: 'a syntax error', file: 'lib/secret.py', line: 3 }] }
    const cell = check(['cinder', '26', 'old'], 'new', { ...surfaceOfWorld, names, unread })
    expect(broken(cell).filter(({ level }) => level === 'error')).toEqual([])
    expect(cell.undecided).toEqual([
      {
        distribution: 'lib',
        version: '10.1',
        reason:
          'whether it has lib.secret.md5, which cinder 26 needs, is not known: lib/secret.py:3 cannot be read: a syntax error',
        at: { path: 'cinder/api/metadata.py', line: 21 },
      },
    ])
  })

  it('is undecided where a version has no wheel to read', () => {
    const { 'lib 10.1': _, ...rest } = surfaceOfWorld.names!
    const [one] = check(['cinder', '26', 'old'], 'new', { ...surfaceOfWorld, names: rest }).undecided
    expect(one?.reason).toMatch(/lib\.secret\.md5, .*: there are no sources of it to read$/)
  })

  it('decides nothing where the libraries are those that the service was tested with', () => {
    const own = { ...surfaceOfWorld.names, 'lib 9.2': ['lib', 'lib.secret', '?lib.secret.md5'] }
    expect(check(['cinder', '26', 'old'], 'old', { ...surfaceOfWorld, names: own }).undecided).toEqual([])
  })

  it('is undecided where it is code of the service itself, each file for itself', () => {
    const unread = {
      'cinder 26': [
        { problem: 'a statement of Python 2', file: 'cinder/api/old.py', line: 5 },
        { problem: 'a null byte', file: 'cinder/db.py', line: 1 },
      ],
      'mid 1': [{ problem: 'a null byte', file: 'mid/template.py', line: 1 }],
    }
    const { undecided } = check(['cinder', '26', 'old'], 'new', { ...surfaceOfWorld, unread })
    expect(undecided).toEqual([
      {
        distribution: 'cinder',
        version: '26',
        reason: 'a statement of Python 2 in its code: what that needs is not known',
        at: { path: 'cinder/api/old.py', line: 5 },
      },
      expect.objectContaining({ at: { path: 'cinder/db.py', line: 1 } }),
    ])
  })
})

test('A lower bound that the code has outgrown is told as fiction, with the line that needs more.', () => {
  const { asRun, facts } = worldWith({
    ...surfaceOfWorld,
    uses: { 'cinder 26': [{ library: 'lib', name: 'lib.old', places: ['cinder/a.py:5'] }] },
  })
  const { root } = candidate('cinder', '26', 'old')
  const walked = closure({ root, pins: pins('old'), environment, facts })
  expect(fictionalBounds(walked, asRun)).toMatchObject([
    {
      distribution: 'lib',
      specifier: '>=7',
      lowest: '7.0',
      needsFrom: '9.2',
      name: 'lib.old',
      usedAt: { path: 'cinder/a.py', line: 5 },
    },
  ])
})

describe('The blast radius', () => {
  const radius = (service: string, version: string, release: string, on: string) => {
    const { asRun, facts } = worldWith()
    const options = {
      facts,
      asRun,
      budget: 100,
      on: () =>
        on === 'old'
          ? [candidate('cinder', '26', 'old'), candidate('nova', '31', 'old')]
          : [candidate('cinder', '28', 'new'), candidate('nova', '33', 'new')],
    }
    const cell = checkOn(candidate(service, version, release), host(on), facts, {
      notes: true,
      sound: undefined,
      tally: tally(),
      asRun,
    })
    return radiusOf(cell, options)
  }

  it('holds back the pin that an old service needs, and says whom that disturbs', () => {
    expect(radius('cinder', '26', 'old', 'new')).toMatchObject({
      kind: 'moves',
      moves: [{ distribution: 'lib', from: '10.1', to: '9.2', up: false }],
      disturbs: [{ service: 'nova', refused: [{ rule: 'collision' }] }],
    })
  })

  it('proves which of the disturbed services break by a raise', () => {
    expect(radius('nova', '33', 'new', 'old')).toMatchObject({
      kind: 'moves',
      moves: [{ distribution: 'lib', to: '10.0', up: true }],
      disturbs: [
        { service: 'cinder', refused: [{ rule: 'broken-import', missing: { gone: 'lib.secret.md5' } }] },
      ],
      sparing: undefined,
    })
  })
})

describe('How a module comes to be imported', () => {
  const graph = smallSurface(surfaceOfWorld).importGraph(name('cinder'), '26')!

  it.each([
    ['cinder.service', { start: starts[0], modules: ['cinder.cmd.api', 'cinder.service'] }],
    ['cinder.quota', { start: starts[1], modules: ['cinder.drivers.fast', 'cinder.quota'] }],
    ['cinder.api.metadata', { modules: ['cinder.api.router', 'cinder.api.metadata'] }],
  ])('%s', (module, chain) => {
    expect(chainTo(graph, startsOf, module)).toEqual(chain)
  })
})

describe('The bounds of what code needs', () => {
  it.each([
    [['1', '2', '3'], ['1', '2'], '<3'],
    [['1', '2', '3'], ['2', '3'], '>=2'],
    [['1', '2', '3', '4'], ['2', '4'], '>=2,!=3'],
    [['1', '2rc1', '2'], ['1', '2rc1'], '!=2'],
    [['1', '2'], ['1', '2'], ''],
  ])('of %j that have %j are %s', (versions, having, text) => {
    expect(boundsOf(versions, (one) => having.includes(one)).text).toBe(text)
  })
})

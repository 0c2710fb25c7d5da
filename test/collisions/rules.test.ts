import { describe, expect, it } from 'vitest'
import { sharedPaths } from '#catalog/shared-paths.js'
import { normalizeName } from '#pep/name.js'
import { checkSmall, type SmallFleet, told } from '../support/fleet.js'

/** A service `svc` of release B on the pins of release A. */
function onA(fleet: Partial<SmallFleet> & Pick<SmallFleet, 'facts' | 'pins'>): readonly string[] {
  return told(checkSmall({ service: 'svc 2.0', release: 'B', ...fleet }, 'A'))
}

describe('collision', () => {
  it('is a demand that excludes the pin of the host', () => {
    expect(
      onA({
        facts: { 'svc 2.0': ['lib>=2'], 'lib 1.0': [], 'lib 2.0': [] },
        pins: { A: ['lib===1.0'], B: ['lib===2.0'] },
      }),
    ).toEqual(['collision svc 2.0 wants lib>=2 has 1.0'])
  })

  it('is one finding for one specifier, however many lines and extras say it', () => {
    expect(
      onA({
        facts: {
          'svc 2.0': ['lib>=2', 'lib[fast]>=2', 'lib >= 2'],
          'lib 1.0': { extras: ['fast'] },
          'lib 2.0': { extras: ['fast'] },
        },
        pins: { A: ['lib===1.0'], B: ['lib===2.0'] },
      }),
    ).toEqual(['collision svc 2.0 wants lib>=2 has 1.0'])
  })

  it('is found deep in the closure, and is told with its chain', () => {
    const cell = checkSmall(
      {
        service: 'svc 2.0',
        release: 'B',
        facts: { 'svc 2.0': ['a'], 'a 1.0': ['b'], 'b 1.0': ['c<1'], 'c 1.0': [], 'c 0.9': [] },
        pins: { A: ['a===1.0', 'b===1.0', 'c===1.0'], B: ['a===1.0', 'b===1.0', 'c===0.9'] },
      },
      'A',
    )
    expect(told(cell)).toEqual(['collision b 1.0 wants c<1 has 1.0'])
    expect(cell.findings[0]).toMatchObject({ via: ['svc', 'a', 'b'], direct: false })
  })

  it('counts pre-releases and compares === as text', () => {
    expect(
      onA({
        facts: { 'svc 2.0': ['a>=1', 'b===1.0'], 'a 2.0b1': [], 'b 1': [] },
        pins: { A: ['a===2.0b1', 'b===1'], B: ['a===2.0b1', 'b===1'] },
      }),
    ).toEqual(['collision svc 2.0 wants b===1.0 has 1'])
  })

  it('follows the markers of the host, not of another one', () => {
    const facts = {
      'svc 2.0': ['lib>=2; python_version < "3.10"', 'lib>=1; python_version >= "3.10"'],
      'lib 1.0': [],
    }
    const pins = { A: ['lib===1.0'], B: ['lib===1.0'] }
    expect(onA({ facts, pins })).toEqual([])
    expect(onA({ facts, pins, python: '3.9' })).toEqual(['collision svc 2.0 wants lib>=2 has 1.0'])
  })

  it("takes the service's own version in place of a pin of its name", () => {
    expect(
      onA({
        facts: { 'svc 2.0': ['plugin'], 'plugin 1.0': ['svc>=2'], 'svc 1.0': [] },
        pins: { A: ['svc===1.0', 'plugin===1.0'], B: ['svc===2.0', 'plugin===1.0'] },
      }),
    ).toEqual([])
  })

  it('survives demands in a circle and extras that name their own distribution', () => {
    expect(
      onA({
        facts: {
          'svc 2.0': ['a[all]'],
          'a 1.0': { requires: ['b', 'a[x]; extra == "all"', 'c>1; extra == "x"'], extras: ['all', 'x'] },
          'b 1.0': ['a'],
          'c 1.0': [],
        },
        pins: { A: ['a===1.0', 'b===1.0', 'c===1.0'], B: ['a===1.0', 'b===1.0', 'c===1.0'] },
      }),
    ).toEqual(['collision a 1.0 wants c>1 has 1.0'])
  })

  it('walks a chain of 5,000 distributions', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `d${index}`)
    const facts = Object.fromEntries(names.map((name, index) => [`${name} 1.0`, [`d${index + 1}`]]))
    const lines = names.map((name) => `${name}===1.0`)
    const fleet = { ...facts, 'svc 2.0': ['d0'], 'd5000 1.0': ['d0>1'] }
    expect(
      onA({ facts: fleet, pins: { A: [...lines, 'd5000===1.0'], B: [...lines, 'd5000===1.0'] } }),
    ).toEqual(['collision d5000 1.0 wants d0>1 has 1.0'])
  })
})

describe('python-floor', () => {
  const fleet = (python: string): SmallFleet => ({
    service: 'svc 2.0',
    release: 'B',
    python,
    facts: { 'svc 2.0': { requires: ['lib'], python: '>=3.10' }, 'lib 1.0': { python: '!=3.11.3' } },
    pins: { A: ['lib===1.0'], B: ['lib===1.0'] },
  })

  it('is the service or a pin that refuses the Python of the host', () => {
    expect(told(checkSmall(fleet('3.9'), 'A'))).toEqual([
      expect.stringMatching(/^python-floor svc 2\.0 wants svc>=3\.10 has 3\.9\.\d+$/),
    ])
    expect(told(checkSmall(fleet('3.11.3'), 'A'))).toEqual([
      'python-floor lib 1.0 wants lib!=3.11.3 has 3.11.3',
    ])
  })

  it('takes 3.11 as its newest patch release', () => {
    expect(told(checkSmall(fleet('3.11'), 'A'))).toEqual([])
  })
})

describe('missing and unpinned', () => {
  const facts = {
    'svc 2.0': ['new>=3', 'floating'],
    'new 3.0': ['lib>=9'],
    'floating 1.0': [],
    'floating 2.0': { python: '>=3.12' },
    'lib 1.0': [],
  }

  it('are told apart by the pins of the own release', () => {
    expect(onA({ facts, pins: { A: ['lib===1.0'], B: ['new===3.0', 'lib===1.0'] } })).toEqual([
      // What is missing would have to be installed, and its own demands count.
      'collision new 3.0 wants lib>=9 has 1.0',
      'missing svc 2.0 wants new>=3 has nothing',
      'unpinned svc 2.0 wants floating has nothing',
    ])
  })

  it('leave a name undecided of which nothing is known', () => {
    const cell = checkSmall(
      { service: 'svc 2.0', release: 'B', facts: { 'svc 2.0': ['ghost'] }, pins: { A: [], B: [] } },
      'A',
    )
    expect(cell.undecided).toEqual([
      { distribution: 'ghost', reason: 'no version of it is known', lacks: 'versions' },
    ])
  })
})

describe('missing-extra', () => {
  it('is an extra that the pinned version does not have', () => {
    expect(
      onA({
        facts: { 'svc 2.0': ['lib[Fast]'], 'lib 1.0': { extras: ['slow'] } },
        pins: { A: ['lib===1.0'], B: ['lib===1.0'] },
      }),
    ).toEqual(['missing-extra svc 2.0 wants lib[fast] has 1.0'])
  })

  it('is none where the extra switches lines on without being listed', () => {
    expect(
      onA({
        facts: { 'svc 2.0': ['lib[fast]'], 'lib 1.0': ['dep; extra == "fast"'], 'dep 1.0': [] },
        pins: { A: ['lib===1.0', 'dep===1.0'], B: ['lib===1.0', 'dep===1.0'] },
      }),
    ).toEqual([])
  })
})

describe('drift', () => {
  it.each([
    ['1.2.3', '2.0.0', 'major'],
    ['1.2.3', '1.3.0', 'minor'],
    ['1.2.3', '1.2.4', 'patch'],
    ['1.2.3', '1!1.2.3', 'major'],
    ['1.2', '1.2.post1', 'patch'],
  ])('from %s to %s is %s', (host, own, jump) => {
    expect(
      onA({
        facts: { 'svc 2.0': ['lib'], [`lib ${host}`]: [], [`lib ${own}`]: [] },
        pins: { A: [`lib===${host}`], B: [`lib===${own}`] },
      }),
    ).toEqual([`drift svc 2.0 wants lib has ${host} ${jump}`])
  })

  it('is none for one version in two spellings, nor where the own release has no pin', () => {
    expect(
      onA({
        facts: { 'svc 2.0': ['lib', 'only'], 'lib 1.0': [], 'only 1.0': [] },
        pins: { A: ['lib===1.0.0', 'only===1.0'], B: ['lib===1.0'] },
      }),
    ).toEqual([])
  })
})

describe('the profile', () => {
  it('demands by its own name, and never directly', () => {
    const cell = checkSmall(
      {
        service: 'svc 2.0',
        release: 'B',
        extras: ['ldap'],
        additions: ['driver>=2'],
        facts: {
          'svc 2.0': { requires: ['ldaplib>=3; extra == "ldap"'], extras: ['ldap'] },
          'ldaplib 1.0': [],
          'driver 1.0': [],
        },
        pins: { A: ['ldaplib===1.0', 'driver===1.0'], B: ['ldaplib===1.0', 'driver===1.0'] },
      },
      'A',
    )
    expect(told(cell)).toEqual([
      'collision profile svc wants driver>=2 has 1.0',
      'collision profile svc wants ldaplib>=3 has 1.0',
    ])
    expect(cell.findings.every(({ direct }) => !direct)).toBe(true)
    expect(cell.findings[0]!.demand.at).toMatchObject({ path: 'profile.yaml', line: 1 })
  })
})

describe('entry-point', () => {
  const started = (name: string, program: string, line: number) => ({
    name,
    program,
    shown: program,
    replaces: [],
    at: { path: 'p.yaml', line },
  })

  it('is a script that the release of the host had, or that the profile starts, and that is no more', () => {
    const name = normalizeName('svc')
    expect(
      onA({
        facts: { 'svc 2.0': [] },
        pins: { A: [], B: [] },
        entryPoints: {
          distribution: name,
          before: { version: '1.0', names: ['svc-api', 'svc-manage'], makers: [] },
          after: { version: '2.0', names: ['svc-manage', 'svc-new'], makers: ['svc.wsgi:make'] },
          started: [
            started('svc-new', 'svc-new', 1),
            started('svc-old', 'svc-old', 2),
            started('svc-made', 'svc.wsgi:make', 3),
          ],
        },
      }),
    ).toEqual([
      'entry-point svc 1.0 wants svcsvc-api has 2.0',
      'entry-point profile svc wants svcsvc-old has 2.0',
    ])
  })
})

describe('separation', () => {
  const facts = { 'svc 2.0': ['lib>=2'], 'lib 1.0': [], 'lib 2.0': [] }

  it('is a fix where the own release has no error', () => {
    const cell = checkSmall(
      { service: 'svc 2.0', release: 'B', facts, pins: { A: ['lib===1.0'], B: ['lib===2.0'] } },
      'A',
    )
    expect(cell.findings[0]!.fixes).toEqual([{ kind: 'separate', service: 'svc', verified: true }])
  })

  it('is none where the own release collides too, or is not known whole', () => {
    const collides = { service: 'svc 2.0', release: 'B', facts, pins: { A: ['lib===1.0'], B: ['lib===1.0'] } }
    expect(checkSmall(collides, 'A').findings[0]!.fixes).toEqual([])
    const unknown = { ...collides, pins: { A: ['lib===1.0'], B: ['lib===3.0'] } }
    expect(checkSmall(unknown, 'A').findings[0]!.fixes).toEqual([])
  })
})

it('a line that cannot be parsed is undecided, with its place, and hides no other line', () => {
  const cell = checkSmall(
    {
      service: 'svc 2.0',
      release: 'B',
      facts: { 'svc 2.0': ['a'], 'a 1.0': ['[:python_version < "3"]', 'b>1'], 'b 1.0': [] },
      pins: { A: ['a===1.0', 'b===1.0'], B: ['a===1.0', 'b===1.0'] },
    },
    'A',
  )
  expect(told(cell)).toEqual(['collision a 1.0 wants b>1 has 1.0'])
  expect(cell.undecided).toMatchObject([
    { distribution: 'a', version: '1.0', at: { field: 'Requires-Dist', index: 0 } },
  ])
})

describe('same-file', () => {
  const shared = sharedPaths([
    {
      name: normalizeName('one'),
      version: '1.0',
      paths: new Map([
        ['bin/tool', 'a'],
        ['site-packages/x.py', 'b'],
      ]),
    },
    { name: normalizeName('one'), version: '2.0', paths: new Map([['bin/tool', 'a']]) },
    {
      name: normalizeName('other'),
      version: '1',
      paths: new Map([
        ['bin/tool', 'c'],
        ['site-packages/x.py', 'd'],
      ]),
    },
    { name: normalizeName('third'), version: '1', paths: new Map([['bin/tool', 'c']]) },
  ])
  const facts = {
    'svc 2.0': ['one', 'other', 'third'],
    'one 1.0': [],
    'one 2.0': [],
    'other 1': [],
    'third 1': [],
  }
  const on = (...pins: readonly string[]) => onA({ facts, pins: { A: pins, B: pins }, sharedPaths: shared })

  it('is a pair of distributions that the service would have there and that overwrite one another', () => {
    expect(
      on('one===1.0', 'other===1.0', 'third===1').filter((line) => line.startsWith('same-file')),
    ).toEqual([
      'same-file one 1.0 wants otherbin/tool and 1 more has 1.0',
      'same-file one 1.0 wants thirdbin/tool has 1',
    ])
  })

  it('depends on the versions that the host has', () => {
    expect(on('one===2.0', 'other===1', 'third===2').filter((line) => line.startsWith('same-file'))).toEqual([
      'same-file one 2.0 wants otherbin/tool has 1',
    ])
  })

  it('is none where both bring the same bytes, and of distributions that the service has not', () => {
    expect(shared.map(({ path }) => path)).toEqual(['bin/tool', 'site-packages/x.py'])
    const lone = { 'svc 2.0': ['other', 'third'], 'other 1': [], 'third 1': [] }
    const pins = ['one===1.0', 'other===1', 'third===1']
    expect(onA({ facts: lone, pins: { A: pins, B: pins }, sharedPaths: shared })).toEqual([])
  })
})

import { describe, expect, it, test } from 'vitest'
import { normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { knownFacts } from '#solver/known-facts.js'
import { demandLine, pinLine, type ServiceLines, serviceLines } from '#solver/lines.js'
import type { Line } from '#solver/problem.js'
import { createSession } from '#solver/session.js'
import { fewestSolvable, type Sharing, type SharingProblem, shareOne } from '#solver/sharing.js'
import { finish } from '#solver/task.js'
import { fewestAsTested } from '#solver/tested.js'
import {
  codeOf,
  environment,
  knownUniverse,
  python,
  pythonLine,
  type Release,
  type SmallUniverse,
} from '../support/universe.js'

/** Two clashes that have nothing to do with each other: tools that stop at the first tell only one. */
const fourServices: SmallUniverse = {
  nova: { '33': ['lib>=2'], '32': ['lib>=1'] },
  glance: { '32': ['lib<=1'] },
  heat: { '27': ['zed<1'] },
  cinder: { '28': ['zed>1', 'mid'] },
  lib: { '1': [], '2': [] },
  zed: { '0.9': [], '1.5': [] },
  mid: { '1': ['lib'] },
}

function problem(
  universe: SmallUniverse,
  asked: readonly (readonly [string, string])[],
  pins: readonly Line[] = [],
) {
  const known = knownUniverse(universe)
  const own = asked.map(([name, version]) => ({ name: normalizeName(name), version }))
  const services = own.map(({ name, version }): ServiceLines => {
    const root = {
      service: name,
      distribution: { name, version },
      extras: [],
      additions: [],
      own: demandsOf(universe[name]![version]!).map((text, i) => ({
        requirement: parseRequirement(text),
        at: { path: `${name}.txt`, line: i + 1 },
      })),
    }
    return serviceLines(`${name}@${version}`, root, { path: 'releases.json' }, environment)
  })
  const session = createSession({
    facts: knownFacts(known, environment, own, (name, version) => codeOf(name, universe[name]?.[version])),
    python,
    prereleases: 'pip',
    pythonLine,
  })
  return { session, services, common: pins } satisfies SharingProblem
}

function demandsOf(release: Release): readonly string[] {
  return 'length' in release ? release : (release.requires ?? [])
}

const pin = (name: string, version: string) => pinLine(normalizeName(name), { version }, 'host')

function told(sharing: Sharing): unknown {
  if (sharing.kind !== 'conflicts') return sharing.kind
  return sharing.conflicts.map(({ lines, fixes, explanation }) => ({
    lines: lines.map(({ by, text }) => `${by}: ${text}`),
    fixes: fixes.map((fix) =>
      fix.lines
        .map((line) => `${line.text} -> ${fix.separates.has(line) ? 'apart' : fix.instead.get(line)}`)
        .join(', '),
    ),
    facts: explanation!.facts.map(
      ({ holder, versions, target, specifiers }) => `${holder} ${versions}: ${target}${specifiers}`,
    ),
    clash: explanation!.clash.name,
  }))
}

test('Every independent conflict is told, with the lines that clash and fixes for each.', () => {
  const asked = [
    ['nova', '33'],
    ['glance', '32'],
    ['heat', '27'],
    ['cinder', '28'],
  ] as const
  expect(told(finish(shareOne(problem(fourServices, asked))))).toEqual([
    {
      lines: ['glance 32: lib<=1', 'nova 33: lib>=2'],
      fixes: ['lib<=1 -> 2', 'lib>=2 -> 1'],
      facts: [],
      clash: 'lib',
    },
    {
      lines: ['heat 27: zed<1', 'cinder 28: zed>1'],
      fixes: ['zed<1 -> 1.5', 'zed>1 -> 0.9'],
      facts: [],
      clash: 'zed',
    },
  ])
})

test('A pin of the host has a part in a conflict, is told as a pin, and moves as little as it can.', () => {
  const universe: SmallUniverse = { ...fourServices, lib: { '1': [], '2': [], '3': [] } }
  expect(told(finish(shareOne(problem(universe, [['nova', '33']], [pin('lib', '1')]))))).toEqual([
    {
      lines: ['nova 33: lib>=2', 'host: lib===1'],
      fixes: ['lib>=2 -> 1', 'lib===1 -> 2'],
      facts: [],
      clash: 'lib',
    },
  ])
})

test('Facts between the lines are told in their order.', () => {
  const universe: SmallUniverse = {
    nova: { '33': ['mid'] },
    glance: { '32': ['base<2'] },
    mid: { '1': ['low>=5'], '2': ['low>=5'] },
    low: { '5': ['base>=2'], '6': ['base>=2'] },
    base: { '1': [], '2': [] },
  }
  expect(
    told(
      finish(
        shareOne(
          problem(universe, [
            ['nova', '33'],
            ['glance', '32'],
          ]),
        ),
      ),
    ),
  ).toEqual([
    {
      lines: ['glance 32: base<2', 'nova 33: mid'],
      fixes: ['base<2 -> 2', 'mid -> undefined'],
      facts: ['mid 1,2: low>=5', 'low 5,6: base>=2'],
      clash: 'base',
    },
  ])
})

test('One service at two releases is parted from itself.', () => {
  expect(
    told(
      finish(
        shareOne(
          problem(fourServices, [
            ['nova', '32'],
            ['nova', '33'],
          ]),
        ),
      ),
    ),
  ).toEqual([
    {
      lines: ['nova@32: nova==32', 'nova@33: nova==33'],
      fixes: ['nova==32 -> apart', 'nova==33 -> apart'],
      facts: [],
      clash: 'nova',
    },
  ])
})

describe('The fewest environments as declared', () => {
  const declared = (universe: SmallUniverse, asked: readonly (readonly [string, string])[]) =>
    finish(fewestSolvable(problem(universe, asked)))

  it('is one where all demands can be met together', () => {
    expect(
      declared(fourServices, [
        ['nova', '32'],
        ['glance', '32'],
      ]),
    ).toMatchObject({ groups: [[0, 1]] })
  })

  it('parts services that clash, and proves it by a clique', () => {
    const asked = [
      ['nova', '33'],
      ['glance', '32'],
      ['heat', '27'],
      ['cinder', '28'],
    ] as const
    expect(declared(fourServices, asked)).toEqual({
      kind: 'partition',
      groups: [
        [0, 2],
        [1, 3],
      ],
      lowerBound: { kind: 'clique', members: [0, 1] },
    })
  })

  it('knows three that fit in pairs and not together', () => {
    const universe: SmallUniverse = {
      one: { '1': ['lib!=1'] },
      two: { '1': ['lib!=2'] },
      three: { '1': ['lib!=3'] },
      lib: { '1': [], '2': [], '3': [] },
    }
    expect(
      declared(universe, [
        ['one', '1'],
        ['two', '1'],
        ['three', '1'],
      ]),
    ).toEqual({
      kind: 'partition',
      groups: [[0, 1], [2]],
      lowerBound: { kind: 'failedSets', sets: [[0, 1, 2]] },
    })
  })

  it('has no number where a service cannot be solved even alone', () => {
    expect(declared({ nova: { '33': ['lib>=2'] }, lib: { '1': [] } }, [['nova', '33']])).toEqual({
      kind: 'alone',
      members: [0],
    })
  })
})

describe('As run, what code needs counts beside what is declared', () => {
  /** By metadata old code runs on every newer lib. */
  const universe: SmallUniverse = {
    nova: { '33': ['lib>=10', 'mid'] },
    cinder: { '26': { requires: ['lib>=7'], code: ['lib<10'] } },
    heat: { '24': ['lib>=7'] },
    mid: { '1': { code: ['lib<12'] } },
    lib: { '9.2': [], '10.1': [], '12.0': [] },
  }

  it('chooses versions that the code of libraries can use', () => {
    const sharing = finish(shareOne(problem(universe, [['nova', '33']])))
    expect(sharing).toMatchObject({ kind: 'solution' })
    if (sharing.kind === 'solution') expect(sharing.solution.pins.get(normalizeName('lib'))).toBe('10.1')
  })

  it('proves with declared lines and lines of code side by side', () => {
    const sharing = finish(
      shareOne(
        problem(universe, [
          ['nova', '33'],
          ['cinder', '26'],
        ]),
      ),
    )
    expect(told(sharing)).toEqual([
      {
        lines: ['cinder@26: cinder==26', 'nova 33: lib>=10'],
        fixes: ['cinder==26 -> apart', 'lib>=10 -> 9.2'],
        facts: ['cinder 26: lib<10'],
        clash: 'lib',
      },
    ])
    if (sharing.kind !== 'conflicts') return
    expect(sharing.conflicts[0]!.explanation!.facts).toMatchObject([
      { kind: 'code', needs: 'lib.name', at: { path: 'cinder.py', line: 1 } },
    ])
  })

  it('is resolved by no fix that leaves out what the code uses', () => {
    const asked = problem(universe, [['cinder', '26']], [pin('lib', '10.1')])
    const fixesOf = (isAsRun: boolean) => told(finish(shareOne(asked, new Map(), isAsRun)))
    const some = ['cinder==26 -> apart', 'lib===10.1 -> 9.2']
    expect(fixesOf(false)).toMatchObject([{ fixes: [some[0], 'lib>=7 -> undefined', some[1]] }])
    expect(fixesOf(true)).toMatchObject([{ fixes: some }])
  })

  it('relaxes bounds together with pins, and keeps what is demanded', () => {
    const asked = problem(
      universe,
      [
        ['nova', '33'],
        ['cinder', '26'],
      ],
      [pin('lib', '10.1')],
    )
    expect(told(finish(shareOne(asked, new Map(), true)))).toMatchObject([
      { fixes: ['cinder==26 -> apart', 'lib>=10 -> 9.2, lib===10.1 -> 9.2'] },
    ])
  })

  it('parts services whose code needs what the others do not allow', () => {
    const asked = [
      ['nova', '33'],
      ['cinder', '26'],
      ['heat', '24'],
    ] as const
    expect(finish(fewestSolvable(problem(universe, asked)))).toEqual({
      kind: 'partition',
      groups: [[0, 2], [1]],
      lowerBound: { kind: 'clique', members: [0, 1] },
    })
  })

  it('asks for nothing: what code could use need not be there', () => {
    const sharing = finish(
      shareOne(problem({ swift: { '2': { code: ['lib<10'] } }, lib: { '12.0': [] } }, [['swift', '2']])),
    )
    expect(sharing).toMatchObject({ kind: 'solution', solution: { pins: new Map([['swift', '2']]) } })
  })
})

describe('The fewest environments as tested', () => {
  it('parts services whose releases pin what both need differently, and no others', () => {
    const universe: SmallUniverse = {
      nova: { '33': ['lib'], '32': ['lib'] },
      glance: { '32': ['lib'] },
      swift: { '2': ['zed'] },
      lib: { '1': [], '2': [] },
      zed: { '1': [] },
    }
    const { session, services } = problem(universe, [
      ['nova', '33'],
      ['glance', '32'],
      ['swift', '2'],
    ])
    const pins = [[pin('lib', '2'), pin('zed', '1')], [pin('lib', '1.0')], [pin('zed', '1.0')]]
    const tested = services.map((service, i) => ({ ...service, pins: pins[i]! }))
    expect(finish(fewestAsTested(session, tested))).toEqual({
      kind: 'partition',
      groups: [[0, 2], [1]],
      lowerBound: { kind: 'clique', members: [0, 1] },
    })
  })
})

test('A direct URL in a line is refused with its place.', () => {
  const at = { path: 'requirements.txt', line: 3 }
  const requirement = parseRequirement('lib @ file:///srv/lib.whl')
  expect(() => demandLine({ requirement, at }, 'command line', environment)).toThrow(
    expect.objectContaining({ code: 'E-REQ-URL', at }),
  )
})

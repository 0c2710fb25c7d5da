import { describe, expect, it, test } from 'vitest'
import { knownFacts } from '#solver/known-facts.js'
import type { Line, PrereleaseMode } from '#solver/problem.js'
import { createSession, type Outcome, solve } from '#solver/session.js'
import { finish } from '#solver/task.js'
import { environment, lines, pythonLine, type SmallUniverse, smallSession } from '../support/universe.js'

interface Asked {
  readonly demands: readonly string[]
  readonly pins?: readonly string[]
  readonly mode?: PrereleaseMode
}

function ask(universe: SmallUniverse, { demands, pins = [], mode = 'pip' }: Asked): Outcome {
  const asked = [...lines(demands), ...lines(pins, 'pin', 'constraints')]
  return finish(solve(smallSession(universe, { mode }), { lines: asked }))
}

/** `a 1, b 2`, or the texts of the lines that cannot hold together. */
function told(outcome: Outcome): string {
  if (outcome.kind === 'solution')
    return [...outcome.pins].map(([name, version]) => `${name} ${version}`).join(', ')
  return outcome.kind === 'unsolvable'
    ? `not: ${outcome.core.map(({ text }) => text).join(' & ')}`
    : outcome.kind
}

const chain: SmallUniverse = {
  a: { '1': ['b<2'], '2': ['b>=2'] },
  b: { '1': [], '2': ['c>=3'], '2.1': ['c>=9'] },
  c: { '3': [], '4': [] },
}

const extras: SmallUniverse = {
  app: { '1': ['lib[fast]', 'lib[safe]'] },
  lib: {
    '1': ['core; extra == "fast"', 'lock>=2; extra == "safe"', 'docs; extra == "Doc_S"'],
    '2': ['lib[all]<2'],
  },
  core: { '1': [] },
  lock: { '1': [], '2': [] },
  docs: { '1': [] },
}

const prereleases: SmallUniverse = {
  lib: { '1.0': [], '1.1': [], '2.0rc1': [], '2.0.dev3': [] },
  only: { '1.0a1': [], '1.0b2': [] },
  from: { '1': ['lib>=2.0rc1'], '0.9': ['lib'] },
  soft: { '1': ['lib>1.1'] },
  dead: { '1.0': ['lib>=3'], '2.0rc1': ['lib'] },
}

const odd: SmallUniverse = {
  lib: { '1.0': [], '1.0+debian1': [], '1!0.5': [], '0.9.post1': [] },
  raw: { '2023.03.6': [], '2023.4': [] },
  old: { '1': { requires: [], python: '>=3.8' }, '2': { requires: [], python: '>=3.12' } },
  gone: { '1': [], '2': { yanked: true } },
  urls: { '1': [], '2': ['lib @ file:///srv/lib.whl'] },
  bad: { '1': [], '2': ['lib>=='] },
}

describe('A question has one answer', () => {
  it.each<[string, SmallUniverse, Asked, string]>([
    ['the newest of everything', chain, { demands: ['b<2.1'] }, 'b 2, c 4'],
    ['an older version where the newest leads nowhere', chain, { demands: ['b'] }, 'b 2, c 4'],
    ['an older version of who demands, to keep a line', chain, { demands: ['a', 'b<2'] }, 'a 1, b 1'],
    ['a constraint holds what is needed', chain, { demands: ['a'], pins: ['c==3'] }, 'a 2, b 2, c 3'],
    ['a constraint asks for nothing', chain, { demands: ['c'], pins: ['a==1'] }, 'c 4'],
    [
      'a line and a constraint that exclude each other',
      chain,
      { demands: ['b>=2'], pins: ['b==1'] },
      'not: b>=2 & b==1',
    ],
    ['extras bring their demands', extras, { demands: ['app'] }, 'app 1, core 1, lib 1, lock 2'],
    ['an extra that nobody wants brings none', extras, { demands: ['lib==1'] }, 'lib 1'],
    ['extras are compared normalised', extras, { demands: ['lib[doc-s]==1'] }, 'docs 1, lib 1'],
    ['an extra that is not there brings none', extras, { demands: ['lib[none]==1'] }, 'lib 1'],
    ['a version that excludes itself is passed over', extras, { demands: ['lib'] }, 'lib 1'],
    ['finals come first', prereleases, { demands: ['lib'] }, 'lib 1.1'],
    ['a pre-release that is named', prereleases, { demands: ['lib>=2.0.dev1'] }, 'lib 2.0rc1'],
    [
      'a pre-release that a chosen version names',
      prereleases,
      { demands: ['from', 'lib'] },
      'from 1, lib 2.0rc1',
    ],
    ['a pre-release where there are no finals', prereleases, { demands: ['only'] }, 'only 1.0b2'],
    ['a pre-release where no final fits', prereleases, { demands: ['soft'] }, 'lib 2.0rc1, soft 1'],
    ['no pre-release because a final has conflicts', prereleases, { demands: ['dead'] }, 'not: dead'],
    ['allow takes the newest of all', prereleases, { demands: ['lib'], mode: 'allow' }, 'lib 2.0rc1'],
    [
      'disallow takes none, named or not',
      prereleases,
      { demands: ['lib>=2.0rc1'], mode: 'disallow' },
      'not: lib>=2.0rc1',
    ],
    ['disallow goes round them', prereleases, { demands: ['from'], mode: 'disallow' }, 'from 0.9, lib 1.1'],
    [
      'explicit takes what a line names',
      prereleases,
      { demands: ['lib>=2.0rc1'], mode: 'explicit' },
      'lib 2.0rc1',
    ],
    [
      'explicit takes none that only a version names',
      prereleases,
      { demands: ['from'], mode: 'explicit' },
      'from 0.9, lib 1.1',
    ],
    ['a local version fits its public one', odd, { demands: ['lib==1.0'] }, 'lib 1.0+debian1'],
    ['a local version is named in full', odd, { demands: ['lib==1.0', 'lib!=1.0+debian1'] }, 'lib 1.0'],
    ['an epoch is newer than any without', odd, { demands: ['lib'] }, 'lib 1!0.5'],
    ['=== compares spellings', odd, { demands: ['raw===2023.03.6'] }, 'raw 2023.03.6'],
    ['=== knows the canonical spelling too', odd, { demands: ['raw===2023.3.6'] }, 'raw 2023.03.6'],
    ['a version for another Python is passed over', odd, { demands: ['old'] }, 'old 1'],
    ['the Python is part of a conflict', odd, { demands: ['old>=2'] }, 'not: old>=2 & Python 3.11.13'],
    ['a yanked version is passed over', odd, { demands: ['gone'] }, 'gone 1'],
    [
      'a yanked version that is bounded but not pinned is not taken',
      odd,
      { demands: ['gone>1'] },
      'not: gone>1',
    ],
    ['a yanked version that is pinned is taken', odd, { demands: ['gone'], pins: ['gone==2'] }, 'gone 2'],
    ['a version that wants a direct URL is passed over', odd, { demands: ['urls'] }, 'urls 1'],
    ['a version whose metadata cannot be read is passed over', odd, { demands: ['bad'] }, 'bad 1'],
    [
      'what cannot be read is told where an answer rests on it',
      odd,
      { demands: ['bad>1'] },
      'not: bad>1 & bad 2',
    ],
    ['a name that nobody knows is told', odd, { demands: ['nowhere'] }, 'not: nowhere & nowhere'],
  ])('%s', (_, universe, asked, answer) => {
    expect(told(ask(universe, asked))).toBe(answer)
  })
})

test('A conflict far from where it was caused is left by one jump: bystanders stay at their newest.', () => {
  const bystanders = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [
      `by${i}`,
      Object.fromEntries(Array.from({ length: 8 }, (_, v) => [`${v + 1}`, []])),
    ]),
  )
  const universe: SmallUniverse = {
    ...bystanders,
    first: { '2': ['shared>=2'], '1': ['shared'] },
    last: { '1': ['shared<2'] },
    shared: { '1': [], '2': [] },
  }
  const session = smallSession(universe)
  const outcome = finish(solve(session, { lines: lines(['first', 'last', ...Object.keys(bystanders)]) }))
  const pins = new Map<string, string>(outcome.kind === 'solution' ? outcome.pins : [])
  expect(pins.get('first')).toBe('1')
  expect(Object.keys(bystanders).map((name) => pins.get(name))).toEqual(Array(30).fill('8'))
  expect(session.universe.engine.steps).toBeLessThan(1000)
})

test('Two distributions with hundreds of versions in step are not tried pair by pair.', () => {
  const versions = Array.from({ length: 400 }, (_, i) => `1.${i}`)
  const universe: SmallUniverse = {
    front: Object.fromEntries(versions.map((version) => [version, [`back==${version}`]])),
    back: Object.fromEntries(versions.map((version, i) => [version, [i < 3 ? 'net<2' : 'net>=2']])),
    net: { '1': [], '2': [] },
  }
  const session = smallSession(universe)
  const outcome = finish(solve(session, { lines: lines(['front', 'net<2']) }))
  expect(told(outcome)).toBe('back 1.2, front 1.2, net 1')
  expect(session.universe.engine.steps).toBeLessThan(400_000)
})

test('A chain of thousands of demands needs no stack.', () => {
  const length = 4000
  const universe: SmallUniverse = Object.fromEntries(
    Array.from({ length }, (_, i) => [`d${i}`, { '1': i + 1 < length ? [`d${i + 1}`] : [] }]),
  )
  const outcome = finish(solve(smallSession(universe), { lines: lines(['d0']) }))
  expect(outcome.kind === 'solution' && outcome.pins.size).toBe(length)
})

test('A search that is too long for its budget ends undecided.', () => {
  // Nine distributions with eight different versions of one thing each: a pigeonhole, hard for every solver.
  const holes = Array.from({ length: 8 }, (_, i) => `hole${i}`)
  const universe: SmallUniverse = {
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, pigeon) => [
        `pigeon${pigeon}`,
        Object.fromEntries(holes.map((hole, i) => [`${i + 1}`, [`${hole}==${pigeon + 1}`]])),
      ]),
    ),
    ...Object.fromEntries(
      holes.map((hole) => [hole, Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`${i + 1}`, []]))]),
    ),
  }
  const demands = lines(Array.from({ length: 9 }, (_, i) => `pigeon${i}`))
  const session = smallSession(universe, { budget: 2000 })
  expect(finish(solve(session, { lines: demands })).kind).toBe('undecided')
})

test('What was taken back while the search went on is looked at again.', () => {
  // The yanked b leaves b 3.0 as the only choice only once support has been checked.
  const late: SmallUniverse = {
    a: { '2.0': ['b==2.*'], '1.0': [] },
    b: { '3.0': ['a>=2.1'], '2.0': { yanked: true } },
  }
  expect(told(ask(late, { demands: ['b>=2', 'a<3'] }))).toMatch(/^not: /)
  // Two clauses of one version come late, and the second takes the search back before the first was looked at.
  const python: SmallUniverse = {
    a: { '2.1rc1': ['a>=2.1rc1', 'e'], '2.0': ['b'] },
    b: { '1.0': { requires: ['a'], yanked: true } },
    e: { '1.0': { python: '<3.9' } },
  }
  expect(told(ask(python, { demands: ['a<2.2'] }))).toMatch(/^not: /)
})

test('Lines can be left out, the Python among them.', () => {
  const session = smallSession(odd)
  const asked: Line[] = lines(['old>=2', 'gone<2'])
  expect(told(finish(solve(session, { lines: asked, without: new Set([pythonLine]) })))).toBe('gone 1, old 2')
  expect(told(finish(solve(session, { lines: asked, without: new Set([asked[0]!]) })))).toBe('gone 1')
})

test('A preferred version is taken, else the nearest above, else the nearest below.', () => {
  const universe: SmallUniverse = { lib: { '1': [], '2': [], '4': [], '5': [] } }
  const prefer = (version: string, demand: string) => {
    const preferred = new Map([[lines(['lib'])[0]!.name, version]])
    return told(finish(solve(smallSession(universe), { lines: lines([demand]), preferred })))
  }
  expect(prefer('2', 'lib')).toBe('lib 2')
  expect(prefer('3', 'lib')).toBe('lib 4')
  expect(prefer('2', 'lib!=2')).toBe('lib 4')
  expect(prefer('4', 'lib<3')).toBe('lib 2')
})

test('A version that a snapshot knows without its metadata is never taken for one without demands.', () => {
  const facts = knownFacts({ versions: () => ['1'], metadata: () => undefined }, environment)
  const session = createSession({ facts, python: '3.11.13', prereleases: 'pip', pythonLine })
  const outcome = finish(solve(session, { lines: lines(['lib']) }))
  expect(outcome.kind === 'unsolvable' && outcome.core.at(-1)!.trouble).toBe('its metadata is not known')
})

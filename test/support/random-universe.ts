import fc from 'fast-check'
import type { SmallProblem } from './check-solution.js'
import type { Release, SmallUniverse } from './universe.js'

const names = ['a', 'b', 'c', 'd', 'e']
const versions = ['1.0', '2.0', '2.1rc1', '3.0']
const specifiers = ['', '>=2', '<2', '==1.0', '!=2.0', '>=2.1rc1', '<=3', '>3', '==2.*']

const demand = (extras: boolean) =>
  fc
    .tuple(
      fc.constantFrom(...names),
      fc.constantFrom('', '', '', ...(extras ? ['[x]'] : [])),
      fc.constantFrom(...specifiers),
      fc.constantFrom('', '', '', ...(extras ? ['; extra == "x"'] : []), '; python_version < "3"'),
    )
    .map(([name, extra, specifier, marker]) => ({ text: `${name}${extra}${specifier}`, marker }))

const release: fc.Arbitrary<Release> = fc.record({
  requires: fc.array(
    demand(true).map(({ text, marker }) => text + marker),
    { maxLength: 3 },
  ),
  python: fc.constantFrom('>=3.8', '>=3.8', '>=3.8', '<3.9'),
  yanked: fc.constantFrom(false, false, false, false, true),
  code: fc.array(
    demand(false).map(({ text }) => text),
    { maxLength: 1 },
  ),
})

/** Up to five distributions with up to four versions: small enough to try every assignment. */
export const smallUniverse: fc.Arbitrary<SmallUniverse> = fc
  .tuple(...names.map(() => fc.dictionary(fc.constantFrom(...versions), release, { maxKeys: 4 })))
  .map((all) => Object.fromEntries(all.map((known, i) => [names[i]!, known])))

export const smallProblem: fc.Arbitrary<SmallProblem> = fc.record({
  universe: smallUniverse,
  demands: fc.uniqueArray(
    demand(true).map(({ text }) => text),
    { minLength: 1, maxLength: 4 },
  ),
  pins: fc.uniqueArray(fc.constantFrom('a==1.0', 'b==2.0', 'c==3.0', 'd==2.1rc1', 'e<3', 'b==1.0'), {
    maxLength: 2,
  }),
  mode: fc.constantFrom('pip', 'pip', 'pip', 'allow', 'disallow', 'explicit'),
})

const moreNames = Array.from({ length: 8 }, (_, i) => `p${i}`)
const moreVersions = ['0.5', '1.0', '1.1', '1.2.post1', '2.0a1', '2.0', '2.1', '3.0']
const tight = ['==1.0', '==1.1', '<1.1', '>=2', '~=1.1', '!=2.0', '==2.*', '<3', '>1.2', '']

const tightDemand = fc
  .tuple(
    fc.constantFrom(...moreNames),
    fc.constantFrom('', '', '', '[x]'),
    fc.constantFrom(...tight),
    fc.constantFrom('', '', '', '', '; extra == "x"', '; python_version >= "3"', '; python_version < "3"'),
  )
  .map(([name, extra, specifier, marker]) => ({ text: `${name}${extra}${specifier}`, marker }))

/** Too large to try every assignment, with demands tight enough that about half of all questions have no answer. */
export const largerUniverse: fc.Arbitrary<{ universe: SmallUniverse; demands: string[]; pins: string[] }> =
  fc.record({
    universe: fc
      .tuple(
        ...moreNames.map(() =>
          fc.dictionary(
            fc.constantFrom(...moreVersions),
            fc.record({
              requires: fc.array(
                tightDemand.map(({ text, marker }) => text + marker),
                { maxLength: 3 },
              ),
              python: fc.constantFrom('>=3.8', '>=3.8', '>=3.8', '>=3.8', '<3.9'),
            }),
            { minKeys: 2, maxKeys: 6 },
          ),
        ),
      )
      .map((all) => Object.fromEntries(all.map((known, i) => [moreNames[i]!, known]))),
    demands: fc.uniqueArray(
      tightDemand.map(({ text }) => text),
      { minLength: 1, maxLength: 4 },
    ),
    pins: fc.uniqueArray(fc.constantFrom('p1==1.0', 'p2<2', 'p3==2.1', 'p4>=1.1'), { maxLength: 2 }),
  })

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

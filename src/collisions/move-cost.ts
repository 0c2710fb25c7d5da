import type { DistributionName } from '#pep/name.js'
import { compareVersions, isPrerelease, tryParseVersion } from '#pep/version.js'
import { compile, type Walker } from '#solver/closure-demands.js'
import { jumpBetween } from './check.js'

/**
 * What a change of a host costs, compared place by place: pins moved, those that jump to another major version,
 * those to another minor one, distributions that the host does not pin and that come in another version than
 * their own release has, and how many known versions are passed over in all.
 */
export type Cost = readonly [pins: number, majors: number, minors: number, other: number, distance: number]

export const noCost: Cost = [0, 0, 0, 0, 0]

export function addCosts(one: Cost, other: Cost): Cost {
  return [one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3], one[4] + other[4]]
}

export function compareCosts(one: Cost, other: Cost): number {
  for (let place = 0; place < one.length; place += 1) {
    const difference = one[place]! - other[place]!
    if (difference !== 0) return difference
  }
  return 0
}

/** A version that a distribution could have in place of the one it has. */
export interface Choice {
  readonly name: DistributionName
  readonly version: string
  readonly cost: Cost
}

/**
 * The versions that a distribution may move to, cheapest first: those whose demands are known and that admit
 * the Python. Pre-releases only where no final release is known, as PEP 440 has it.
 */
export function choicesFor(
  walker: Walker,
  name: DistributionName,
  version: string,
  isPinned: boolean,
): readonly Choice[] {
  const now = tryParseVersion(version)
  const known = walker.facts.versions(name).flatMap((text) => {
    const parsed = tryParseVersion(text)
    return parsed === undefined ? [] : [{ text, parsed }]
  })
  const finals = known.filter(({ parsed }) => !isPrerelease(parsed))
  const ordered = finals.length > 0 ? finals : known
  const usable = ordered.flatMap(({ text, parsed }, index) => {
    if (now !== undefined && compareVersions(parsed, now) === 0) return []
    const compiled = compile(walker, name, text)
    if (compiled === undefined || !compiled.fitsPython) return []
    return [{ text, index }]
  })
  const place =
    now === undefined ? 0 : ordered.filter(({ parsed }) => compareVersions(parsed, now) < 0).length
  const isKnown = now !== undefined && ordered.some(({ parsed }) => compareVersions(parsed, now) === 0)
  return usable
    .map(({ text, index }): Choice => {
      const distance = index < place ? place - index : index - place + (isKnown ? 0 : 1)
      const jump = jumpBetween(version, text)
      return {
        name,
        version: text,
        cost: isPinned
          ? [1, jump === 'major' ? 1 : 0, jump === 'minor' ? 1 : 0, 0, distance]
          : [0, 0, 0, 1, distance],
      }
    })
    .sort((one, other) => compareCosts(one.cost, other.cost) || (one.version < other.version ? -1 : 1))
}

import type { Specifier } from '#pep/specifier-set.js'
import { compareVersions, tryParseVersion, type Version } from '#pep/version.js'
import type { Demand } from '#solver/closure-demands.js'

/** One end of a demand: `>=4.5.0` of `>=4.5.0,!=4.6`. */
export interface Bound {
  readonly demand: Demand
  readonly specifier: string
}

/** The demands that leave the least room, if any sets a bound at all. */
export interface Bounds {
  readonly lower: Bound | undefined
  readonly upper: Bound | undefined
}

interface End extends Bound {
  readonly version: Version
  /** Whether the version itself is still allowed. */
  readonly isOpen: boolean
}

/** The version before the last number, one up: where `~=1.4.2` ends, and `==1.4.*`. */
function nextSeries(version: Version, kept: number): Version | undefined {
  const release = version.release.slice(0, Math.max(1, kept))
  const raised = [...release.slice(0, -1), (release.at(-1) ?? 0) + 1]
  return tryParseVersion(`${version.epoch === 0 ? '' : `${version.epoch}!`}${raised.join('.')}`)
}

function endsOf(demand: Demand, { operator, version: text }: Specifier): { lower?: End; upper?: End } {
  const specifier = `${operator}${text}`
  const isSeries = text.endsWith('.*')
  const version = tryParseVersion(isSeries ? text.slice(0, -2) : text)
  if (version === undefined) return {}
  const end = (at: Version, isOpen: boolean): End => ({ demand, specifier, version: at, isOpen })
  if (operator === '>=') return { lower: end(version, false) }
  if (operator === '>') return { lower: end(version, true) }
  if (operator === '<=') return { upper: end(version, false) }
  if (operator === '<') return { upper: end(version, true) }
  if (operator === '~=' || (operator === '==' && isSeries)) {
    const next = nextSeries(version, version.release.length - (isSeries ? 0 : 1))
    return { lower: end(version, false), ...(next === undefined ? {} : { upper: end(next, true) }) }
  }
  return operator === '==' || operator === '==='
    ? { lower: end(version, false), upper: end(version, false) }
    : {}
}

function stricter(one: End | undefined, other: End | undefined, sign: 1 | -1): End | undefined {
  if (one === undefined || other === undefined) return one ?? other
  const order =
    compareVersions(one.version, other.version) * sign || Number(one.isOpen) - Number(other.isOpen)
  return order >= 0 ? one : other
}

/** The highest lower and the lowest upper bound of some demands; the first of equals. */
export function strictest(demands: readonly Demand[]): Bounds {
  let lower: End | undefined
  let upper: End | undefined
  for (const demand of demands)
    for (const specifier of demand.requirement.specifiers.specifiers) {
      const ends = endsOf(demand, specifier)
      lower = stricter(lower, ends.lower, 1)
      upper = stricter(upper, ends.upper, -1)
    }
  return { lower, upper }
}

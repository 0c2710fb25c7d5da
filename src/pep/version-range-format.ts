import { type Cut, cutAfter, cutAfterLocals } from './cut.js'
import { nextSeries } from './specifier.js'
import { partsOf, type Version, versionOf } from './version.js'
import type { VersionRange } from './version-range.js'

/**
 * A range in the words of specifiers: `>=1.0,<2.0`, `==1.2.*`, `>=1,!=1.5`, and ` or ` between intervals that no
 * single set can join; `any version` and `no version` at the ends. For people: an interval that specifiers cannot
 * say exactly is named by the nearest that they can.
 */
export function formatRange({ cuts, admitted, refused }: VersionRange): string {
  const parts = formatIntervals(cuts)
  for (const spelling of [...admitted].sort()) parts.push(`===${spelling}`)
  if (parts.length === 0) return 'no version'
  const except = [...refused].sort().map((spelling) => `===${spelling}`)
  return parts.join(' or ') + (except.length === 0 ? '' : ` except ${except.join(', ')}`)
}

/** Intervals with nothing between them but what `!=` can say are one. */
interface Joined {
  readonly from: Cut
  to: Cut
  readonly holes: string[]
}

function formatIntervals(cuts: readonly Cut[]): string[] {
  const joined: Joined[] = []
  for (let at = 0; at < cuts.length; at += 2) {
    const [from, to] = [cuts[at]!, cuts[at + 1]!]
    const last = joined.at(-1)
    const hole = last === undefined ? undefined : pointOrSeries(last.to, from)
    if (last === undefined || hole === undefined) joined.push({ from, to, holes: [] })
    else {
      last.holes.push(`!=${hole}`)
      last.to = to
    }
  }
  return joined.map(formatJoined)
}

function formatJoined({ from, to, holes }: Joined): string {
  const whole = pointOrSeries(from, to)
  const ends = whole === undefined ? [...formatLower(from), ...formatUpper(to)] : [`==${whole}`]
  return [...ends, ...holes].join(',') || 'any version'
}

/** `1.0` or `1.*` if that is all that is between the cuts. */
function pointOrSeries({ side, version }: Cut, to: Cut): string | undefined {
  if (side !== 'before' || version === undefined) return undefined
  const whole = version.local === undefined ? cutAfterLocals(version) : cutAfter(version)
  if (to.key === whole.key) return version.text
  const series = finalOf(version)
  if (series === undefined || series.post !== undefined) return undefined
  return to.key === nextSeries(series, 0).key ? `${series.text}.*` : undefined
}

function formatLower({ side, version }: Cut): string[] {
  if (version === undefined) return []
  if (side === 'before') return [`>=${version.text}`]
  // '>' leaves out post-releases too, unless it names one or a development release.
  const isExact = side !== 'after-locals' || version.post !== undefined || version.dev !== undefined
  return isExact ? [`>${version.text}`] : [`>=${version.text}`, `!=${version.text}`]
}

function formatUpper({ side, version }: Cut): string[] {
  if (version === undefined) return []
  if (side !== 'before') return [`<=${version.text}`]
  const final = finalOf(version)
  if (final !== undefined) return [`<${final.text}`]
  return version.prerelease ? [`<${version.text}`] : [`<=${version.text}`, `!=${version.text}`]
}

/** The final or post-release whose earliest development release this is. */
function finalOf(version: Version): Version | undefined {
  const { dev, local, pre, ...rest } = partsOf(version)
  return dev === '0' && local === undefined && pre === undefined ? versionOf(rest) : undefined
}

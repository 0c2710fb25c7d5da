import type { DistributionName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import { hasRank, ranksOf } from './bitset.js'
import { backtrack, domainOf, failsAtOnce, rankOf, type Variable } from './engine.js'
import type { Package } from './packages.js'
import type { Line, Solution } from './problem.js'
import type { Guide, Move } from './search.js'
import type { Support } from './support.js'
import { expand, isExpanded, type Universe } from './universe.js'

interface GuideOptions {
  /** Grows when facts turn out to be missing. */
  readonly assumed: Variable[]
  readonly support: Support
  readonly without: ReadonlySet<Line> | undefined
  readonly preferred: ReadonlyMap<DistributionName, string> | undefined
}

interface SolvingGuide extends Guide {
  solution(): Solution
}

/** A distribution that conflicts this often is decided before those that were asked for earlier. */
const troublesome = 5

/** What to decide next: in the order in which distributions came to be needed, preferred versions, else the newest. */
export function createGuide(universe: Universe, options: GuideOptions): SolvingGuide {
  const { engine } = universe
  const conflicts = new Map<Variable, number>()
  let isTroubled = false
  /** Before these places in `engine.trailVariable` and `engine.required`, all is expanded, all is decided. */
  let expandedTo = 0
  let decidedTo = 0
  let backtracks = engine.backtracks

  function next(): Move {
    universe.needNames.clear()
    universe.needReleases.clear()
    if (engine.backtracks !== backtracks) {
      backtracks = engine.backtracks
      expandedTo = 0
      decidedTo = 0
    }
    const unexpanded = firstUnexpanded()
    if (unexpanded === 'again') return { kind: 'again' }
    if (unexpanded === 'waiting') return wait()
    const open = firstOpen()
    if (open !== undefined) return { kind: 'decide', variable: open.variable, rank: pick(open) }
    return options.support.check()
  }

  /** Makes clauses of the first version that is settled without them. */
  function firstUnexpanded(): 'none' | 'again' | 'waiting' {
    const { trailVariable } = engine
    let isWaiting = false
    for (let i = expandedTo; i < trailVariable.length; i++) {
      const variable = trailVariable[i]!
      if (isNewGap(variable)) {
        options.assumed.push(variable)
        backtrack(engine, 0)
        return 'again'
      }
      const pack = universe.packageAt[variable] ?? universe.extraOwner.get(variable)
      const rank = pack === undefined ? 0 : rankOf(engine, pack.variable)
      const extra = pack === undefined || rank <= 0 ? undefined : firstOpenPart(pack, rank)
      if (pack === undefined || extra === undefined) continue
      // All before it is done: going through it again each time would take the square of a long chain.
      if (!isWaiting) expandedTo = i
      if (expand(universe, pack, rank, extra)) {
        if (options.support.expanded()) backtrack(engine, 0)
        return 'again'
      }
      isWaiting = true
    }
    if (isWaiting) return 'waiting'
    expandedTo = trailVariable.length
    return 'none'
  }

  /** In the order in which distributions came to be needed, those that keep conflicting before all others. */
  function firstOpen(): Package | undefined {
    const { required } = engine
    let open: Package | undefined
    let worst = troublesome - 1
    for (let i = decidedTo; i < required.length; i++) {
      const pack = universe.packageAt[required[i]!]
      if (pack === undefined || rankOf(engine, pack.variable) >= 0) {
        if (i === decidedTo) decidedTo++
        continue
      }
      if (!isTroubled) return pack
      const count = conflicts.get(pack.variable) ?? 0
      if (open === undefined || count > worst) {
        open = pack
        worst = Math.max(worst, count)
      }
    }
    return open
  }

  /** What counts of a settled version and is no clause yet: its own demands (`''`), or those of an extra. */
  function firstOpenPart(pack: Package, rank: number): string | undefined {
    if (!isExpanded(pack, rank)) return ''
    for (const [extra, variable] of pack.extras) {
      if (rankOf(engine, variable) === 1 && !isExpanded(pack, rank, extra)) return extra
    }
    return undefined
  }

  /** A missing fact counts from the moment the search rests on it, so the search starts again with it. */
  function isNewGap(variable: Variable): boolean {
    const line = universe.lineAt.get(variable)
    if (line?.kind !== 'gap' || options.without?.has(line) === true) return false
    return !options.assumed.includes(variable)
  }

  /** Asks for what will be needed soon as well: one answer of the network then serves many. */
  function wait(): Move {
    for (const variable of engine.required) {
      const pack = universe.packageAt[variable]
      if (pack === undefined || rankOf(engine, variable) >= 0) continue
      const { version } = pack.candidates[pick(pack) - 1]!
      if (universe.facts.release(pack.name, version) === undefined) {
        universe.needReleases.set(`${pack.name} ${version}`, { name: pack.name, version })
      }
    }
    return { kind: 'wait' }
  }

  function pick(pack: Package): number {
    const domain = domainOf(engine, pack.variable)
    const wanted = options.preferred?.get(pack.name)
    const ranks = ranksOf(domain)
    const order = wanted === undefined ? ranks.reverse() : byDistance(pack, ranks, wanted)
    const usual = order.filter((rank) => !isGuarded(pack, rank))
    const tried = usual.length > 0 ? usual : order
    return tried.find((rank) => !failsAtOnce(engine, pack.variable, rank)) ?? tried[0]!
  }

  function isGuarded(pack: Package, rank: number): boolean {
    if (hasRank(pack.yanked, rank)) return true
    return hasRank(pack.prereleases, rank) && options.support.guardsPrereleases(pack)
  }

  return {
    next,
    learned(variables) {
      for (const variable of variables) {
        const count = (conflicts.get(variable) ?? 0) + 1
        conflicts.set(variable, count)
        isTroubled ||= count >= troublesome
      }
    },
    solution() {
      const pins: [DistributionName, string][] = []
      const extras: [DistributionName, string[]][] = []
      const { packages, booleans } = options.support.needed()
      for (const pack of packages) {
        pins.push([pack.name, pack.candidates[rankOf(engine, pack.variable) - 1]!.version])
        const wanted = [...pack.extras].flatMap(([extra, variable]) =>
          booleans.has(variable) ? [extra] : [],
        )
        if (wanted.length > 0) extras.push([pack.name, wanted.sort()])
      }
      return { kind: 'solution', pins: new Map(pins.sort(byName)), extras: new Map(extras.sort(byName)) }
    },
  }
}

function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}

/** The wanted version, those above it from the nearest on, those below it from the nearest on. */
function byDistance(pack: Package, ranks: readonly number[], wanted: string): number[] {
  const version = tryParseVersion(wanted)
  if (version === undefined) return [...ranks].reverse()
  const above = ranks.filter((rank) => rank > 0 && compareVersions(pack.versions[rank - 1]!, version) >= 0)
  const below = ranks.filter((rank) => !above.includes(rank))
  return [...above, ...below.reverse()]
}

import type { Origin } from '#errors.js'
import { type DistributionName, normalizeExtra } from '#pep/name.js'
import type { PlacedRequirement, Root } from './closure.js'
import {
  addedBy,
  type Compiled,
  compile,
  type Demand,
  type DemandSet,
  holds,
  linesOf,
  makeDemand,
  noExtras,
  setOf,
  type Undecided,
  type Walker,
} from './closure-demands.js'

/** What a walk starts with: the service and its profile. */
interface Start {
  readonly compiled: Compiled | undefined
  readonly own: DemandSet
  readonly profile: DemandSet
}

const starts = new WeakMap<Walker, WeakMap<Root, Start>>()

export const empty: DemandSet = { demands: [], reach: [], slots: new Set(), undecided: [] }

/** The service itself, and its profile, as the walk meets them: worked out once for each environment. */
export function startOf(walker: Walker, root: Root): Start {
  const ofWalker = starts.get(walker) ?? new WeakMap<Root, Start>()
  starts.set(walker, ofWalker)
  const known = ofWalker.get(root)
  if (known !== undefined) return known
  const { distribution } = root
  const compiled = distribution && compile(walker, distribution.name, distribution.version)
  const by = distribution === undefined ? root.service : `${distribution.name} ${distribution.version}`
  const profile = `profile ${root.service}`
  const placed = (who: string, list: readonly PlacedRequirement[], direct: boolean) =>
    list
      .filter(({ requirement }) => holds(walker, requirement, noExtras))
      .map(({ requirement, at }) => makeDemand(walker, who, requirement, at, direct))
  const byUrl = (demands: readonly Demand[]) =>
    demands
      .filter(({ requirement }) => requirement.url !== undefined)
      .map(({ target, origin }) => ({ distribution: target, reason: 'it is demanded by URL', at: origin }))
  const own =
    root.own === undefined
      ? linesOf(compiled?.always ?? empty).map((demand) => ({ ...demand, direct: true }))
      : placed(by, root.own, true)
  const added = root.extras.flatMap((extra) =>
    compiled === undefined ? [] : addedBy(walker, compiled, normalizeExtra(extra)).demands,
  )
  const byProfile = [
    ...added.map((demand) => ({ ...demand, by: profile })),
    ...placed(profile, root.additions, false),
  ]
  const unknown =
    compiled === undefined && distribution !== undefined
      ? [notKnown(distribution.name, distribution.version, undefined)]
      : []
  const start: Start = {
    compiled,
    own: setOf(own, [
      ...unknown,
      ...(root.own === undefined ? (compiled?.always.undecided ?? []) : byUrl(own)),
    ]),
    profile: setOf(byProfile, byUrl(byProfile)),
  }
  ofWalker.set(root, start)
  return start
}

export function notKnown(distribution: DistributionName, version: string, at: Origin | undefined): Undecided {
  const reason = 'its demands are not known'
  return { distribution, version, reason, lacks: 'metadata', ...(at === undefined ? {} : { at }) }
}

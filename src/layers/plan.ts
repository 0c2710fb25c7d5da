import type { DistributionName } from '#pep/name.js'

/** A distribution that will be in a layer. */
export interface PlannedDistribution {
  readonly name: DistributionName
  readonly version: string
  /** Bytes of its wheel. */
  readonly size: number
}

/** Distributions that share a layer; `title` says why they are together. */
export interface LayerGroup {
  readonly title: string
  /** Sorted by name. */
  readonly distributions: readonly DistributionName[]
}

export interface PlanOptions {
  readonly distributions: readonly PlannedDistribution[]
  /** The service's own distribution: the topmost group. */
  readonly root: DistributionName
  /** How many services of the release have this distribution; 1 where nothing is said. */
  readonly weights: ReadonlyMap<DistributionName, number>
  /** How many services the weights were counted over. */
  readonly services: number
  /** At most so many layers above the base, and as many as help; if left out, what suits most. */
  readonly layers?: number
}

/** From which size of its wheel (bytes) a distribution has a layer of its own: one that often changes, and another. */
interface Fineness {
  readonly often: number
  readonly seldom: number
}

const KiB = 1024

/** From one layer for each distribution down to no layer of its own for any. */
const finenesses: readonly Fineness[] = [
  { often: 0, seldom: 0 },
  { often: 0, seldom: 32 * KiB },
  { often: 0, seldom: 64 * KiB },
  { often: 16 * KiB, seldom: 128 * KiB },
  { often: 32 * KiB, seldom: 256 * KiB },
  { often: 32 * KiB, seldom: 512 * KiB },
  { often: 64 * KiB, seldom: 512 * KiB },
  { often: 128 * KiB, seldom: 1024 * KiB },
  { often: 512 * KiB, seldom: 2048 * KiB },
  { often: 2048 * KiB, seldom: 4096 * KiB },
  { often: Number.POSITIVE_INFINITY, seldom: Number.POSITIVE_INFINITY },
]

/** Which of them is used if nobody asks for another: decision 0275 has the figures. */
const usual = 5
const usualLayers = 64

/** The empty environment and the configuration are layers too. */
const otherLayers = 2

/**
 * Libraries of the OpenStack projects: between releases nearly all distributions change, on a stable branch
 * nearly only these do.
 */
const changesOften =
  /^(?:oslo-|os-|osc-|openstack|python-.+client$|keystone|neutron-|glance-|castellan$|cliff$|ovsdbapp$|pbr$|sushy$|taskflow$|tooz$)/

/**
 * Groups a service's distributions into layers, lowest first: what all services of the release share before
 * what few do, and within that what seldom changes before what often does. The group of a distribution follows
 * from facts about itself alone, and not from its version, so that services whose pins agree get the same layers, and one
 * new pin changes one layer.
 */
export function planLayers(options: PlanOptions): readonly LayerGroup[] {
  const most = (options.layers ?? usualLayers) - otherLayers
  const from = options.layers === undefined ? usual : 0
  let groups: readonly LayerGroup[] = []
  for (const fineness of finenesses.slice(from)) {
    groups = groupsOf(options, fineness)
    if (groups.length <= most) break
  }
  return groups
}

function groupsOf(options: PlanOptions, fineness: Fineness): readonly LayerGroup[] {
  const groups = new Map<string, { readonly title: string; readonly names: DistributionName[] }>()
  for (const distribution of options.distributions) {
    const { key, title } = placeOf(distribution, options, fineness)
    const group = groups.get(key) ?? { title, names: [] }
    groups.set(key, group)
    group.names.push(distribution.name)
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { title, names }]) => ({ title, distributions: names.sort() }))
}

/** Layers are laid in the order of the keys; distributions with the same one share a layer. */
function placeOf(
  { name, size }: PlannedDistribution,
  { root, weights, services }: PlanOptions,
  fineness: Fineness,
): { readonly key: string; readonly title: string } {
  if (name === root) return { key: '9', title: 'the service itself' }
  const weight = weights.get(name) ?? 1
  const [reach, who] =
    weight >= services && services > 1
      ? [0, 'of all services']
      : weight * 2 >= services && services > 1
        ? [1, 'of most services']
        : weight > 1
          ? [2, 'of some services']
          : [3, 'of this service alone']
  const often = changesOften.test(name)
  const alone = size >= (often ? fineness.often : fineness.seldom)
  return {
    // '!' sorts before '~': below what shares a layer.
    key: `${reach}${often ? 1 : 0}${alone ? `!${name}` : '~'}`,
    title: `${often ? 'OpenStack libraries' : 'libraries'} ${who}`,
  }
}

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
  /** How many services of the release have this distribution at this version; 1 where nothing is said. */
  readonly weights: ReadonlyMap<DistributionName, number>
  /** How many services the weights were counted over. */
  readonly services: number
}

/** A wheel of this size (bytes) has a layer of its own, which then is the same in every image that has it. */
const large = 2 * 1024 ** 2

/** Each layer costs a pull about 55 ms, whatever it holds; with base, environment and configuration this makes 16. */
const maxGroups = 13

/**
 * Libraries of the OpenStack projects: between releases nearly all distributions change, on a stable branch
 * nearly only these do.
 */
const changesOften =
  /^(?:oslo-|os-|osc-|openstack|python-.+client$|keystone|neutron-|glance-|castellan$|cliff$|ovsdbapp$|pbr$|sushy$|taskflow$|tooz$)/

interface Group {
  /** Groups are laid in the order of their keys. */
  readonly key: string
  readonly title: string
  readonly members: readonly PlannedDistribution[]
}

/**
 * Groups a service's distributions into layers, lowest first: what all services of the release share before
 * what few do, and within that what seldom changes before what often does. The group of a distribution follows
 * from facts about itself alone, so that services whose pins agree get the same lower layers.
 */
export function planLayers(options: PlanOptions): readonly LayerGroup[] {
  const { root, weights, services } = options
  const groups = new Map<string, Group>()
  const put = (group: Group): void => {
    const members = [...(groups.get(group.key)?.members ?? []), ...group.members]
    groups.set(group.key, { ...group, members })
  }
  for (const distribution of options.distributions)
    put(groupOf(distribution, root, weights.get(distribution.name) ?? 1, services))
  while (groups.size > maxGroups) {
    const smallest = smallestLarge([...groups.values()])
    if (smallest === undefined) break
    groups.delete(smallest.key)
    put({ ...bandOf(smallest.members[0]!, weightOf(smallest, weights), services), members: smallest.members })
  }
  return [...groups.values()]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ title, members }) => ({ title, distributions: members.map(({ name }) => name).sort() }))
}

function groupOf(
  distribution: PlannedDistribution,
  root: DistributionName,
  weight: number,
  services: number,
): Group {
  const members = [distribution]
  if (distribution.name === root) return { key: '9', title: 'the service itself', members }
  const band = bandOf(distribution, weight, services)
  if (distribution.size < large) return { ...band, members }
  // '!' sorts before '~': below the rest of its band.
  return { ...band, key: `${band.key.slice(0, -1)}!${distribution.name}`, members }
}

function bandOf(
  { name }: PlannedDistribution,
  weight: number,
  services: number,
): { readonly key: string; readonly title: string } {
  const [reach, who] =
    weight >= services && services > 1
      ? [0, 'of all services']
      : weight * 2 >= services && services > 1
        ? [1, 'of most services']
        : weight > 1
          ? [2, 'of some services']
          : [3, 'of this service alone']
  const often = changesOften.test(name)
  return {
    key: `${reach}${often ? 1 : 0}~`,
    title: `${often ? 'OpenStack libraries' : 'libraries'} ${who}`,
  }
}

function smallestLarge(groups: readonly Group[]): Group | undefined {
  return groups
    .filter(({ key }) => key.includes('!'))
    .sort((a, b) => a.members[0]!.size - b.members[0]!.size || (a.key < b.key ? -1 : 1))[0]
}

function weightOf({ members }: Group, weights: ReadonlyMap<DistributionName, number>): number {
  return weights.get(members[0]!.name) ?? 1
}

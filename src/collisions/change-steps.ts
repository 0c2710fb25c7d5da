import type { DistributionName } from '#pep/name.js'
import { addCosts, type Choice, type Cost, compareCosts, noCost } from './move-cost.js'

export interface Open {
  /** Choices of which one has to be taken: without a change to one of their names the violation stays. */
  readonly choices: readonly Choice[]
  /** The least that any of the choices costs. */
  readonly least: Cost
}

/** A change that is looked at. */
export interface Step {
  readonly versions: ReadonlyMap<DistributionName, string>
  readonly key: string
  readonly cost: Cost
  /** No change that contains this one costs less. */
  readonly bound: Cost
  /** Violations that share no name, once the closure has been walked. */
  readonly open: readonly Open[] | undefined
}

function keyOf(versions: ReadonlyMap<DistributionName, string>): string {
  return [...versions]
    .map(([name, version]) => `${name} ${version}`)
    .sort()
    .join('\n')
}

export function openFrom(choices: readonly Choice[]): Open {
  const least = choices.reduce((best, one) => (compareCosts(one.cost, best.cost) < 0 ? one : best))
  return { choices, least: least.cost }
}

/** Of all violations some that share no name, those with the fewest ways out first. */
export function disjoint(found: readonly Open[]): readonly Open[] {
  const taken = new Set<DistributionName>()
  return found
    .map((open) => ({ open, names: new Set(open.choices.map(({ name }) => name)) }))
    .sort(
      (one, other) =>
        one.names.size - other.names.size || one.open.choices.length - other.open.choices.length,
    )
    .filter(({ names }) => {
      for (const name of names) if (taken.has(name)) return false
      for (const name of names) taken.add(name)
      return true
    })
    .map(({ open }) => open)
}

/** Every violation left by its cheapest way out at once: if that leaves none, nothing is cheaper. */
export function cheapestOf(step: Step, open: readonly Open[]): Step {
  const versions = new Map(step.versions)
  let { cost } = step
  for (const { choices, least } of open) {
    const { name, version } = choices.find((choice) => choice.cost === least)!
    versions.set(name, version)
    cost = addCosts(cost, least)
  }
  return { versions, key: keyOf(versions), cost, bound: cost, open: undefined }
}

/**
 * One child for each way out of one violation, cheapest first. What the others cost at least stays. The violation
 * is the last, the one with the most names: where it is left open what has to move, a bound is furthest off.
 */
export function childrenOf(step: Step, open: readonly Open[]): readonly Step[] {
  const others = open.slice(0, -1).reduce((sum, { least }) => addCosts(sum, least), noCost)
  return open
    .at(-1)!
    .choices.map(({ name, version, cost }) => {
      const versions = new Map(step.versions).set(name, version)
      const total = addCosts(step.cost, cost)
      return { versions, key: keyOf(versions), cost: total, bound: addCosts(total, others), open: undefined }
    })
    .sort(
      (one, other) =>
        compareCosts(one.bound, other.bound) || (one.key < other.key ? -1 : one.key > other.key ? 1 : 0),
    )
}

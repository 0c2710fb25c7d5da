import type { DistributionName } from '#pep/name.js'
import type { Solution } from './problem.js'

/**
 * The union of answers that choose the same version of whatever they share, or undefined. It is an answer to
 * their questions together: every demand is met where it was met before, and more demands cannot take away what
 * allowed a pre-release or a yanked version. Many questions need no search beyond this.
 */
export function unite(solutions: readonly Solution[]): Solution | undefined {
  const pins = new Map<DistributionName, string>()
  const extras = new Map<DistributionName, readonly string[]>()
  for (const solution of solutions) {
    for (const [name, version] of solution.pins) {
      const other = pins.get(name)
      if (other !== undefined && other !== version) return undefined
      pins.set(name, version)
    }
    for (const [name, wanted] of solution.extras) {
      extras.set(name, [...new Set([...(extras.get(name) ?? []), ...wanted])].sort())
    }
  }
  return { kind: 'solution', pins: sortedByName(pins), extras: sortedByName(extras) }
}

function sortedByName<Value>(map: ReadonlyMap<DistributionName, Value>): Map<DistributionName, Value> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
}

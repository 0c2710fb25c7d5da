import type { DistributionName } from '#pep/name.js'
import { specifierSetContains } from '#pep/specifier-set.js'
import type { Facts } from './facts.js'
import type { Solution } from './problem.js'

/**
 * Whether answers choose the same version of whatever they share, and what the code of one needs is had by the
 * others. Then they are together an answer to their questions together: every demand is met where it was met
 * before, and more demands cannot take away what allowed a pre-release or a yanked version.
 */
export function agree(solutions: readonly Solution[], facts: Facts): boolean {
  const pins = new Map<DistributionName, string>()
  for (const solution of solutions) {
    for (const [name, version] of solution.pins) {
      const other = pins.get(name)
      if (other !== undefined && other !== version) return false
      pins.set(name, version)
    }
  }
  for (const [holder, version] of pins) {
    for (const { name, specifiers } of facts.release(holder, version)?.code ?? []) {
      const other = pins.get(name)
      if (other !== undefined && !specifierSetContains(specifiers, other, true)) return false
    }
  }
  return true
}

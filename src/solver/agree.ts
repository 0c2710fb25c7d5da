import type { DistributionName } from '#pep/name.js'
import type { Solution } from './problem.js'

/**
 * Whether answers choose the same version of whatever they share. Then they are together an answer to their
 * questions together: every demand is met where it was met before, and more demands cannot take away what allowed
 * a pre-release or a yanked version.
 */
export function agree(solutions: readonly Solution[]): boolean {
  const pins = new Map<DistributionName, string>()
  for (const solution of solutions) {
    for (const [name, version] of solution.pins) {
      const other = pins.get(name)
      if (other !== undefined && other !== version) return false
      pins.set(name, version)
    }
  }
  return true
}

import type { DistributionName } from '#pep/name.js'
import type { Cell } from './analysis.js'
import type { Fix } from './finding.js'
import { type Radius, type RadiusOptions, radiusOf } from './radius.js'
import { errorsOf, walkOn, withPins } from './walk-on.js'

/**
 * For each error the moves that it needs, of those that the cell needs: without any one of them the error stays
 * or another one comes. Found by walking the closure with those moves alone.
 */
function raisesFor(cell: Cell, radius: Radius, options: RadiusOptions): ReadonlyMap<string, Fix> {
  const fixes = new Map<string, Fix>()
  if (radius.kind !== 'moves') return fixes
  const { candidate, host } = cell
  const before = new Set(cell.findings.map(({ id }) => id))
  const versions = new Map([
    ...radius.adds,
    ...radius.moves.map(({ distribution, to }) => [distribution, to] as const),
  ])
  const helps = (id: string, names: readonly DistributionName[]): boolean => {
    const some = new Map(names.map((name) => [name, versions.get(name)!]))
    const walked = walkOn(candidate, host, withPins(host.pins, some), options.facts)
    const left = errorsOf(walked, candidate, host, options)
    return left.every((error) => error.id !== id && before.has(error.id))
  }
  for (const { id, level, distribution } of cell.findings) {
    if (level !== 'error') continue
    let names: readonly DistributionName[] = versions.has(distribution) ? [distribution] : []
    if (names.length === 0 || !helps(id, names)) {
      names = [...versions.keys()]
      for (const name of versions.keys()) {
        const fewer = names.filter((other) => other !== name)
        if (helps(id, fewer)) names = fewer
      }
    }
    const moved = new Set(names)
    const pins = radius.moves.flatMap(({ distribution: name, to }) =>
      moved.has(name) ? [[name, to] as const] : [],
    )
    const disturbs = radius.disturbs
      ?.filter(({ holds }) => holds.some((name) => moved.has(name)))
      .map(({ service }) => service)
    fixes.set(id, {
      kind: 'raise',
      pins: new Map(pins),
      ...(disturbs === undefined ? {} : { disturbs }),
      verified: true,
    })
  }
  return fixes
}

/** A cell with its blast radius, and each error with the pins that would have to move for it. */
export function withRaises(cell: Cell, options: RadiusOptions): Cell {
  const radius = radiusOf(cell, options)
  if (radius === undefined) return cell
  const raises = raisesFor(cell, radius, options)
  const findings = cell.findings.map((finding) => {
    const raise = raises.get(finding.id)
    return raise === undefined ? finding : { ...finding, fixes: [...finding.fixes, raise] }
  })
  return { ...cell, radius, findings }
}

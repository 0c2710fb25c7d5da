import { SvcsplitError } from '#errors.js'
import { compareReleases } from '#inputs/release-range.js'
import type { Edge } from '#inputs/upgrade-steps.js'
import type { Ordered } from './plan.js'

/** A circle of services that wait for one another, if there is one: `[a, b, a]`. */
function circleOf(
  services: readonly string[],
  waitsFor: (service: string) => readonly string[],
): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (service: string, trail: readonly string[]): readonly string[] | undefined => {
    const at = trail.indexOf(service)
    if (at >= 0) return [...trail.slice(at), service]
    if (done.has(service)) return undefined
    for (const other of waitsFor(service)) {
      const found = visit(other, [...trail, service])
      if (found !== undefined) return found
    }
    done.add(service)
    return undefined
  }
  for (const service of services) {
    const found = visit(service, [])
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * The services that move, in the order in which they do: required edges hold, recommended ones where they can,
 * then the alphabet.
 * @throws E-PLN-EDGE for a circle of required edges
 */
export function orderOf(
  services: readonly string[],
  edgesOf: (service: string) => readonly Edge[],
): readonly Ordered[] {
  const moving = new Set(services)
  const edges = (service: string, kind: Edge['kind']): readonly Edge[] =>
    edgesOf(service).filter((edge) => edge.kind === kind && edge.after !== service && moving.has(edge.after))
  const required = (service: string): readonly string[] =>
    edges(service, 'required').map(({ after }) => after)
  const circle = circleOf(services, required)
  if (circle !== undefined)
    throw new SvcsplitError('E-PLN-EDGE', `services wait for one another: ${circle.join(' waits for ')}`, {
      hint: 'plan them one by one, or mend the edges of their profiles',
    })
  const left = new Set([...services].sort())
  const order: Ordered[] = []
  while (left.size > 0) {
    const waiting = (service: string, kind: Edge['kind']): number =>
      edges(service, kind).filter(({ after }) => left.has(after)).length
    const [next] = [...left]
      .filter((service) => waiting(service, 'required') === 0)
      .sort((one, other) => waiting(one, 'recommended') - waiting(other, 'recommended'))
    left.delete(next!)
    const before = new Set(order.map(({ service }) => service))
    const because = [...edges(next!, 'required'), ...edges(next!, 'recommended')]
    order.push({ service: next!, because: because.filter(({ after }) => before.has(after)) })
  }
  return order
}

/**
 * What has to be known of services that do not move.
 * @throws E-PLN-EDGE where one of them is too old
 */
export function checkStaying(
  service: string,
  to: string,
  edges: readonly Edge[],
  running: ReadonlyMap<string, string>,
  moving: ReadonlySet<string>,
): readonly string[] {
  return edges.flatMap(({ after, atLeast, kind, why }) => {
    if (atLeast === undefined || moving.has(after)) return []
    const release = running.get(after)
    const reason = why === undefined ? '' : ` (${why})`
    if (release === undefined)
      return kind === 'required'
        ? [`${after} is not in the fleet file: ${service}@${to} wants it at ${atLeast} at least${reason}`]
        : []
    if (compareReleases(release, atLeast) >= 0)
      return kind === 'required'
        ? [`${after} may stay at ${release}: ${service}@${to} wants ${atLeast} at least${reason}`]
        : []
    throw new SvcsplitError(
      'E-PLN-EDGE',
      `${service}@${to} wants ${after} at ${atLeast} at least, and it runs ${release}${reason}`,
      { hint: `svcsplit plan ${after}@${atLeast} first` },
    )
  })
}

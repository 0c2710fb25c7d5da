import { type Closure, type Member, supplierOf } from './closure.js'
import type { Demand } from './closure-demands.js'

/** One step of a chain: who demands, and by which demands. */
export interface Link {
  readonly member: Member
  /** Several where the same distribution is demanded on several lines. */
  readonly demands: readonly Demand[]
}

export interface Chains {
  /** Shortest first, then in the order of their demands; no distribution twice in one chain. */
  readonly chains: readonly (readonly Link[])[]
  /** False where there are more than were looked for. */
  readonly isAll: boolean
}

/** Steps of the search for chains: a closure of 150 distributions can have billions of them. */
const mostSteps = 500_000

type Edges = ReadonlyMap<Member, readonly { readonly to: Member; readonly link: Link }[]>

function edgesOf(closure: Closure): Edges {
  return new Map(
    closure.members.map((member) => {
      const byTarget = new Map<Member, Demand[]>()
      for (const demand of member.set.demands) {
        const to = supplierOf(closure, demand)
        if (to === undefined || to === member) continue
        const list = byTarget.get(to)
        if (list === undefined) byTarget.set(to, [demand])
        else list.push(demand)
      }
      return [member, [...byTarget].map(([to, demands]) => ({ to, link: { member, demands } }))]
    }),
  )
}

/** How many steps each member is from the target; those that do not lead there are left out. */
function distancesTo(target: Member, edges: Edges): ReadonlyMap<Member, number> {
  const into = new Map<Member, Member[]>()
  for (const [member, list] of edges)
    for (const { to } of list) into.set(to, [...(into.get(to) ?? []), member])
  const distances = new Map([[target, 0]])
  for (const [member, distance] of distances)
    for (const before of into.get(member) ?? [])
      if (!distances.has(before)) distances.set(before, distance + 1)
  return distances
}

/**
 * All chains of demands from where the walk of a closure starts (the service, its profile) to one of its members,
 * shortest first, up to a number. Each length is searched by itself, and only where the target can still be met.
 */
export function chainsTo(closure: Closure, target: Member, most: number): Chains {
  const edges = edgesOf(closure)
  const distances = distancesTo(target, edges)
  const starts = closure.members.filter(
    ({ reason, name }, index) => index === 0 || (reason === 'service' && name === undefined),
  )
  const chains: (readonly Link[])[] = []
  let length = 0
  let steps = 0
  /** Whether a longer chain than those of the last length was seen to begin. */
  let isCut = false

  /** False if a limit was met. */
  function search(start: Member): boolean {
    const path: Link[] = []
    const onPath = new Set([start])
    const open = [{ member: start, next: 0 }]
    while (open.length > 0) {
      const top = open.at(-1)!
      const edge = edges.get(top.member)![top.next]
      top.next += 1
      steps += 1
      if (steps > mostSteps) return false
      if (edge === undefined) {
        onPath.delete(top.member)
        open.pop()
        path.pop()
        continue
      }
      const { to, link } = edge
      const left = distances.get(to)
      if (left === undefined || onPath.has(to)) continue
      if (path.length + 1 + left > length) {
        isCut = true
        continue
      }
      if (to !== target) {
        path.push(link)
        onPath.add(to)
        open.push({ member: to, next: 0 })
      } else if (path.length + 1 === length) {
        if (chains.length === most) return false
        chains.push([...path, link])
      }
    }
    return true
  }

  do {
    isCut = false
    length += 1
    for (const start of starts)
      if (distances.has(start) && start !== target && !search(start)) return { chains, isAll: false }
  } while (isCut)
  return { chains, isAll: true }
}

import type { Task } from './task.js'

/** Whether members can be in one group. A failing answer names disjoint sets that fail, each as small as can be. */
export type Together =
  | { readonly kind: 'fits' }
  | { readonly kind: 'fails'; readonly sets: readonly (readonly number[])[] }
  | { readonly kind: 'undecided' }

/** Why there cannot be fewer groups. */
type LowerBound =
  /** Members of which no two can be in one group. */
  | { readonly kind: 'clique'; readonly members: readonly number[] }
  /** Sets that cannot be in one group, and that no smaller number of groups can part. */
  | { readonly kind: 'failedSets'; readonly sets: readonly (readonly number[])[] }

export type Partition =
  | {
      readonly kind: 'partition'
      readonly groups: readonly (readonly number[])[]
      readonly lowerBound: LowerBound
    }
  /** Some member cannot be in any group. */
  | { readonly kind: 'alone'; readonly members: readonly number[] }
  | { readonly kind: 'undecided' }

/** Steps of the search for a grouping: hard graphs of a hundred members end here instead of hanging. */
const largestSearch = 2_000_000
/** A grouping that exists is usually found without going back; beyond this a proof of the contrary is looked for. */
const easySearch = 20_000

/**
 * The smallest number of groups such that each group fits. Grouping and fitting take turns: a grouping that parts
 * all sets known to fail is proposed, each group is tried for real, and what fails is one more set to part. The
 * number of groups rises only when no grouping parts the known sets, and they are then the proof.
 * `known` are sets of which it is clear from the start that they fail.
 */
export function* smallestPartition(
  count: number,
  together: (members: readonly number[]) => Task<Together>,
  known: readonly (readonly number[])[] = [],
): Task<Partition> {
  const alone: number[] = []
  for (let member = 0; member < count; member++) {
    const answer = yield* together([member])
    if (answer.kind === 'undecided') return answer
    if (answer.kind === 'fails') alone.push(member)
  }
  if (alone.length > 0) return { kind: 'alone', members: alone }
  const failed = [...known]
  const fitting = new Set<string>()
  for (let groups = Math.min(1, count); ; ) {
    const proposal = propose(count, groups, failed)
    if (proposal === 'undecided') return { kind: 'undecided' }
    if (proposal === undefined) {
      groups++
      continue
    }
    let isFine = true
    for (const group of proposal) {
      const key = group.join(',')
      if (fitting.has(key)) continue
      const answer = yield* together(group)
      if (answer.kind === 'undecided') return answer
      if (answer.kind === 'fits') fitting.add(key)
      else failed.push(...answer.sets)
      isFine &&= answer.kind === 'fits'
    }
    if (isFine)
      return { kind: 'partition', groups: proposal, lowerBound: lowerBoundOf(count, groups, failed) }
  }
}

/** More members that fail in pairs than there are groups rule a grouping out faster than trying all does. */
function propose(count: number, groups: number, sets: readonly (readonly number[])[]): Grouping {
  const easy = colour(count, groups, sets, easySearch)
  if (easy !== 'undecided') return easy
  return clique(count, groups + 1, sets) === undefined
    ? colour(count, groups, sets, largestSearch)
    : undefined
}

/** Undefined if there is none. */
type Grouping = number[][] | undefined | 'undecided'

/** The first grouping into so many groups that parts every set, members taken in their order. */
function colour(
  count: number,
  groups: number,
  sets: readonly (readonly number[])[],
  limit: number,
): Grouping {
  const setsOf: (readonly number[])[][] = Array.from({ length: count }, () => [])
  for (const set of sets) setsOf[Math.max(...set)]!.push(set)
  const groupOf = new Int32Array(count).fill(-1)
  /** Groups used before each member: a member may open one new group, never skip one. */
  const used = new Int32Array(count + 1)
  let steps = 0
  for (let member = 0; member >= 0 && member < count; ) {
    if (++steps > limit) return 'undecided'
    const most = Math.min(groups - 1, used[member]!)
    let next = groupOf[member]! + 1
    while (
      next <= most &&
      setsOf[member]!.some((set) => set.every((m) => m === member || groupOf[m] === next))
    )
      next++
    if (next > most) {
      groupOf[member--] = -1
      continue
    }
    groupOf[member] = next
    used[member + 1] = Math.max(used[member]!, next + 1)
    member++
  }
  if (count > 0 && groupOf[0] === -1) return undefined
  const result: number[][] = []
  for (let member = 0; member < count; member++) {
    const group = result[groupOf[member]!] ?? []
    result[groupOf[member]!] = group
    group.push(member)
  }
  return result
}

function lowerBoundOf(count: number, groups: number, failed: readonly (readonly number[])[]): LowerBound {
  const members = clique(count, groups, failed)
  if (members !== undefined) return { kind: 'clique', members }
  let sets = [...failed]
  for (const set of failed) {
    const fewer = sets.filter((other) => other !== set)
    if (colour(count, groups - 1, fewer, easySearch) === undefined) sets = fewer
  }
  return { kind: 'failedSets', sets }
}

/** So many members that every two of them fail together, the first such in order; none if there are not. */
function clique(count: number, size: number, failed: readonly (readonly number[])[]): number[] | undefined {
  const neighbours: Set<number>[] = Array.from({ length: count }, () => new Set())
  for (const set of failed) {
    if (set.length !== 2) continue
    neighbours[set[0]!]!.add(set[1]!)
    neighbours[set[1]!]!.add(set[0]!)
  }
  const chosen: number[] = []
  let steps = 0
  for (let next = 0; ; ) {
    if (chosen.length === size) return chosen
    if (++steps > largestSearch) return undefined
    while (next < count && !chosen.every((member) => neighbours[member]!.has(next))) next++
    if (count - next >= size - chosen.length && next < count) {
      chosen.push(next++)
      continue
    }
    const last = chosen.pop()
    if (last === undefined) return undefined
    next = last + 1
  }
}

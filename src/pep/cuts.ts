import { bottom, type Cut, top } from './cut.js'

// Sets of versions as sorted lists of cuts, an even number of them: in from each even one to the next odd one.

export const everything: readonly Cut[] = [bottom, top]
export const nothing: readonly Cut[] = []

/** Whether a version with this key is in the set: the innermost check of all. */
export function cutsContain(cuts: readonly Cut[], key: string): boolean {
  let inside = false
  for (const cut of cuts) {
    if (key < cut.key) return inside
    inside = !inside
  }
  return inside
}

export function intersectCuts(a: readonly Cut[], b: readonly Cut[]): readonly Cut[] {
  if (a === everything) return b
  if (b === everything) return a
  return merge(a, b, 2)
}

export function uniteCuts(a: readonly Cut[], b: readonly Cut[]): readonly Cut[] {
  return merge(a, b, 1)
}

export function complementCuts(cuts: readonly Cut[]): readonly Cut[] {
  const flipped = cuts[0]?.key === bottom.key ? cuts.slice(1) : [bottom, ...cuts]
  if (flipped.at(-1)?.key === top.key) flipped.pop()
  else flipped.push(top)
  return flipped
}

/** The set between two places; empty where they coincide or are the wrong way round. */
export function between(from: Cut, to: Cut): readonly Cut[] {
  return from.key < to.key ? [from, to] : nothing
}

/** One walk over both lists: the result is where at least `needed` of the two are in. */
function merge(a: readonly Cut[], b: readonly Cut[], needed: 1 | 2): readonly Cut[] {
  const result: Cut[] = []
  let inA = 0
  let inB = 0
  let atA = 0
  let atB = 0
  let inside = false
  while (atA < a.length || atB < b.length) {
    const cutA = a[atA]
    const cutB = b[atB]
    const cut = cutB === undefined || (cutA !== undefined && cutA.key <= cutB.key) ? cutA! : cutB
    if (cutA !== undefined && cutA.key === cut.key) {
      inA ^= 1
      atA++
    }
    if (cutB !== undefined && cutB.key === cut.key) {
      inB ^= 1
      atB++
    }
    if (inA + inB >= needed !== inside) {
      inside = !inside
      result.push(cut)
    }
  }
  return result
}

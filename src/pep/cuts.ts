import { bottom, type Cut, top } from './cut.js'

// Sets of versions as sorted lists of cuts, an even number of them: in from each even one to the next odd one.

export const everything: readonly Cut[] = [bottom, top]
const nothing: readonly Cut[] = []

/** Whether a version with this key is in the set: the innermost check of all. */
export function cutsContain(cuts: readonly Cut[], key: string): boolean {
  let inside = false
  for (const cut of cuts) {
    if (key < cut) return inside
    inside = !inside
  }
  return inside
}

/** One walk over both lists. */
export function intersectCuts(a: readonly Cut[], b: readonly Cut[]): readonly Cut[] {
  if (a === everything) return b
  if (b === everything) return a
  const result: Cut[] = []
  let inA = false
  let inB = false
  let atA = 0
  let atB = 0
  let inside = false
  while (atA < a.length && atB < b.length) {
    const cut = a[atA]! <= b[atB]! ? a[atA]! : b[atB]!
    if (a[atA] === cut) {
      inA = !inA
      atA++
    }
    if (b[atB] === cut) {
      inB = !inB
      atB++
    }
    if ((inA && inB) !== inside) {
      inside = !inside
      result.push(cut)
    }
  }
  return result
}

export function complementCuts(cuts: readonly Cut[]): readonly Cut[] {
  const flipped = cuts[0] === bottom ? cuts.slice(1) : [bottom, ...cuts]
  if (flipped.at(-1) === top) flipped.pop()
  else flipped.push(top)
  return flipped
}

/** The set between two places; empty where they coincide or are the wrong way round. */
export function between(from: Cut, to: Cut): readonly Cut[] {
  return from < to ? [from, to] : nothing
}

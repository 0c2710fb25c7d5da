/**
 * Sets over the ranks of one variable, as words of 32 bits. Two sets may be compared only when they belong to
 * the same variable, so both have the same number of words. A set is never changed once it is in a clause.
 */
export type Bitset = Int32Array

export function wordsFor(size: number): number {
  return (size + 31) >>> 5
}

export function emptySet(size: number): Bitset {
  return new Int32Array(wordsFor(size))
}

export function fullSet(size: number): Bitset {
  const set = emptySet(size).fill(-1)
  if ((size & 31) !== 0) set[set.length - 1] = (1 << (size & 31)) - 1
  return set
}

export function setOf(size: number, ranks: Iterable<number>): Bitset {
  const set = emptySet(size)
  for (const rank of ranks) addRank(set, rank)
  return set
}

export function addRank(set: Bitset, rank: number): void {
  set[rank >>> 5]! |= 1 << (rank & 31)
}

export function hasRank(set: Bitset, rank: number): boolean {
  return (set[rank >>> 5]! & (1 << (rank & 31))) !== 0
}

export function complementOf(set: Bitset, size: number): Bitset {
  const result = fullSet(size)
  for (let i = 0; i < result.length; i++) result[i]! &= ~set[i]!
  return result
}

export function unionOf(a: Bitset, b: Bitset): Bitset {
  const result = Int32Array.from(a)
  for (let i = 0; i < result.length; i++) result[i]! |= b[i]!
  return result
}

export function isEmptySet(set: Bitset): boolean {
  for (let i = 0; i < set.length; i++) if (set[i] !== 0) return false
  return true
}

export function isFullSet(set: Bitset, size: number): boolean {
  const last = set.length - 1
  for (let i = 0; i < last; i++) if (set[i] !== -1) return false
  return set[last] === ((size & 31) === 0 ? -1 : (1 << (size & 31)) - 1)
}

/** Ranks in rising order. */
export function ranksOf(set: Bitset): number[] {
  const ranks: number[] = []
  for (let i = 0; i < set.length; i++) {
    for (let word = set[i]!; word !== 0; word &= word - 1) {
      ranks.push((i << 5) + 31 - Math.clz32(word & -word))
    }
  }
  return ranks
}

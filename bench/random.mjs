/** Numbers that look random and are the same in every run (mulberry32). @param {number} seed */
export function randomFrom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (/** @type {number} */ limit) => Math.floor(next() * limit)
  return {
    next,
    below,
    /** Some of a list, each at most once, in its order. @template T @param {readonly T[]} list @param {number} count */
    some: (list, count) => {
      const taken = new Set()
      while (taken.size < Math.min(count, list.length)) taken.add(below(list.length))
      return list.filter((_, index) => taken.has(index))
    },
  }
}

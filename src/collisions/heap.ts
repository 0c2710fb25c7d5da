/** A queue that gives its smallest item first: a binary heap. */
interface Heap<T> {
  readonly size: number
  /** The smallest, left where it is. */
  peek(): T | undefined
  push(item: T): void
  pop(): T | undefined
}

export function heap<T>(compare: (one: T, other: T) => number): Heap<T> {
  const items: T[] = []
  const before = (one: number, other: number): boolean => compare(items[one]!, items[other]!) < 0
  const swap = (one: number, other: number): void => {
    const item = items[one]!
    items[one] = items[other]!
    items[other] = item
  }
  return {
    get size() {
      return items.length
    },
    peek: () => items[0],
    push(item) {
      let at = items.push(item) - 1
      while (at > 0) {
        const above = (at - 1) >> 1
        if (!before(at, above)) return
        swap(at, above)
        at = above
      }
    },
    pop() {
      if (items.length < 2) return items.pop()
      const smallest = items[0]!
      items[0] = items.pop()!
      for (let at = 0; ; ) {
        let least = at
        for (const child of [2 * at + 1, 2 * at + 2])
          if (child < items.length && before(child, least)) least = child
        if (least === at) return smallest
        swap(at, least)
        at = least
      }
    },
  }
}

/**
 * JSON in a form where every distinct value stands once. Results repeat themselves: the same origins, summaries,
 * fixes and names in hundreds of places; packed, a result of the whole fleet is a sixth of its size. The page
 * unpacks it in one pass. Values come before those that hold them, the root is last; an object is
 * `[shape, ...numbers of values]`, an array `[-1, ...numbers of values]`, anything else is itself.
 */
export interface Packed {
  /** The keys of each kind of object. */
  readonly shapes: readonly (readonly string[])[]
  readonly values: readonly (string | number | boolean | null | readonly number[])[]
}

/** One key after another from the first: where a kind of object ends, its number stands. */
interface Keys {
  number: number | undefined
  readonly next: Map<string, Keys>
}

/** @param text what becomes of every string that is no key */
export function pack(root: unknown, text: (text: string) => string = (same) => same): Packed {
  const shapes: (readonly string[])[] = []
  const noKeys: Keys = { number: undefined, next: new Map() }
  const values: (string | number | boolean | null | readonly number[])[] = []
  const numbers = new Map<string | number | boolean | null, number>()
  const texts = new Map<string, number>()
  const compound = new Map<string, number>()
  // One object stands in many places of a result: it is looked at once.
  const met = new Map<object, number>()

  function scalar(value: string | number | boolean | null): number {
    let number = numbers.get(value)
    if (number === undefined) {
      number = values.push(value) - 1
      numbers.set(value, number)
    }
    return number
  }

  function textual(value: string): number {
    let number = texts.get(value)
    if (number === undefined) {
      number = scalar(text(value))
      texts.set(value, number)
    }
    return number
  }

  function held(parts: readonly number[]): number {
    const key = parts.join()
    let number = compound.get(key)
    if (number === undefined) {
      number = values.push(parts) - 1
      compound.set(key, number)
    }
    return number
  }

  function partsOf(object: object): readonly number[] {
    if (Array.isArray(object)) {
      const parts = [-1]
      for (const one of object) parts.push(visit(one))
      return parts
    }
    const parts = [0]
    let shape = noKeys
    for (const [key, one] of Object.entries(object)) {
      if (one === undefined) continue
      let next = shape.next.get(key)
      if (next === undefined) {
        next = { number: undefined, next: new Map() }
        shape.next.set(key, next)
      }
      shape = next
      parts.push(visit(one))
    }
    if (shape.number === undefined) {
      const keys = Object.entries(object).filter(([, one]) => one !== undefined)
      shape.number = shapes.push(keys.map(([key]) => key)) - 1
    }
    parts[0] = shape.number
    return parts
  }

  function visit(value: unknown): number {
    if (typeof value === 'string') return textual(value)
    if (typeof value === 'number' || typeof value === 'boolean') return scalar(value)
    if (typeof value !== 'object' || value === null) return scalar(null)
    let number = met.get(value)
    if (number === undefined) {
      number = held(partsOf(value))
      met.set(value, number)
    }
    return number
  }

  visit(root)
  return { shapes, values }
}

/** The value that was packed. Equal parts of it are one object: nobody may change them. */
export function unpack({ shapes, values }: Packed): unknown {
  const made: unknown[] = []
  for (const value of values) {
    if (!Array.isArray(value)) {
      made.push(value)
      continue
    }
    const [shape, ...parts] = value as readonly number[]
    if (shape === -1) made.push(parts.map((part) => made[part]))
    else {
      // entries, and not assignments: `__proto__` is a key like any other
      made.push(Object.fromEntries(shapes[shape!]!.map((key, index) => [key, made[parts[index]!]])))
    }
  }
  return made.at(-1)
}

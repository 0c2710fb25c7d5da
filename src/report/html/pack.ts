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

/** @param text what becomes of every string that is no key */
export function pack(root: unknown, text: (text: string) => string = (same) => same): Packed {
  const shapes = new Map<string, { readonly number: number; readonly keys: readonly string[] }>()
  const values: (string | number | boolean | null | readonly number[])[] = []
  const numbers = new Map<string | number | boolean | null, number>()
  const compound = new Map<string, number>()

  function put(value: string | number | boolean | null | readonly number[]): number {
    values.push(value)
    return values.length - 1
  }

  function scalar(value: string | number | boolean | null): number {
    const number = numbers.get(value) ?? put(value)
    numbers.set(value, number)
    return number
  }

  function held(parts: readonly number[]): number {
    const key = parts.join()
    const number = compound.get(key) ?? put(parts)
    compound.set(key, number)
    return number
  }

  function shapeOf(keys: readonly string[]): number {
    const key = JSON.stringify(keys)
    const known = shapes.get(key) ?? { number: shapes.size, keys }
    shapes.set(key, known)
    return known.number
  }

  function visit(value: unknown): number {
    if (typeof value === 'string') return scalar(text(value))
    if (typeof value === 'number' || typeof value === 'boolean') return scalar(value)
    if (Array.isArray(value)) return held([-1, ...value.map(visit)])
    if (typeof value !== 'object' || value === null) return scalar(null)
    const entries = Object.entries(value).filter(([, one]) => one !== undefined)
    return held([shapeOf(entries.map(([key]) => key)), ...entries.map(([, one]) => visit(one))])
  }

  visit(root)
  return { shapes: [...shapes.values()].map(({ keys }) => keys), values }
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

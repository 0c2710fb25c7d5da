import { SvcsplitError } from '#errors.js'

/** Nothing legitimate comes near; registries refuse manifests above 4 MiB. */
const maxJsonBytes = 4 * 1024 * 1024

export type JsonObject = { readonly [key: string]: unknown }

/** Parses the JSON of a manifest, config or index. `what` names it in errors. @throws SvcsplitError E-IMG-FORM */
export function parseJsonObject(bytes: Uint8Array | string, what: string): JsonObject {
  if (bytes.length > maxJsonBytes) throw malformed(what, `is larger than ${maxJsonBytes} bytes`)
  let value: unknown
  try {
    const text = typeof bytes === 'string' ? bytes : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (cause) {
    throw new SvcsplitError('E-IMG-FORM', `the ${what} is not JSON in UTF-8`, { cause })
  }
  return object(value, what)
}

/** Bytes that depend on nothing but the value: keys in the order given, absent values left out, no blanks. */
export function encodeJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8')
}

export function malformed(what: string, problem: string): SvcsplitError {
  return new SvcsplitError('E-IMG-FORM', `the ${what} ${problem}`)
}

export function object(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(what, 'is not an object')
  return value as JsonObject
}

export function array(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(what, 'is not a list')
  return value
}

export function string(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(what, 'is not a string')
  return value
}

export function optionalString(value: unknown, what: string): string | undefined {
  return value === undefined || value === null ? undefined : string(value, what)
}

/** A list of strings; null stands for an absent one, as Go programs write it. */
export function optionalStrings(value: unknown, what: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  return array(value, what).map((item) => string(item, what))
}

export function optionalStringMap(value: unknown, what: string): ReadonlyMap<string, string> | undefined {
  if (value === undefined || value === null) return undefined
  return new Map(Object.entries(object(value, what)).map(([key, item]) => [key, string(item, what)]))
}

/** Sizes in bytes and other counts. */
export function count(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw malformed(what, 'is not a whole number')
  return value
}

/** An object with sorted keys for a map, so that the order of insertion cannot change a digest; none if empty. */
export function sortedObject(map: ReadonlyMap<string, string> | undefined): JsonObject | undefined {
  if (map === undefined || map.size === 0) return undefined
  const keys = [...map.keys()].sort(byCodePoint)
  const result: Record<string, string> = Object.create(null)
  for (const key of keys) result[key] = map.get(key)!
  return result
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

import { type FileOrigin, SvcsplitError } from '#errors.js'
import { normalizeName } from '#pep/name.js'
import { decodeText } from './text-lines.js'
import { waiversSchema } from './waivers-schema.js'
import { checkSchema, parseYaml, placeAt, plainData, refuseOddYaml, type YamlKind } from './yaml-file.js'

/** A finding, or some that are alike, that somebody allows until a day. */
export interface Waiver {
  /** What a finding has to have; all of it. Names of distributions are canonical. */
  readonly match: {
    readonly id?: string
    readonly rule?: string
    readonly service?: string
    readonly release?: string
    readonly host?: string
    readonly distribution?: string
  }
  readonly reason: string
  /** The last day on which it holds: 2026-12-15. */
  readonly until: string
  readonly owner: string
  readonly at: FileOrigin
}

const kind: YamlKind = { what: 'the file of waivers', syntax: 'E-WVR-SYNTAX', schema: 'E-WVR-SCHEMA' }

/** Whether there is such a day; 2026-02-30 is none. */
export function isDay(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** Waivers from the bytes of their file; `E-WVR-SYNTAX` and `E-WVR-SCHEMA` with line and column. */
export async function parseWaivers(bytes: Uint8Array, path: string): Promise<readonly Waiver[]> {
  const parsed = parseYaml(decodeText(bytes, path), path, kind)
  refuseOddYaml(parsed)
  await checkSchema(parsed, waiversSchema)
  const { waivers } = plainData(parsed) as { readonly waivers: readonly Omit<Waiver, 'at'>[] }
  return waivers.map((waiver, index) => {
    if (!isDay(waiver.until))
      throw new SvcsplitError('E-WVR-SCHEMA', `there is no day ${waiver.until}`, {
        at: placeAt(parsed, `/waivers/${index}/until`),
      })
    const { distribution } = waiver.match
    const match =
      distribution === undefined
        ? waiver.match
        : { ...waiver.match, distribution: normalizeName(distribution) }
    return { ...waiver, match, at: placeAt(parsed, `/waivers/${index}`) }
  })
}

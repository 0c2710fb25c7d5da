import { SvcsplitError, visible } from '#errors.js'
import { isValidName } from './name.js'
import { tryParseVersion } from './version.js'

/** What a METADATA or PKG-INFO file says (core metadata specification), as far as anyone here asks. */
export interface CoreMetadata {
  readonly metadataVersion: string
  /** As written. */
  readonly name: string
  /** As written. */
  readonly version: string
  readonly requiresPython?: string
  /** Requirements as written, in their order. */
  readonly requiresDist: readonly string[]
  readonly providesExtra: readonly string[]
  /** Names of fields whose values a build may change (PEP 643), in lower case. */
  readonly dynamic: readonly string[]
  readonly summary?: string
  readonly license?: string
  readonly licenseExpression?: string
  readonly classifiers: readonly string[]
}

/** Characters before the body: the largest real ones have some ten thousand. */
const maxHeaders = 4 * 1024 * 1024
const lineEnd = /\r\n|\r|\n/g
/** RFC 822: printable ASCII without blank and colon. */
const headerName = /^[!-9;-~]*:/

/**
 * Reads the headers as Python's email package does for packaging: until the first line that is none. Continued
 * lines are joined with one blank. Throws E-IDX-METADATA.
 */
export function parseCoreMetadata(text: string): CoreMetadata {
  const fields = readHeaders(text)
  const metadataVersion = required(fields, 'Metadata-Version')
  const major = /^(\d+)\.\d+$/.exec(metadataVersion)?.[1]
  if (major !== '1' && major !== '2')
    throw refused(`its Metadata-Version '${visible(metadataVersion, 40)}' is not one that exists`)
  const name = required(fields, 'Name')
  if (!isValidName(name)) throw refused(`its Name '${visible(name)}' is not the name of a distribution`)
  const version = required(fields, 'Version')
  if (tryParseVersion(version) === undefined)
    throw refused(`its Version '${visible(version)}' is not a version by PEP 440`)
  const requiresPython = single(fields, 'Requires-Python')
  const summary = single(fields, 'Summary')
  const license = single(fields, 'License')
  const licenseExpression = single(fields, 'License-Expression')
  return {
    metadataVersion,
    name,
    version,
    ...(requiresPython !== undefined && { requiresPython }),
    requiresDist: fields.get('requires-dist') ?? [],
    providesExtra: fields.get('provides-extra') ?? [],
    dynamic: (fields.get('dynamic') ?? []).map((field) => field.toLowerCase()),
    ...(summary !== undefined && { summary }),
    ...(license !== undefined && { license }),
    ...(licenseExpression !== undefined && { licenseExpression }),
    classifiers: fields.get('classifier') ?? [],
  }
}

/**
 * PKG-INFO states the whole truth only from Metadata 2.2 on, and only for fields that are not listed as Dynamic
 * (PEP 643). Older ones leave requirements out, and `requires.txt` beside them may be of another Python.
 */
export function isStatic(metadata: Pick<CoreMetadata, 'metadataVersion' | 'dynamic'>): boolean {
  const [major = 0, minor = 0] = metadata.metadataVersion.split('.').map(Number)
  if (major < 2 || (major === 2 && minor < 2)) return false
  const dynamic = new Set(metadata.dynamic.map((field) => field.toLowerCase()))
  return !['requires-dist', 'requires-python', 'provides-extra'].some((field) => dynamic.has(field))
}

function readHeaders(text: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>()
  let name: string | undefined
  let lines: string[] = []
  const store = () => {
    if (name === undefined) return
    const values = fields.get(name)
    const value = lines
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .join(' ')
    if (values === undefined) fields.set(name, [value])
    else values.push(value)
  }
  lineEnd.lastIndex = 0
  for (let start = 0; start < text.length; ) {
    const ending = lineEnd.exec(text)
    const end = ending?.index ?? text.length
    if (end > maxHeaders) throw refused(`its headers are longer than ${maxHeaders} characters`)
    const line = text.slice(start, end)
    start = ending === null ? text.length : lineEnd.lastIndex
    if (line.startsWith(' ') || line.startsWith('\t')) {
      lines.push(line)
      continue
    }
    const header = line.startsWith('From ') ? '' : headerName.exec(line)?.[0]
    if (header === undefined) break
    store()
    // An envelope line and a line without a name are passed over, with what continues them.
    name = header.length < 2 ? undefined : header.slice(0, -1).toLowerCase()
    lines = [line.slice(header.length)]
  }
  store()
  return fields
}

function single(fields: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const values = fields.get(name.toLowerCase())
  if (values !== undefined && values.length > 1) throw refused(`it has more than one ${name}`)
  return values?.[0]
}

function required(fields: ReadonlyMap<string, readonly string[]>, name: string): string {
  const value = single(fields, name)
  if (value === undefined || value === '') throw refused(`it has no ${name}`)
  return value
}

function refused(why: string): SvcsplitError {
  return new SvcsplitError('E-IDX-METADATA', `the core metadata cannot be used: ${why}`)
}

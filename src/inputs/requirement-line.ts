import { type FileOrigin, SvcsplitError } from '#errors.js'
import type { Requirement } from '#pep/requirement.js'
import { parseRequirementOnce } from '#pep/requirement-once.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'
import { type LogicalLine, placeIn } from './text-lines.js'

/** One requirement as a file states it. */
export interface RequirementLine {
  readonly requirement: Requirement
  /** As written, without its comment and options. */
  readonly text: string
  readonly at: FileOrigin
  /** `sha256:…` and the like, as `--hash` gives them. */
  readonly hashes: readonly string[]
  readonly editable: boolean
}

/** Digits of each hash that may vouch for a file; md5 and sha1 may not. */
const hashLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
])

const variable = /\$\{([A-Z0-9_]+)\}/g

/** Fills `${NAME}` from the environment (pip's rule: capitals, digits, underscore; nothing else is touched). */
export function fillVariables(
  line: LogicalLine,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return line.text.replace(variable, (whole, name: string, offset: number) => {
    const value = environment[name]
    if (value === undefined)
      throw new SvcsplitError('E-REQ-ENV', `the variable ${whole} is not set`, {
        at: placeIn(path, line, offset),
      })
    // The value itself is never shown: it may be a password.
    if (/[\p{Cc}\u2028\u2029]/u.test(value))
      throw new SvcsplitError('E-REQ-ENV', `the value of ${whole} holds a control character`, {
        at: placeIn(path, line, offset),
      })
    return value
  })
}

/** Where the options of a requirement begin: at the first word that starts with `--` (or the end). */
function optionsStart(text: string): number {
  const found = / --?[a-z]/i.exec(text.replaceAll('\t', ' '))
  return found === null ? text.length : found.index
}

function parseHashes(
  options: string,
  place: (offset: number) => FileOrigin,
  offset: number,
): readonly string[] {
  const hashes: string[] = []
  const words = [...options.matchAll(/\S+/g)]
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]!
    const at = place(offset + word.index)
    const [option, inline] = word[0].split(/=(.*)/s, 2) as [string, string | undefined]
    if (option !== '--hash')
      throw new SvcsplitError('E-REQ-OPTION', `the option ${option} may not stand in a requirements file`, {
        at,
        hint: 'leave it out: svcsplit takes such choices from its own command line alone',
      })
    const value = inline ?? words[++index]?.[0] ?? ''
    const [algorithm = '', digest = ''] = value.split(':', 2)
    const length = hashLengths.get(algorithm)
    if (length === undefined)
      throw new SvcsplitError('E-REQ-HASH', `${algorithm || 'an empty hash'} cannot vouch for a file`, {
        at,
        hint: `use ${[...hashLengths.keys()].join(', ')}`,
      })
    if (digest.length !== length || !/^[0-9a-f]+$/i.test(digest))
      throw new SvcsplitError('E-REQ-HASH', `a ${algorithm} has ${length} hexadecimal digits`, { at })
    hashes.push(`${algorithm}:${digest.toLowerCase()}`)
  }
  return hashes
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
}

/** A part of a URL as text, unless its escapes are not of UTF-8. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** What a bare URL says of its distribution: `#egg=name[extra]`, or the name of a wheel. */
function requirementOfUrl(url: string): string | undefined {
  const [address = '', fragment = ''] = url.split('#', 2)
  const egg = /(?:^|&)egg=([^&]+)/.exec(fragment)?.[1]
  if (egg !== undefined) return `${egg} @ ${url}`
  const filename = decoded(address.split('?')[0]!.split('/').at(-1)!)
  if (filename?.endsWith('.whl') !== true) return undefined
  return `${parseWheelFilename(filename).name} @ ${url}`
}

function urlError(at: FileOrigin, message: string): SvcsplitError {
  return new SvcsplitError('E-REQ-URL', message, {
    at,
    hint: 'write NAME @ URL, or the name and version of the distribution',
  })
}

/** The text that a requirement parser understands, for `NAME…`, a bare URL, or an editable one. */
function namedForm(body: string, at: FileOrigin): string {
  if (isUrl(body)) {
    const named = requirementOfUrl(body)
    if (named === undefined) throw urlError(at, 'the URL does not say which distribution it is')
    return named
  }
  // Most are nothing like a path.
  if (!/^\.|[/\\]/.test(body)) return body
  if (/^(?:\.{0,2}\/|\.{1,2}$|~\/|[a-z]:\\)/i.test(body) || /^[^\s@;[][^\s@;[/]*\/[^\s@;]*$/.test(body))
    throw urlError(at, 'a local path does not say which distribution it is')
  return body
}

/** One requirement from a logical line (after its variables were filled); every error has its place. */
export function parseRequirementLine(
  line: LogicalLine,
  path: string,
  text: string,
  editable = false,
): RequirementLine {
  // Columns after a filled variable would point into a text that nobody wrote.
  const filled = editable || !line.text.endsWith(text)
  const base = line.text.length - text.length
  const place = (offset: number) => placeIn(path, line, filled ? 0 : base + offset)
  const end = optionsStart(text)
  const body = text.slice(0, end).trimEnd()
  const hashes = parseHashes(text.slice(end), place, end)
  const named = namedForm(body, place(0))
  try {
    const requirement = parseRequirementOnce(named)
    return { requirement, text: filled ? line.text : body, at: place(0), hashes, editable }
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    const column = error.at !== undefined && 'path' in error.at ? (error.at.column ?? 1) : 1
    throw new SvcsplitError(error.code, error.message, {
      at: place(named === body ? column - 1 : 0),
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
}

import { type SvcsplitError, visible } from '#errors.js'
import { failure } from './failure.js'
import { type Marker, readMarker } from './marker.js'
import { type DistributionName, normalizeExtra, normalizeName } from './name.js'
import { isAsciiLetterOrDigit, isPythonSpace, isWordAt, skipPythonSpace } from './python-text.js'
import { endOfSpecifier, operatorAt, parseSpecifier } from './specifier.js'
import { parseSpecifierSet, type SpecifierSet } from './specifier-set.js'

/** A demand for a distribution (PEP 508). */
export interface Requirement {
  readonly name: DistributionName
  /** As written. */
  readonly rawName: string
  /** Normalised (PEP 685), sorted, each once. */
  readonly extras: readonly string[]
  readonly specifiers: SpecifierSet
  /** What follows `@`, unchecked. */
  readonly url?: string
  readonly marker?: Marker
}

const noSpecifiers = parseSpecifierSet('')

/** Throws E-REQ-NAME, E-REQ-EXTRA, E-REQ-SPEC, E-REQ-VERSION, E-REQ-MARKER, E-REQ-URL or E-REQ-SYNTAX. */
export function parseRequirement(text: string): Requirement {
  const start = skipBlanks(text, 0)
  const nameEnd = endOfIdentifier(text, start)
  if (nameEnd === undefined) throw wrongName(text, start)
  const rawName = text.slice(start, nameEnd)
  const { extras, end: extrasEnd } = readExtras(text, skipBlanks(text, nameEnd))
  const at = skipBlanks(text, extrasEnd)
  const { specifiers, url, end } = text[at] === '@' ? readUrl(text, at) : readSpecifiers(text, at)
  if (end < text.length && text[end] !== ';')
    throw end === nameEnd ? wrongName(text, start) : unexpected(text, end)
  const marker = end < text.length ? readToEnd(text, end + 1) : undefined
  return {
    name: normalizeName(rawName),
    rawName,
    extras,
    specifiers,
    ...(url !== undefined && { url }),
    ...(marker !== undefined && { marker }),
  }
}

interface Described {
  readonly specifiers: SpecifierSet
  readonly url?: string
  readonly end: number
}

function readUrl(text: string, at: number): Described {
  const start = skipBlanks(text, at + 1)
  let end = start
  while (end < text.length && !isBlank(text[end])) end++
  if (end === start) throw failure('E-REQ-URL', `no URL follows '@'`, text, start)
  return { specifiers: noSpecifiers, url: text.slice(start, end), end: skipBlanks(text, end) }
}

function readExtras(text: string, start: number): { extras: readonly string[]; end: number } {
  if (text[start] !== '[') return { extras: [], end: start }
  const extras = new Set<string>()
  let at = skipBlanks(text, start + 1)
  let isFirst = true
  for (;;) {
    const end = endOfIdentifier(text, at)
    if (end === undefined) {
      if (isFirst && text[at] === ']') break
      throw wrongExtra(text, at, isFirst ? `an extra or ']'` : 'an extra')
    }
    extras.add(normalizeExtra(text.slice(at, end)))
    isFirst = false
    at = skipBlanks(text, end)
    if (text[at] === ']') break
    if (text[at] !== ',') throw wrongExtra(text, at, `',' or ']'`)
    at = skipBlanks(text, at + 1)
  }
  return { extras: [...extras].sort(), end: at + 1 }
}

function readSpecifiers(text: string, start: number): Described {
  const inParentheses = text[start] === '('
  const from = skipBlanks(text, inParentheses ? start + 1 : start)
  let at = from
  let afterComma = false
  for (;;) {
    const end = endOfSpecifier(text, at)
    if (end === undefined) {
      if (operatorAt(text, at) !== undefined) parseSpecifier(text, at, endOfWord(text, at))
      if (afterComma && text[at] === ',')
        throw failure('E-REQ-SPEC', 'no specifier stands between two commas', text, at)
      break
    }
    const next = skipBlanks(text, end)
    // What follows without a blank was meant to belong to the version: say what is wrong with the whole.
    if (next === end && endOfWord(text, at) > end) parseSpecifier(text, at, endOfWord(text, at))
    if (operatorAt(text, next) !== undefined)
      throw failure('E-REQ-SPEC', 'a comma is missing between two specifiers', text, next)
    at = next
    afterComma = text[at] === ','
    if (!afterComma) break
    at = skipBlanks(text, at + 1)
  }
  const specifiers = parseSpecifierSet(text.slice(from, at).trimEnd())
  if (!inParentheses) return { specifiers, end: at }
  if (text[at] !== ')')
    throw failure(
      'E-REQ-SPEC',
      `the '(' of the specifiers is not closed`,
      text,
      at < text.length ? at : start,
    )
  return { specifiers, end: skipBlanks(text, at + 1) }
}

function readToEnd(text: string, start: number): Marker {
  const { marker, end } = readMarker(text, start)
  if (end < text.length)
    throw failure('E-REQ-MARKER', `'${visible(text.slice(end), 40)}' follows the marker`, text, end)
  return marker
}

/** The longest run of name characters that ends at a word boundary, as packaging's tokenizer reads it. */
function endOfIdentifier(text: string, start: number): number | undefined {
  if (!isAsciiLetterOrDigit(text.charCodeAt(start))) return undefined
  let end = start + 1
  while (isAsciiLetterOrDigit(text.charCodeAt(end)) || '._-'.includes(text[end] ?? ' ')) end++
  let next = isWordAt(text, end)
  for (; end > start; end--) {
    const last = isWordAt(text, end - 1)
    if (last !== next) return end
    next = last
  }
  return undefined
}

/** The end of what a specifier that starts at `start` was meant to be. */
function endOfWord(text: string, start: number): number {
  let at = skipPythonSpace(text, start + (operatorAt(text, start)?.length ?? 0))
  while (at < text.length && !isPythonSpace(text.charCodeAt(at)) && !',;)'.includes(text[at]!)) at++
  return at
}

function wrongName(text: string, start: number): SvcsplitError {
  let end = start
  while (end < text.length && !isPythonSpace(text.charCodeAt(end)) && !'[(<>=!~;,@'.includes(text[end]!))
    end++
  if (end === start)
    return failure('E-REQ-NAME', 'a requirement starts with the name of a distribution', text, start)
  const name = text.slice(start, end)
  const strange = name.search(/[^A-Za-z0-9._-]/)
  const at = strange === -1 ? start : start + strange
  const code = text.codePointAt(at)!
  const which = strange === -1 ? '' : `: '${visible(String.fromCodePoint(code))}' is U+${hex(code)}`
  return failure(
    'E-REQ-NAME',
    `'${visible(name)}' is not the name of a distribution${which}`,
    text,
    at,
    'names have ASCII letters and digits, and between them also . _ and -',
  )
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0')
}

function wrongExtra(text: string, at: number, expected: string): SvcsplitError {
  return failure('E-REQ-EXTRA', `the extras need ${expected}, and have ${found(text, at)}`, text, at)
}

function unexpected(text: string, at: number): SvcsplitError {
  if ('=<>!~'.includes(text[at]!))
    return failure('E-REQ-SPEC', `${found(text, at)} is no specifier`, text, at, 'pins are written ==')
  return failure(
    'E-REQ-SYNTAX',
    `${found(text, at)} stands where a specifier, ';' or the end is expected`,
    text,
    at,
  )
}

function found(text: string, at: number): string {
  return at < text.length ? `'${visible(text.slice(at), 40)}'` : 'the end'
}

function skipBlanks(text: string, start: number): number {
  let at = start
  while (isBlank(text[at])) at++
  return at
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

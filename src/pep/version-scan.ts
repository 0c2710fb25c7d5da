import { isAsciiLetterOrDigit, isDigit } from './python-text.js'

/**
 * A version taken apart (PEP 440, appendix B). Numbers are decimal digits without leading zeros, because a
 * segment of 40 digits is legal and two of them that differ by 1 must not compare equal.
 */
export interface VersionParts {
  readonly epoch: string
  readonly release: readonly string[]
  readonly pre?: { readonly label: PreLabel; readonly number: string } | undefined
  readonly post?: string | undefined
  readonly dev?: string | undefined
  /** Lower case; segments that are numbers have no leading zeros. */
  readonly local?: readonly string[] | undefined
}

export type PreLabel = 'a' | 'b' | 'rc'

/** The parts, and the offset behind the last character that belongs to the version. */
interface VersionScan {
  readonly parts: VersionParts
  readonly end: number
}

const preWords: readonly (readonly [string, PreLabel])[] = [
  ['alpha', 'a'],
  ['a', 'a'],
  ['beta', 'b'],
  ['b', 'b'],
  ['preview', 'rc'],
  ['pre', 'rc'],
  ['c', 'rc'],
  ['rc', 'rc'],
]
const postWords: readonly (readonly [string, 'post'])[] = [
  ['post', 'post'],
  ['rev', 'post'],
  ['r', 'post'],
]
const devWords: readonly (readonly [string, 'dev'])[] = [['dev', 'dev']]

/**
 * Reads the longest version that starts at `start`, without white space around it; undefined if none does.
 * One pass and no way back, so the time is linear in the length for every input.
 */
export function scanVersion(text: string, start: number): VersionScan | undefined {
  let at = start
  if ((text.charCodeAt(at) | 0x20) === 0x76) at++
  let end = endOfDigits(text, at)
  if (end === at) return undefined

  let epoch = '0'
  if (text.charCodeAt(end) === 0x21) {
    epoch = decimal(text.slice(at, end))
    at = end + 1
    end = endOfDigits(text, at)
    if (end === at) return undefined
  }

  const release = [decimal(text.slice(at, end))]
  while (text.charCodeAt(end) === 0x2e && isDigit(text.charCodeAt(end + 1))) {
    at = end + 1
    end = endOfDigits(text, at)
    release.push(decimal(text.slice(at, end)))
  }

  if (!mayContinue(text.charCodeAt(end)))
    return {
      parts: { epoch, release, pre: undefined, post: undefined, dev: undefined, local: undefined },
      end,
    }
  const pre = scanSuffix(text, end, preWords)
  if (pre) end = pre.end
  const post = scanPost(text, end)
  if (post) end = post.end
  const dev = scanSuffix(text, end, devWords)
  if (dev) end = dev.end
  const local = scanLocal(text, end)
  if (local) end = local.end
  return {
    parts: { epoch, release, pre, post: post?.number, dev: dev?.number, local: local?.segments },
    end,
  }
}

/** Whether a segment behind the release can start with this: a separator, `+` or a letter; false for NaN at the end. */
function mayContinue(code: number): boolean {
  return isSeparator(code) || code === 0x2b || (code >= 0x41 && !isDigit(code))
}

/** Decimal digits plus one, at any length. */
export function increment(digits: string): string {
  let at = digits.length - 1
  while (at >= 0 && digits[at] === '9') at--
  const zeros = '0'.repeat(digits.length - 1 - at)
  return at < 0 ? `1${zeros}` : `${digits.slice(0, at)}${Number(digits[at]) + 1}${zeros}`
}

function scanSuffix<Label extends string>(
  text: string,
  start: number,
  words: readonly (readonly [string, Label])[],
): { label: Label; number: string; end: number } | undefined {
  let at = isSeparator(text.charCodeAt(start)) ? start + 1 : start
  for (const [word, label] of words) {
    if (text.slice(at, at + word.length).toLowerCase() !== word) continue
    at += word.length
    if (isSeparator(text.charCodeAt(at))) at++
    const end = endOfDigits(text, at)
    return { label, number: end === at ? '0' : decimal(text.slice(at, end)), end }
  }
  return undefined
}

function scanPost(text: string, start: number): { number: string; end: number } | undefined {
  if (text.charCodeAt(start) === 0x2d && isDigit(text.charCodeAt(start + 1))) {
    const end = endOfDigits(text, start + 1)
    return { number: decimal(text.slice(start + 1, end)), end }
  }
  return scanSuffix(text, start, postWords)
}

function scanLocal(text: string, start: number): { segments: string[]; end: number } | undefined {
  if (text.charCodeAt(start) !== 0x2b || !isAsciiLetterOrDigit(text.charCodeAt(start + 1))) return undefined
  const segments: string[] = []
  let at = start + 1
  for (;;) {
    let end = at
    while (isAsciiLetterOrDigit(text.charCodeAt(end))) end++
    const segment = text.slice(at, end)
    segments.push(isNumber(segment) ? decimal(segment) : segment.toLowerCase())
    if (!isSeparator(text.charCodeAt(end)) || !isAsciiLetterOrDigit(text.charCodeAt(end + 1)))
      return { segments, end }
    at = end + 1
  }
}

/** Whether a local segment counts as a number. */
export function isNumber(segment: string): boolean {
  return endOfDigits(segment, 0) === segment.length
}

function endOfDigits(text: string, start: number): number {
  let at = start
  while (isDigit(text.charCodeAt(at))) at++
  return at
}

function decimal(digits: string): string {
  let at = 0
  while (at < digits.length - 1 && digits.charCodeAt(at) === 0x30) at++
  return at === 0 ? digits : digits.slice(at)
}

/** `.`, `-` or `_` */
function isSeparator(code: number): boolean {
  return code === 0x2e || code === 0x2d || code === 0x5f
}

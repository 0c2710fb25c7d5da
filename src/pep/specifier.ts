import { type SvcsplitError, visible } from '#errors.js'
import { bottom, type Cut, cutAfter, cutAfterLocals, cutAfterPosts, cutBefore, top } from './cut.js'
import { between, complementCuts, everything } from './cuts.js'
import { failure } from './failure.js'
import { isPythonSpace, skipPythonSpace } from './python-text.js'
import { parseVersion, partsOf, tryParseVersion, type Version, versionOf } from './version.js'
import { increment, scanVersion, type VersionParts } from './version-scan.js'

export type Operator = '~=' | '==' | '!=' | '<=' | '>=' | '<' | '>' | '==='

/** One comparison of a specifier set (PEP 440, "Version specifiers"). */
export interface Specifier {
  readonly operator: Operator
  /** As written, with its `.*` if it has one; after `===` any text, even none. */
  readonly version: string
}

const operators: readonly Operator[] = ['===', '~=', '==', '!=', '<=', '>=', '<', '>']

/** The operator that starts at `at`, the longest first. */
export function operatorAt(text: string, at: number): Operator | undefined {
  return operators.find((operator) => text.startsWith(operator, at))
}

/**
 * The end of the longest specifier that starts at `start`, as the grammar of requirements reads it: it may end
 * in the middle of what was meant (`>=1.0` of `>=1.0.*`). Undefined if none starts there.
 */
export function endOfSpecifier(text: string, start: number): number | undefined {
  const operator = operatorAt(text, start)
  if (operator === undefined) return undefined
  let at = skipPythonSpace(text, start + operator.length)
  if (operator === '===') {
    while (at < text.length && !endsArbitrary(text.charCodeAt(at))) at++
    return at
  }
  const scan = scanVersion(text, at)
  if (scan === undefined) return undefined
  const { parts, end } = scan
  if (operator === '==' || operator === '!=')
    return isBare(parts) && text.startsWith('.*', end) ? end + 2 : end
  if (operator === '~=' && parts.release.length < 2) return undefined
  return parts.local === undefined ? end : text.indexOf('+', at)
}

/** Parses the specifier that is the whole of `text` from `start` to `end`, without white space around it. */
export function parseSpecifier(text: string, start: number, end: number): Specifier {
  const operator = operatorAt(text, start)
  if (operator === undefined)
    throw failure(
      'E-REQ-SPEC',
      `'${visible(text.slice(start, end))}' does not start with one of ~= == != <= >= < > ===`,
      text,
      start,
    )
  const from = skipPythonSpace(text, start + operator.length)
  const version = text.slice(from, end)
  const stop = endOfSpecifier(text.slice(0, end), start)
  if (stop === end) return { operator, version }
  throw wrongVersion(text, operator, version, from, stop)
}

/** The versions that it admits; `===` admits by spelling and not by order, so it limits nothing here. */
export function cutsOf({ operator, version: text }: Specifier): readonly Cut[] {
  if (operator === '===') return everything
  if (text.endsWith('.*')) {
    const base = parseVersion(text.slice(0, -2))
    const inside = between(cutBefore(developmentOf(base)), cutBefore(nextSeries(base, 0)))
    return operator === '==' ? inside : complementCuts(inside)
  }
  const version = parseVersion(text)
  switch (operator) {
    case '>=':
      return [cutBefore(version), top]
    case '<=':
      return [bottom, cutAfterLocals(version)]
    case '>':
      return [
        version.dev !== undefined || version.post !== undefined
          ? cutAfterLocals(version)
          : cutAfterPosts(version),
        top,
      ]
    case '<':
      return between(bottom, cutBefore(version.prerelease ? version : developmentOf(version)))
    case '~=':
      return between(cutBefore(version), cutBefore(nextSeries(version, 1)))
    case '==':
      return exactly(version)
    case '!=':
      return complementCuts(exactly(version))
  }
}

/** Whether naming this version asks for pre-releases too (PEP 440, "Handling of pre-releases"). */
export function asksForPrereleases({ operator, version }: Specifier): boolean {
  if (operator === '!=' || version.endsWith('.*')) return false
  return tryParseVersion(version)?.prerelease ?? false
}

/** Says what is wrong between an operator and the end of its specifier; `stop` is where reading came to a halt. */
function wrongVersion(
  text: string,
  operator: Operator,
  version: string,
  from: number,
  stop: number | undefined,
): SvcsplitError {
  const written = visible(version)
  if (version === '') return failure('E-REQ-SPEC', `no version follows '${operator}'`, text, from)
  if (operator === '===')
    return failure(
      'E-REQ-SPEC',
      `'${written}' holds a blank, ')' or ';', which '===' cannot compare`,
      text,
      from,
    )
  if (stop === undefined && scanVersion(version, 0)?.end === version.length)
    return failure('E-REQ-SPEC', `'~=${written}' needs a release of at least two numbers`, text, from)
  if (stop !== undefined && text.startsWith('.*', stop))
    return failure(
      'E-REQ-SPEC',
      `'.*' may stand only right after a release and only with '==' or '!='`,
      text,
      stop,
    )
  if (stop !== undefined && text[stop] === '+')
    return failure('E-REQ-SPEC', `a local version may stand only with '==', '!=' or '==='`, text, stop)
  return failure('E-REQ-VERSION', `'${written}' is not a version by PEP 440`, text, stop ?? from)
}

/** What ends the text after `===`: white space, `;` and `)`. */
function endsArbitrary(code: number): boolean {
  return code === 0x3b || code === 0x29 || isPythonSpace(code)
}

/** A release alone, which a `.*` may follow. */
function isBare({ pre, post, dev, local }: VersionParts): boolean {
  return pre === undefined && post === undefined && dev === undefined && local === undefined
}

function exactly(version: Version): readonly Cut[] {
  return [cutBefore(version), version.local === undefined ? cutAfterLocals(version) : cutAfter(version)]
}

/** The earliest development release: 1.2 gives 1.2.dev0, 1.2.post1 gives 1.2.post1.dev0. */
function developmentOf(version: Version): Version {
  const { local: _, ...rest } = partsOf(version)
  return versionOf({ ...rest, dev: '0' })
}

/** The first version of the next series, after dropping some last segments of the release: (1.2.3, 1) gives 1.3.dev0. */
function nextSeries(version: Version, drop: number): Version {
  const { epoch, release } = partsOf(version)
  const kept = release.slice(0, release.length - drop)
  return versionOf({ epoch, release: [...kept.slice(0, -1), increment(kept.at(-1)!)], dev: '0' })
}

import { SvcsplitError } from '#errors.js'
import type { Cut } from './cut.js'
import { cutsContain, everything, intersectCuts } from './cuts.js'
import { isPythonSpace } from './python-text.js'
import { asksForPrereleases, cutsOf, parseSpecifier, type Specifier } from './specifier.js'
import { compareVersions, tryParseVersion, type Version } from './version.js'

export type { Operator, Specifier } from './specifier.js'

/** Specifiers that all must hold (PEP 440); made by `parseSpecifierSet` alone, because it carries what follows from them. */
export interface SpecifierSet {
  readonly specifiers: readonly Specifier[]
  /** As written. */
  readonly text: string
  /** The versions that all ordered specifiers admit; `===` limits nothing here. */
  readonly cuts: readonly Cut[]
  /** What `===` specifiers ask for, in lower case. */
  readonly spellings: readonly string[]
  /** Whether some specifier names a pre-release and so asks for them. */
  readonly asksForPrereleases: boolean
}

const cache = new Map<string, SpecifierSet>()
const maxCached = 100_000
const maxCachedLength = 512

/** Parses comma-separated specifiers; empty places between commas are ignored, as packaging does. Throws E-REQ-SPEC, E-REQ-VERSION. */
export function parseSpecifierSet(text: string): SpecifierSet {
  const known = cache.get(text)
  if (known !== undefined) return known
  const set = specifierSetOf(text)
  if (text.length > maxCachedLength) return set
  if (cache.size >= maxCached) cache.clear()
  cache.set(text, set)
  return set
}

/** The set, or undefined where `parseSpecifierSet` would throw. */
export function tryParseSpecifierSet(text: string): SpecifierSet | undefined {
  return unlessRefused(() => parseSpecifierSet(text))
}

/** The set of the one specifier that is the whole text; a comma in it separates nothing. Undefined if it is none. */
export function tryParseSingle(text: string): SpecifierSet | undefined {
  if (!text.includes(',')) return tryParseSpecifierSet(text)
  return unlessRefused(() => {
    const specifier = specifierBetween(text, 0, text.length)
    return specifier === undefined ? undefined : setOf([specifier], text)
  })
}

/** The specifiers as packaging prints them: sorted, and of equal ones the first. */
export function formatSpecifierSet({ specifiers }: SpecifierSet): string {
  const sorted = specifiers.toSorted((a, b) => byCodePoint(a.operator + a.version, b.operator + b.version))
  const seen = new Set<string>()
  const kept = sorted.filter((specifier) => {
    const identity = identityOf(specifier)
    return !seen.has(identity) && seen.add(identity)
  })
  return kept.map(({ operator, version }) => operator + version).join(',')
}

/** Equal for specifiers that packaging holds equal: by version, and for `~=`, whose zeros count, by its spelling. */
function identityOf({ operator, version }: Specifier): string {
  const parsed = operator === '===' ? undefined : tryParseVersion(version)
  return `${operator} ${parsed === undefined ? version : operator === '~=' ? parsed.text : parsed.key}`
}

function unlessRefused<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof SvcsplitError) return undefined
    throw error
  }
}

/**
 * Whether a version is admitted. Without `prereleases` a pre-release is: one version alone has no final release
 * beside it that would be preferred. `false` refuses pre-releases. A text that is no version is admitted only by
 * `===` and by the empty set; `===` compares the text as given.
 */
export function specifierSetContains(
  set: SpecifierSet,
  version: Version | string,
  prereleases?: boolean,
): boolean {
  const parsed = typeof version === 'string' ? tryParseVersion(version) : version
  if (prereleases === false && parsed?.prerelease) return false
  return matches(set, version, parsed)
}

/**
 * The admitted ones in their order. Without `prereleases`, and unless the set itself asks for them, pre-releases
 * are kept only if no final release is admitted (PEP 440).
 */
export function filterVersions<Item extends Version | string>(
  set: SpecifierSet,
  versions: Iterable<Item>,
  prereleases?: boolean,
): Item[] {
  const mode = prereleases ?? (set.asksForPrereleases || undefined)
  const kept: Item[] = []
  const finals: Item[] = []
  let anyFinal = false
  for (const version of versions) {
    const parsed: Version | undefined = typeof version === 'string' ? tryParseVersion(version) : version
    if (!matches(set, version, parsed)) continue
    const isPrerelease = parsed?.prerelease ?? false
    if (!(isPrerelease && mode === false)) kept.push(version)
    if (!isPrerelease) finals.push(version)
    if (parsed !== undefined && !isPrerelease) anyFinal = true
  }
  return mode === undefined && anyFinal ? finals : kept
}

/** The newest that is admitted, of texts that are versions. */
export function newestWithin(set: SpecifierSet, versions: Iterable<string>): string | undefined {
  return filterVersions(set, versions)
    .flatMap((text) => tryParseVersion(text) ?? [])
    .reduce<Version | undefined>(
      (newest, version) => (newest === undefined || compareVersions(version, newest) > 0 ? version : newest),
      undefined,
    )?.text
}

/** Whether the specifiers hold, pre-releases aside. */
function matches(set: SpecifierSet, version: Version | string, parsed: Version | undefined): boolean {
  if (set.spellings.length > 0) {
    const spelling = (typeof version === 'string' ? version : version.text).toLowerCase()
    for (const wanted of set.spellings) if (wanted !== spelling) return false
  }
  return parsed === undefined
    ? set.spellings.length === set.specifiers.length
    : cutsContain(set.cuts, parsed.key)
}

/** Python's order of strings; JavaScript's differs beyond U+FFFF, where only `===` can lead. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function specifierSetOf(text: string): SpecifierSet {
  const specifiers: Specifier[] = []
  for (let start = 0; start <= text.length; ) {
    const comma = text.indexOf(',', start)
    const end = comma === -1 ? text.length : comma
    const specifier = specifierBetween(text, start, end)
    if (specifier !== undefined) specifiers.push(specifier)
    start = end + 1
  }
  return setOf(specifiers, text)
}

function specifierBetween(text: string, start: number, end: number): Specifier | undefined {
  let from = start
  let to = end
  while (from < to && isPythonSpace(text.charCodeAt(from))) from++
  while (to > from && isPythonSpace(text.charCodeAt(to - 1))) to--
  return from < to ? parseSpecifier(text, from, to) : undefined
}

function setOf(specifiers: readonly Specifier[], text: string): SpecifierSet {
  return {
    specifiers,
    text,
    cuts: specifiers.map(cutsOf).reduce(intersectCuts, everything),
    spellings: specifiers
      .filter(({ operator }) => operator === '===')
      .map(({ version }) => version.toLowerCase()),
    asksForPrereleases: specifiers.some(asksForPrereleases),
  }
}

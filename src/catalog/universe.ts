import { SvcsplitError } from '#errors.js'
import { evaluateMarker, type MarkerEnvironment, markerEnvironment } from '#pep/marker-evaluate.js'
import { formatMarker } from '#pep/marker-format.js'
import type { DistributionName } from '#pep/name.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { newestWithin, parseSpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { compareVersions, isPrerelease, parseVersion, tryParseVersion } from '#pep/version.js'
import type { Metadata } from './catalog.js'
import { isUsableOnLinux } from './linux-files.js'
import type { SimpleFile } from './simple-page.js'

/** Python minor versions whose newest version of an unpinned distribution is recorded. */
export const universePythons = ['3.9', '3.10', '3.11', '3.12', '3.13', '3.14'] as const

/** A service release: where the demands begin. */
export interface UniverseRoot {
  readonly name: DistributionName
  readonly version: string
  readonly extras: readonly string[]
}

export interface UniverseInput {
  readonly roots: readonly UniverseRoot[]
  /** Requirements of the profiles that no service demands itself. */
  readonly additions: readonly Requirement[]
  /** Every version that any release pins. */
  readonly pins: ReadonlyMap<DistributionName, ReadonlySet<string>>
}

/** What has to be known of the index for this. */
export interface UniverseFacts {
  metadata(name: DistributionName, version: string): Promise<Metadata | undefined>
  /** Versions that exist: key -> spelling. */
  versions(name: DistributionName): Promise<ReadonlyMap<string, string>>
  /** Python -> the newest version for it. */
  newest(name: DistributionName): Promise<ReadonlyMap<string, string>>
}

/** An index as the source of those facts. */
export function universeFactsOf(index: {
  metadata(name: DistributionName, version: string): Promise<Metadata | undefined>
  listing(name: DistributionName): Promise<ReadonlyMap<string, readonly SimpleFile[]>>
}): UniverseFacts {
  return {
    metadata: (name, version) => index.metadata(name, version),
    versions: async (name) =>
      new Map([...(await index.listing(name))].map(([key, files]) => [key, files[0]!.version])),
    newest: async (name) => newestForPythons(await index.listing(name)),
  }
}

export interface Universe {
  /** Name -> versions as the index spells them, oldest first; every name reached, at every version that counts. */
  readonly versions: ReadonlyMap<DistributionName, readonly string[]>
  /** Names that no release pins: Python -> the newest version for it. */
  readonly unpinned: ReadonlyMap<DistributionName, ReadonlyMap<string, string>>
  /** Pinned or shipped versions, `name version`, that the index does not have. */
  readonly absent: readonly string[]
  /** Requirements that cannot be parsed: `name version: text`. */
  readonly unreadable: readonly string[]
}

/** Older Pythons only decide which demands count: facts of their own are not collected for them. */
const markerPythons = ['3.8', ...universePythons]

/** First and newest patch release of each Python on both platforms: markers tell them apart. */
function environments(): readonly MarkerEnvironment[] {
  return markerPythons
    .flatMap((python) => [python, `${python}.0`])
    .flatMap((python) => [markerEnvironment(python, 'linux/amd64'), markerEnvironment(python, 'linux/arm64')])
}

/**
 * Everything that the service releases may come to demand: a demand counts when its marker can be true in any
 * environment with the extras asked for on the way. A name is reached at every version that any release pins, or,
 * where none does, at the newest version for each Python, and at the newest within the bounds of each addition.
 */
export async function collectUniverse(
  input: UniverseInput,
  facts: UniverseFacts,
  onProgress?: (done: number, known: number) => void,
): Promise<Universe> {
  const canHold = markerTest()
  const extrasOf = new Map<DistributionName, Set<string>>()
  const versionsOf = new Map<DistributionName, readonly string[]>()
  const unpinned = new Map<DistributionName, ReadonlyMap<string, string>>()
  const absent = new Set<string>()
  const unreadable = new Set<string>()
  let changed = new Set<DistributionName>()

  const reach = (name: DistributionName, extras: readonly string[]): void => {
    const known = extrasOf.get(name)
    const fresh = extras.filter((extra) => known?.has(extra) !== true)
    if (known !== undefined && fresh.length === 0) return
    extrasOf.set(name, new Set([...(known ?? []), ...fresh]))
    changed.add(name)
  }

  const wanted = async (name: DistributionName): Promise<readonly string[]> => {
    const fixed = [...(input.pins.get(name) ?? []), ...shipped(input.roots, name)]
    const existing = await facts.versions(name)
    const found = fixed.map((version) => existing.get(tryParseVersion(version)?.key ?? ''))
    for (const [index, version] of fixed.entries())
      if (found[index] === undefined) absent.add(`${name} ${version}`)
    if (fixed.length > 0) return inOrder(found.filter((version) => version !== undefined))
    if (existing.size === 0) absent.add(name)
    const newest = await facts.newest(name)
    unpinned.set(name, newest)
    const bounded = input.additions.flatMap((addition) =>
      addition.name === name ? (newestWithin(addition.specifiers, existing.values()) ?? []) : [],
    )
    return inOrder([...newest.values(), ...bounded])
  }

  const follow = async (name: DistributionName): Promise<void> => {
    const versions = versionsOf.get(name) ?? (await wanted(name))
    versionsOf.set(name, versions)
    const extras = extrasOf.get(name)!
    await Promise.all(
      versions.map(async (version) => {
        for (const text of (await facts.metadata(name, version))?.requires ?? []) {
          const requirement = tryParse(text)
          if (requirement === undefined) unreadable.add(`${name} ${version}: ${text}`)
          else if (canHold(requirement, extras)) reach(requirement.name, requirement.extras)
        }
      }),
    )
  }

  for (const root of input.roots) reach(root.name, root.extras)
  for (const addition of input.additions) reach(addition.name, addition.extras)
  let done = 0
  while (changed.size > 0) {
    const wave = [...changed].sort()
    changed = new Set()
    await Promise.all(
      wave.map(async (name) => {
        await follow(name)
        done += 1
        onProgress?.(done, extrasOf.size)
      }),
    )
  }
  return {
    versions: new Map([...versionsOf].sort(byKey)),
    unpinned: new Map([...unpinned].sort(byKey)),
    absent: [...absent].sort(),
    unreadable: [...unreadable].sort(),
  }
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}

/** Oldest first, each once. */
function inOrder(versions: readonly string[]): readonly string[] {
  return [...new Set(versions)].sort((a, b) => compareVersions(parseVersion(a), parseVersion(b)))
}

function shipped(roots: readonly UniverseRoot[], name: DistributionName): readonly string[] {
  return roots.filter((root) => root.name === name).map(({ version }) => version)
}

function tryParse(text: string): Requirement | undefined {
  try {
    return parseRequirement(text)
  } catch (error) {
    if (error instanceof SvcsplitError) return undefined
    throw error
  }
}

/** Whether a requirement counts with these extras anywhere; the same few hundred markers come again and again. */
function markerTest(): (requirement: Requirement, extras: ReadonlySet<string>) => boolean {
  const everywhere = environments()
  const known = new Map<string, boolean>()
  return ({ marker }, extras) => {
    if (marker === undefined) return true
    const key = JSON.stringify([formatMarker(marker), [...extras].sort()])
    let answer = known.get(key)
    if (answer === undefined) {
      answer = everywhere.some((environment) => evaluateMarker(marker, environment, extras))
      known.set(key, answer)
    }
    return answer
  }
}

/** Finals before pre-releases, yanked files never (PEP 592): Python -> version. */
function newestForPythons(listing: ReadonlyMap<string, readonly SimpleFile[]>): ReadonlyMap<string, string> {
  const newestFirst = [...listing.values()].reverse()
  const finals = newestFirst.filter(([file]) => !isPrerelease(parseVersion(file!.version)))
  const chosen = new Map<string, string>()
  for (const python of universePythons) {
    const full = markerEnvironment(python, 'linux/amd64').python_full_version
    const usable = (files: readonly SimpleFile[]): boolean => files.some((file) => admits(file, full))
    const found = finals.find(usable) ?? newestFirst.find(usable)
    if (found !== undefined) chosen.set(python, found[0]!.version)
  }
  return chosen
}

function admits(file: SimpleFile, python: string): boolean {
  if (file.yanked !== undefined || !isUsableOnLinux(file.filename)) return false
  if (file.requiresPython === undefined) return true
  try {
    return specifierSetContains(parseSpecifierSet(file.requiresPython), python, true)
  } catch {
    // installers ignore a Requires-Python that cannot be parsed
    return true
  }
}

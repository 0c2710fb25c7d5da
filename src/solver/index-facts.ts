import type { Metadata } from '#catalog/catalog.js'
import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { type SpecifierSet, specifierSetContains, tryParseSpecifierSet } from '#pep/specifier-set.js'
import { tryParseVersion } from '#pep/version.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'
import type { Candidate, Facts, Needs, VersionFacts } from './facts.js'
import { factsReader } from './release-facts.js'

/** One file as an index lists it. */
interface ListedFile {
  readonly filename: string
  readonly kind: 'wheel' | 'sdist'
  readonly version: string
  readonly requiresPython?: string
  readonly yanked?: boolean | string
}

/** An index as the solver asks it. */
export interface IndexSource {
  /** Files by version; empty if there is no such distribution. */
  listing(name: DistributionName): Promise<ReadonlyMap<string, readonly ListedFile[]>>
  /** Or the reason why there is none: `missing` could be had by other means, `unusable` is wrong as it is. */
  metadata(
    name: DistributionName,
    version: string,
  ): Promise<Metadata | { readonly missing: string } | { readonly unusable: string }>
}

interface IndexFacts {
  readonly facts: Facts
  load(needs: Needs): Promise<void>
  /** How many versions have been looked at. */
  loaded(): number
}

/** A distribution that keeps being tried is asked about in larger and larger portions, so that latency adds up less. */
const patience = 3
const largestPortion = 32

/** Facts that an index is asked for when the search needs them. `tags`: what the environment can install. */
export function indexFacts(
  source: IndexSource,
  environment: MarkerEnvironment,
  tags: readonly string[],
): IndexFacts {
  const read = factsReader(environment)
  const installable = new Set(tags)
  const candidates = new Map<DistributionName, readonly Candidate[]>()
  const releases = new Map<string, VersionFacts>()
  const asked = new Map<DistributionName, number>()

  function candidateOf(files: readonly ListedFile[]): Candidate[] {
    // Where there is an sdist, the tags of wheels decide nothing; there may be hundreds of wheels.
    const hasSdist = files.some(({ kind }) => kind === 'sdist')
    const usable = hasSdist ? files : files.filter(({ filename }) => hasTag(filename, installable))
    const [first] = usable
    if (first === undefined) return []
    const pythons = usable.map(({ requiresPython }) => specifiersOf(requiresPython))
    const refused = pythons.every(
      (set) => set !== undefined && !specifierSetContains(set, environment.python_full_version, true),
    )
    const yanked = usable.every((file) => file.yanked !== undefined && file.yanked !== false)
    return [{ version: first.version, yanked, ...(refused && { requiresPython: pythons[0]! }) }]
  }

  async function loadName(name: DistributionName): Promise<void> {
    const listing = await source.listing(name)
    candidates.set(name, [...listing.values()].flatMap(candidateOf))
  }

  async function loadRelease(name: DistributionName, version: string): Promise<void> {
    const key = `${name} ${version}`
    if (releases.has(key)) return
    const metadata = await source.metadata(name, version)
    if ('missing' in metadata) releases.set(key, { demands: [], trouble: metadata.missing, isMissing: true })
    else if ('unusable' in metadata) releases.set(key, { demands: [], trouble: metadata.unusable })
    else releases.set(key, read(metadata))
  }

  /** The version itself, and those below it once there have been many questions about the distribution. */
  function portion(name: DistributionName, version: string): string[] {
    const times = (asked.get(name) ?? 0) + 1
    asked.set(name, times)
    if (times <= patience) return [version]
    const size = Math.min(2 ** (times - patience), largestPortion)
    const usual = (candidates.get(name) ?? []).filter(
      (candidate) =>
        !candidate.yanked && candidate.requiresPython === undefined && isFinal(candidate.version),
    )
    const at = usual.findIndex((candidate) => candidate.version === version)
    return at < 0
      ? [version]
      : usual.slice(Math.max(0, at - size), at + 1).map((candidate) => candidate.version)
  }

  return {
    facts: {
      knowsAllNames: true,
      candidates: (name) => candidates.get(name),
      release: (name, version) => releases.get(`${name} ${version}`),
    },
    async load({ names, releases: wanted }) {
      await Promise.all([
        ...names.map(loadName),
        ...wanted.flatMap(({ name, version }) => portion(name, version).map((one) => loadRelease(name, one))),
      ])
    },
    loaded: () => releases.size,
  }
}

/** What cannot be parsed limits nothing, as pip has it: old files say odd things here. */
function specifiersOf(text: string | undefined): SpecifierSet | undefined {
  return text === undefined ? undefined : tryParseSpecifierSet(text)
}

function isFinal(version: string): boolean {
  return tryParseVersion(version)?.prerelease === false
}

function hasTag(filename: string, installable: ReadonlySet<string>): boolean {
  try {
    return parseWheelFilename(filename).tags.some((tag) => installable.has(tag))
  } catch {
    return false
  }
}

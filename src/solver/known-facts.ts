import type { Metadata } from '#catalog/catalog.js'
import type { MarkerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import type { Candidate, CodeNeed, Facts, VersionFacts } from './facts.js'
import { factsReader } from './release-facts.js'

/** Facts that are known at once, as a snapshot gives them. */
export interface KnownFacts {
  versions(name: DistributionName): readonly string[]
  metadata(name: DistributionName, version: string): Metadata | undefined
}

/** A distribution version whose own demands are given as lines: its metadata adds only what its extras want. */
interface OwnVersion {
  readonly name: DistributionName
  readonly version: string
}

/** Facts for the solver that never have to be waited for; with `code`, what the code needs counts too (as run). */
export function knownFacts(
  known: KnownFacts,
  environment: MarkerEnvironment,
  own: readonly OwnVersion[] = [],
  code?: (name: DistributionName, version: string) => readonly CodeNeed[],
): Facts {
  const read = factsReader(environment)
  const candidates = new Map<DistributionName, readonly Candidate[]>()
  const releases = new Map<DistributionName, Map<string, VersionFacts>>()
  const ownKeys = new Set(own.map(({ name, version }) => `${name} ${version}`))

  function facts(name: DistributionName, version: string): VersionFacts {
    const metadata = known.metadata(name, version)
    if (metadata === undefined) return { demands: [], trouble: 'its metadata is not known', isMissing: true }
    const declared = read(metadata)
    const all = code === undefined ? declared : { ...declared, code: code(name, version) }
    if (!ownKeys.has(`${name} ${version}`)) return all
    return { ...all, demands: all.demands.filter(({ underExtra }) => underExtra !== undefined) }
  }

  return {
    knowsAllNames: false,
    candidates(name) {
      let list = candidates.get(name)
      if (list === undefined) {
        list = known.versions(name).map((version) => ({ version }))
        candidates.set(name, list)
      }
      return list
    },
    release(name, version) {
      // Asked a million times over all pairs of services: two look-ups cost less than a text made of both.
      let versions = releases.get(name)
      if (versions === undefined) {
        versions = new Map()
        releases.set(name, versions)
      }
      let answer = versions.get(version)
      if (answer === undefined) {
        answer = facts(name, version)
        versions.set(version, answer)
      }
      return answer
    },
  }
}

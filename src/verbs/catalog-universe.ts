import type { Snapshot } from '#catalog/snapshot.js'
import type { Universe, UniverseFacts, UniverseInput, UniverseRoot } from '#catalog/universe.js'
import type { Fleet } from '#inputs/fleet.js'
import type { DistributionName } from '#pep/name.js'
import { parseVersion, tryParseVersion } from '#pep/version.js'
import { profileAdditions } from './service-release.js'

/** Facts of the shipped versions from where they are shipped; the index is asked for the rest. */
export function factsBeside(shipped: Snapshot, input: UniverseInput, asked: UniverseFacts): UniverseFacts {
  const known = (name: DistributionName) =>
    new Map(shipped.versions(name).map((version) => [parseVersion(version).key, version]))
  const wanted = (name: DistributionName): readonly string[] => [
    ...(input.pins.get(name) ?? []),
    ...input.roots.filter((root) => root.name === name).map(({ version }) => version),
  ]
  return {
    metadata: async (name, version) =>
      shipped.metadata(name, version) ?? (await asked.metadata(name, version)),
    versions: async (name) => {
      const there = known(name)
      const all = wanted(name)
      const isKnown = all.length > 0 && all.every((version) => there.has(tryParseVersion(version)?.key ?? ''))
      return isKnown || (all.length === 0 && there.size > 0)
        ? there
        : new Map([...(await asked.versions(name)), ...there])
    },
    newest: async (name) => shipped.unpinned().versions.get(name) ?? (await asked.newest(name)),
  }
}

/** What is not shipped of a universe. */
export function without(universe: Universe, shipped: Snapshot): Universe {
  const fresh = [...universe.versions].map(
    ([name, versions]) =>
      [name, versions.filter((version) => shipped.metadata(name, version) === undefined)] as const,
  )
  return {
    ...universe,
    versions: new Map(fresh.filter(([, versions]) => versions.length > 0)),
    unpinned: new Map([...universe.unpinned].filter(([name]) => !shipped.unpinned().versions.has(name))),
  }
}

/** Where the demands begin, and every version that any release pins, whatever its marker. */
export function universeInput(fleet: Fleet, release?: string): UniverseInput {
  const roots: UniverseRoot[] = []
  const additions = []
  const pins = new Map<DistributionName, Set<string>>()
  for (const { name, services } of fleet.releases.list) {
    for (const [distribution, list] of fleet.constraints(name).pins) {
      const versions = pins.get(distribution) ?? new Set()
      pins.set(distribution, versions)
      for (const pin of list) versions.add(pin.version)
    }
    for (const { distribution, version } of fleet.own?.overrides ?? [])
      if (version !== undefined) pins.set(distribution, new Set([...(pins.get(distribution) ?? []), version]))
    if (release !== undefined && release !== name) continue
    for (const [service, shipped] of services) {
      const profile = fleet.profile(service)
      roots.push({ name: shipped.distribution, version: shipped.version, extras: profile.extras })
      additions.push(...profileAdditions(profile, name).map(({ requirement }) => requirement))
    }
  }
  return { roots, additions, pins }
}

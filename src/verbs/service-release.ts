import type { Snapshot } from '#catalog/snapshot.js'
import { moduleOfPath, type EntryPoints as ShippedEntryPoints } from '#catalog/wheel-facts.js'
import type { Candidate } from '#collisions/analysis.js'
import type { EntryPoints, Scripts } from '#collisions/entry-points.js'
import { ownDemands } from '#collisions/own-demands.js'
import type { SystemNeeds } from '#collisions/system-bindings.js'
import { pinsFor } from '#inputs/constraints-file.js'
import type { Fleet } from '#inputs/fleet.js'
import { additionOf, type Profile } from '#inputs/profile.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { loadSuites, type Suite } from '#inputs/suite-packages.js'
import { bindingsOf } from '#inputs/system-packages.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import type { PlacedRequirement, Root } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'

/** A snapshot as a closure asks it; a version that is none by PEP 440 has no facts. */
export function factsOf(snapshot: Pick<Snapshot, 'metadata' | 'versions'>): ClosureFacts {
  return {
    metadata: (name, version) =>
      tryParseVersion(version) === undefined ? undefined : snapshot.metadata(name, version),
    versions: (name) => snapshot.versions(name),
  }
}

/** The demands that a profile adds in a release, each with its line. */
export function profileAdditions(profile: Profile, release: string): readonly PlacedRequirement[] {
  return profile.additions
    .filter(({ releases }) => inReleaseRange(release, releases))
    .map((addition) => ({ requirement: additionOf(addition), at: addition.at }))
}

/** Where the walk of a shipped service release starts. */
export function serviceRoot(fleet: Fleet, facts: ClosureFacts, service: string, release: string): Root {
  const profile = fleet.profile(service)
  const shipped = fleet.releases.byName.get(release)!.services.get(service)!
  const name = normalizeName(profile.distribution)
  const metadata = facts.metadata(name, shipped.version)
  const declared = fleet.requirements(service, release) ?? []
  return {
    service,
    distribution: { name, version: shipped.version },
    extras: profile.extras,
    additions: profileAdditions(profile, release),
    ...(metadata === undefined && declared.length === 0 ? {} : { own: ownDemands(metadata, declared) }),
  }
}

function scriptsOf(version: string, facts: ShippedEntryPoints): Scripts {
  const wsgiScripts = facts.groups.get('wsgi_scripts') ?? new Map<string, string>()
  const names = new Set([
    ...(facts.groups.get('console_scripts')?.keys() ?? []),
    ...wsgiScripts.keys(),
    ...facts.scripts.keys(),
    ...facts.wsgi.flatMap((path) => moduleOfPath(path) ?? []),
  ])
  return { version, names: [...names].sort(), makers: [...wsgiScripts.values()] }
}

/** What the profile starts in a release: a script by its name, or a server that is given a WSGI application. */
function startedBy(profile: Profile, release: string): EntryPoints['started'] {
  return profile.processes
    .filter(({ releases }) => inReleaseRange(release, releases))
    .map(({ name, command, wsgi, replaces = [] }) => ({
      name,
      // a maker is known by its whole name, a module by its own: WSGI servers find `application` in it
      program: wsgi === undefined ? command[0]! : wsgi.replace(/\(\)$|:application$/, ''),
      shown: wsgi ?? command[0]!,
      replaces,
      at: profile.origin,
    }))
    .filter(({ program }) => !program.includes('/'))
}

const scripts = new WeakMap<ShippedEntryPoints, Scripts>()

function scriptsIn(
  snapshot: Snapshot,
  name: DistributionName,
  version: string | undefined,
): Scripts | undefined {
  const facts = version === undefined ? undefined : snapshot.entryPoints(name, version)
  if (facts === undefined) return undefined
  const known = scripts.get(facts) ?? scriptsOf(version!, facts)
  scripts.set(facts, known)
  return known
}

function entryPointsBetween(
  fleet: Fleet,
  snapshot: Snapshot,
  profile: Profile,
  name: DistributionName,
  from: string,
  to: string,
  started: () => EntryPoints['started'],
): EntryPoints | undefined {
  const versionIn = (release: string) =>
    fleet.releases.byName.get(release)?.services.get(profile.service)?.version
  const before = scriptsIn(snapshot, name, versionIn(from))
  const after = scriptsIn(snapshot, name, versionIn(to))
  if (before === undefined || after === undefined) return undefined
  return { distribution: name, before, after, started: started() }
}

const suites = new WeakMap<Fleet, readonly Suite[]>()

/** What images of a release are made with from the system; the suites are read for those that take something. */
function systemNeeds(fleet: Fleet, profile: Profile, release: string): SystemNeeds | undefined {
  const taken = bindingsOf(profile, release)
  if (taken.length === 0) return undefined
  const known = suites.get(fleet) ?? loadSuites(fleet.root)
  suites.set(fleet, known)
  const bindings = taken.map((binding) => ({
    package: binding.package,
    name: normalizeName(binding.package),
    ...(binding.distribution === undefined ? {} : { distribution: normalizeName(binding.distribution) }),
    ...(binding.floor === undefined ? {} : { floor: binding.floor }),
    at: profile.origin,
  }))
  return { bindings, suites: known }
}

/** What is the same on every host is worked out on the first one. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** A shipped service release as the analysis takes it. */
export function candidateOf(
  fleet: Fleet,
  snapshot: Snapshot,
  facts: ClosureFacts,
  service: string,
  release: string,
): Candidate {
  const profile = fleet.profile(service)
  const root = serviceRoot(fleet, facts, service, release)
  const { name, version } = root.distribution!
  const started = once(() => startedBy(profile, release))
  return {
    service,
    release,
    version,
    root,
    ownPins: (environment) => pinsFor(fleet.constraintsOf(service, release), environment),
    entryPoints: (host) => entryPointsBetween(fleet, snapshot, profile, name, host, release, started),
    system: once(() => systemNeeds(fleet, profile, release)),
  }
}

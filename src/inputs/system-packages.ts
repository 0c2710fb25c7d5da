import type { Binding, Profile } from './profile.js'
import { inReleaseRange } from './release-range.js'

/** Bindings that images of a release are made with. */
export function bindingsOf(profile: Profile, release: string): readonly Binding[] {
  return profile.bindings.filter(
    ({ optional, releases }) => optional !== true && inReleaseRange(release, releases),
  )
}

/** Packages that a base of the suite needs for a release of the service; sorted, each once. */
export function runPackages(profile: Profile, suite: string, release: string): readonly string[] {
  const bindings = bindingsOf(profile, release).map((binding) => binding.package)
  return [...new Set([...inSuite(profile.systemPackages.run, suite), ...bindings])].sort()
}

/** Modules that the environment of a release takes from those packages; sorted, each once. */
export function systemModulesOf(profile: Profile, release: string): readonly string[] {
  return [...new Set(bindingsOf(profile, release).flatMap(({ imports }) => imports))].sort()
}

/** Packages that wheels of the service may need to be built on a base of the suite. */
export function buildPackages(profile: Profile, suite: string): readonly string[] {
  return inSuite(profile.systemPackages.build, suite)
}

function inSuite(packages: ReadonlyMap<string, readonly string[]>, suite: string): readonly string[] {
  return [...(packages.get('all') ?? []), ...(packages.get(suite) ?? [])]
}

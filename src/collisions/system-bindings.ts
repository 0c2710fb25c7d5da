import type { FileOrigin } from '#errors.js'
import type { Suite } from '#inputs/suite-packages.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import type { Host } from './check.js'
import { type Finding, fingerprint, levelOf } from './finding.js'

/** A Python binding that a service takes from the system. */
export interface SystemBinding {
  readonly package: string
  /** The package by the rules of distribution names, for findings. */
  readonly name: DistributionName
  /** What has the same modules on the package index. */
  readonly distribution?: DistributionName
  /** The lowest upstream version that the service takes. */
  readonly floor?: string
  readonly at: FileOrigin
}

/** What a service takes from the system, and the suites that are known to have it. */
export interface SystemNeeds {
  readonly bindings: readonly SystemBinding[]
  readonly suites: readonly Suite[]
}

/** `9.0.0` of `1:9.0.0-4+deb12u2`: without epoch and packaging, as far as it is numbers. */
export function upstreamVersion(version: string): string {
  return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '0'
}

function reaches(version: string, floor: string): boolean {
  const has = tryParseVersion(upstreamVersion(version))
  const wanted = tryParseVersion(floor)
  return has !== undefined && wanted !== undefined && compareVersions(has, wanted) >= 0
}

/**
 * What stands against a binding on a Python: what is there instead; nothing if it can be had, or if nobody has asked
 * the suites for it.
 */
function obstacle(binding: SystemBinding, suites: readonly Suite[], python: string): string | undefined {
  if (!suites.some(({ packages }) => packages.has(binding.package))) return undefined
  const versions = suites
    .filter((suite) => suite.python === python)
    .flatMap(({ packages }) => packages.get(binding.package) ?? [])
  const { floor } = binding
  if (versions.length === 0) return `no suite for Python ${python}`
  if (floor === undefined || versions.some((version) => reaches(version, floor))) return undefined
  return upstreamVersion(versions[0]!)
}

/**
 * Bindings of system libraries that the host cannot give the service: no known suite has them for the host's Python,
 * since they belong to a distribution's own; the suite's version is too low; or the same modules come from the
 * package index too, where the service or its libraries demand them, and which of the two is imported depends on paths.
 */
export function bindingFindings(
  candidate: { readonly service: string; readonly release?: string },
  host: Host,
  { bindings, suites }: SystemNeeds,
  demanded: ReadonlyMap<DistributionName, { readonly version?: string | undefined }>,
): readonly Finding[] {
  const python = host.python.split('.').slice(0, 2).join('.')
  const { service, release } = candidate
  return bindings.flatMap((binding): readonly Finding[] => {
    const twice = binding.distribution === undefined ? undefined : demanded.get(binding.distribution)
    const version =
      twice === undefined
        ? obstacle(binding, suites, python)
        : `${binding.distribution} ${twice.version ?? ''}`.trim()
    if (version === undefined) return []
    const { name, floor, at } = binding
    const specifier = floor === undefined ? '' : `>=${floor}`
    return [
      {
        id: fingerprint(['system-package', service, release, name, specifier, host.label, host.python]),
        rule: 'system-package',
        level: levelOf['system-package'],
        distribution: name,
        demand: {
          service,
          ...(release === undefined ? {} : { release }),
          by: `profile ${service}`,
          specifier,
          at,
        },
        supply: { version },
        via: [],
        direct: false,
        state: 'new',
        fixes: [],
      },
    ]
  })
}

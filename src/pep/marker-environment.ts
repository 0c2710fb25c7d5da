import { visible } from '#errors.js'
import { failure } from './failure.js'
import { tryParseVersion } from './version.js'

/** The values of the marker variables of one Python on one platform (PEP 508). */
export interface MarkerEnvironment {
  readonly python_version: string
  readonly python_full_version: string
  readonly os_name: string
  readonly sys_platform: string
  readonly platform_machine: string
  readonly platform_python_implementation: string
  readonly platform_release: string
  readonly platform_system: string
  readonly platform_version: string
  readonly implementation_name: string
  readonly implementation_version: string
  /** Only where a lock file is evaluated (PEP 751). */
  readonly extras?: ReadonlySet<string>
  readonly dependency_groups?: ReadonlySet<string>
}

/**
 * The newest patch release of each CPython, as uv 0.13.9 lists what it can install (November 2026). 3.8 and 3.9
 * are final. A number that has grown since changes an answer only where a marker names a patch release above it.
 */
const newestPatch: ReadonlyMap<string, number> = new Map([
  ['3.8', 20],
  ['3.9', 25],
  ['3.10', 22],
  ['3.11', 18],
  ['3.12', 16],
  ['3.13', 18],
  ['3.14', 10],
])

const machines = { 'linux/amd64': 'x86_64', 'linux/arm64': 'aarch64' } as const

/**
 * CPython on Linux: `3.11` stands for its newest patch release, `3.11.4` for itself. The kernel is not known
 * beforehand, so `platform_release` and `platform_version` are empty. Throws E-REQ-VERSION.
 */
export function markerEnvironment(
  python: string,
  platform: 'linux/amd64' | 'linux/arm64',
): MarkerEnvironment {
  const version = tryParseVersion(python)
  const [major, minor, patch] = version?.release ?? []
  if (version === undefined || minor === undefined || version.epoch > 0 || version.release.length > 3)
    throw failure(
      'E-REQ-VERSION',
      `'${visible(python)}' is not a Python version such as 3.11 or 3.11.4`,
      python,
      0,
    )
  const short = `${major}.${minor}`
  const full = patch === undefined ? `${short}.${newestPatch.get(short) ?? 0}` : version.text
  return {
    python_version: short,
    python_full_version: full,
    os_name: 'posix',
    sys_platform: 'linux',
    platform_machine: machines[platform],
    platform_python_implementation: 'CPython',
    platform_release: '',
    platform_system: 'Linux',
    platform_version: '',
    implementation_name: 'cpython',
    implementation_version: full,
  }
}

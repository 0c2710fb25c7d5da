/** A published hole of a program that svcsplit starts, or that people build its Containerfiles with. */
interface KnownHole {
  readonly id: string
  readonly program: string
  /** What an attacker gains, and by what. */
  readonly what: string
  /** The first version of each line (`1.33`) that has the fix; lines above the last one have it from their start. */
  readonly fixed: readonly string[]
  /** Where the fix was published. */
  readonly source: string
}

/** The day on which the table was last held against what had been published. */
export const holesAsOf = '2026-11-26'

const runcHoles: Omit<KnownHole, 'id' | 'what'> = {
  program: 'runc',
  fixed: ['1.2.8', '1.3.3', '1.4.0'],
  source: 'opencontainers/runc, security advisories of 2025-11-05',
}

export const knownHoles: readonly KnownHole[] = [
  {
    id: 'CVE-2024-1753',
    program: 'buildah',
    what: 'a Containerfile mounts the root of this machine into a build',
    fixed: ['1.29.3', '1.31.5', '1.32.3', '1.33.7', '1.34.2', '1.35.1'],
    source:
      'containers/buildah, pull requests 5416, 5419 and 5434; containers/podman 22119 and 22214; NixOS/nixpkgs 300783',
  },
  {
    id: 'CVE-2024-9407',
    program: 'buildah',
    what: 'a mount option of a Containerfile reaches folders of this machine',
    fixed: ['1.33.10', '1.37.5', '1.38.0'],
    source: 'containers/buildah, pull request 5764; containers/podman 24331',
  },
  {
    id: 'CVE-2024-9675',
    program: 'buildah',
    what: 'a cache mount of a Containerfile reaches any folder of this machine',
    fixed: ['1.33.10', '1.37.5', '1.38.0'],
    source: 'containers/buildah, pull request 5789; containers/podman 24331',
  },
  {
    id: 'CVE-2024-11218',
    program: 'buildah',
    what: 'builds that run at once let a Containerfile list and read files of this machine',
    fixed: ['1.29.5', '1.33.12', '1.37.6', '1.38.1'],
    source: 'containers/podman, pull requests 25069, 25095, 25098 and 25255',
  },
  {
    id: 'GHSA-49p4-px3h-rq49',
    program: 'buildah',
    what: 'what ADD fetches, by git or as an archive, brings files of this machine into a build',
    fixed: ['1.43.2', '1.44.0'],
    source: 'containers/buildah, security advisories; golang/vulndb 5116',
  },
  {
    id: 'CVE-2024-1753',
    program: 'podman',
    what: 'a Containerfile mounts the root of this machine into a build',
    fixed: ['4.9.4', '5.0.0'],
    source: 'release notes of podman 4.9.4; containers/podman, pull request 22085',
  },
  {
    id: 'CVE-2024-9675',
    program: 'podman',
    what: 'a cache mount of a Containerfile reaches any folder of this machine',
    fixed: ['5.2.5', '5.3.0'],
    source: 'release notes of podman 5.2.5',
  },
  {
    id: 'CVE-2024-21626',
    program: 'runc',
    what: 'an image whose working directory is a leaked descriptor reaches this machine',
    fixed: ['1.1.12'],
    source: 'opencontainers/runc, release notes of 1.1.12',
  },
  { ...runcHoles, id: 'CVE-2025-31133', what: 'a container writes to /proc of this machine by masked paths' },
  { ...runcHoles, id: 'CVE-2025-52565', what: 'a container writes to /proc of this machine by its console' },
  { ...runcHoles, id: 'CVE-2025-52881', what: 'a container redirects writes of runc itself to /proc' },
  {
    id: 'CVE-2024-32002',
    program: 'git',
    what: 'a clone with submodules runs code',
    fixed: ['2.39.4', '2.40.2', '2.41.1', '2.42.2', '2.43.4', '2.44.1', '2.45.1'],
    source: 'git, release notes of 2.45.1',
  },
  {
    id: 'CVE-2025-48384',
    program: 'git',
    what: 'a clone with submodules runs code, by a carriage return',
    fixed: ['2.43.7', '2.44.4', '2.45.4', '2.46.4', '2.47.3', '2.48.2', '2.49.1', '2.50.1'],
    source: 'git, release notes of 2.50.1',
  },
]

/** Holes of a version that its number does not show as fixed; distributors may have fixed them without a new number. */
export function holesOf(program: string, version: string): readonly KnownHole[] {
  return knownHoles.filter((hole) => hole.program === program && !isFixedIn(version, hole.fixed))
}

function isFixedIn(version: string, fixed: readonly string[]): boolean {
  const line = lineOf(version)
  const sameLine = fixed.find((first) => lineOf(first) === line)
  if (sameLine !== undefined) return compare(version, sameLine) >= 0
  return fixed.every((first) => compare(version, first) > 0)
}

function lineOf(version: string): string {
  return version.split('.', 2).join('.')
}

/** By numbers; a candidate (`1.4.0-rc.1`) comes before its release. */
function compare(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (let place = 0; place < Math.max(left.length, right.length); place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0)
    if (difference !== 0) return difference
  }
  return Number(b.includes('-rc')) - Number(a.includes('-rc'))
}

function numbersOf(version: string): readonly number[] {
  return version.replace(/-.*$/, '').split('.').map(Number)
}

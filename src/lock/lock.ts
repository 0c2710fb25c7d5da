import type { DistributionFile } from '#catalog/catalog.js'
import type { DistributionName } from '#pep/name.js'

/** One distribution of a lock: exactly one version, and the file that will be installed. */
export interface LockedDistribution {
  readonly name: DistributionName
  readonly version: string
  readonly requiresPython?: string
  /** The wheel chosen by tags, or none when only an sdist fits. */
  readonly wheel?: DistributionFile
  /** Present when there is no wheel that fits: it has to be built first. */
  readonly sdist?: DistributionFile
  /** The wheel that was built from the sdist: only locks that a build has written know it. */
  readonly built?: LockedWheel
  /** Names of the distributions that this one demands in this environment, sorted. */
  readonly dependencies: readonly DistributionName[]
}

/** A wheel by its bytes. */
export interface LockedWheel {
  readonly filename: string
  /** Hex. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

/** The base that an image was built on, and what it consists of. */
export interface LockedBase {
  /** `debian:bookworm` */
  readonly name: string
  /** Of its manifest. */
  readonly digest: string
  /** System packages, sorted by name. */
  readonly packages: readonly { readonly name: string; readonly version: string }[]
}

/** What a lock holds for: one service release, one Python, one platform. */
export interface LockTarget {
  readonly service: string
  /** The release, or none for a user's own service. */
  readonly release?: string
  /** The service's own distribution. */
  readonly root: DistributionName
  /** `3.11` */
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** The newest glibc that a wheel may want, as `2.36`. */
  readonly glibc: string
}

/** A solution frozen to files and hashes (PEP 751 on disk). */
export interface Lock extends LockTarget {
  /** Sorted by name. */
  readonly distributions: readonly LockedDistribution[]
  /** Only in locks that a build has written. */
  readonly base?: LockedBase
}

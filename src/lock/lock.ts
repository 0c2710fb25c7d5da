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
  /** Names of the distributions that this one demands in this environment, sorted. */
  readonly dependencies: readonly DistributionName[]
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
}

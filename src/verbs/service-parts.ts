import { join } from 'node:path'
import { type BaseImage, prepareBase } from '#base/base-image.js'
import { parseBaseReference } from '#base/base-reference.js'
import type { Snapshot } from '#catalog/snapshot.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import type { Process, Profile } from '#inputs/profile.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { serviceReleaseNamed } from '#inputs/releases.js'
import { type BlobStore, openBlobStore } from '#io/blob-store.js'
import type { Lock } from '#lock/lock.js'
import type { Wheelhouse } from '#wheelhouse/wheelhouse.js'
import { lockRelease, shippedSnapshot } from './lock.js'
import { type LockFiles, lockFiles } from './lock-files.js'
import { type IndexRequest, type LazyIndex, lazyIndex } from './open-index.js'
import { sdistBuilder } from './sdist-builder.js'

/** The environment's folder, the same in every image, since wheels are written for it. */
export const prefix = '/opt/venv'

/** What an image is made from, whoever makes it. */
export interface PartsRequest extends Omit<IndexRequest, 'buildMetadata'> {
  /** `debian:SUITE`, `oci:DIR` or `oci:DIR:NAME`. */
  readonly base: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** A folder with wheels of what the index has only sdists of. */
  readonly wheelhouse?: string
}

/** What one run has open, for all of its services. */
export interface Workshop {
  readonly request: PartsRequest
  readonly fleet: Fleet
  readonly snapshot: Snapshot
  readonly index: LazyIndex
  readonly store: BlobStore
}

/** A service release that is to get an image. */
export interface Target {
  readonly service: string
  readonly release: string
  readonly profile: Profile
  /** Those that this release has; the first is what the image starts. */
  readonly processes: readonly Process[]
}

export interface ServiceParts {
  readonly base: BaseImage
  readonly lock: Lock
  readonly files: LockFiles
}

/** Opens what a run needs, and closes it when `work` is done. */
export async function withWorkshop<T>(
  request: PartsRequest,
  work: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  const fleet = loadFleet()
  const index = lazyIndex(request)
  const store = openBlobStore(join(request.cacheDir, 'blobs'))
  try {
    return await work({ request, fleet, snapshot: shippedSnapshot(fleet), index, store })
  } finally {
    await index.close()
  }
}

/** `glance@2025.1` with its profile. @throws E-SVC-UNKNOWN, E-REL-UNKNOWN, E-PRF-* */
export function targetOf(fleet: Fleet, text: string): Target {
  const { service, release } = serviceReleaseNamed(fleet.releases, text)
  const profile = fleet.profile(service)
  const processes = profile.processes.filter(({ releases }) => inReleaseRange(release.name, releases))
  return { service, release: release.name, profile, processes }
}

/** The profile's packages for the suite of a base; none for a base that brings its own. */
function packagesFor(packages: ReadonlyMap<string, readonly string[]>, base: string): readonly string[] {
  const reference = parseBaseReference(base)
  return reference.kind === 'debian' ? (packages.get(reference.suite) ?? []) : []
}

/**
 * Everything that an image of a service release consists of, on disk: base, lock, wheels.
 * @throws every code of bootstrapping, locking, fetching and building
 */
export async function partsOf(workshop: Workshop, target: Target): Promise<ServiceParts> {
  const { request, fleet, snapshot, index, store } = workshop
  const { platform, cacheDir, wheelhouse } = request
  const { service, release, profile } = target
  const told = request.progress === undefined ? {} : { progress: request.progress }
  const packages = packagesFor(profile.systemPackages.run, request.base)
  const base = await prepareBase({ from: request.base, packages, platform, cacheDir, ...told })
  const { python, glibc } = base
  const lock = lockRelease(fleet, snapshot, { service, release, python, platform, glibc })
  const builder = (): Promise<Wheelhouse> =>
    sdistBuilder({
      root: fleet.root,
      base: request.base,
      platform,
      buildPackages: packagesFor(profile.systemPackages.build, request.base),
      index,
      store,
      cacheDir,
      ...told,
    })
  const files = await lockFiles({
    lock,
    index,
    store,
    builder,
    ...(wheelhouse === undefined ? {} : { wheelhouse }),
    ...told,
  })
  return { base, lock, files }
}

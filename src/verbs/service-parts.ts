import { join } from 'node:path'
import { type BaseImage, prepareBase } from '#base/base-image.js'
import { suiteOf } from '#base/base-reference.js'
import type { Snapshot } from '#catalog/snapshot.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import type { Process, Profile } from '#inputs/profile.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { serviceReleaseNamed } from '#inputs/releases.js'
import { buildPackages, runPackages } from '#inputs/system-packages.js'
import { type BlobStore, openBlobStore } from '#io/blob-store.js'
import { openProvers, type ProverPool } from '#layers/provers.js'
import type { Lock } from '#lock/lock.js'
import type { Wheelhouse } from '#wheelhouse/wheelhouse.js'
import { explainForeignBase } from './foreign.js'
import { shippedSnapshot } from './known-data.js'
import { lockRelease } from './lock.js'
import { filesOf, type LockFiles } from './lock-files.js'
import { requireFitting, requireSameBase } from './locked.js'
import { type IndexRequest, type LazyIndex, lazyIndex } from './open-index.js'
import { overrideNotes } from './override-notes.js'
import type { OwnProject } from './own-project.js'
import { sdistBuilder } from './sdist-builder.js'
import { choosingBefore } from './upload-times.js'

export type Builder = 'native' | 'buildah'

/** What an image is made from, whoever makes it. */
export interface PartsRequest extends Omit<IndexRequest, 'buildMetadata'> {
  /** Folder with `constraints/` and `profiles/`; the shipped ones if left out. */
  readonly root?: string
  /** `debian:SUITE`, `oci:DIR` or `oci:DIR:NAME`; a verb takes `registry:REFERENCE` too. */
  readonly base: string
  /** What images call the base, if it came from elsewhere. */
  readonly baseName?: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** At most so many layers above the base; see `planLayers`. */
  readonly layers?: number
  /** Compile the environment: a further layer, and services that start faster. */
  readonly bytecode?: boolean
  /** Who installs the wheels: we, layer by layer, or buildah from our Containerfile, in one. */
  readonly builder?: Builder
  /** A folder with wheels of what the index has only sdists of. */
  readonly wheelhouse?: string
  /** The lock to build from, in place of what the shipped facts come to. */
  readonly lock?: Lock
  /** Refuse a base or a wheel of an sdist that is not the one which the lock names. */
  readonly locked?: boolean
  /** `stateOf` the data and the code; worked out by whoever asks if left out. */
  readonly state?: () => Promise<string>
  /** Build no wheel of an sdist: what is told of its layer is then an estimate. */
  readonly dry?: boolean
}

/** What one run has open, for all of its services. */
export interface Workshop {
  readonly request: PartsRequest
  readonly fleet: Fleet
  readonly snapshot: Snapshot
  readonly index: LazyIndex
  readonly store: BlobStore
  readonly provers: ProverPool
}

/** A service release that is to get an image. */
export interface Target {
  readonly service: string
  readonly release: string
  readonly profile: Profile
  /** In place of a profile and a release that are known. */
  readonly project?: OwnProject
  /** Those that this release has; the first is what the image starts. */
  readonly processes: readonly Process[]
}

export interface ServiceParts {
  readonly base: BaseImage
  readonly lock: Lock
  readonly files: LockFiles
}

/** Opens what a run needs. */
export function openWorkshop(request: PartsRequest): Workshop & { close(): Promise<void> } {
  const fleet = loadFleet(request.root)
  const { excludeNewer, ...asked } = request
  // What is too new is in no lock. The index is then asked for files by their hashes, and for the wheels that builds
  // need, which are pinned with svcsplit itself.
  const index = lazyIndex(asked)
  const store = openBlobStore(join(request.cacheDir, 'blobs'))
  const snapshot = shippedSnapshot(fleet, excludeNewer)
  const provers = openProvers()
  return {
    ...{ request, fleet, snapshot, index, store, provers },
    async close() {
      await Promise.all([index.close(), provers.close()])
    },
  }
}

/** Opens what a run needs, and closes it when `work` is done. */
export async function withWorkshop<T>(
  request: PartsRequest,
  work: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  const workshop = openWorkshop(request)
  try {
    return await work(workshop)
  } finally {
    await workshop.close()
  }
}

/** `glance@2025.1` with its profile. @throws E-SVC-UNKNOWN, E-REL-UNKNOWN, E-PRF-* */
export function targetOf(fleet: Fleet, text: string): Target {
  const { service, release } = serviceReleaseNamed(fleet.releases, text)
  const profile = fleet.profile(service)
  const processes = profile.processes.filter(({ releases }) => inReleaseRange(release.name, releases))
  return { service, release: release.name, profile, processes }
}

/** Bases that this run has prepared: services with the same packages share one. */
const prepared = new WeakMap<Fleet, Map<string, Promise<BaseImage>>>()

/** The base of a service; bootstraps run one after another, and one that fails is not tried again. */
async function baseFor({ request, fleet }: Workshop, { profile, release }: Target): Promise<BaseImage> {
  const { base: from, baseName, platform, cacheDir, offline, progress } = request
  const suite = suiteOf(from)
  const packages = suite === undefined ? [] : runPackages(profile, suite, release)
  const known = prepared.get(fleet) ?? new Map<string, Promise<BaseImage>>()
  prepared.set(fleet, known)
  const key = JSON.stringify([from, platform, packages.toSorted()])
  const before = Promise.allSettled(known.values())
  const base =
    known.get(key) ??
    before
      .then(() =>
        prepareBase({
          ...{ from, packages, platform, cacheDir },
          ...(baseName === undefined ? {} : { name: baseName }),
          ...(offline === undefined ? {} : { offline }),
          ...(progress === undefined ? {} : { progress }),
        }),
      )
      .catch(async (error) => {
        throw await explainForeignBase(error, from, platform)
      })
  known.set(key, base)
  return base
}

/** What any service of the fleet needs to compile: the wheel of an sdist is then the same for all of them. */
function compilerPackages({ request, fleet }: Workshop): readonly string[] {
  const suite = suiteOf(request.base)
  if (suite === undefined) return []
  const services = new Set(fleet.releases.list.flatMap((release) => [...release.services.keys()]))
  const packages = [...services].flatMap((service) => buildPackages(fleet.profile(service), suite))
  return [...new Set(packages)].sort()
}

/** The lock that was given, if it is one for this image; else what the facts come to. */
async function lockOf(workshop: Workshop, target: Target, base: BaseImage): Promise<Lock> {
  const { request, fleet, snapshot } = workshop
  const { platform, lock, locked, excludeNewer } = request
  const { service, release, project } = target
  const { python, glibc } = base
  if (lock === undefined && project !== undefined) {
    const { lockProject } = await import('./own-project.js')
    return lockProject(workshop, project, { python, platform, glibc })
  }
  if (lock === undefined) {
    const wanted = { service, release, python, platform, glibc }
    const made = choosingBefore(excludeNewer, () => lockRelease(fleet, snapshot, wanted))
    for (const note of overrideNotes(fleet, made, new Date())) request.progress?.warn?.(note)
    return made
  }
  requireFitting(lock, { service, release, platform }, base)
  if (locked === true) requireSameBase(lock, base)
  return lock
}

/**
 * Base and lock of an image, and the wheels that it takes: those of sdists are built, others come when they
 * are asked for.
 * @throws every code of bootstrapping, locking and building
 */
export async function lazyPartsOf(workshop: Workshop, target: Target): Promise<ServiceParts> {
  const { request, fleet, index, store } = workshop
  const { platform, cacheDir, wheelhouse } = request
  const told = request.progress === undefined ? {} : { progress: request.progress }
  const base = await baseFor(workshop, target)
  if (target.project !== undefined)
    await (await import('./own-project.js')).requireFreeName(target, base, cacheDir)
  const lock = await lockOf(workshop, target, base)
  const builder = (): Promise<Wheelhouse> =>
    sdistBuilder({
      root: fleet.root,
      base: request.base,
      platform,
      buildPackages: compilerPackages(workshop),
      index,
      store,
      cacheDir,
      ...(request.offline === undefined ? {} : { offline: request.offline }),
      ...told,
    })
  const files = await filesOf({
    lock,
    index,
    store,
    builder,
    ...(wheelhouse === undefined ? {} : { wheelhouse }),
    ...(request.dry === undefined ? {} : { dry: request.dry }),
    ...told,
  })
  return { base, lock, files }
}

/**
 * Everything that an image of a service release consists of, on disk: base, lock, wheels.
 * @throws every code of bootstrapping, locking, fetching and building
 */
export async function partsOf(workshop: Workshop, target: Target): Promise<ServiceParts> {
  const parts = await lazyPartsOf(workshop, target)
  await parts.files.fetch(parts.files.wheels)
  return parts
}

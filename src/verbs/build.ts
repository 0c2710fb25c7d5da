import { join } from 'node:path'
import { type BaseImage, prepareBase } from '#base/base-image.js'
import { parseBaseReference } from '#base/base-reference.js'
import type { Snapshot } from '#catalog/snapshot.js'
import { SvcsplitError } from '#errors.js'
import { assembleImage, type Image } from '#image/assemble.js'
import { writeLayout } from '#image/layout.js'
import { readImageFiles } from '#image/read-files.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import type { Profile } from '#inputs/profile.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { serviceReleaseNamed } from '#inputs/releases.js'
import { type BlobStore, openBlobStore } from '#io/blob-store.js'
import { environmentLayers } from '#layers/environment-layers.js'
import type { Layer } from '#layers/layer.js'
import { planLayers } from '#layers/plan.js'
import type { Lock } from '#lock/lock.js'
import type { DistributionName } from '#pep/name.js'
import type { Progress } from '#progress.js'
import { distributionsOf } from '#solver/closure.js'
import { lockRelease, ownClosure, shippedSnapshot } from './lock.js'
import { type LockFiles, lockFiles } from './lock-files.js'
import { type IndexRequest, type LazyIndex, lazyIndex } from './open-index.js'
import { sdistBuilder } from './sdist-builder.js'

/** The environment's folder, the same in every image, since wheels are written for it. */
export const prefix = '/opt/venv'

export interface BuildRequest extends Omit<IndexRequest, 'buildMetadata'> {
  /** `glance@2025.1` */
  readonly services: readonly string[]
  /** Folder of the OCI layout to write into. */
  readonly layout: string
  /** The tag of each image; its release if left out. */
  readonly tag?: string
  /** `debian:SUITE`, `oci:DIR` or `oci:DIR:NAME`. */
  readonly base: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  readonly wheelhouse?: string
  readonly progress?: Progress
}

export interface BuiltImage {
  /** `glance:2025.1`: its name in the layout. */
  readonly name: string
  readonly digest: string
  readonly base: { readonly name: string; readonly digest: string; readonly bytes: number }
  readonly distributions: number
  /** Wheels that were made from sdists, with their sha256. */
  readonly built: LockFiles['built']
  /** Above the base, lowest first; `made` where it was not in the store yet. */
  readonly layers: readonly { title: string; digest: string; bytes: number; made: boolean }[]
}

/** What one run has open, for all of its images. */
interface Workshop {
  readonly request: BuildRequest
  readonly fleet: Fleet
  readonly snapshot: Snapshot
  readonly index: LazyIndex
  readonly store: BlobStore
}

interface Target {
  readonly service: string
  readonly release: string
  readonly profile: Profile
}

function packagesOf(profile: Profile, base: string): readonly string[] {
  const reference = parseBaseReference(base)
  if (reference.kind !== 'debian') return []
  return profile.systemPackages.run.get(reference.suite) ?? []
}

/**
 * How many services of the release have each distribution at the same version: what most share goes into the
 * lower layers. A service that has no closure on this Python does not count.
 */
function sharing({ fleet, snapshot, request }: Workshop, lock: Lock) {
  const weights = new Map<DistributionName, number>()
  let services = 0
  const versions = new Map(lock.distributions.map(({ name, version }) => [name, version]))
  for (const service of fleet.releases.byName.get(lock.release!)!.services.keys()) {
    const { python } = lock
    try {
      const walked = ownClosure(fleet, snapshot, {
        service,
        release: lock.release!,
        python,
        platform: request.platform,
      })
      services += 1
      for (const [name, { version }] of distributionsOf(walked))
        if (versions.get(name) === version) weights.set(name, (weights.get(name) ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof SvcsplitError)) throw error
    }
  }
  return { weights, services }
}

async function layersOf(workshop: Workshop, target: Target, base: BaseImage, lock: Lock, files: LockFiles) {
  const { request, store } = workshop
  const { profile } = target
  const sizes = new Map(lock.distributions.map(({ name, wheel, sdist }) => [name, (wheel ?? sdist)!.size]))
  const accounts = await readImageFiles(base.layout, base.manifest, ['etc/passwd', 'etc/group'])
  return environmentLayers({
    prefix,
    python: base.python,
    pythonPath: base.pythonPath,
    wheels: files.wheels,
    groups: planLayers({
      distributions: files.wheels.map(({ name, version }) => ({ name, version, size: sizes.get(name)! })),
      root: lock.root,
      ...sharing(workshop, lock),
    }),
    configuration: {
      user: profile.user,
      directories: profile.directories,
      data: profile.data,
      passwd: accounts.get('etc/passwd')?.toString() ?? '',
      group: accounts.get('etc/group')?.toString() ?? '',
    },
    store,
    cacheDir: request.cacheDir,
    ...(request.progress === undefined ? {} : { progress: request.progress }),
  })
}

function imageOf(target: Target, base: BaseImage, lock: Lock, layers: readonly Layer[]): Image {
  const { profile, release, service } = target
  const processes = profile.processes.filter(({ releases }) => inReleaseRange(release, releases))
  const ports = processes.flatMap(({ port }) => (port === undefined ? [] : [`${port}/tcp`]))
  return assembleImage({
    base,
    layers,
    title: service,
    version: lock.distributions.find(({ name }) => name === lock.root)!.version,
    prefix,
    user: profile.user,
    command: processes[0]?.command ?? [],
    ports: [...new Set(ports)].toSorted(),
    annotations: new Map([['io.svcsplit.release', release]]),
  })
}

async function buildOne(
  workshop: Workshop,
  target: Target,
): Promise<{ image: Image; built: BuiltImage; base: BaseImage }> {
  const { request, fleet, snapshot, index, store } = workshop
  const { platform, cacheDir, progress, wheelhouse } = request
  const { service, release, profile } = target
  const told = progress === undefined ? {} : { progress }
  const packages = packagesOf(profile, request.base)
  const base = await prepareBase({ from: request.base, packages, platform, cacheDir, ...told })
  const { python, glibc } = base
  const lock = lockRelease(fleet, snapshot, { service, release, python, platform, glibc })
  const buildPackages = profile.systemPackages.build.get(parseSuite(request.base)) ?? []
  const files = await lockFiles({
    lock,
    index,
    store,
    builder: () =>
      sdistBuilder({
        root: fleet.root,
        base: request.base,
        platform,
        buildPackages,
        index,
        store,
        cacheDir,
        ...told,
      }),
    ...(wheelhouse === undefined ? {} : { wheelhouse }),
    ...told,
  })
  const layers = await layersOf(workshop, target, base, lock, files)
  const image = imageOf(target, base, lock, layers)
  const built: BuiltImage = {
    name: `${service}:${request.tag ?? release}`,
    digest: image.descriptor.digest,
    base: {
      name: base.name,
      digest: base.digest,
      bytes: base.manifest.layers.reduce((sum, { size }) => sum + size, 0),
    },
    distributions: lock.distributions.length,
    built: files.built.map(({ name, version, sha256 }) => ({ name, version, sha256 })),
    layers: layers.map(({ title, descriptor, cached }) => ({
      title,
      digest: descriptor.digest,
      bytes: descriptor.size,
      made: !cached,
    })),
  }
  return { image, built, base }
}

function parseSuite(base: string): string {
  const reference = parseBaseReference(base)
  return reference.kind === 'debian' ? reference.suite : ''
}

/**
 * Builds an isolated image of each service release into one OCI layout. Nothing is written there before an
 * image is whole.
 * @throws every code of locking, fetching, building and writing
 */
export async function build(request: BuildRequest): Promise<readonly BuiltImage[]> {
  const fleet = loadFleet()
  const targets = request.services.map((text): Target => {
    const { service, release } = serviceReleaseNamed(fleet.releases, text)
    return { service, release: release.name, profile: fleet.profile(service) }
  })
  const index = lazyIndex(request)
  const store = openBlobStore(join(request.cacheDir, 'blobs'))
  const workshop: Workshop = { request, fleet, snapshot: shippedSnapshot(fleet), index, store }
  const images: BuiltImage[] = []
  try {
    for (const target of targets) {
      request.progress?.step?.(`build ${target.service}@${target.release}`)
      const { image, built, base } = await buildOne(workshop, target)
      await writeLayout(
        request.layout,
        [{ name: built.name, image }],
        [store.dir, join(base.layout, 'blobs')],
      )
      images.push(built)
    }
  } finally {
    await index.close()
  }
  return images
}

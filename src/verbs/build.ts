import { join } from 'node:path'
import type { BaseImage } from '#base/base-image.js'
import { SvcsplitError } from '#errors.js'
import { assembleImage, type Image } from '#image/assemble.js'
import { writeLayout } from '#image/layout.js'
import { readImageFiles } from '#image/read-files.js'
import { environmentLayers } from '#layers/environment-layers.js'
import type { Layer } from '#layers/layer.js'
import { planLayers } from '#layers/plan.js'
import type { Lock } from '#lock/lock.js'
import type { DistributionName } from '#pep/name.js'
import { distributionsOf } from '#solver/closure.js'
import { ownClosure } from './lock.js'
import type { LockFiles } from './lock-files.js'
import {
  type PartsRequest,
  partsOf,
  prefix,
  type ServiceParts,
  type Target,
  targetOf,
  type Workshop,
  withWorkshop,
} from './service-parts.js'

export interface BuildRequest extends PartsRequest {
  /** `glance@2025.1` */
  readonly services: readonly string[]
  /** Folder of the OCI layout to write into. */
  readonly layout: string
  /** The tag of each image; its release if left out. */
  readonly tag?: string
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
  readonly layers: readonly {
    readonly title: string
    readonly digest: string
    readonly bytes: number
    readonly made: boolean
  }[]
}

/**
 * How many services of the release have each distribution at the same version: what most share goes into the
 * lower layers. A service that has no closure on this Python does not count.
 */
function sharing({ fleet, snapshot }: Workshop, lock: Lock) {
  const weights = new Map<DistributionName, number>()
  const versions = new Map(lock.distributions.map(({ name, version }) => [name, version]))
  const release = lock.release!
  let services = 0
  for (const service of fleet.releases.byName.get(release)!.services.keys()) {
    try {
      const walked = ownClosure(fleet, snapshot, { ...lock, service, release })
      services += 1
      for (const [name, { version }] of distributionsOf(walked))
        if (versions.get(name) === version) weights.set(name, (weights.get(name) ?? 0) + 1)
    } catch (error) {
      if (!(error instanceof SvcsplitError)) throw error
    }
  }
  return { weights, services }
}

async function layersOf(workshop: Workshop, target: Target, parts: ServiceParts): Promise<readonly Layer[]> {
  const { request, store } = workshop
  const { profile } = target
  const { base, lock, files } = parts
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

function imageOf(target: Target, { base, lock }: ServiceParts, layers: readonly Layer[]): Image {
  const { profile, release, service, processes } = target
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

function baseOf({ name, digest, manifest }: BaseImage): BuiltImage['base'] {
  return { name, digest, bytes: manifest.layers.reduce((sum, { size }) => sum + size, 0) }
}

async function buildOne(
  workshop: Workshop,
  target: Target,
  { layout, tag }: BuildRequest,
): Promise<BuiltImage> {
  const parts = await partsOf(workshop, target)
  const layers = await layersOf(workshop, target, parts)
  const image = imageOf(target, parts, layers)
  const name = `${target.service}:${tag ?? target.release}`
  await writeLayout(layout, [{ name, image }], [workshop.store.dir, join(parts.base.layout, 'blobs')])
  return {
    name,
    digest: image.descriptor.digest,
    base: baseOf(parts.base),
    distributions: parts.lock.distributions.length,
    built: parts.files.built,
    layers: layers.map(({ title, descriptor: { digest, size }, cached }) => ({
      title,
      digest,
      bytes: size,
      made: !cached,
    })),
  }
}

/**
 * Builds an isolated image of each service release into one OCI layout. Nothing is written there before an
 * image is whole.
 * @throws every code of bootstrapping, locking, fetching, building and writing
 */
export async function build(request: BuildRequest): Promise<readonly BuiltImage[]> {
  return withWorkshop(request, async (workshop) => {
    const targets = request.services.map((text) => targetOf(workshop.fleet, text))
    const images: BuiltImage[] = []
    for (const target of targets) {
      request.progress?.step?.(`build ${target.service}@${target.release}`)
      images.push(await buildOne(workshop, target, request))
    }
    return images
  })
}

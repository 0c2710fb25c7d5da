import { join } from 'node:path'
import { assembleImage, type Image } from '#image/assemble.js'
import { sudoersText } from '#inputs/sudoers.js'
import { systemModulesOf } from '#inputs/system-packages.js'
import { environmentPrefix as prefix } from '#inputs/wsgi-server.js'
import { bytecodeForm, bytecodeLabel } from '#layers/bytecode-layer.js'
import {
  type EnvironmentOptions,
  environmentLayers,
  fetchForLayers,
  type SurveyedLayer,
  surveyLayers,
} from '#layers/environment-layers.js'
import type { Layer } from '#layers/layer.js'
import { planLayers } from '#layers/plan.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Digest } from '#oci/digest.js'
import type { ImageFormat } from '#oci/media-type.js'
import { accountsOf } from './base-accounts.js'
import { type BytecodeOptions, bytecodeLayer, bytecodeTitle, knownBytecode } from './bytecode.js'
import { healthcheckOf } from './health.js'
import type { WheelOfSdist } from './lock-files.js'
import { lazyPartsOf, type ServiceParts, type Target, type Workshop } from './service-parts.js'
import { sharing } from './sharing.js'

/** What another base has to bring: the interpreter under this path, and a glibc that is not older. */
export const pythonLabel = 'io.svcsplit.python'
export const glibcLabel = 'io.svcsplit.glibc'

/** An image for one platform, as it is told of. */
export interface PlatformImage {
  readonly platform: string
  readonly digest: string
  /** Bytes of manifest, config and all layers, the base's included. */
  readonly size: number
  readonly base: { readonly name: string; readonly digest: string; readonly bytes: number }
  readonly distributions: number
  /** Wheels that were made from sdists, with their sha256. */
  readonly built: readonly WheelOfSdist[]
  /** Above the base, lowest first; `made` where it had not been made before. */
  readonly layers: readonly ToldLayer[]
}

interface ToldLayer {
  readonly title: string
  readonly digest: string
  readonly bytes: number
  readonly made: boolean
}

/** An image whose parts are known and on their way; `finish` makes what is missing. */
export interface PreparedImage {
  readonly target: Target
  readonly parts: ServiceParts
  survey(): Promise<readonly SurveyedLayer[]>
  finish(format: ImageFormat): Promise<FinishedImage>
}

interface FinishedImage {
  readonly image: Image
  readonly parts: ServiceParts
  readonly told: PlatformImage
  /** Makes the layer of a digest that was spared. */
  readonly make: (digest: Digest) => Promise<void>
}

/** Whether the destination has a layer already. */
type Spare = (layer: Descriptor) => Promise<boolean>

async function layerOptions(
  workshop: Workshop,
  { profile, release }: Target,
  { base, lock, files }: ServiceParts,
  spare: Spare,
): Promise<EnvironmentOptions> {
  const { request, store, provers } = workshop
  const sizes = new Map(lock.distributions.map(({ name, wheel, sdist }) => [name, (wheel ?? sdist)!.size]))
  return {
    prefix,
    python: base.python,
    pythonPath: base.pythonPath,
    wheels: files.wheels,
    groups: planLayers({
      distributions: files.wheels.map(({ name, version }) => ({ name, version, size: sizes.get(name)! })),
      root: lock.root,
      ...(await sharing(workshop, lock, request)),
      ...(request.layers === undefined ? {} : { layers: request.layers }),
    }),
    configuration: {
      user: profile.user,
      directories: profile.directories,
      data: profile.data,
      sudoers: sudoersText(profile, release, prefix),
      systemModules: systemModulesOf(profile, release),
      ...(profile.rootwrap === undefined ? {} : { rootwrap: profile.rootwrap }),
      ...(await accountsOf(base, request.cacheDir)),
    },
    store,
    provers,
    cacheDir: request.cacheDir,
    fetch: (wheels) => files.fetch(wheels),
    spare: ({ descriptor }) => spare(descriptor),
    ...(request.progress === undefined ? {} : { progress: request.progress }),
  }
}

function assemble(
  target: Target,
  { base, lock }: ServiceParts,
  layers: readonly Layer[],
  format: ImageFormat,
  bytecode = false,
): Image {
  const { profile, release, service, processes, project } = target
  const ports = processes.flatMap(({ port }) => (port === undefined ? [] : [`${port}/tcp`]))
  const healthcheck = healthcheckOf(processes[0], prefix)
  return assembleImage({
    base,
    layers,
    title: service,
    version: lock.distributions.find(({ name }) => name === lock.root)!.version,
    prefix,
    user: profile.user,
    command: processes[0]?.command ?? [],
    ports: [...new Set(ports)].toSorted(),
    annotations: new Map(project === undefined ? [['io.svcsplit.release', release]] : []),
    labels: new Map([
      [pythonLabel, base.pythonPath],
      [glibcLabel, lock.glibc],
      ...(bytecode ? ([[bytecodeLabel, bytecodeForm]] as const) : []),
    ]),
    format,
    ...(healthcheck === undefined ? {} : { healthcheck }),
  })
}

function tell(platform: string, parts: ServiceParts, layers: readonly Layer[], image: Image): PlatformImage {
  const { base, lock, files } = parts
  const sizeOf = (list: readonly Descriptor[]): number => list.reduce((sum, { size }) => sum + size, 0)
  const { config, layers: all } = image.manifest
  return {
    platform,
    digest: image.descriptor.digest,
    size: sizeOf([image.descriptor, config, ...all]),
    base: { name: base.name, digest: base.digest, bytes: sizeOf(base.manifest.layers) },
    distributions: lock.distributions.length,
    built: files.built,
    layers: layers.map(({ title, descriptor: { digest, size }, cached }) => ({
      title,
      digest,
      bytes: size,
      made: !cached,
    })),
  }
}

function bytecodeOptions(
  { request: { cacheDir, progress }, store }: Workshop,
  { base, files }: ServiceParts,
): BytecodeOptions {
  return {
    ...{ prefix, python: base.python, baseDigest: base.digest, wheels: files.wheels, store, cacheDir },
    ...(progress === undefined ? {} : { progress }),
  }
}

/** All that an image has above its base. */
async function allLayers(
  workshop: Workshop,
  target: Target,
  parts: ServiceParts,
  layering: EnvironmentOptions,
  spare: Spare,
): Promise<readonly Layer[]> {
  if (workshop.request.builder !== 'buildah') return nativeLayers(workshop, target, parts, layering, spare)
  const { buildahLayer } = await import('./buildah-layer.js')
  return [await buildahLayer(workshop, target, parts)]
}

/** Those of the environment, and the one with its bytecode where it is asked for. */
async function nativeLayers(
  workshop: Workshop,
  target: Target,
  parts: ServiceParts,
  layering: EnvironmentOptions,
  spare: Spare,
): Promise<readonly Layer[]> {
  const layers = await environmentLayers({ ...layering, spare: ({ descriptor }) => spare(descriptor) })
  if (workshop.request.bytecode !== true) return layers
  const sources = [workshop.store.dir, join(parts.base.layout, 'blobs')]
  // What compiles needs all of them, also those that the destination has.
  const plain = async (): Promise<Image> =>
    assemble(target, parts, await environmentLayers({ ...layering, spare: () => false }), 'oci')
  const bytecode = await bytecodeLayer(bytecodeOptions(workshop, parts), { plain, sources }, (layer) =>
    spare(layer.descriptor),
  )
  return [...layers, bytecode]
}

/**
 * Base, lock and files of an image; what its layers lack of wheels is fetched at once, so that the network works
 * while another image's layers are made.
 * @throws every code of bootstrapping, locking, fetching and building
 */
export async function prepareImage(
  workshop: Workshop,
  target: Target,
  spare: Spare,
  options: { readonly fetch: boolean },
): Promise<PreparedImage> {
  // It starts while the lock is worked out.
  if (options.fetch && workshop.request.builder !== 'buildah') workshop.provers.prepare()
  const parts = await lazyPartsOf(workshop, target)
  const layering = await layerOptions(workshop, target, parts, spare)
  if (options.fetch) await fetchForLayers(layering)
  const sizes = new Map(
    parts.lock.distributions.map(({ name, wheel, sdist }) => [name, (wheel ?? sdist)!.size]),
  )
  return {
    target,
    parts,
    async survey() {
      const layers = await surveyLayers(layering, ({ name }) => sizes.get(name)!)
      if (workshop.request.bytecode !== true) return layers
      const layer = await knownBytecode(bytecodeOptions(workshop, parts))
      // Packed, bytecode is about as large as the wheels that it is made of.
      const size = layer?.descriptor.size ?? [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)
      const title = bytecodeTitle(parts.base.python)
      return [...layers, layer === undefined ? { title, size } : { title, size, layer }]
    },
    async finish(format) {
      const layers = await allLayers(workshop, target, parts, layering, spare)
      const image = assemble(target, parts, layers, format, workshop.request.bytecode)
      return {
        image,
        parts,
        told: tell(workshop.request.platform, parts, layers, image),
        make: async (digest) => {
          await allLayers(workshop, target, parts, layering, async (layer) => layer.digest !== digest)
        },
      }
    },
  }
}

import { SvcsplitError } from '#errors.js'
import { layoutBlob, readLayoutImage } from '#image/layout.js'
import { statusOf } from '#io/files.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Digest } from '#oci/digest.js'
import { parseManifest } from '#oci/manifest.js'
import { type BuildRequest, type TargetPlatform, textsOf } from './build.js'
import { referenceOf, registryFor } from './delivery.js'
import { type Destination, parseDestination, requireDestination } from './destination.js'
import type { PreparedImage } from './make-image.js'
import { openMaker } from './maker.js'
import { localBase } from './registry-base.js'

export interface PlannedLayer {
  readonly title: string
  /** None where the layer was never made. */
  readonly digest?: string
  /** Of the layer, or about that: then it is the size of its wheels. */
  readonly bytes: number
  readonly estimated: boolean
  /** Whether the destination has it. */
  readonly there: boolean
}

/** What a build would do, and what it would cost. */
export interface PlannedImage {
  readonly name: string
  readonly platform: string
  readonly base: { readonly name: string; readonly digest: string }
  readonly distributions: number
  /** The base's too, lowest first. */
  readonly layers: readonly PlannedLayer[]
  /** What the name stands for at the destination now. */
  readonly previous?: string
  /** Bytes that would go to the destination. */
  readonly transfer: number
  /** Packed bytes that a runtime would unpack anew: everything above the first layer that differs from `previous`. */
  readonly disk: number
  readonly estimated: boolean
}

/** What there is at a destination. */
interface Present {
  has(layer: Descriptor): Promise<boolean>
  /** Layers of the image that has the name now. */
  previous?: { readonly digest: string; readonly layers: readonly Digest[] }
  close?(): Promise<void>
}

/**
 * Tells what a build would make and move. Nothing is made but what has to be known: the base. Sdists that were
 * never built are not built.
 * @throws every code of bootstrapping, locking and reading
 */
export async function dryRun(asked: BuildRequest): Promise<readonly PlannedImage[]> {
  if (asked.builder === 'buildah')
    throw new SvcsplitError('E-CLI-USAGE', 'a dry run knows the layers of the native builder alone', {
      hint: 'leave out --builder',
    })
  const destination = parseDestination(asked.output)
  const request = { ...asked, ...(await localBase(asked.base, asked.platforms, asked)) }
  const maker = await openMaker({ ...request, dry: true })
  try {
    const texts = await textsOf(request, async () => maker)
    await requireDestination(destination, texts.length)
    const planned: PlannedImage[] = []
    for (const text of texts) maker.check(text)
    for (const text of texts)
      for (const platform of request.platforms) {
        const prepared = await maker.prepare(text, platform, async () => true, { fetch: false })
        planned.push(await plan(request, destination, platform, prepared))
      }
    return planned
  } finally {
    await maker.close()
  }
}

async function plan(
  request: BuildRequest,
  destination: Destination,
  platform: TargetPlatform,
  prepared: PreparedImage,
): Promise<PlannedImage> {
  const { base, lock } = prepared.parts
  const { service, release } = prepared.target
  const tag = request.tag ?? release
  const name = `${service}:${tag}`
  const present = await presentAt(request, destination, { service, release, tag }, name)
  try {
    const layers: PlannedLayer[] = []
    for (const descriptor of base.manifest.layers)
      layers.push(await plannedLayer(`base ${base.name}`, descriptor.size, descriptor, present))
    for (const { title, layer, size } of await prepared.survey())
      layers.push(await plannedLayer(title, size, layer?.descriptor, present))
    const { previous } = present
    const first = layers.findIndex(({ digest }, position) => digest !== previous?.layers[position])
    return {
      name,
      platform,
      base: { name: base.name, digest: base.digest },
      distributions: lock.distributions.length,
      layers,
      ...(previous === undefined ? {} : { previous: previous.digest }),
      transfer: bytesOf(layers.filter(({ there }) => !there)),
      disk: first < 0 ? 0 : bytesOf(layers.slice(first)),
      estimated: layers.some(({ estimated }) => estimated),
    }
  } finally {
    await present.close?.()
  }
}

function bytesOf(layers: readonly PlannedLayer[]): number {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0)
}

async function plannedLayer(
  title: string,
  bytes: number,
  descriptor: Descriptor | undefined,
  present: Present,
): Promise<PlannedLayer> {
  if (descriptor === undefined) return { title, bytes, estimated: true, there: false }
  return { title, digest: descriptor.digest, bytes, estimated: false, there: await present.has(descriptor) }
}

async function presentAt(
  request: BuildRequest,
  destination: Destination,
  image: { readonly service: string; readonly release: string; readonly tag: string },
  name: string,
): Promise<Present> {
  switch (destination.kind) {
    case 'archive':
      return { has: async () => false }
    case 'layout': {
      const { dir } = destination
      const previous = await previousInLayout(dir, name)
      return {
        async has({ digest, size }) {
          const status = await statusOf(layoutBlob(dir, digest), { follow: true })
          return status?.kind === 'file' && status.size === size
        },
        ...(previous === undefined ? {} : { previous }),
      }
    }
    case 'registry':
      return presentInRegistry(request, destination.pattern, image)
  }
}

async function previousInLayout(dir: string, name: string): Promise<Present['previous']> {
  try {
    const { descriptor, manifest } = await readLayoutImage(dir, name)
    return { digest: descriptor.digest, layers: manifest.layers.map(({ digest }) => digest) }
  } catch (error) {
    // A new layout, or a new name in it.
    if (error instanceof SvcsplitError && ['E-FS-NOTFOUND', 'E-IMG-REF'].includes(error.code))
      return undefined
    throw error
  }
}

async function presentInRegistry(
  request: BuildRequest,
  pattern: string,
  image: { readonly service: string; readonly release: string; readonly tag: string },
): Promise<Present> {
  const reference = referenceOf(pattern, image)
  const registry = await registryFor(request)
  const { hasBlob } = await import('#registry/blobs.js')
  const { openSession } = await import('#registry/session.js')
  const { plainHttp, offline } = request
  const session = openSession({
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(offline === undefined ? {} : { offline }),
  })
  const root = await registry.resolve(reference)
  const bytes = root === undefined ? undefined : await registry.source(reference).document(root)
  const previous =
    root === undefined || bytes === undefined || !('layers' in (JSON.parse(bytes.toString()) as object))
      ? undefined
      : { digest: root.digest, layers: parseManifest(bytes).layers.map(({ digest }) => digest) }
  return {
    has: (layer) => hasBlob(session, reference, layer),
    ...(previous === undefined ? {} : { previous }),
    close: async () => {
      await session.close()
      await registry.close()
    },
  }
}

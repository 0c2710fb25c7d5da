import { join } from 'node:path'
import { type ErrorCode, SvcsplitError } from '#errors.js'
import type { Image } from '#image/assemble.js'
import { joinPlatforms } from '#image/platform-images.js'
import { statusOf } from '#io/files.js'
import type { Descriptor } from '#oci/descriptor.js'
import { type Digest, hexOf } from '#oci/digest.js'
import type { ImageFormat } from '#oci/media-type.js'
import type { Progress } from '#progress.js'
import { type Delivery, withDelivery } from './delivery.js'
import { parseDestination, requireDestination } from './destination.js'
import { keepImage, recallImage, stateOf } from './kept-image.js'
import type { PlatformImage } from './make-image.js'
import type { Maker } from './maker.js'
import type { PartsRequest } from './service-parts.js'

export type TargetPlatform = PartsRequest['platform']

export interface BuildRequest extends Omit<PartsRequest, 'platform' | 'lock'> {
  /** `glance@2025.1` */
  readonly services: readonly string[]
  /** Every service of this release, in place of `services`. */
  readonly all?: string
  /** With several, each image is an index of one image for each. */
  readonly platforms: readonly TargetPlatform[]
  /** `oci:DIR`, `oci-archive:FILE`, `docker-archive:FILE` or `registry:REF`. */
  readonly output: string
  /** The tag of each image; its release if left out. */
  readonly tag?: string
  readonly format: ImageFormat
  /** A pylock file to build from. */
  readonly lockFile?: string
  /** Write the lock of each image: to this file, or to `pylock.<service>.toml`. */
  readonly writeLock?: string | true
  readonly plainHttp?: boolean
}

export interface BuiltImage extends PlatformImage {
  /** `glance:2025.1`: its name at the destination. */
  readonly name: string
  /** Bytes of blobs that the destination did not have. */
  readonly newBytes: number
  /** Layers that had been made before, and those that had not. */
  readonly cache: { readonly hits: number; readonly misses: number }
  readonly seconds: number
  /** With several platforms: each of them. `digest` is that of the index. */
  readonly platforms?: readonly PlatformImage[]
}

/** An image that could not be built; the others of its run were. */
export interface FailedImage {
  readonly name: string
  readonly seconds: number
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint?: string }
}

export type BuildOutcome = BuiltImage | FailedImage

/** What is kept of an image beside its bytes. */
interface Told {
  readonly service: string
  readonly release: string
  readonly platform: PlatformImage
}

/** One image of one platform, ready to be delivered. */
interface Made extends Told {
  readonly image: Image
  readonly baseLayout: string
  readonly make: (digest: Digest) => Promise<void>
}

/** A service release with what is known of each of its platforms; `make` finishes the image of one. */
interface Job {
  readonly text: string
  readonly platforms: readonly { make(): Promise<Made> }[]
}

/** What all images of a run have in common. */
interface Run {
  readonly request: BuildRequest
  readonly delivery: Delivery
  readonly storeDir: string
  /** Of code and shipped data; none if images of this run are neither kept nor recalled. */
  readonly state: string | undefined
  /** Opened when the first image has to be made. */
  readonly maker: () => Promise<Maker>
}

/**
 * Builds an isolated image of each service release and brings it to its destination, where nothing is before the
 * image is whole. One image alone fails with its error; of several, the others go on.
 * @throws every code of bootstrapping, locking, fetching, building and writing
 */
export async function build(given: BuildRequest): Promise<readonly BuildOutcome[]> {
  const several = given.all !== undefined || given.services.length > 1
  const request = several ? { ...given, ...quieter(given.progress) } : given
  requireOneLock(request, several)
  const destination = parseDestination(request.output)
  const opened = lazyMaker(request)
  try {
    const texts =
      request.all === undefined ? request.services : (await opened.maker()).servicesOf(request.all)
    await requireDestination(destination, texts.length)
    // A folder of wheels changes without a trace, and a lock wants to know what only making an image tells.
    const { wheelhouse, lockFile, locked, writeLock, cacheDir } = request
    const keeps = [wheelhouse, lockFile, locked, writeLock].every((value) => value === undefined)
    const state = keeps ? await stateOf(request.root) : undefined
    return await withDelivery(destination, request, (delivery) =>
      buildEach({ request, delivery, storeDir: join(cacheDir, 'blobs'), state, maker: opened.maker }, texts),
    )
  } finally {
    await opened.close()
  }
}

/** One line an image: the steps of each, some of them ahead of others, would only be noise. */
function quieter(progress: Progress | undefined): { readonly progress?: Progress } {
  if (progress === undefined) return {}
  return {
    progress: {
      step: (label, done, total) => {
        if (/^(?:build|bootstrap) /.test(label)) progress.step?.(label, done, total)
      },
      note: (message) => progress.note?.(message),
      warn: (message) => progress.warn?.(message),
    },
  }
}

function requireOneLock({ writeLock, platforms }: BuildRequest, several: boolean): void {
  if (writeLock === undefined || (platforms.length === 1 && !(several && writeLock !== true))) return
  throw new SvcsplitError('E-CLI-USAGE', 'a lock is for one service and one platform', {
    hint: 'give --write-lock without a file, and one --platform',
  })
}

/** The solver, the facts and everything else that an unchanged image does without. */
function lazyMaker(request: BuildRequest): { maker(): Promise<Maker>; close(): Promise<void> } {
  let opened: Promise<Maker> | undefined
  return {
    maker: () => {
      opened ??= import('./maker.js').then(({ openMaker }) => openMaker(request))
      return opened
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  }
}

async function buildEach(run: Run, texts: readonly string[]): Promise<readonly BuildOutcome[]> {
  const { progress } = run.request
  const recalled = await Promise.all(texts.map((text) => recallAll(run, text)))
  // Names are checked before anything is made.
  if (recalled.includes(undefined)) {
    const maker = await run.maker()
    for (const text of texts) maker.check(text)
  }
  const jobs = prepareAhead(run, texts, recalled)
  const outcomes: BuildOutcome[] = []
  for (const [position, text] of texts.entries()) {
    progress?.step?.(`build ${text}`)
    const started = performance.now()
    const seconds = (): number => Math.round(performance.now() - started) / 1000
    try {
      outcomes.push(await deliver(run, await jobs[position]!, seconds))
    } catch (error) {
      if (texts.length === 1 || !(error instanceof SvcsplitError)) throw error
      const { code, message, hint } = error
      progress?.warn?.(`${text}: ${message}`)
      outcomes.push({
        name: text,
        seconds: seconds(),
        error: { code, message, ...(hint === undefined ? {} : { hint }) },
      })
    }
  }
  return outcomes
}

/** One after another, but ahead of the images that are made: the network works while layers are written. */
function prepareAhead(
  run: Run,
  texts: readonly string[],
  recalled: readonly (Job | undefined)[],
): readonly Promise<Job>[] {
  let before: Promise<unknown> = Promise.resolve()
  return texts.map((text, position) => {
    const known = recalled[position]
    if (known !== undefined) return Promise.resolve(known)
    const job = before.then(async () => {
      const maker = await run.maker()
      const platforms: Job['platforms'][number][] = []
      for (const platform of run.request.platforms) platforms.push(await prepare(run, maker, text, platform))
      return { text, platforms }
    })
    // Whoever awaits the job hears of a failure; the next one starts in any case.
    before = job.catch(() => undefined)
    return job
  })
}

function keyOf({ state, request }: Run, text: string, platform: TargetPlatform): readonly unknown[] {
  // A folder means another one from elsewhere.
  const base = request.base.startsWith('oci:') ? [process.cwd(), request.base] : request.base
  return [state, text, platform, base, request.format]
}

/** An image that was made before from the same inputs by the same code, if its layers are still to be had. */
async function recallAll(run: Run, text: string): Promise<Job | undefined> {
  if (run.state === undefined) return undefined
  const found = await Promise.all(
    run.request.platforms.map((platform) => recallOne(run, keyOf(run, text, platform))),
  )
  const platforms = found.filter((one) => one !== undefined)
  return platforms.length < found.length
    ? undefined
    : { text, platforms: platforms.map((made) => ({ make: async () => made })) }
}

async function recallOne(run: Run, key: readonly unknown[]): Promise<Made | undefined> {
  const kept = await recallImage<Told>(run.request.cacheDir, key)
  if (kept === undefined) return undefined
  const sources = sourcesOf(run.storeDir, kept.baseLayout)
  const there = await Promise.all(kept.image.manifest.layers.map((layer) => isThere(layer, sources)))
  if (there.includes(false)) return undefined
  return {
    ...kept.told,
    image: kept.image,
    baseLayout: kept.baseLayout,
    make: async (digest) => {
      throw new SvcsplitError('E-IMG-DIGEST', `the layer ${digest} is gone from the cache`, {
        hint: 'build again',
      })
    },
  }
}

async function isThere(layer: Descriptor, sources: readonly string[]): Promise<boolean> {
  for (const source of sources) {
    const status = await statusOf(join(source, 'sha256', hexOf(layer.digest)))
    if (status?.kind === 'file' && status.size === layer.size) return true
  }
  return false
}

/** Where blobs of an image's layers lie. */
function sourcesOf(storeDir: string, baseLayout: string): readonly string[] {
  return [storeDir, join(baseLayout, 'blobs')]
}

async function prepare(
  run: Run,
  maker: Maker,
  text: string,
  platform: TargetPlatform,
): Promise<Job['platforms'][number]> {
  const { cacheDir, format } = run.request
  const prepared = await maker.prepare(text, platform, (layer) => run.delivery.spare(layer))
  return {
    async make() {
      const { service, release } = prepared.target
      const { image, told, make, parts } = await prepared.finish(format)
      const baseLayout = parts.base.layout
      const kept = { service, release, platform: withoutMade(told) }
      if (run.state !== undefined)
        await keepImage(cacheDir, keyOf(run, text, platform), { image, baseLayout, told: kept })
      if (run.request.writeLock !== undefined) await maker.writeLock(parts)
      return { service, release, platform: told, image, baseLayout, make }
    },
  }
}

/** As the next run will tell it. */
function withoutMade(told: PlatformImage): PlatformImage {
  return { ...told, layers: told.layers.map((layer) => ({ ...layer, made: false })) }
}

async function deliver(run: Run, job: Job, seconds: () => number): Promise<BuiltImage> {
  const made: Made[] = []
  for (const platform of job.platforms) made.push(await platform.make())
  const [first] = made as [Made, ...Made[]]
  const { service, release } = first
  const tag = run.request.tag ?? release
  const name = `${service}:${tag}`
  const image =
    made.length === 1
      ? first.image
      : joinPlatforms(
          made.map((one) => one.image),
          run.request.format,
        )
  const sources = [...new Set(made.flatMap(({ baseLayout }) => sourcesOf(run.storeDir, baseLayout)))]
  const makeIn = async (digest: Digest): Promise<void> => {
    const owner = made.find((one) => one.image.manifest.layers.some((layer) => layer.digest === digest))
    await owner?.make(digest)
  }
  const newBytes = await run.delivery.deliver({ service, release, tag, name, image, sources, make: makeIn })
  const platforms = made.map(({ platform }) => platform)
  const layers = [
    ...new Map(platforms.flatMap((one) => one.layers.map((layer) => [layer.digest, layer]))).values(),
  ]
  const misses = layers.filter((layer) => layer.made).length
  return {
    ...first.platform,
    name,
    digest: image.descriptor.digest,
    size: platforms.reduce((sum, one) => sum + one.size, 0),
    layers,
    newBytes,
    cache: { hits: layers.length - misses, misses },
    seconds: seconds(),
    ...(platforms.length === 1 ? {} : { platforms }),
  }
}

import { join } from 'node:path'
import { type ErrorCode, SvcsplitError } from '#errors.js'
import { joinPlatforms } from '#image/platform-images.js'
import type { Digest } from '#oci/digest.js'
import type { ImageFormat } from '#oci/media-type.js'
import type { Progress } from '#progress.js'
import { withDelivery } from './delivery.js'
import { parseDestination, requireDestination } from './destination.js'
import { type ImageLog, openImageLog } from './image-log.js'
import { stateOf } from './kept-image.js'
import { type Job, type MadeImage, prepareMade, type Run, recallJob } from './made-image.js'
import type { PlatformImage } from './make-image.js'
import type { Maker } from './maker.js'
import type { OwnProject } from './own-project.js'
import type { Proof } from './proof.js'
import { localBase } from './registry-base.js'
import type { PartsRequest } from './service-parts.js'

export type TargetPlatform = PartsRequest['platform']

export interface BuildRequest extends Omit<PartsRequest, 'platform' | 'lock'> {
  /** `glance@2025.1` */
  readonly services: readonly string[]
  /** Every service of this release, in place of `services`. */
  readonly all?: string
  /** Requirements without a profile, in place of `services`. */
  readonly project?: OwnProject
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
  /** Prove each image before it is delivered: nothing that does not hold its lock or start gets a name. */
  readonly verify: boolean
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
  /** Of one image of several: the file that tells what happened. */
  readonly log?: string
  /** None if it was not asked for. */
  readonly proof?: Proof
  /** With several platforms: each of them. `digest` is that of the index. */
  readonly platforms?: readonly (PlatformImage & { readonly proof?: Proof })[]
}

/** An image that could not be built; the others of its run were. */
export interface FailedImage {
  readonly name: string
  readonly seconds: number
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly hint?: string }
  /** The file that tells what happened. */
  readonly log: string
}

export type BuildOutcome = BuiltImage | FailedImage

/**
 * Builds an isolated image of each service release and brings it to its destination, where nothing is before the
 * image is whole. One image alone fails with its error; of several, the others go on.
 * @throws every code of bootstrapping, locking, fetching, building and writing
 */
export async function build(asked: BuildRequest): Promise<readonly BuildOutcome[]> {
  const several = asked.all !== undefined || asked.services.length > 1
  requireOneLock(asked, several)
  requireOneBuilder(asked)
  const destination = parseDestination(asked.output)
  let known: Promise<string> | undefined
  const state = (): Promise<string> => {
    known ??= stateOf(asked.root)
    return known
  }
  const request = { ...asked, ...(await localBase(asked.base, asked.platforms, asked)), state }
  const opened = lazyMaker(request)
  try {
    const texts = await textsOf(request, opened.maker)
    await requireDestination(destination, texts.length)
    // A folder of wheels or a file of requirements changes without a trace, a lock wants to know what only making an image
    // tells, and an image that was made is not held against upload times.
    const { wheelhouse, lockFile, locked, writeLock, project, excludeNewer, cacheDir } = request
    const keeps = [wheelhouse, lockFile, locked, writeLock, project, excludeNewer].every(
      (value) => value === undefined,
    )
    const kept = keeps ? await state() : undefined
    const outcomes = await withDelivery(
      destination,
      request,
      (delivery) =>
        buildEach(
          { request, delivery, storeDir: join(cacheDir, 'blobs'), state: kept, maker: opened.maker },
          texts,
        ),
      (all) => all.every((outcome) => !('error' in outcome)),
    )
    return destination.kind === 'archive' ? allOrNone(outcomes) : outcomes
  } finally {
    await opened.close()
  }
}

/** What is to be built, by the names that errors and logs have for it. */
export async function textsOf(
  { project, all, services }: BuildRequest,
  maker: () => Promise<Maker>,
): Promise<readonly string[]> {
  if (project !== undefined) return [project.name]
  return all === undefined ? services : (await maker()).servicesOf(all)
}

/** What a failure of one image of an archive means for the others. */
function allOrNone(outcomes: readonly BuildOutcome[]): readonly BuildOutcome[] {
  const failed = outcomes.find((outcome) => 'error' in outcome)
  if (failed === undefined) return outcomes
  const message = `built, and not written: an archive is written as a whole, and ${failed.name} failed`
  return outcomes.map((outcome) =>
    'error' in outcome
      ? outcome
      : {
          name: outcome.name,
          seconds: outcome.seconds,
          error: { code: failed.error.code, message },
          log: outcome.log ?? failed.log,
        },
  )
}

function requireOneLock({ writeLock, platforms }: BuildRequest, several: boolean): void {
  if (writeLock === undefined || (platforms.length === 1 && !(several && writeLock !== true))) return
  throw new SvcsplitError('E-CLI-USAGE', 'a lock is for one service and one platform', {
    hint: 'give --write-lock without a file, and one --platform',
  })
}

/** What only our own layers can do. */
function requireOneBuilder({ builder, layers, bytecode }: BuildRequest): void {
  if (builder !== 'buildah' || (layers === undefined && bytecode !== true)) return
  throw new SvcsplitError('E-CLI-USAGE', 'buildah makes one layer, without bytecode', {
    hint: 'leave out --layers and --bytecode, or --builder',
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
  const { cacheDir, progress } = run.request
  const recalled = await Promise.all(texts.map((text) => recallJob(run, text)))
  // Names are checked before anything is made.
  if (recalled.includes(undefined)) {
    const maker = await run.maker()
    for (const text of texts) maker.check(text)
  }
  if (texts.length === 1) {
    progress?.step?.(`build ${texts[0]}`)
    const [job] = prepareAhead(run, texts, recalled, () => progress)
    return [await deliver(run, await job!, stopwatch())]
  }
  const logs = texts.map((text) => openImageLog(cacheDir, text, progress))
  const jobs = prepareAhead(run, texts, recalled, (position) => logs[position]!.progress)
  const outcomes: BuildOutcome[] = []
  for (const [position, text] of texts.entries()) {
    progress?.step?.(`build ${text}`, position + 1, texts.length)
    outcomes.push(await buildOne(run, text, jobs[position]!, logs[position]!))
  }
  return outcomes
}

/** One image of several: the others go on when it fails. */
async function buildOne(run: Run, text: string, job: Promise<Job>, log: ImageLog): Promise<BuildOutcome> {
  const { progress } = run.request
  const seconds = stopwatch()
  try {
    const image = { ...(await deliver(run, await job, seconds)), log: log.path }
    const { digest, newBytes, cache } = image
    await log.end(`${image.name} ${digest}: ${newBytes} bytes went to the destination`)
    progress?.done?.(
      `built ${text}: ${cache.misses} of ${cache.hits + cache.misses} layers made, ${seconds()} s`,
    )
    return image
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    const { code, message, hint } = error
    await log.end('failed', error)
    progress?.warn?.(`${text}: ${code} ${message.split('\n')[0]}`)
    const told = { code, message, ...(hint === undefined ? {} : { hint }) }
    return { name: text, seconds: seconds(), error: told, log: log.path }
  }
}

/** Seconds since now, in milliseconds' steps. */
function stopwatch(): () => number {
  // `performance` would load a module for this alone.
  const started = process.hrtime.bigint()
  return () => Number((process.hrtime.bigint() - started) / 1_000_000n) / 1000
}

/** One after another, but ahead of the images that are made: the network works while layers are written. */
function prepareAhead(
  run: Run,
  texts: readonly string[],
  recalled: readonly (Job | undefined)[],
  progressOf: (position: number) => Progress | undefined,
): readonly Promise<Job>[] {
  let before: Promise<unknown> = Promise.resolve()
  return texts.map((text, position) => {
    const known = recalled[position]
    if (known !== undefined) return Promise.resolve(known)
    const job = before.then(async () => {
      const maker = await run.maker()
      const platforms: Job['platforms'][number][] = []
      for (const platform of run.request.platforms)
        platforms.push(await prepareMade(run, maker, text, platform, progressOf(position)))
      return { text, platforms }
    })
    // Whoever awaits the job hears of a failure; the next one starts in any case.
    before = job.catch(() => undefined)
    return job
  })
}

async function deliver(run: Run, job: Job, seconds: () => number): Promise<BuiltImage> {
  const { request, delivery } = run
  const made: MadeImage[] = []
  for (const platform of job.platforms) made.push(await platform.make())
  const platforms: (PlatformImage & { readonly proof?: Proof })[] = []
  for (const { platform, prove } of made)
    platforms.push(request.verify ? { ...platform, proof: await prove() } : platform)
  const [first] = made as [MadeImage, ...MadeImage[]]
  const { service, release } = first
  const tag = request.tag ?? release
  const name = `${service}:${tag}`
  const images = made.map((one) => one.image)
  const image = images.length === 1 ? first.image : joinPlatforms(images, request.format)
  const sources = [...new Set(made.flatMap((one) => one.sources))]
  const make = async (digest: Digest): Promise<void> => {
    const owner = made.find((one) => one.image.manifest.layers.some((layer) => layer.digest === digest))
    await owner?.make(digest)
  }
  const newBytes = await delivery.deliver({ service, release, tag, name, image, sources, make })
  const layers = [
    ...new Map(platforms.flatMap((one) => one.layers.map((layer) => [layer.digest, layer]))).values(),
  ]
  const misses = layers.filter((layer) => layer.made).length
  return {
    ...platforms[0]!,
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

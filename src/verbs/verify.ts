import { join } from 'node:path'
import { glibcOfPackages, parseDpkgStatus } from '#base/dpkg-status.js'
import { layoutImages, readLayoutImage } from '#image/layout.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { environmentPrefix as prefix } from '#inputs/wsgi-server.js'
import { openBlobStore } from '#io/blob-store.js'
import { readText } from '#io/files.js'
import type { Lock } from '#lock/lock.js'
import { parsePylock } from '#lock/parse-pylock.js'
import type { Descriptor } from '#oci/descriptor.js'
import { formatPlatform } from '#oci/platform.js'
import type { LayoutReference } from '#oci/reference.js'
import type { Progress } from '#progress.js'
import type { Engine } from '#verify/engines.js'
import type { FoundEnvironment } from '#verify/environment.js'
import { wheelsInStore } from '#verify/locked.js'
import type { ScannedImage } from '#verify/scan.js'
import type { StartedProcess } from '#verify/start.js'
import { type VerifiedImage, verifyImage } from '#verify/verify-image.js'
import { withImageAtHand } from './image-at-hand.js'
import { shippedSnapshot } from './known-data.js'
import { lockRelease } from './lock.js'

export interface VerifyRequest {
  /** `oci:DIR`, `oci:DIR:NAME` or `registry:REFERENCE` */
  readonly image: string
  /** A `pylock.<service>.toml`; the one of shipped facts if left out. */
  readonly lock?: string
  readonly start: Engine | 'auto' | 'none'
  readonly cacheDir: string
  readonly plainHttp?: boolean
  readonly progress?: Progress
}

/** Of an image for one platform. */
export interface Verification extends VerifiedImage {
  /** As it was asked for. */
  readonly image: string
  /** `linux/amd64`; where an index says it. */
  readonly platform?: string
  /** What its annotations say, where they do. */
  readonly service?: string
  readonly release?: string
  /** What the image was held against: a lock file, shipped facts, or nothing but itself. */
  readonly against: 'lock' | 'shipped facts' | 'itself'
}

/**
 * Holds an image against its lock and starts it; of an index, the image of each platform.
 * @throws SvcsplitError E-IMG-*, E-LCK-*, E-FS-*, E-EXE-*, E-WHL-*, E-REG-*, E-NET-*
 */
export async function verify(request: VerifyRequest): Promise<readonly Verification[]> {
  const lock =
    request.lock === undefined ? undefined : parsePylock(await readText(request.lock), request.lock)
  return withImageAtHand(request.image, request, (layout) => verifyEach(request, layout, lock))
}

async function verifyEach(
  request: VerifyRequest,
  { dir, name }: LayoutReference,
  lock: Lock | undefined,
): Promise<readonly Verification[]> {
  const { images } = await layoutImages(dir, name)
  const results: Verification[] = []
  for (const image of images) {
    const platform = image.platform === undefined ? undefined : formatPlatform(image.platform)
    // A lock is for one platform; the other images of an index are held against shipped facts.
    const told = images.length === 1 || lock?.platform === platform ? lock : undefined
    results.push(await verifyOne(request, dir, image, told))
  }
  return results
}

async function verifyOne(
  request: VerifyRequest,
  dir: string,
  image: Descriptor,
  told: Lock | undefined,
): Promise<Verification> {
  const { manifest } = await readLayoutImage(dir, image)
  const platform = image.platform === undefined ? undefined : formatPlatform(image.platform)
  const fleet = loadFleet()
  const known = identityOf(fleet, manifest.annotations, told)
  const store = openBlobStore(join(request.cacheDir, 'blobs'))
  let against: Verification['against'] = 'itself'
  const verified = await verifyImage({
    dir,
    prefix,
    start: request.start,
    image,
    ...(request.progress === undefined ? {} : { progress: request.progress }),
    expect: async (scanned, environment) => {
      const lock = told ?? shippedLock(fleet, known, scanned, environment)
      against = told !== undefined ? 'lock' : lock !== undefined ? 'shipped facts' : 'itself'
      return {
        ...(lock === undefined ? {} : { lock }),
        wheels: lock === undefined ? [] : await wheelsInStore(lock, store),
        processes: processesOf(fleet, known),
      }
    },
  })
  return {
    image: request.image,
    ...(platform === undefined ? {} : { platform }),
    ...(known.service === undefined ? {} : { service: known.service }),
    ...(known.release === undefined ? {} : { release: known.release }),
    against,
    ...verified,
  }
}

interface Identity {
  readonly service?: string
  readonly release?: string
}

/** The service release that an image says it is of; only one that we ship counts. */
function identityOf(
  fleet: Fleet,
  annotations: ReadonlyMap<string, string> | undefined,
  lock?: Lock,
): Identity {
  const service = lock?.service ?? annotations?.get('org.opencontainers.image.title')
  const release = lock?.release ?? annotations?.get('io.svcsplit.release')
  if (service === undefined || release === undefined) return {}
  return fleet.releases.byName.get(release)?.services.has(service) === true ? { service, release } : {}
}

function shippedLock(
  fleet: Fleet,
  { service, release }: Identity,
  image: ScannedImage,
  environment: FoundEnvironment | undefined,
): Lock | undefined {
  const platform = `${image.config.os}/${image.config.architecture}`
  const glibc = glibcOf(image)
  if (service === undefined || release === undefined || environment === undefined || glibc === undefined)
    return undefined
  if (platform !== 'linux/amd64' && platform !== 'linux/arm64') return undefined
  const { python } = environment
  return lockRelease(fleet, shippedSnapshot(fleet), { service, release, python, platform, glibc })
}

function glibcOf({ tree }: ScannedImage): string | undefined {
  const packages = [...tree]
    .filter(([path]) => path === 'var/lib/dpkg/status' || path.startsWith('var/lib/dpkg/status.d/'))
    .flatMap(([, { content }]) => parseDpkgStatus(content?.toString('utf8') ?? ''))
  return glibcOfPackages(packages)
}

function processesOf(fleet: Fleet, { service, release }: Identity): readonly StartedProcess[] {
  if (service === undefined || release === undefined) return []
  return fleet.profile(service).processes.filter(({ releases }) => inReleaseRange(release, releases))
}

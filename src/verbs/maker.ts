import { SvcsplitError } from '#errors.js'
import { releaseNamed } from '#inputs/releases.js'
import { readText } from '#io/files.js'
import { writeOutput } from '#io/write-files.js'
import type { Lock } from '#lock/lock.js'
import { parsePylock } from '#lock/parse-pylock.js'
import { formatPylock } from '#lock/pylock.js'
import type { Descriptor } from '#oci/descriptor.js'
import type { Progress } from '#progress.js'
import type { BuildRequest, TargetPlatform } from './build.js'
import { withUrls } from './lock.js'
import { lockAsBuilt } from './locked.js'
import { type PreparedImage, prepareImage } from './make-image.js'
import { projectTarget, requireReadable } from './own-project.js'
import { openWorkshop, type ServiceParts, targetOf } from './service-parts.js'
import { requireUploadedBefore } from './upload-times.js'

/** Makes images of a run: the facts, the solver, the index and the store behind one door. */
export interface Maker {
  /** `SERVICE@RELEASE` of every service of a release, sorted. @throws E-REL-UNKNOWN */
  servicesOf(release: string): readonly string[]
  /** @throws E-CLI-USAGE, E-SVC-UNKNOWN, E-REL-UNKNOWN, E-PRF-* */
  check(text: string): void
  /** @param spare whether the destination has a layer already */
  prepare(
    text: string,
    platform: TargetPlatform,
    spare: (layer: Descriptor) => Promise<boolean>,
    options: { readonly fetch: boolean; readonly progress?: Progress },
  ): Promise<PreparedImage>
  /** Writes the lock of a built image, with base and built wheels. @returns the path */
  writeLock(parts: ServiceParts): Promise<string>
  close(): Promise<void>
}

/** The lock file to build from: `--lock FILE`, or with `--locked` alone the one that `svcsplit lock` writes. */
async function readLock(request: BuildRequest): Promise<Lock | undefined> {
  const { lockFile, locked, services, all, platforms, project, excludeNewer } = request
  if (lockFile === undefined && locked !== true) return undefined
  const [only = '', ...more] = project === undefined ? services : [project.name]
  if (more.length > 0 || all !== undefined || platforms.length > 1)
    throw new SvcsplitError('E-CLI-USAGE', 'a lock is for one service and one platform', {
      hint: 'build them one by one',
    })
  const path = lockFile ?? `pylock.${only.split('@')[0]}.toml`
  const lock = parsePylock(await readText(path), path)
  if (excludeNewer !== undefined) requireUploadedBefore(lock, excludeNewer, path)
  return lock
}

export async function openMaker(request: BuildRequest): Promise<Maker> {
  const { platforms } = request
  const lock = await readLock(request)
  if (request.project !== undefined) await requireReadable(request.project)
  const workshop = openWorkshop({
    ...request,
    platform: platforms[0]!,
    ...(lock === undefined ? {} : { lock }),
  })
  const { project } = request
  const target = (text: string) =>
    project === undefined ? targetOf(workshop.fleet, text) : projectTarget(project)
  return {
    servicesOf(text) {
      const release = releaseNamed(workshop.fleet.releases, text)
      return [...release.services.keys()].sort().map((service) => `${service}@${release.name}`)
    },
    check(text) {
      target(text)
    },
    prepare(text, platform, spare, { fetch, progress }) {
      const told = progress === undefined ? {} : { progress }
      const own = { ...workshop, request: { ...workshop.request, platform, ...told } }
      return prepareImage(own, target(text), spare, { fetch })
    },
    async writeLock(parts) {
      const lock = lockAsBuilt(parts)
      const path = typeof request.writeLock === 'string' ? request.writeLock : `pylock.${lock.service}.toml`
      const located = request.offline === true ? lock : await withUrls(lock, await workshop.index.open())
      await writeOutput(path, formatPylock(located))
      return path
    },
    close: () => workshop.close(),
  }
}

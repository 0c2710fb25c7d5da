import { snapshotBefore } from '#catalog/exclude-newer.js'
import type { Snapshot } from '#catalog/snapshot.js'
import { SvcsplitError } from '#errors.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import { serviceReleaseNamed } from '#inputs/releases.js'
import { writeOutput } from '#io/write-files.js'
import type { Lock } from '#lock/lock.js'
import { formatPylock } from '#lock/pylock.js'
import { type LockRequest, lockRelease, shippedSnapshot, withUrls } from './lock.js'
import { type IndexRequest, lazyIndex } from './open-index.js'
import { overrideNotes } from './override-notes.js'

export interface WriteLockRequest extends IndexRequest {
  /** `glance@2025.1` */
  readonly service: string
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  readonly glibc: string
  /** The file to write, or none for the text alone; `pylock.<service>.toml` if left out. */
  readonly path?: string | false
}

interface WrittenLock {
  readonly lock: Lock
  readonly text: string
  /** None when nothing was written. */
  readonly path?: string
}

/**
 * Locks a service release and writes `pylock.<service>.toml`. Online, each file has its URL; offline, a path
 * beside the lock, since shipped facts name no host.
 * @throws E-SVC-UNKNOWN, E-REL-UNKNOWN, E-LCK-*, E-IDX-*, E-NET-*, E-FS-*
 */
export async function writeLock(request: WriteLockRequest): Promise<WrittenLock> {
  const fleet = loadFleet()
  const { service, release } = serviceReleaseNamed(fleet.releases, request.service)
  const { python, platform, glibc } = request
  const shipped = shippedSnapshot(fleet)
  const { excludeNewer } = request
  const known = excludeNewer === undefined ? shipped : snapshotBefore(shipped, excludeNewer)
  const wanted = { service, release: release.name, python, platform, glibc }
  const bare = lockKnown(fleet, known, wanted, excludeNewer)
  for (const note of overrideNotes(fleet, bare, new Date())) request.progress?.warn?.(note)
  const lock = request.offline === true ? bare : await locatedLock(bare, request)
  const text = formatPylock(lock)
  if (request.path === false) return { lock, text }
  const path = request.path ?? `pylock.${service}.toml`
  await writeOutput(path, text)
  return { lock, text, path }
}

/** With `excludeNewer`, what is missing is mostly what that has taken away. */
function lockKnown(
  fleet: Fleet,
  known: Snapshot,
  wanted: LockRequest,
  excludeNewer: number | undefined,
): Lock {
  try {
    return lockRelease(fleet, known, wanted)
  } catch (error) {
    const isMissing =
      error instanceof SvcsplitError && ['E-LCK-UNSOLVED', 'E-LCK-NOFILE'].includes(error.code)
    if (excludeNewer === undefined || !isMissing) throw error
    throw new SvcsplitError(error.code, error.message, {
      hint: `--exclude-newer left out what was uploaded since ${new Date(excludeNewer).toISOString()}`,
      cause: error,
    })
  }
}

async function locatedLock(lock: Lock, request: IndexRequest): Promise<Lock> {
  const index = lazyIndex(request)
  try {
    return await withUrls(lock, await index.open())
  } finally {
    await index.close()
  }
}

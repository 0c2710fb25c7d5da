import { loadFleet } from '#inputs/fleet.js'
import { serviceReleaseNamed } from '#inputs/releases.js'
import { writeOutput } from '#io/write-files.js'
import type { Lock } from '#lock/lock.js'
import { formatPylock } from '#lock/pylock.js'
import { shippedSnapshot } from './known-data.js'
import { lockRelease, withUrls } from './lock.js'
import { type IndexRequest, lazyIndex } from './open-index.js'
import { overrideNotes } from './override-notes.js'
import { choosingBefore } from './upload-times.js'

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
  const { excludeNewer } = request
  const known = shippedSnapshot(fleet, excludeNewer)
  const wanted = { service, release: release.name, python, platform, glibc }
  const bare = choosingBefore(excludeNewer, () => lockRelease(fleet, known, wanted))
  for (const note of overrideNotes(fleet, bare, new Date())) request.progress?.warn?.(note)
  const lock = request.offline === true ? bare : await locatedLock(bare, request)
  const text = formatPylock(lock)
  if (request.path === false) return { lock, text }
  const path = request.path ?? `pylock.${service}.toml`
  await writeOutput(path, text)
  return { lock, text, path }
}

async function locatedLock(lock: Lock, request: IndexRequest): Promise<Lock> {
  const index = lazyIndex(request)
  try {
    return await withUrls(lock, await index.open())
  } finally {
    await index.close()
  }
}

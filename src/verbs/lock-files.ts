import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import type { BlobStore } from '#io/blob-store.js'
import { listDir, readChunks } from '#io/files.js'
import type { WheelSource } from '#layers/environment-layers.js'
import type { Lock, LockedDistribution } from '#lock/lock.js'
import { supportedTags } from '#pep/tags.js'
import { parseVersion } from '#pep/version.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'
import type { Progress } from '#progress.js'
import { missingBuilder, type Wheelhouse } from '#wheelhouse/wheelhouse.js'
import { withUrls } from './lock.js'
import type { LazyIndex } from './open-index.js'

export interface LockFilesRequest {
  readonly lock: Lock
  readonly index: LazyIndex
  readonly store: BlobStore
  /** Opened only when an sdist has to be built. */
  readonly builder: () => Promise<Wheelhouse>
  /** A folder with wheels of what has only an sdist. */
  readonly wheelhouse?: string
  readonly progress?: Progress
}

export interface LockFiles {
  readonly wheels: readonly WheelSource[]
  /** Those that came from an sdist. */
  readonly built: readonly { readonly name: string; readonly version: string; readonly sha256: string }[]
}

/** Brings every file of the lock that the store lacks into it, checked by hash. */
async function fetchMissing(request: LockFilesRequest, wanted: readonly LockedDistribution[]): Promise<void> {
  const { lock, index, store, progress } = request
  const missing: LockedDistribution[] = []
  for (const one of wanted) if (!(await store.has((one.wheel ?? one.sdist)!.sha256))) missing.push(one)
  if (missing.length === 0) return
  const located = await withUrls({ ...lock, distributions: missing }, await index.open())
  let done = 0
  progress?.step?.('fetch', done, missing.length)
  await Promise.all(
    located.distributions.map(async ({ wheel, sdist }) => {
      const file = (wheel ?? sdist)!
      await index.http.download(file.url!, file, store)
      progress?.step?.('fetch', ++done, missing.length)
    }),
  )
}

/** The wheel of a distribution among a user's own: same name and version, and tags that fit. */
async function broughtWheel(
  request: LockFilesRequest,
  wanted: LockedDistribution,
): Promise<string | undefined> {
  const { lock, wheelhouse } = request
  if (wheelhouse === undefined) return undefined
  const tags = new Set(supportedTags(lock))
  const names = (await listDir(wheelhouse)).filter((name) => name.endsWith('.whl'))
  return names.toSorted().find((filename) => {
    const wheel = parseWheelFilename(filename)
    const same =
      wheel.name === wanted.name && parseVersion(wheel.version).text === parseVersion(wanted.version).text
    return same && wheel.tags.some((tag) => tags.has(tag))
  })
}

async function wheelOfSdist(
  request: LockFilesRequest,
  distribution: LockedDistribution,
  builder: () => Promise<Wheelhouse>,
): Promise<WheelSource> {
  const { lock, store, wheelhouse } = request
  const { name, version } = distribution
  const requested = name === lock.root
  const brought = await broughtWheel(request, distribution)
  if (brought !== undefined) {
    const { sha256, path } = await store.put(readChunks(join(wheelhouse!, brought)))
    return { name, version, filename: brought, sha256, path, requested }
  }
  const sdist = distribution.sdist!
  await fetchMissing(request, [distribution])
  const path = store.path(sdist.sha256)
  const built = await (await builder()).buildWheel({ distribution: name, version, path, ...sdist })
  return { name, version, filename: built.filename, sha256: built.sha256, path: built.path, requested }
}

/**
 * The wheels of a lock on disk: fetched by hash, or built from their sdists.
 * @throws E-NET-*, E-IDX-*, E-SDT-*, E-EXE-MISSING, E-FS-*
 */
export async function lockFiles(request: LockFilesRequest): Promise<LockFiles> {
  const { lock, store } = request
  const ready = lock.distributions.filter(({ wheel }) => wheel !== undefined)
  const unbuilt = lock.distributions.filter(({ wheel }) => wheel === undefined)
  await fetchMissing(request, ready)
  const wheels: WheelSource[] = ready.map(({ name, version, wheel }) => {
    const { filename, sha256 } = wheel!
    return { name, version, filename, sha256, path: store.path(sha256), requested: name === lock.root }
  })
  const built: WheelSource[] = []
  let opened: Promise<Wheelhouse> | undefined
  const builder = () => {
    opened ??= request.builder()
    return opened
  }
  try {
    for (const distribution of unbuilt) built.push(await wheelOfSdist(request, distribution, builder))
  } catch (error) {
    // Without a builder the first sdist fails; the person wants to know of all of them.
    if (error instanceof SvcsplitError && error.code === 'E-EXE-MISSING')
      throw missingBuilder(
        unbuilt.map(({ name, version }) => `${name} ${version}`),
        error.cause ?? error,
      )
    throw error
  } finally {
    await opened?.then((wheelhouse) => wheelhouse.close()).catch(() => undefined)
  }
  return {
    wheels: [...wheels, ...built].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    built: built.map(({ name, version, sha256 }) => ({ name, version, sha256 })),
  }
}

import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import type { BlobStore } from '#io/blob-store.js'
import { existsSync, listDir, readChunks } from '#io/files.js'
import type { WheelSource } from '#layers/wheel-reader.js'
import type { Lock, LockedDistribution } from '#lock/lock.js'
import { supportedTags } from '#pep/tags.js'
import { parseVersion } from '#pep/version.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'
import type { Progress } from '#progress.js'
import { missingBuilder, type Wheelhouse } from '#wheelhouse/wheelhouse.js'
import { urlOf } from './lock.js'
import type { LazyIndex } from './open-index.js'

export interface LockFilesRequest {
  readonly lock: Lock
  readonly index: LazyIndex
  readonly store: BlobStore
  /** Opened only when an sdist has to be built. */
  readonly builder: () => Promise<Wheelhouse>
  /** A folder with wheels that need not be fetched, or that no index has. */
  readonly wheelhouse?: string
  /** Build nothing: an sdist that was never built stands for its wheel, which then is in no layer that is known. */
  readonly dry?: boolean
  readonly progress?: Progress
}

export interface LockFiles {
  /** Sorted by name. */
  readonly wheels: readonly WheelSource[]
  /** Those that came from an sdist. */
  readonly built: readonly WheelOfSdist[]
  /** Brings those of these wheels to disk that are not there, checked by hash. @throws E-NET-*, E-IDX-*, E-FS-* */
  fetch(wheels: readonly WheelSource[]): Promise<void>
}

export interface WheelOfSdist {
  readonly name: string
  readonly version: string
  readonly filename: string
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

/** Brings every file of these distributions that the store lacks into it. */
async function fetchMissing(request: LockFilesRequest, wanted: readonly LockedDistribution[]): Promise<void> {
  const { index, store, progress } = request
  const there = await Promise.all(wanted.map(({ wheel, sdist }) => store.has((wheel ?? sdist)!.sha256)))
  const missing = wanted.filter((_, position) => !there[position])
  if (missing.length === 0) return
  let done = 0
  progress?.step?.('fetch', done, missing.length)
  await Promise.all(
    missing.map(async (one) => {
      if (await isBrought(request, one)) return
      const url = async (): Promise<string> => urlOf(one, await index.open())
      await index.http.download(url, (one.wheel ?? one.sdist)!, store)
      progress?.step?.('fetch', ++done, missing.length)
    }),
  )
}

/** Takes a locked wheel from the user's own, if it is there with the same bytes. */
async function isBrought(
  { store, wheelhouse }: LockFilesRequest,
  { wheel }: LockedDistribution,
): Promise<boolean> {
  if (wheelhouse === undefined || wheel === undefined) return false
  const path = join(wheelhouse, wheel.filename)
  return existsSync(path) && (await store.put(readChunks(path))).sha256 === wheel.sha256
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
  return names.find((filename) => {
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
): Promise<WheelOfSdist> {
  const { store, wheelhouse } = request
  const { name, version } = distribution
  const brought = await broughtWheel(request, distribution)
  if (brought !== undefined) {
    const { sha256, size } = await store.put(readChunks(join(wheelhouse!, brought)))
    return { name, version, filename: brought, sha256, size }
  }
  const sdist = distribution.sdist!
  const opened = await builder()
  const wanted = { distribution: name, version, path: store.path(sdist.sha256), ...sdist }
  const known = await opened.findWheel(wanted)
  if (known === undefined && request.dry === true) return { name, version, ...sdist }
  if (known === undefined) await fetchMissing(request, [distribution])
  const { filename, sha256, size } = known ?? (await opened.buildWheel(wanted))
  return { name, version, filename, sha256, size }
}

/** What a wheel of an sdist has to be, where the lock says so: the same bytes as when it was locked. */
function requireLocked({ built }: LockedDistribution, wheel: WheelOfSdist): void {
  if (built === undefined || built.sha256 === wheel.sha256) return
  throw new SvcsplitError(
    'E-LCK-DIFFERS',
    `the wheel of ${wheel.name} ${wheel.version} is not the locked one: sha256 ${built.sha256} is locked, ${wheel.sha256} was built`,
    { hint: `bring the wheel ${built.filename} that was locked: --wheelhouse DIR; or write a new lock` },
  )
}

/** Wheels of everything that has only an sdist; the builder is opened at most once, and closed. */
async function buildAll(
  request: LockFilesRequest,
  unbuilt: readonly LockedDistribution[],
): Promise<readonly WheelOfSdist[]> {
  const built: WheelOfSdist[] = []
  let opened: Promise<Wheelhouse> | undefined
  const builder = () => {
    opened ??= request.builder()
    return opened
  }
  try {
    for (const distribution of unbuilt) {
      const locked = distribution.built
      // A wheel that the lock names by its bytes and that is here needs no base to be built on.
      if (locked !== undefined && (await request.store.has(locked.sha256))) {
        const { name, version } = distribution
        built.push({ name, version, ...locked })
        continue
      }
      const wheel = await wheelOfSdist(request, distribution, builder)
      requireLocked(distribution, wheel)
      built.push(wheel)
    }
    return built
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
}

/**
 * What the files of a lock are, with wheels built for those that have only an sdist. Wheels of the index are
 * fetched when somebody asks for them: a layer that exists needs none of its wheels.
 * @throws E-NET-*, E-IDX-*, E-SDT-*, E-EXE-MISSING, E-LCK-DIFFERS, E-FS-*
 */
export async function filesOf(request: LockFilesRequest): Promise<LockFiles> {
  const { lock, store } = request
  const ready = new Map(
    lock.distributions.flatMap((one) => (one.wheel === undefined ? [] : [[one.wheel.sha256, one] as const])),
  )
  const built = await buildAll(
    request,
    lock.distributions.filter(({ wheel }) => wheel === undefined),
  )
  const byName = new Map(built.map((wheel) => [wheel.name, wheel]))
  const wheels = lock.distributions.map(({ name, version, wheel }): WheelSource => {
    const { filename, sha256 } = wheel ?? byName.get(name)!
    return { name, version, filename, sha256, path: store.path(sha256), requested: name === lock.root }
  })
  return {
    wheels,
    built,
    fetch: (wanted) =>
      fetchMissing(
        request,
        wanted.flatMap(({ sha256 }) => ready.get(sha256) ?? []),
      ),
  }
}

import pLimit from 'p-limit'
import type { DistributionFile } from '#catalog/catalog.js'
import type { Snapshot } from '#catalog/snapshot.js'
import { SvcsplitError } from '#errors.js'
import type { Fleet } from '#inputs/fleet.js'
import { releaseNamed } from '#inputs/releases.js'
import type { BlobStore } from '#io/blob-store.js'
import { openFactCache } from '#io/fact-cache.js'
import type { DistributionName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import type { Progress } from '#progress.js'
import type { LazyIndex } from './open-index.js'
import { fileToRead } from './wheel-sources.js'

/** A version, and the wheel of it that is read. */
export interface VersionWheel {
  readonly name: DistributionName
  readonly version: string
  /** None where a version has only an sdist. */
  readonly wheel: DistributionFile | undefined
}

export interface WheelPlace {
  readonly index: LazyIndex
  readonly store: BlobStore
  readonly cacheDir: string
  readonly progress?: Progress
}

/** Every version of a snapshot, by name and then oldest first. */
export function versionWheels(snapshot: Snapshot): readonly VersionWheel[] {
  return snapshot
    .names()
    .flatMap((name) =>
      snapshot
        .versions(name)
        .map((version) => ({ name, version, wheel: fileToRead(snapshot.files(name, version)) })),
    )
}

/** What releases pin and the services that they ship, of the versions that are known. */
export function pinnedWheels(
  snapshot: Snapshot,
  fleet: Fleet,
  releases: readonly string[],
): readonly VersionWheel[] {
  const pinned = new Set(
    releases.flatMap((release) => [
      ...[...fleet.constraints(release).pins].flatMap(([name, pins]) =>
        pins.map(({ version }) => `${name} ${tryParseVersion(version)?.key}`),
      ),
      ...[...releaseNamed(fleet.releases, release).services.values()].map(
        ({ distribution, version }) => `${distribution} ${tryParseVersion(version)?.key}`,
      ),
    ]),
  )
  return versionWheels(snapshot).filter(({ name, version }) =>
    pinned.has(`${name} ${tryParseVersion(version)?.key}`),
  )
}

/**
 * Brings those wheels to the store that are not there and of which no facts of this kind are remembered.
 * @throws E-NET-*, E-IDX-*, E-FS-*
 */
export async function fetchWheels(
  place: WheelPlace,
  wheels: readonly VersionWheel[],
  kind: string,
): Promise<void> {
  const { index, store, cacheDir, progress } = place
  const cache = openFactCache(cacheDir)
  const missing: VersionWheel[] = []
  for (const one of wheels)
    if (
      one.wheel !== undefined &&
      !(await store.has(one.wheel.sha256)) &&
      (await cache.get(kind, one.wheel.sha256)) === undefined
    )
      missing.push(one)
  let done = 0
  const limit = pLimit(16)
  await Promise.all(
    missing.map(({ name, version, wheel }) =>
      limit(async () => {
        const listed = await (await index.open()).files(name, version)
        const url = listed.find(({ sha256 }) => sha256 === wheel!.sha256)?.url
        if (url === undefined)
          throw new SvcsplitError('E-IDX-NOTFOUND', `the index no longer has ${wheel!.filename}`, {
            hint: 'svcsplit catalog update learns what it has now',
          })
        await index.http.download(url, wheel!, store)
        progress?.step?.('fetching wheels', ++done, missing.length)
      }),
    ),
  )
}

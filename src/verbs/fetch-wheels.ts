import pLimit from 'p-limit'
import type { DistributionFile } from '#catalog/catalog.js'
import type { Snapshot } from '#catalog/snapshot.js'
import { SvcsplitError } from '#errors.js'
import type { BlobStore } from '#io/blob-store.js'
import type { DistributionName } from '#pep/name.js'
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

/** Brings every wheel to the store that is not there. @throws E-NET-*, E-IDX-*, E-FS-* */
export async function fetchWheels(place: WheelPlace, wanted: readonly VersionWheel[]): Promise<void> {
  const { index, store, progress } = place
  const there = await Promise.all(wanted.map(({ wheel }) => wheel === undefined || store.has(wheel.sha256)))
  const missing = wanted.filter((_, position) => !there[position])
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

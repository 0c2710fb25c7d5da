import { SvcsplitError } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { Snapshot } from './snapshot.js'

/** What a rule about upload times has to know of a file. */
interface Uploaded {
  readonly filename: string
  /** ISO 8601, UTC (PEP 700). */
  readonly uploadTime?: string
}

/**
 * Whether a file was there before a moment. Without an upload time nobody can tell, and the answer is an error: a rule
 * that keeps out what is new must not let in what is new and says nothing. @throws E-IDX-CONTENT
 */
export function wasUploadedBefore(file: Uploaded, moment: number): boolean {
  const uploaded = file.uploadTime === undefined ? Number.NaN : Date.parse(file.uploadTime)
  if (Number.isNaN(uploaded))
    throw new SvcsplitError(
      'E-IDX-CONTENT',
      `when ${file.filename} was uploaded is not known, and --exclude-newer cannot be kept without`,
      { hint: 'use an index that states upload times (PEP 700), or leave --exclude-newer away' },
    )
  return uploaded < moment
}

/**
 * The part of a snapshot that was there before a moment. A version counts by any of its files; one that has none was
 * never uploaded (a checkout of the user's own), and stays.
 * @throws E-IDX-CONTENT where it is asked for files of which it does not know when they were uploaded
 */
export function snapshotBefore(snapshot: Snapshot, moment: number): Snapshot {
  const known = new Map<string, boolean>()
  const files = (name: DistributionName, version: string): ReturnType<Snapshot['files']> =>
    snapshot.files(name, version).filter((file) => wasUploadedBefore(file, moment))
  function isThere(name: DistributionName, version: string): boolean {
    const key = `${name} ${version}`
    let there = known.get(key)
    if (there === undefined) {
      there = files(name, version).length > 0 || snapshot.files(name, version).length === 0
      known.set(key, there)
    }
    return there
  }
  return {
    ...snapshot,
    versions: (name) => snapshot.versions(name).filter((version) => isThere(name, version)),
    metadata: (name, version) => (isThere(name, version) ? snapshot.metadata(name, version) : undefined),
    entryPoints: (name, version) =>
      isThere(name, version) ? snapshot.entryPoints(name, version) : undefined,
    files,
  }
}

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

/** The part of a snapshot that was there before a moment; a version counts by any of its files. @throws E-IDX-CONTENT */
export function snapshotBefore(snapshot: Snapshot, moment: number): Snapshot {
  const files = (name: DistributionName, version: string): ReturnType<Snapshot['files']> =>
    snapshot.files(name, version).filter((file) => wasUploadedBefore(file, moment))
  return {
    ...snapshot,
    versions: (name) => snapshot.versions(name).filter((version) => files(name, version).length > 0),
    files,
  }
}

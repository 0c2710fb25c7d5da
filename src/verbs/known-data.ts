import { snapshotBefore } from '#catalog/exclude-newer.js'
import { loadSnapshot, type Snapshot } from '#catalog/snapshot.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'

/** Releases, profiles and facts, shipped and the user's own. */
export interface KnownData {
  readonly fleet: Fleet
  readonly snapshot: Snapshot
}

/**
 * The shipped facts, with the user's own before them if there are any.
 * @param excludeNewer facts of what was uploaded then or later are left out: milliseconds since the epoch
 */
export function shippedSnapshot(fleet: Fleet, excludeNewer?: number): Snapshot {
  const snapshot = loadSnapshot(...fleet.catalogDirs)
  return excludeNewer === undefined ? snapshot : snapshotBefore(snapshot, excludeNewer)
}

/** @param excludeNewer as for the facts */
export function knownData(excludeNewer?: number): KnownData {
  const fleet = loadFleet()
  return { fleet, snapshot: shippedSnapshot(fleet, excludeNewer) }
}

import { loadSnapshot, type Snapshot } from '#catalog/snapshot.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'

/** Releases, profiles and facts, shipped and the user's own. */
export interface KnownData {
  readonly fleet: Fleet
  readonly snapshot: Snapshot
}

export function knownData(): KnownData {
  const fleet = loadFleet()
  return { fleet, snapshot: loadSnapshot(...fleet.catalogDirs) }
}

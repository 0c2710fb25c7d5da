import type { DistributionName } from '#pep/name.js'
import type { Collected, RawUse, SurfaceInput, UserVersion } from './collect.js'
import type { NameStates } from './library-names.js'
import { guards, type UsePlace } from './surface.js'

/** The uses of one name by all versions of a user. */
interface UsedRow {
  readonly library: DistributionName
  readonly states: NameStates
  readonly confidence: 'certain' | 'likely'
  /** By version of the user. */
  readonly places: ReadonlyMap<string, readonly UsePlace[]>
}

/**
 * The names that a user needs and that some version of their library lacks. A name is no certain need if it is absent
 * from a library that the release of the user was tested with: then the code or its reading is not what it seems.
 */
export function usedRows(
  user: DistributionName,
  versions: readonly UserVersion[],
  { libraries }: Collected,
  { testedWith, known }: Pick<SurfaceInput, 'testedWith' | 'known'>,
): readonly UsedRow[] {
  const rows = new Map<
    string,
    { library: DistributionName; states: NameStates; certain: boolean; places: Map<string, RawUse[]> }
  >()
  const doubted = new Set<string>()
  for (const { version, byLibrary } of versions)
    for (const [library, uses] of byLibrary) {
      const { names, needs } = libraries.get(library)!
      const tested = testedWith(user, version, library)
      for (const use of uses)
        for (const key of needs.get(`${use.kind} ${use.name}`) ?? []) {
          const states = names.get(key)!
          if (states.gone.length === 0 && known?.isGone(library, states) !== true) continue
          if (tested.some((one) => states.gone.includes(one))) doubted.add(`${library} ${key}`)
          const id = `${library} ${key} ${use.certain}`
          const row = rows.get(id) ?? { library, states, certain: use.certain, places: new Map() }
          rows.set(id, row)
          const list = row.places.get(version)
          if (list === undefined) row.places.set(version, [use])
          else list.push(use)
        }
    }
  const merged = new Map<string, UsedRow>()
  for (const { library, states, certain, places } of rows.values()) {
    const key = `${library} ${states.kind} ${states.name}`
    const confidence = certain && !doubted.has(key) ? 'certain' : 'likely'
    const id = `${confidence} ${key}`
    const before = merged.get(id)?.places ?? new Map<string, readonly UsePlace[]>()
    const all = new Map(before)
    for (const [version, uses] of places)
      all.set(version, mergePlaces([...(before.get(version) ?? []), ...uses.map(({ place }) => place)]))
    merged.set(id, { library, states, confidence, places: all })
  }
  return [...merged.values()].sort(
    (a, b) =>
      compare(a.library, b.library) ||
      compare(a.states.name, b.states.name) ||
      compare(a.states.kind, b.states.kind) ||
      compare(a.confidence, b.confidence),
  )
}

/** One place for each file, moment and guard: what runs on import first, unguarded before guarded. */
export function mergePlaces(places: readonly UsePlace[]): readonly UsePlace[] {
  const found = new Map<string, UsePlace>()
  for (const place of places) {
    const key = `${place.file} ${place.moment} ${place.guard ?? ''}`
    const known = found.get(key)
    if (known === undefined) found.set(key, place)
    else
      found.set(key, { ...known, line: Math.min(known.line, place.line), count: known.count + place.count })
  }
  return [...found.values()].sort(comparePlaces)
}

export function comparePlaces(a: UsePlace, b: UsePlace): number {
  return (
    Number(a.moment === 'call') - Number(b.moment === 'call') ||
    rankOfGuard(a) - rankOfGuard(b) ||
    compare(a.file, b.file) ||
    a.line - b.line
  )
}

function rankOfGuard({ guard }: UsePlace): number {
  return guard === undefined ? -1 : guards.indexOf(guard)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

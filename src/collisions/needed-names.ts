import type { DistributionName } from '#pep/name.js'
import type { CodeNeed } from '#solver/facts.js'
import type { Bindings, Reach, Surface, UsedName, UseKind } from '#surface/surface.js'
import type { Start } from './import-reach.js'
import { isPlain, NeededName, type Using } from './needed-name.js'

/** What is known of code: which names each version needs, and where it starts to run. */
export interface AsRun {
  readonly surface: Surface
  /** Undefined where the sources of that version were never read. */
  needs(name: DistributionName, version: string): Needs | undefined
  starts(name: DistributionName, version: string, kind: Start['kind']): readonly Start[]
  /** Known versions, oldest first. */
  versions(name: DistributionName): readonly string[]
}

/** By library, so that one look at a host's version answers for all names of it. */
export type Needs = ReadonlyMap<DistributionName, LibraryNeeds>

export class LibraryNeeds {
  readonly #answers = new Map<string, readonly NeededName[]>()

  constructor(
    /** Its place among those of one user. */
    readonly index: number,
    readonly all: readonly NeededName[],
  ) {}

  /** Those that a version lacks. */
  lackedBy(version: string): readonly NeededName[] {
    let answer = this.#answers.get(version)
    if (answer === undefined) {
      answer = rootsOf(this.all.filter((need) => need.lackedBy(version) !== undefined))
      this.#answers.set(version, answer)
    }
    return answer
  }
}

export interface AsRunOptions {
  readonly surface: Surface
  versions(name: DistributionName): readonly string[]
  /** Where a version of a service starts; nothing for a library. */
  starts(name: DistributionName, version: string, kind: Start['kind']): readonly Start[]
  /**
   * The version of a library that each release which ships this version was tested with. A name that is gone
   * there as well is nothing that the host could be blamed for.
   */
  tested(name: DistributionName, version: string, library: DistributionName): readonly string[]
  /** All if left out. */
  readonly kinds?: ReadonlySet<UseKind>
}

export function asRunOf(options: AsRunOptions): AsRun {
  const { surface, versions, starts, tested, kinds } = options
  const known = new Map<DistributionName, Map<string, Needs | undefined>>()

  function usingOf(user: DistributionName, version: string): Using {
    let reach: Reach | undefined
    let isReached = false
    return {
      versions,
      tested: (library) => tested(user, version, library),
      reach() {
        if (!isReached) {
          const modules = starts(user, version, 'process').map(({ module }) => module)
          reach = surface.importGraph(user, version)?.reach(modules)
          isReached = true
        }
        return reach
      },
    }
  }

  function needs(user: DistributionName, version: string): Needs | undefined {
    let ofUser = known.get(user)
    if (ofUser === undefined) {
      ofUser = new Map()
      known.set(user, ofUser)
    }
    if (ofUser.has(version)) return ofUser.get(version)
    const used = surface.usedNames(user, version)
    const made = used && needsOf(used, usingOf(user, version))
    ofUser.set(version, made)
    return made
  }

  function needsOf(used: readonly UsedName[], using: Using): Needs {
    const byLibrary = new Map<DistributionName, NeededName[]>()
    for (const all of byName(used)) {
      const plain = all.filter(({ kind, places }) => kinds?.has(kind) !== false && places.some(isPlain))
      const need = NeededName.of(plain, bindingsOf, using)
      if (need === undefined) continue
      const list = byLibrary.get(need.name)
      if (list === undefined) byLibrary.set(need.name, [need])
      else list.push(need)
    }
    const needs = new Map<DistributionName, LibraryNeeds>()
    for (const [library, all] of byLibrary) needs.set(library, new LibraryNeeds(needs.size, all))
    return needs
  }

  function bindingsOf({ library, name, kind }: UsedName): Bindings {
    return surface.bindings(library, name, kind)
  }

  return { surface, needs, starts, versions }
}

/** Uses of the same name of the same library together, in their order. */
function byName(used: readonly UsedName[]): Iterable<readonly UsedName[]> {
  const names = new Map<string, UsedName[]>()
  for (const one of used) {
    const key = `${one.library} ${one.name}`
    const list = names.get(key)
    if (list === undefined) names.set(key, [one])
    else list.push(one)
  }
  return names.values()
}

/** Without names that lie in another one which is gone, unless more depends on them. */
function rootsOf(lacked: readonly NeededName[]): readonly NeededName[] {
  if (lacked.length < 2) return lacked
  const byText = new Map(lacked.map((need) => [need.needs, need]))
  return lacked.filter((need) => {
    for (let end = need.needs.lastIndexOf('.'); end > 0; end = need.needs.lastIndexOf('.', end - 1)) {
      const outer = byText.get(need.needs.slice(0, end))
      if (outer !== undefined && (outer.level === 'error' || need.level === 'warning')) return false
    }
    return true
  })
}

/** What the solver has to know of a version's code: names without which it does not run, one for each bound. */
export function codeNeedsOf(asRun: AsRun, name: DistributionName, version: string): readonly CodeNeed[] {
  const bounds = new Map<string, CodeNeed>()
  for (const { all } of asRun.needs(name, version)?.values() ?? [])
    for (const need of all) {
      if (need.level !== 'error' || need.specifiers.text === '') continue
      const key = `${need.name} ${need.specifiers.text}`
      if (!bounds.has(key)) bounds.set(key, need)
    }
  return [...bounds.values()]
}

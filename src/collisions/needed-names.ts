import type { DistributionName } from '#pep/name.js'
import { parseSpecifierSet, type SpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import type { CodeNeed } from '#solver/facts.js'
import type { Bindings, Reach, Surface, UsedName, UseKind, UsePlace } from '#surface/surface.js'
import { moduleOf, type Start } from './import-reach.js'

/** A name that the code of one version needs of another distribution. */
export interface NeededName extends CodeNeed {
  readonly kind: UseKind
  /**
   * `error`: without it a module cannot be imported that a process of the profile imports, or that is no driver,
   * plugin or tool; `warning`: something fails when it is called, chosen or asked for.
   */
  readonly level: 'error' | 'warning'
  /** Unguarded uses; of a guarded one the code itself says what happens without the name. */
  readonly uses: number
  /** Import time first. */
  readonly places: readonly UsePlace[]
  /** What a version of the library lacks, the module or the name itself; undefined where it is there or cannot be told. */
  lackedBy(version: string): string | undefined
}

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

export interface LibraryNeeds {
  readonly all: readonly NeededName[]
  /** Those that a version lacks. */
  lackedBy(version: string): readonly NeededName[]
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

/**
 * Code that a deployment chooses by its configuration, and tools: not part of every process. A module of theirs
 * counts as needed only where a process is seen to import it.
 */
const chosen =
  /(^|[/_])(drivers?|plugins?|backends?|virt|contrib|ext|extensions|hacking|migrations?|versions|testing|fixtures?|cmd|tools?|cli|shell|conf_fixture|test|sphinx|doc)(s?\.py$|[/_])/

export function asRunOf(options: AsRunOptions): AsRun {
  const { surface, versions, starts } = options
  const known = new Map<DistributionName, Map<string, Needs | undefined>>()
  const reaches = new Map<string, Reach | undefined>()

  /** Own modules that the processes import; undefined where that cannot be told. */
  function reachFrom(name: DistributionName, version: string): Reach | undefined {
    const key = `${name} ${version}`
    if (reaches.has(key)) return reaches.get(key)
    const graph = surface.importGraph(name, version)
    const reach = graph?.reach(starts(name, version, 'process').map(({ module }) => module))
    reaches.set(key, reach)
    return reach
  }

  function levelOf(
    user: DistributionName,
    version: string,
    used: UsedName,
    bindings: Bindings,
  ): NeededName['level'] {
    const { library, confidence, places } = used
    if (confidence !== 'certain') return 'warning'
    const atImport = places.filter((place) => isPlain(place) && place.moment === 'import')
    if (atImport.length === 0) return 'warning'
    if (!versions(library).some((one) => bindings(one).state === 'bound')) return 'warning'
    if (atImport.some(({ file }) => !chosen.test(file))) return 'error'
    const reach = reachFrom(user, version)
    return atImport.some(({ file }) => reach?.has(moduleOf(file))) ? 'error' : 'warning'
  }

  /** Of uses of one name, of one kind or of several: `from a import b` and `a.b`. */
  function needOf(user: DistributionName, version: string, all: readonly UsedName[]): NeededName | undefined {
    const used = all.filter(({ kind, places }) => options.kinds?.has(kind) !== false && places.some(isPlain))
    const [main] = used
    if (main === undefined) return undefined
    const { library, name, kind } = main
    // Most names are never told: what is told of one is worked out then.
    let places: readonly UsePlace[] | undefined
    let isDispensable: boolean | undefined
    let level: NeededName['level'] | undefined
    let specifiers: SpecifierSet | undefined
    const bindings = used.map((one) => surface.bindings(library, name, one.kind))
    const missingIn = (one: string): string | undefined => {
      for (const bindingIn of bindings) {
        const binding = bindingIn(one)
        if (binding.state === 'gone') return binding.missing
      }
      return undefined
    }
    const lackedBy = (one: string): string | undefined => {
      const missing = missingIn(one)
      if (missing === undefined) return undefined
      isDispensable ??= options.tested(user, version, library).some((known) => missingIn(known) !== undefined)
      return isDispensable ? undefined : missing
    }
    return {
      name: library,
      needs: name,
      kind,
      get at() {
        const [{ file, line }] = this.places as [UsePlace, ...UsePlace[]]
        return { path: file, line }
      },
      get places() {
        places ??= plainPlaces(used)
        return places
      },
      get uses() {
        return this.places.reduce((sum, { count }) => sum + count, 0)
      },
      get level() {
        level ??= used.some((one, index) => levelOf(user, version, one, bindings[index]!) === 'error')
          ? 'error'
          : 'warning'
        return level
      },
      get specifiers() {
        specifiers ??= boundsOf(versions(library), (one) => lackedBy(one) === undefined)
        return specifiers
      },
      lackedBy,
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
    const byLibrary = new Map<DistributionName, NeededName[]>()
    for (const one of byName(used ?? [])) {
      const need = needOf(user, version, one)
      if (need === undefined) continue
      const list = byLibrary.get(need.name)
      if (list === undefined) byLibrary.set(need.name, [need])
      else list.push(need)
    }
    const answer =
      used === undefined
        ? undefined
        : new Map([...byLibrary].map(([library, all]) => [library, libraryNeeds(all)]))
    ofUser.set(version, answer)
    return answer
  }

  return { surface, needs, starts, versions }
}

function plainPlaces(used: readonly UsedName[]): readonly UsePlace[] {
  return used
    .flatMap((one) => one.places.filter(isPlain))
    .sort(
      (one, other) =>
        weight(one) - weight(other) ||
        (one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1),
    )
}

/** What runs at import in every deployment comes first. */
function weight({ moment, file }: UsePlace): number {
  return (moment === 'call' ? 2 : 0) + (chosen.test(file) ? 1 : 0)
}

function isPlain({ guard }: UsePlace): boolean {
  return guard === undefined
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

function libraryNeeds(all: readonly NeededName[]): LibraryNeeds {
  const answers = new Map<string, readonly NeededName[]>()
  return {
    all,
    lackedBy(version) {
      let answer = answers.get(version)
      if (answer === undefined) {
        answer = rootsOf(all.filter((need) => need.lackedBy(version) !== undefined))
        answers.set(version, answer)
      }
      return answer
    },
  }
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

/**
 * The fewest specifiers that admit exactly those of some known versions, oldest first, that pass a test: `>=2`,
 * `<10`, and what is left out between. Some version has to pass.
 */
export function boundsOf(
  versions: readonly string[],
  isAdmitted: (version: string) => boolean,
): SpecifierSet {
  const admitted = versions.map(isAdmitted)
  const first = admitted.indexOf(true)
  const last = admitted.lastIndexOf(true)
  const ends = [
    ...(first > 0 ? [`>=${versions[first]}`] : []),
    ...(last < versions.length - 1 ? [`<${versions[last + 1]}`] : []),
  ]
  const holes = versions.filter((_, i) => i > first && i < last && !admitted[i]).map((one) => `!=${one}`)
  const usual = parseSpecifierSet([...ends, ...holes].join(','))
  const isExact = versions.every((one, i) => specifierSetContains(usual, one, true) === admitted[i])
  if (isExact) return usual
  // `<2` leaves out 2.0rc1, and `>=2` takes in 2.0+local: then every version is named.
  return parseSpecifierSet(
    versions
      .filter((_, i) => !admitted[i])
      .map((one) => `!=${one}`)
      .join(','),
  )
}

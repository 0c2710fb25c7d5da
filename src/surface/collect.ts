import type { DistributionName } from '#pep/name.js'
import { inheritedUses } from './inherited.js'
import { askLibrary, type LibraryNames } from './library-names.js'
import type { DistributionFacts } from './module-facts.js'
import { importable, ModuleIndex, topModules } from './providers.js'
import { isForTests } from './read-distribution.js'
import { isStandardLibrary } from './standard-library.js'
import type { UnreadSource, UseKind, UsePlace } from './surface.js'

/** Where sources come from, and what is known of each version beside them. */
export interface SurfaceInput {
  /** Name -> versions, oldest first. */
  readonly versions: ReadonlyMap<DistributionName, readonly string[]>
  /** Undefined if the version has no sources that can be read. */
  read(name: DistributionName, version: string): Promise<DistributionFacts | undefined>
  /** Names that the version declares to need, whatever marker or extra. */
  declares(name: DistributionName, version: string): ReadonlySet<DistributionName>
  /** Versions of a library that some release ships together with this version of a user: there the code was tested. */
  testedWith(user: DistributionName, version: string, library: DistributionName): readonly string[]
  /** What is known of versions that are not read. */
  readonly known?: KnownNames
}

/** A name of a library, as code asks for it. */
type AskedName = Pick<RawUse, 'name' | 'kind'>

/** Facts of versions that were read before, beside which the ones read now will stand. */
export interface KnownNames {
  /** Distributions and modules that they have. */
  modules(): Iterable<readonly [DistributionName, readonly string[]]>
  /** Names of a library that versions which are not read use, and that each version read now is asked for. */
  asked(library: DistributionName): readonly AskedName[]
  /** Whether some version that is not read lacks the name. */
  isGone(library: DistributionName, asked: AskedName): boolean
}

/** One name that one version of a user uses of one library. */
export interface RawUse {
  readonly name: string
  readonly kind: UseKind
  readonly certain: boolean
  readonly place: UsePlace
}

export interface UserVersion {
  readonly version: string
  readonly byLibrary: ReadonlyMap<DistributionName, readonly RawUse[]>
  readonly undeclared: readonly {
    readonly module: string
    readonly by: readonly DistributionName[]
    readonly place: UsePlace
  }[]
  readonly unread: readonly UnreadSource[]
  readonly modules: readonly string[]
  /** What it puts on the path: modules that no package of its own is above. */
  readonly tops: readonly string[]
  /** Module -> modules that it imports for certain, its own and of others. */
  readonly imports: ReadonlyMap<string, readonly string[]>
}

export interface Collected {
  /** Users and libraries, versions oldest first; versions without sources are left out. */
  readonly users: ReadonlyMap<DistributionName, readonly UserVersion[]>
  readonly libraries: ReadonlyMap<DistributionName, LibraryNames>
  readonly providers: ModuleIndex
}

interface Outside {
  readonly version: string
  readonly unread: readonly UnreadSource[]
  readonly uses: readonly RawUse[]
  readonly modules: readonly string[]
  readonly tops: readonly string[]
  readonly imports: ReadonlyMap<string, readonly string[]>
}

/**
 * Finds who uses which name of whom, and asks every version of each library for every name that anybody uses of it.
 * Sources are read in two passes, a version at a time, so that memory holds names and not modules.
 */
export async function collectSurface(
  input: SurfaceInput,
  step: (label: string, done: number, total: number) => void = () => undefined,
): Promise<Collected> {
  const providers = new ModuleIndex()
  const outside = new Map<DistributionName, readonly Outside[]>()
  const total = [...input.versions.values()].reduce((sum, list) => sum + list.length, 0)
  let done = 0
  for (const [name, versions] of input.versions) {
    const list: Outside[] = []
    for (const version of versions) {
      const facts = await input.read(name, version)
      step('reading sources', ++done, total)
      if (facts === undefined) continue
      providers.add(name, importable(facts))
      list.push(outsideOf(version, facts))
    }
    outside.set(name, list)
  }
  for (const [name, modules] of input.known?.modules() ?? []) providers.add(name, modules)

  const users = new Map<DistributionName, readonly UserVersion[]>()
  const asked = new Map<DistributionName, Map<string, AskedName>>()
  for (const [name, list] of outside) {
    users.set(
      name,
      list.map((one) => attribute(name, one, providers, input, asked)),
    )
    outside.delete(name)
  }

  const libraries = new Map<DistributionName, LibraryNames>()
  done = 0
  for (const name of new Set([...input.versions.keys(), ...asked.keys()])) {
    const versions = input.versions.get(name) ?? []
    const names = asked.get(name) ?? new Map<string, AskedName>()
    if (versions.length > 0)
      for (const one of input.known?.asked(name) ?? []) names.set(`${one.kind} ${one.name}`, one)
    done += versions.length
    if (names.size > 0) libraries.set(name, await askLibrary(name, versions, [...names.values()], input.read))
    step('looking names up', done, total)
  }
  return { users, libraries, providers }
}

/** What a version uses of others, outside tests. */
function outsideOf(version: string, facts: DistributionFacts): Outside {
  const uses: RawUse[] = []
  const imports = new Map<string, readonly string[]>()
  for (const [module, { uses: all, imports: edges, sets }] of Object.entries(facts.modules)) {
    const file = facts.files[module]!
    imports.set(module, edges)
    if (isForTests(file)) continue
    const set = new Set(sets)
    for (const { name, kind, certain, line, moment, guard, count } of all) {
      // what stands there for type checkers is never run
      if (set.has(name) || guard === 'typing') continue
      const place: UsePlace = { file, line, moment, ...(guard === undefined ? {} : { guard }), count }
      uses.push({ name, kind, certain, place })
    }
  }
  // tests make applications of their own, which no process of the service loads
  const loaders = facts.loaders.filter(({ file }) => !isForTests(file))
  for (const { file, uses: all, imports: edges } of loaders) {
    imports.set(file, edges)
    for (const { name, kind, certain, line, moment, count } of all)
      uses.push({ name, kind, certain, place: { file, line, moment, count } })
  }
  for (const { name, file, line } of inheritedUses(facts))
    if (!isForTests(file) && !isStandardLibrary(name.split('.', 1)[0]!))
      uses.push({ name, kind: 'member', certain: false, place: { file, line, moment: 'call', count: 1 } })
  // a file that has modules loaded stands among them, so that chains can begin at it
  const modules = [...importable(facts), ...loaders.map(({ file }) => file)]
  return { version, uses, unread: facts.unread, imports, modules, tops: topModules(facts) }
}

function attribute(
  user: DistributionName,
  { version, uses, unread, modules, tops, imports }: Outside,
  providers: ModuleIndex,
  input: SurfaceInput,
  asked: Map<DistributionName, Map<string, AskedName>>,
): UserVersion {
  const byLibrary = new Map<DistributionName, RawUse[]>()
  const undeclared: { module: string; by: readonly DistributionName[]; place: UsePlace }[] = []
  const declared = input.declares(user, version)
  for (const use of uses) {
    const found = providers.of(use.name)
    const by = (found?.by ?? []).filter((name) => name !== user)
    if (use.kind === 'module' && !by.some((name) => declared.has(name)) && found?.by.includes(user) !== true)
      undeclared.push({ module: found?.module ?? use.name.split('.', 1)[0]!, by, place: use.place })
    for (const library of by) {
      const list = byLibrary.get(library)
      if (list === undefined) byLibrary.set(library, [use])
      else list.push(use)
      const names = asked.get(library) ?? new Map<string, AskedName>()
      asked.set(library, names)
      const key = `${use.kind} ${use.name}`
      if (!names.has(key)) names.set(key, use)
    }
  }
  const own = new Set(modules)
  const edges = new Map(
    [...imports].map(
      ([module, list]) => [module, list.flatMap((name) => edgeOf(name, own, providers))] as const,
    ),
  )
  return { version, byLibrary, undeclared, unread, modules, tops, imports: edges }
}

/** The module that an import reaches: `?a.b` is `a.b` where that is a module, and else nothing beyond `a`. */
function edgeOf(name: string, own: ReadonlySet<string>, providers: ModuleIndex): readonly string[] {
  const module = name.startsWith('?') ? name.slice(1) : name
  return own.has(module) || providers.isModule(module) ? [module] : []
}

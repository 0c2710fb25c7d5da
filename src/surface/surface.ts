import type { DistributionName } from '#pep/name.js'

/**
 * How code depends on a name of another distribution. Each kind can be left out by whoever asks.
 * - `module`: `import a.b`, or `a.b` in `from a.b import c`: the module `a.b` has to exist
 * - `name`: `from a import b`: `b` is bound in `a`, or is a module of it
 * - `attribute`: `a.b` where `a` is a module
 * - `member`: `a.C.m`, or `m` of a class that inherits from `a.C`
 * - `keyword`: `a.f(x=1)`, written `a.f(x)`
 * - `option`: an option that `import_opt('option', 'a.b')` expects some module of `a` to define, written `a.b[option]`
 */
export const useKinds = ['module', 'name', 'attribute', 'member', 'keyword', 'option'] as const
export type UseKind = (typeof useKinds)[number]

/** What keeps a missing name from being an error: the code that uses it says what happens without it. */
export const guards = [
  'import-error',
  'attribute-error',
  'any-error',
  'version',
  'typing',
  'hasattr',
  'condition',
] as const
export type Guard = (typeof guards)[number]

/** One place of a use; further uses in the same file with the same moment and guard are only counted. */
export interface UsePlace {
  /** Path in the using distribution, `cinder/api/v3/volume_metadata.py`. */
  readonly file: string
  /** Of the first use, counted from 1. */
  readonly line: number
  /** `import`: runs when the module is imported; `call`: inside a function. */
  readonly moment: 'import' | 'call'
  readonly guard?: Guard
  readonly count: number
}

/** A name that code uses from one other distribution. */
export interface UsedName {
  readonly library: DistributionName
  /** `oslo_utils.secretutils.md5`. */
  readonly name: string
  readonly kind: UseKind
  /** `certain`: without the name this code fails when it runs; `likely`: it may have been given the name in a way that reading cannot see. */
  readonly confidence: 'certain' | 'likely'
  /** Import time before calls, unguarded before guarded, then by file. Code only, no tests. */
  readonly places: readonly UsePlace[]
}

/** Why reading cannot tell whether a name exists. */
export const unknownReasons = [
  'compiled',
  'dynamic',
  'unparsed',
  'no-sources',
  'other-distribution',
  'not-kept',
] as const
export type UnknownReason = (typeof unknownReasons)[number]

export type Binding =
  | { readonly state: 'bound' }
  /** `missing` is the shortest part of the name that does not exist: the module, or the name itself. */
  | { readonly state: 'gone'; readonly missing: string }
  | { readonly state: 'unknown'; readonly reason: UnknownReason }

export type Bindings = (version: string) => Binding

/** A module that code imports and that nothing which the distribution declares provides. */
export interface UndeclaredModule {
  /** `simplejson`, or the shortest prefix in a namespace package that tells distributions apart. */
  readonly module: string
  /** Known distributions that provide it; empty if none does. */
  readonly providers: readonly DistributionName[]
  readonly places: readonly UsePlace[]
}

/** A file whose names cannot be read: what it needs and has is not known. */
export interface UnreadSource {
  /** `a syntax error`. */
  readonly problem: string
  readonly file: string
  readonly line: number
}

/** Who imports whom when a module is imported, without what is guarded or inside functions. */
export interface ImportGraph {
  /** Modules of the distribution, sorted. */
  readonly modules: readonly string[]
  /** Modules that importing `module` imports, its parent packages first; of other distributions, too. */
  imports(module: string): readonly string[]
  /** What comes to be imported with some modules. */
  reach(from: readonly string[]): Reach
}

/** Modules of a distribution that are imported, each with the one that imported it first. */
export interface Reach {
  has(module: string): boolean
  /** None for those it began with. */
  importer(module: string): string | undefined
}

/**
 * The names that distributions use from one another and the names that they bind, as read from their sources.
 * `undefined` means that the sources of that version were never read. `loadSurface` in `shipped.ts` opens shipped facts.
 */
export interface Surface {
  /** Names that some known version of their library does not have for certain; all others can break nowhere. */
  usedNames(user: DistributionName, version: string): readonly UsedName[] | undefined
  /** Who uses such a name of a library, in any version. */
  usersOf(library: DistributionName): ReadonlySet<DistributionName>
  /** What versions of a library have of a name: looked up once, asked of many versions. */
  bindings(library: DistributionName, name: string, kind: UseKind): Bindings
  undeclared(user: DistributionName, version: string): readonly UndeclaredModule[] | undefined
  /** Sources of a version that cannot be read. */
  unread(user: DistributionName, version: string): readonly UnreadSource[] | undefined
  /** What a version puts on the path: top-level modules, and in namespace packages the shortest prefixes of its own. */
  modules(distribution: DistributionName, version: string): readonly string[] | undefined
  importGraph(distribution: DistributionName, version: string): ImportGraph | undefined
}

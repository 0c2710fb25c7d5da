import type { Guard, UnreadSource, UseKind } from './surface.js'

/**
 * What is kept of one Python module: plain data that goes to JSON and back. Dotted names are absolute.
 */
export interface ModuleFacts {
  /** Name at module level -> what it is: `=a.b` an import of that name, `c` a class, `f` a function, `o` anything else, `?` perhaps bound. */
  readonly bound: Readonly<Record<string, string>>
  /** Modules of which all public names are imported. */
  readonly stars: readonly string[]
  /** `__all__` where it is a literal; null where it is put together. */
  readonly all?: readonly string[] | null
  /** The module makes names when it runs: `__getattr__`, `globals()`, `sys.modules[__name__]` ... */
  readonly dynamic?: true
  readonly classes: Readonly<Record<string, ClassFacts>>
  /** Function -> names of arguments it takes by keyword; functions that take any, or are decorated, are left out. */
  readonly functions: Readonly<Record<string, readonly string[]>>
  readonly uses: readonly UseFact[]
  /** Modules that importing this one imports for certain; `a.b` of `from a import b` with `?` before it, as it may be a module. */
  readonly imports: readonly string[]
  /** Modules that it imports later, or perhaps. */
  readonly later: readonly string[]
  /** Dotted names of other modules that this one sets. */
  readonly sets: readonly string[]
  /** Configuration options that it defines, `-` as `_`; `*` if it defines others under names that it puts together. */
  readonly options: readonly string[]
  /** Entries of `sys.modules` that it makes; `*` if it makes others than it names, or finds modules in its own way. */
  readonly makesModules: readonly string[]
}

export interface ClassFacts {
  /** Dotted; `?` for what is not a name. */
  readonly bases: readonly string[]
  readonly members: readonly string[]
  /** May have members that are not written down: metaclass, `__getattr__`, `setattr`, decorators. */
  readonly open?: true
  /** Members of itself that it uses: name, line, and whether through `super()`. */
  readonly uses: readonly (readonly [name: string, line: number, viaSuper: 0 | 1])[]
}

/** Uses of one name that have all else in common; the line is of the first. */
export interface UseFact {
  readonly name: string
  readonly kind: UseKind
  readonly line: number
  readonly moment: 'import' | 'call'
  readonly guard?: Guard
  readonly certain: boolean
  readonly count: number
}

/** What is kept of one distribution version, in the order of module names. */
export interface DistributionFacts {
  /** Module -> file that it is read from. */
  readonly files: Readonly<Record<string, string>>
  readonly modules: Readonly<Record<string, ModuleFacts>>
  /** Modules that exist and whose names are not known. */
  readonly opaque: Readonly<Record<string, 'compiled' | 'unparsed' | 'not-kept'>>
  /** Folders with Python code and without `__init__.py`. */
  readonly namespaces: readonly string[]
  /** Modules that are packages. */
  readonly packages: readonly string[]
  /** Files other than modules that have Python load something. */
  readonly loaders: readonly LoaderFacts[]
  readonly unread: readonly UnreadSource[]
}

/** A file that names objects for a framework to load: a paste file. */
export interface LoaderFacts {
  readonly file: string
  readonly uses: readonly UseFact[]
  /** Modules that it has loaded. */
  readonly imports: readonly string[]
}

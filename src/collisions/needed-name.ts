import type { FileOrigin } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import type { SpecifierSet } from '#pep/specifier-set.js'
import type { CodeNeed } from '#solver/facts.js'
import type { Bindings, Reach, UsedName, UseKind, UsePlace } from '#surface/surface.js'
import { boundsOf } from './bounds-of-code.js'
import { moduleOf } from './import-reach.js'

/** What a name is judged by that one version of a distribution uses. */
export interface Using {
  /** Known versions of a library, oldest first. */
  versions(library: DistributionName): readonly string[]
  /** Versions of a library that this version was tested with. */
  tested(library: DistributionName): readonly string[]
  /** Own modules that the processes import; undefined where that cannot be told. */
  reach(): Reach | undefined
}

/**
 * Code that a deployment chooses by its configuration, and tools: not part of every process. A module of theirs
 * counts as needed only where a process is seen to import it.
 */
const chosen =
  /(^|[/_])(drivers?|plugins?|backends?|virt|contrib|ext|extensions|hacking|migrations?|versions|testing|fixtures?|cmd|tools?|cli|shell|conf_fixture|test|sphinx|doc)(s?\.py$|[/_])/

/**
 * A name that the code of one version needs of another distribution: the unguarded uses of it, of one kind or of
 * several (`from a import b` and `a.b`). Most are never told, so that what is told is worked out when it is asked for.
 */
export class NeededName implements CodeNeed {
  readonly name: DistributionName
  readonly needs: string
  readonly kind: UseKind
  #level: 'error' | 'warning' | undefined
  #places: readonly UsePlace[] | undefined
  #specifiers: SpecifierSet | undefined
  #isDispensable: boolean | undefined

  private constructor(
    private readonly used: readonly UsedName[],
    private readonly bindings: readonly Bindings[],
    private readonly using: Using,
  ) {
    const { library, name, kind } = used[0]!
    this.name = library
    this.needs = name
    this.kind = kind
  }

  /** @param used uses of one name, each with an unguarded place */
  static of(
    used: readonly UsedName[],
    bindingsOf: (used: UsedName) => Bindings,
    using: Using,
  ): NeededName | undefined {
    return used.length === 0 ? undefined : new NeededName(used, used.map(bindingsOf), using)
  }

  /**
   * `error`: without it a module cannot be imported that a process of the profile imports, or that is no driver,
   * plugin or tool; `warning`: something fails when it is called, chosen or asked for.
   */
  get level(): 'error' | 'warning' {
    this.#level ??= this.used.some((one, index) => this.#stopsImport(one, this.bindings[index]!))
      ? 'error'
      : 'warning'
    return this.#level
  }

  /** Whether some use fails without it for certain, at import or when it is called. */
  get isCertain(): boolean {
    return this.used.some(({ confidence }) => confidence === 'certain')
  }

  /** Unguarded ones, import time first; of a guarded one the code itself says what happens without the name. */
  get places(): readonly UsePlace[] {
    this.#places ??= this.used
      .flatMap(({ places }) => places.filter(isPlain))
      .sort(
        (one, other) =>
          weight(one) - weight(other) ||
          (one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1),
      )
    return this.#places
  }

  get at(): FileOrigin {
    const { file, line } = this.places[0]!
    return { path: file, line }
  }

  get uses(): number {
    return this.places.reduce((sum, { count }) => sum + count, 0)
  }

  /** The known versions of the library that have the name, or may. */
  get specifiers(): SpecifierSet {
    this.#specifiers ??= boundsOf(
      this.using.versions(this.name),
      (version) => this.lackedBy(version) === undefined,
    )
    return this.#specifiers
  }

  /** Whether a version of the library is known to have the name. */
  isIn(version: string): boolean {
    return this.bindings[0]!(version).state === 'bound'
  }

  /**
   * What a version of the library lacks, the module or the name itself; undefined where it is there or cannot be told,
   * and where the libraries lack it that the code was tested with: then the host is not to blame.
   */
  lackedBy(version: string): string | undefined {
    const missing = this.#missingIn(version)
    if (missing === undefined) return undefined
    this.#isDispensable ??= this.using.tested(this.name).some((one) => this.#missingIn(one) !== undefined)
    return this.#isDispensable ? undefined : missing
  }

  /** Why sources cannot tell whether a version has it, where it could be read at all and was not tested. */
  unreadIn(version: string): 'unparsed' | 'no-sources' | undefined {
    if (this.#missingIn(version) !== undefined || this.using.tested(this.name).includes(version))
      return undefined
    for (const bindingIn of this.bindings) {
      const binding = bindingIn(version)
      if (binding.state !== 'unknown') continue
      if (binding.reason === 'unparsed' || binding.reason === 'no-sources') return binding.reason
    }
    return undefined
  }

  #missingIn(version: string): string | undefined {
    for (let at = 0; at < this.bindings.length; at++) {
      const binding = this.bindings[at]!(version)
      if (binding.state === 'gone') return binding.missing
    }
    return undefined
  }

  #stopsImport({ confidence, places }: UsedName, bindingIn: Bindings): boolean {
    if (confidence !== 'certain') return false
    const atImport = places.filter((place) => isPlain(place) && place.moment === 'import')
    if (atImport.length === 0) return false
    if (!this.using.versions(this.name).some((one) => bindingIn(one).state === 'bound')) return false
    if (atImport.some(({ file }) => !chosen.test(file))) return true
    const reach = this.using.reach()
    return reach !== undefined && atImport.some(({ file }) => reach.has(moduleOf(file)))
  }
}

/** What runs at import in every deployment comes first. */
function weight({ moment, file }: UsePlace): number {
  return (moment === 'call' ? 2 : 0) + (chosen.test(file) ? 1 : 0)
}

export function isPlain({ guard }: UsePlace): boolean {
  return guard === undefined
}

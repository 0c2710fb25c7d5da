import type { ClassFacts, ModuleFacts, UseFact } from './module-facts.js'
import { type Bound, parameterNames, type Scope, type SourceModule, textOf } from './scope.js'
import type { Guard, UseKind } from './surface.js'
import { childOf, type Node } from './syntax.js'

interface OpenClass {
  readonly bases: readonly string[]
  readonly members: Set<string>
  readonly uses: Map<string, [name: string, line: number, viaSuper: 0 | 1]>
  open: boolean
}

interface Seen {
  readonly name: string
  readonly kind: UseKind
  readonly at: Node
  readonly moment: 'import' | 'call'
  readonly guard: Guard | undefined
  readonly certain: boolean
}

/** Decorators that leave a function's arguments as they are, and a class's members. */
const transparent =
  /^@\s*(?:\w+\.)*(?:staticmethod|classmethod|total_ordering|dataclass|abstractmethod|final|runtime_checkable)\b/

/** Gathers what the reader of a module finds, and puts it into one form. */
export class Recorder {
  readonly #module: SourceModule
  readonly #isOutside: (name: string) => boolean
  readonly #newlines: number[] = []
  readonly #uses = new Map<string, UseFact>()
  readonly #imports = new Set<string>()
  readonly #sets = new Set<string>()
  readonly #maybe = new Set<string>()
  readonly #makes = new Set<string>()
  readonly #options = new Set<string>()
  readonly #classes = new Map<string, OpenClass>()
  readonly #functions = new Map<string, readonly string[] | undefined>()
  readonly #decorated = new Set<Node>()
  readonly #openClasses = new Set<string>()
  readonly #guards = new Map<string, Guard>()
  /** Attributes set on what may be anything; `*` for computed names. */
  readonly #looseSets = new Set<string>()
  /** Modules are looked up by computed names here, so that anything may be a module. */
  #findsModules = false
  #dynamic = false

  constructor(module: SourceModule, isOutside: (name: string) => boolean) {
    this.#module = module
    this.#isOutside = isOutside
    for (let at = module.text.indexOf('\n'); at >= 0; at = module.text.indexOf('\n', at + 1))
      this.#newlines.push(at)
  }

  #lineOf({ start }: Node): number {
    let low = 0
    let high = this.#newlines.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#newlines[middle]! < start) low = middle + 1
      else high = middle
    }
    return low + 1
  }

  use({ name, kind, at, moment, guard, certain }: Seen): void {
    if (!this.#isOutside(name)) return
    const key = `${kind} ${moment} ${guard ?? ''} ${certain} ${name}`
    const known = this.#uses.get(key)
    if (known !== undefined) this.#uses.set(key, { ...known, count: known.count + 1 })
    else {
      const line = this.#lineOf(at)
      this.#uses.set(key, {
        name,
        kind,
        line,
        moment,
        ...(guard === undefined ? {} : { guard }),
        certain,
        count: 1,
      })
    }
  }

  imports(module: string): void {
    this.#imports.add(module)
  }

  /** An import that happens later or perhaps still makes a module an attribute of its package. */
  importsLater(module: string): void {
    this.#maybe.add(module)
  }

  defines(option: string): void {
    this.#options.add(option)
  }

  guarded(name: string, guard: Guard): void {
    this.#guards.set(name, guard)
  }

  guardOfImport(target: string): Guard | undefined {
    return this.#guards.get(target)
  }

  sets(name: string): void {
    this.#sets.add(name)
  }

  /** An attribute set on something that is not known. */
  setsLoosely(attribute: string): void {
    this.#looseSets.add(attribute)
  }

  /** Names that say that modules or names are made when the code runs. */
  touches(name: string): void {
    if (name.startsWith('sys.meta_path') || name.startsWith('sys.path_hooks')) this.#makes.add('*')
    if (name === 'pkgutil.extend_path') this.#makes.add(`${this.#module.name}.*`)
  }

  /** `sys.modules.update(...)` and its like. */
  methodOfModules(dotted: string): void {
    if (/^sys\.modules\.(?:setdefault|update|__setitem__)$/.test(dotted)) this.#makes.add('*')
    if (/^(?:sys\.modules\.get|inspect\.getmodule|importlib\.import_module|__import__)$/.test(dotted))
      this.#findsModules = true
    if (dotted === 'pkgutil.extend_path') this.#makes.add(`${this.#module.name}.*`)
  }

  /** `sys.modules[...]`, read or set. */
  item(dotted: string | undefined, node: Node, set: boolean): void {
    if (dotted !== 'sys.modules') return
    const key = textOf(this.#module, node.children.at(-1)!)
    if (key === '__name__') this.#dynamic = true
    else if (!set) this.#findsModules = true
    else this.#makes.add(/^[a-z]*['"]([\w.]+)['"]$/.exec(key)?.[1] ?? '*')
  }

  builtinCall(
    name: string,
    atModuleLevel: boolean,
    target: string | undefined,
    list: readonly Node[],
    self: { readonly className: string } | undefined,
  ): void {
    if (name === 'globals' || name === 'exec' || (atModuleLevel && (name === 'vars' || name === 'locals')))
      this.#dynamic = true
    if (name !== 'setattr' || list.length < 2) return
    const literal = /^['"](\w+)['"]$/.exec(textOf(this.#module, list[1]!))?.[1]
    if (target !== undefined) this.#sets.add(`${target}.${literal ?? '*'}`)
    else this.#looseSets.add(literal ?? '*')
    const owner = list[0]!.type === 'identifier' ? textOf(this.#module, list[0]!) : ''
    if (self !== undefined) this.#openClasses.add(self.className)
    if (owner !== '') this.#openClasses.add(owner)
  }

  decorated(definition: Node | undefined, decorators: readonly Node[]): void {
    if (definition === undefined) return
    if (decorators.every((decorator) => transparent.test(textOf(this.#module, decorator)))) return
    this.#decorated.add(definition)
    if (definition.type === 'class_definition')
      this.#openClasses.add(textOf(this.#module, childOf(definition, 'name')!))
  }

  /** Names that a function binds in its module. */
  setsGlobals(scope: Scope): void {
    for (const name of scope.globals) if (scope.names.has(name)) this.#maybe.add(`:${name}`)
  }

  functionAt(node: Node, parameters: Node | undefined): void {
    const name = textOf(this.#module, childOf(node, 'name')!)
    const list = parameters?.children ?? []
    const takesAny = list.some(
      ({ type, children }) =>
        type === 'dictionary_splat_pattern' || children[0]?.type === 'dictionary_splat_pattern',
    )
    const slash = list.findIndex(({ type }) => type === 'positional_separator')
    const named = { ...node, children: list.slice(slash + 1).filter(({ type }) => !type.includes('splat')) }
    const known = this.#functions.has(name) || takesAny || this.#decorated.has(node)
    this.#functions.set(name, known ? undefined : parameterNames(this.#module, named))
  }

  classAt(name: string, scope: Scope, bases: readonly string[]): void {
    const known = this.#classes.get(name)
    this.#classes.set(name, {
      bases: bases.filter((base) => base !== '' && base !== '!'),
      members: new Set([...scope.names.keys(), ...(known?.members ?? [])]),
      uses: known?.uses ?? new Map(),
      open:
        known !== undefined ||
        bases.includes('!') ||
        scope.names.has('__getattr__') ||
        scope.names.has('__getattribute__'),
    })
  }

  setsMember(className: string, member: string): void {
    const known = this.#classes.get(className)
    // a class that is written further down: what it gets is not looked up then
    if (member === '__dict__' || known === undefined) this.#openClasses.add(className)
    known?.members.add(member)
  }

  selfUse(className: string, member: string, at: Node, viaSuper: boolean): void {
    if (member === '__dict__') this.#openClasses.add(className)
    const uses = this.#classes.get(className)?.uses
    const key = viaSuper ? `^${member}` : member
    if (uses !== undefined && !uses.has(key)) uses.set(key, [member, this.#lineOf(at), viaSuper ? 1 : 0])
  }

  facts(scope: Scope, root: Node): ModuleFacts {
    if (scope.names.has('__getattr__')) this.#dynamic = true
    if (this.#findsModules) for (const name of this.#looseSets) this.#sets.add(`*.${name}`)
    const bound: Record<string, string> = Object.create(null)
    for (const name of [...scope.names.keys()].sort()) {
      const letter = boundLetter(scope.names.get(name)!)
      if (letter !== undefined) bound[name] = letter
    }
    for (const name of this.#maybe) if (name.startsWith(':')) bound[name.slice(1)] ??= '?'
    const all = literalAll(this.#module, scope, root)
    return {
      bound,
      stars: [...scope.stars].sort(),
      ...(all === undefined ? {} : { all }),
      ...(this.#dynamic ? { dynamic: true as const } : {}),
      classes: Object.fromEntries(
        [...this.#classes]
          .sort(byKey)
          .map(([name, found]) => [name, classFacts(found, this.#openClasses.has(name))]),
      ),
      functions: Object.fromEntries(
        [...this.#functions]
          .sort(byKey)
          .flatMap(([name, list]) => (list === undefined ? [] : [[name, list]])),
      ),
      uses: [...this.#uses.values()],
      imports: [...this.#imports].sort(),
      later: [...this.#maybe].filter((name) => !name.startsWith(':')).sort(),
      sets: [...this.#sets].sort(),
      options: [...this.#options].sort(),
      makesModules: [...this.#makes].sort(),
    }
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function classFacts({ bases, members, uses, open }: OpenClass, opened: boolean): ClassFacts {
  return {
    bases,
    members: [...members].sort(),
    ...(open || opened ? { open: true as const } : {}),
    uses: [...uses.values()],
  }
}

/** See `ModuleFacts.bound`; undefined for a name that is deleted again. */
function boundLetter({ targets, kind, state }: Bound): string | undefined {
  if (state === 'deleted') return undefined
  if (state === 'perhaps') return '?'
  if (kind !== '') return targets.size === 0 ? kind : 'o'
  return targets.size === 1 ? `=${[...targets][0]}` : 'o'
}

/** The names of `__all__`: of one list or tuple of plain strings, and of such lists added to it. */
function literalAll(module: SourceModule, scope: Scope, root: Node): readonly string[] | null | undefined {
  if (!scope.names.has('__all__')) return undefined
  const names: string[] = []
  for (const statement of root.children) {
    const [node] = statement.children
    if (statement.type !== 'expression_statement' || node === undefined) continue
    if (!textOf(module, node).startsWith('__all__')) continue
    const value = node.type.endsWith('assignment') ? childOf(node, 'right') : undefined
    if (value?.type !== 'list' && value?.type !== 'tuple') return null
    for (const item of value.children) {
      const text = item.type === 'string' ? /^['"](\w+)['"]$/.exec(textOf(module, item))?.[1] : undefined
      if (text === undefined) return null
      names.push(text)
    }
  }
  return names.length > 0 || /^__all__\s*(?::[^=\n]*)?=\s*[[(]\s*[\])]/m.test(module.text) ? names : null
}

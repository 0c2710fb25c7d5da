import { isDottedName, literalArgument, literalOf, optionName } from './call-arguments.js'
import { caughtBySuppress, caughtByTry, conditionOf, guardOf, noShelter, type Shelter } from './guards.js'
import type { ModuleFacts } from './module-facts.js'
import { Recorder } from './recorder.js'
import {
  childScope,
  declareNames,
  importedFrom,
  importedNames,
  isComprehension,
  lookUp,
  parameterNames,
  type Scope,
  type SourceModule,
  textOf,
} from './scope.js'
import type { UseKind } from './surface.js'
import { childOf, type Node } from './syntax.js'

/** Where the reader stands. */
interface Place {
  readonly scope: Scope
  readonly moment: 'import' | 'call'
  readonly shelter: Shelter
  /** The class whose method this is, and what the method calls its instance. */
  readonly self?: { readonly className: string; readonly name: string }
  /** The class whose body this is. */
  readonly classBody?: string
}

/** Modules that make modules of their own when they run. */
const importers = new Set([
  'importlib.import_module',
  '__import__',
  'oslo_utils.importutils.import_module',
  'oslo_utils.importutils.try_import',
])

/** The first argument of such a method is no instance of its class. */
const staticMethod = /^@\s*(?:\w+\.)*(?:abstract)?staticmethod\b/

/**
 * Reads what one module binds, uses and imports. Pure: the same tree gives the same facts.
 * @param isOutside whether a dotted name belongs to another distribution; uses of all others are not kept
 */
export function readModule(
  module: SourceModule,
  root: Node,
  isOutside: (name: string) => boolean,
): ModuleFacts {
  return new ModuleReader(module, root, isOutside).read()
}

class ModuleReader {
  readonly #module: SourceModule
  readonly #root: Node
  readonly #scope: Scope = { kind: 'module', names: new Map(), globals: new Set(), stars: new Set() }
  readonly #found: Recorder
  #lazyAnnotations = false

  constructor(module: SourceModule, root: Node, isOutside: (name: string) => boolean) {
    this.#module = module
    this.#root = root
    this.#found = new Recorder(module, isOutside)
  }

  read(): ModuleFacts {
    declareNames(this.#module, this.#root.children, this.#scope)
    this.#lazyAnnotations = this.#root.children.some(
      (node) => node.type === 'future_import_statement' && this.#text(node).includes('annotations'),
    )
    this.#each(this.#root.children, { scope: this.#scope, moment: 'import', shelter: noShelter })
    return this.#found.facts(this.#scope, this.#root)
  }

  #text(node: Node): string {
    return textOf(this.#module, node)
  }

  #each(nodes: readonly Node[], place: Place): void {
    for (const node of nodes) this.#visit(node, place)
  }

  #visit(node: Node, place: Place): void {
    if (node.children.length === 0) return
    switch (node.type) {
      case 'future_import_statement':
      case 'global_statement':
      case 'nonlocal_statement':
      case 'type_alias_statement':
      case 'type_parameter':
      case 'dotted_name':
        return
      case 'import_statement':
        for (const { name, node: at } of importedNames(this.#module, node))
          this.#import(name, 'module', at, place)
        return
      case 'import_from_statement':
        this.#importFrom(node, place)
        return
      case 'function_definition':
        this.#function(node, place)
        return
      case 'lambda':
        this.#lambda(node, place)
        return
      case 'class_definition':
        this.#class(node, place)
        return
      case 'decorated_definition': {
        const decorators = node.children.filter(({ type }) => type === 'decorator')
        this.#found.decorated(childOf(node, 'definition'), decorators)
        const isStatic = decorators.some((one) => staticMethod.test(this.#text(one)))
        const { classBody: _, ...noMethod } = place
        this.#each(node.children, isStatic ? noMethod : place)
        return
      }
      case 'try_statement':
        this.#try(node, place)
        return
      case 'if_statement':
      case 'elif_clause':
      case 'conditional_expression':
        this.#if(node, place)
        return
      case 'with_statement':
        this.#with(node, place)
        return
      case 'attribute':
        this.#attribute(node, place)
        return
      case 'call':
        this.#call(node, place)
        return
      case 'assignment':
      case 'augmented_assignment':
        this.#assignment(node, place)
        return
      case 'delete_statement':
        this.#store(node, place)
        return
      case 'subscript':
        this.#found.item(this.#dotted(childOf(node, 'value'), place), node, false)
        this.#each(node.children, place)
        return
      case 'keyword_argument':
        this.#each(
          node.children.filter(({ field }) => field === 'value'),
          place,
        )
        return
      default:
        if (isComprehension(node)) {
          this.#comprehension(node, place)
          return
        }
        this.#each(node.children, place)
        return
    }
  }

  #import(name: string, kind: UseKind, at: Node, place: Place): void {
    const guard = guardOf(place.shelter, kind)
    this.#found.use({ name, kind, at, moment: place.moment, guard, certain: true })
    if (place.moment === 'import' && guard === undefined)
      this.#found.imports(kind === 'name' ? `?${name}` : name)
    else if (kind === 'module') this.#found.importsLater(name)
    if (guard !== undefined) this.#found.guarded(name, guard)
  }

  #importFrom(node: Node, place: Place): void {
    const from = importedFrom(this.#module, node)
    if (from === undefined) return
    this.#import(from, 'module', childOf(node, 'module_name')!, place)
    for (const { name, node: at } of importedNames(this.#module, node))
      this.#import(`${from}.${name}`, 'name', at, place)
  }

  #function(node: Node, place: Place): void {
    const parameters = childOf(node, 'parameters')
    this.#defaults(parameters, place)
    const returns = childOf(node, 'return_type')
    if (returns !== undefined) this.#annotation(returns, place)
    const names = parameterNames(this.#module, parameters)
    const scope = childScope(place.scope, 'function')
    for (const name of names) scope.names.set(name, { targets: new Set(), kind: 'o', state: 'bound' })
    const body = childOf(node, 'body')
    if (body === undefined) return
    declareNames(this.#module, body.children, scope)
    this.#found.setsGlobals(scope)
    if (place.scope.kind === 'module') this.#found.functionAt(node, parameters)
    const self =
      place.classBody !== undefined && names.length > 0
        ? { className: place.classBody, name: names[0]! }
        : place.self
    this.#each(body.children, {
      scope,
      moment: 'call',
      // what an enclosing `try` catches, it catches while the function is made and not when it is called
      shelter: { ...place.shelter, caught: noShelter.caught },
      ...(self === undefined ? {} : { self }),
    })
  }

  /** Defaults and annotations run where the function is made. */
  #defaults(parameters: Node | undefined, place: Place): void {
    for (const child of parameters?.children ?? []) {
      const value = childOf(child, 'value')
      if (value !== undefined) this.#visit(value, place)
      const type = childOf(child, 'type')
      if (type !== undefined) this.#annotation(type, place)
    }
  }

  #annotation(node: Node, place: Place): void {
    const typing: Shelter = { ...place.shelter, condition: 'typing' }
    this.#each(node.children, this.#lazyAnnotations ? { ...place, shelter: typing } : place)
  }

  #lambda(node: Node, place: Place): void {
    const parameters = childOf(node, 'parameters')
    this.#defaults(parameters, place)
    const scope = childScope(place.scope, 'function')
    for (const name of parameterNames(this.#module, parameters))
      scope.names.set(name, { targets: new Set(), kind: 'o', state: 'bound' })
    const body = childOf(node, 'body')
    if (body !== undefined) this.#visit(body, { ...place, scope, moment: 'call' })
  }

  #class(node: Node, place: Place): void {
    const bases = childOf(node, 'superclasses')
    if (bases !== undefined) this.#each(bases.children, place)
    const body = childOf(node, 'body')
    if (body === undefined) return
    const scope = childScope(place.scope, 'class')
    declareNames(this.#module, body.children, scope)
    const className = this.#text(childOf(node, 'name')!)
    const topLevel = place.scope.kind === 'module'
    if (topLevel)
      this.#found.classAt(
        className,
        scope,
        (bases?.children ?? []).map((base) => this.#base(base, place)),
      )
    const { self: _, ...rest } = place
    this.#each(body.children, { ...rest, scope, ...(topLevel ? { classBody: className } : {}) })
  }

  /** The dotted name of a base; `?` for an expression, `metaclass=` as `!`. */
  #base(node: Node, place: Place): string {
    if (node.type === 'keyword_argument') {
      const value = childOf(node, 'value')
      return /\bABCMeta$/.test(value === undefined ? '' : this.#text(value)) ? '' : '!'
    }
    const dotted = this.#dotted(node, place)
    if (dotted !== undefined) return dotted
    if (node.type !== 'identifier') return '?'
    const name = this.#text(node)
    const bound = lookUp(place.scope, name)
    if (bound === undefined) return this.#scope.stars.size === 0 ? `builtins.${name}` : '?'
    return bound.kind === 'c' && bound.targets.size === 0 ? `${this.#module.name}.${name}` : '?'
  }

  #try(node: Node, place: Place): void {
    const caught = caughtByTry(node, this.#module.text)
    const body = childOf(node, 'body')
    const sheltered = this.#catching(place, caught)
    for (const child of node.children) {
      if (child === body) this.#visit(child, sheltered)
      // what stands in a handler runs only where the body failed
      else this.#visit(child, child.type.startsWith('except') ? sheltered : place)
    }
  }

  #catching(place: Place, more: readonly ReturnType<typeof caughtByTry>[number][]): Place {
    if (more.length === 0) return place
    return { ...place, shelter: { ...place.shelter, caught: new Set([...place.shelter.caught, ...more]) } }
  }

  #if(node: Node, place: Place): void {
    const condition =
      childOf(node, 'condition') ?? node.children[node.type === 'conditional_expression' ? 1 : 0]!
    const about = conditionOf(this.#text(condition)) ?? (place.moment === 'import' ? 'condition' : undefined)
    const under: Place =
      about === undefined || place.shelter.condition !== undefined
        ? place
        : { ...place, shelter: { ...place.shelter, condition: about } }
    // `hasattr(a, "b") and a.b` is sheltered by its own first part
    for (const child of node.children)
      this.#visit(child, child === condition && about !== 'hasattr' ? place : under)
  }

  #with(node: Node, place: Place): void {
    const inside = this.#catching(place, caughtBySuppress(node, this.#module.text))
    for (const child of node.children) this.#visit(child, child.field === 'body' ? inside : place)
  }

  #comprehension(node: Node, place: Place): void {
    const scope = childScope(place.scope, 'function')
    for (const clause of node.children)
      if (clause.type === 'for_in_clause') {
        const left = childOf(clause, 'left')
        // the targets of the clause, read as those of a loop
        if (left !== undefined)
          declareNames(this.#module, [{ ...clause, type: 'for_statement', children: [left] }], scope)
      }
    this.#each(node.children, { ...place, scope })
  }

  /** The dotted name that an expression stands for, if it is a chain of attributes of something imported once. */
  #dotted(node: Node | undefined, place: Place): string | undefined {
    if (node?.type === 'identifier') {
      const name = this.#text(node)
      const bound = lookUp(place.scope, name)
      if (bound === undefined) return name === '__import__' ? name : undefined
      return bound.targets.size === 1 && bound.kind === '' ? [...bound.targets][0] : undefined
    }
    if (node?.type !== 'attribute') return undefined
    const object = this.#dotted(childOf(node, 'object'), place)
    return object === undefined ? undefined : `${object}.${this.#text(childOf(node, 'attribute')!)}`
  }

  #attribute(node: Node, place: Place): void {
    const chain: string[] = []
    let base: Node = node
    while (base.type === 'attribute') {
      chain.unshift(this.#text(childOf(base, 'attribute')!))
      base = childOf(base, 'object')!
    }
    if (base.type !== 'identifier') {
      if (base.type === 'call' && place.self !== undefined && this.#isSuper(base, place))
        this.#found.selfUse(place.self.className, chain[0]!, node, true)
      this.#visit(base, place)
      return
    }
    const name = this.#text(base)
    if (place.self !== undefined && name === place.self.name)
      this.#found.selfUse(place.self.className, chain[0]!, node, false)
    const bound = lookUp(place.scope, name)
    if (bound === undefined || bound.state === 'deleted') return
    const only = bound.targets.size === 1 && bound.kind === ''
    for (const target of bound.targets) {
      const guard = guardOf(place.shelter, 'attribute') ?? this.#found.guardOfImport(target)
      const name = [target, ...chain].join('.')
      this.#found.use({ name, kind: 'attribute', at: node, moment: place.moment, guard, certain: only })
      if (chain.at(-1) === '__dict__') this.#found.sets(`${[target, ...chain.slice(0, -1)].join('.')}.*`)
      this.#found.touches(name)
    }
  }

  #isSuper(call: Node, place: Place): boolean {
    const callee = childOf(call, 'function')
    return (
      callee?.type === 'identifier' &&
      this.#text(callee) === 'super' &&
      lookUp(place.scope, 'super') === undefined
    )
  }

  #call(node: Node, place: Place): void {
    const callee = childOf(node, 'function')
    const list = childOf(node, 'arguments')?.children ?? []
    const dotted = this.#dotted(callee, place)
    const plain = callee?.type === 'identifier' ? this.#text(callee) : ''
    if (plain !== '' && lookUp(place.scope, plain) === undefined) {
      const inModule = place.scope.kind === 'module'
      const target = this.#dotted(list[0], place)
      this.#found.builtinCall(plain, inModule && list.length === 0, target, list, place.self)
    }
    const method = callee?.type === 'attribute' ? this.#text(childOf(callee, 'attribute')!) : plain
    if (method === 'import_opt' || method === 'import_group') this.#importOption(method, list, place)
    else if (/^(?:[A-Z]\w*)?Opt$/.test(method)) this.#found.defines(optionName(this.#module, list))
    if (dotted !== undefined) {
      const literal = literalOf(this.#module, list[0])
      if (importers.has(dotted) && literal !== undefined && isDottedName(literal)) {
        const inside = dotted.endsWith('try_import') ? this.#catching(place, ['import-error']) : place
        this.#import(literal, 'module', list[0]!, inside)
      }
      this.#found.methodOfModules(dotted)
      const guard = guardOf(place.shelter, 'keyword') ?? this.#found.guardOfImport(dotted)
      for (const argument of list)
        if (argument.type === 'keyword_argument') {
          const name = `${dotted}(${this.#text(childOf(argument, 'name')!)})`
          this.#found.use({ name, kind: 'keyword', at: argument, moment: place.moment, guard, certain: true })
        }
    }
    this.#each(node.children, place)
  }

  /** `CONF.import_opt('option', 'a.b')`: imports `a.b`, and fails if that defines no such option. Source: oslo.config. */
  #importOption(method: string, list: readonly Node[], place: Place): void {
    const module = literalArgument(this.#module, list, 1, 'module_str')
    if (module === undefined || !isDottedName(module)) return
    this.#import(module, 'module', list[0]!, place)
    const option = literalArgument(this.#module, list, 0, 'name')
    if (method !== 'import_opt' || option === undefined) return
    const name = `${module}[${option.replaceAll('-', '_')}]`
    const guard = guardOf(place.shelter, 'option')
    this.#found.use({ name, kind: 'option', at: list[0]!, moment: place.moment, guard, certain: true })
  }

  #assignment(node: Node, place: Place): void {
    for (const child of node.children) {
      if (child.field === 'left') this.#store(child, place, node.type === 'augmented_assignment')
      else if (child.field !== 'type') this.#visit(child, place)
      else if (place.scope.kind !== 'function') this.#annotation(child, place)
    }
  }

  /** A target of an assignment or `del`: what it is an attribute or item of is read, the last part is not. */
  #store(node: Node, place: Place, reads = false): void {
    if (node.type === 'attribute') {
      const object = childOf(node, 'object')!
      const attribute = this.#text(childOf(node, 'attribute')!)
      const owner = this.#dotted(object, place)
      if (owner !== undefined) this.#found.sets(`${owner}.${attribute}`)
      else if (object.type !== 'identifier' || this.#text(object) !== place.self?.name)
        this.#found.setsLoosely(attribute)
      if (object.type === 'identifier') {
        const name = this.#text(object)
        this.#found.setsMember(name === place.self?.name ? place.self.className : name, attribute)
      }
      this.#visit(reads ? node : object, place)
      return
    }
    if (node.type === 'subscript') {
      this.#found.item(this.#dotted(childOf(node, 'value'), place), node, true)
      this.#each(node.children, place)
      return
    }
    for (const child of node.children) this.#store(child, place, reads)
  }
}

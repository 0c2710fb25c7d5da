import { readCall } from './calls.js'
import { caughtBySuppress, caughtByTry, conditionOf, guardOf, noShelter, type Shelter } from './guards.js'
import { readImport, readImportFrom } from './imports.js'
import type { ModuleFacts } from './module-facts.js'
import { baseName, catching, dottedName, isSuperCall, type Place } from './place.js'
import { Recorder } from './recorder.js'
import {
  childScope,
  declareNames,
  isComprehension,
  lookUp,
  parameterNames,
  type Scope,
  type SourceModule,
  textOf,
} from './scope.js'
import { childOf, type Node } from './syntax.js'

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
        readImport(this.#module, this.#found, node, place)
        return
      case 'import_from_statement':
        readImportFrom(this.#module, this.#found, node, place)
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
        readCall(this.#module, this.#found, node, place)
        this.#each(node.children, place)
        return
      case 'assignment':
      case 'augmented_assignment':
        this.#assignment(node, place)
        return
      case 'delete_statement':
        this.#store(node, place)
        return
      case 'subscript':
        this.#found.item(dottedName(this.#module, childOf(node, 'value'), place.scope), node, false)
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
        (bases?.children ?? []).map((base) => baseName(this.#module, base, place.scope)),
      )
    const { self: _, ...rest } = place
    this.#each(body.children, { ...rest, scope, ...(topLevel ? { classBody: className } : {}) })
  }

  #try(node: Node, place: Place): void {
    const caught = caughtByTry(node, this.#module.text)
    const body = childOf(node, 'body')
    const sheltered = catching(place, caught)
    for (const child of node.children) {
      if (child === body) this.#visit(child, sheltered)
      // what stands in a handler runs only where the body failed
      else this.#visit(child, child.type.startsWith('except') ? sheltered : place)
    }
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
    const inside = catching(place, caughtBySuppress(node, this.#module.text))
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

  #attribute(node: Node, place: Place): void {
    const chain: string[] = []
    let base: Node = node
    while (base.type === 'attribute') {
      chain.unshift(this.#text(childOf(base, 'attribute')!))
      base = childOf(base, 'object')!
    }
    if (base.type !== 'identifier') {
      if (base.type === 'call' && place.self !== undefined && isSuperCall(this.#module, base, place.scope))
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
      const owner = dottedName(this.#module, object, place.scope)
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
      this.#found.item(dottedName(this.#module, childOf(node, 'value'), place.scope), node, true)
      this.#each(node.children, place)
      return
    }
    for (const child of node.children) this.#store(child, place, reads)
  }
}

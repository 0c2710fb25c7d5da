import type { Guard } from './surface.js'
import { childOf, type Node } from './syntax.js'

/** What a name is bound to in one scope, all its bindings taken together. */
export interface Bound {
  /** Dotted names of what is imported under this name. */
  readonly targets: Set<string>
  /** Bound by anything but an import. */
  kind: '' | 'c' | 'f' | 'o'
  /** Deleted, or never bound for certain. */
  state: 'bound' | 'perhaps' | 'deleted'
  /** Of the import. */
  guard?: Guard
}

export interface Scope {
  readonly kind: 'module' | 'class' | 'function'
  readonly parent?: Scope
  readonly names: Map<string, Bound>
  /** Names that belong to the module although they are bound here. */
  readonly globals: Set<string>
  /** Modules whose public names are imported here. */
  readonly stars: Set<string>
}

export interface SourceModule {
  /** Dotted. */
  readonly name: string
  readonly isPackage: boolean
  readonly text: string
}

export function textOf(module: SourceModule, node: Node): string {
  return module.text.slice(node.start, node.end)
}

function dottedText(module: SourceModule, node: Node): string {
  return textOf(module, node).replaceAll(/[\s\\]/g, '')
}

/** The module that `from X import` names; undefined if the dots lead out of the top. */
export function importedFrom(module: SourceModule, node: Node): string | undefined {
  const written = dottedText(module, childOf(node, 'module_name')!)
  const dots = /^\.*/.exec(written)![0].length
  if (dots === 0) return written
  const parents = module.name.split('.')
  const keep = parents.length - dots + (module.isPackage ? 1 : 0)
  if (keep < 1) return undefined
  const rest = written.slice(dots)
  return [...parents.slice(0, keep), ...(rest === '' ? [] : [rest])].join('.')
}

/** Each `NAME [as ALIAS]` of an import statement. */
export function importedNames(
  module: SourceModule,
  node: Node,
): readonly { name: string; alias?: string; node: Node }[] {
  return node.children
    .filter(({ field }) => field === 'name')
    .map((child) => {
      if (child.type !== 'aliased_import') return { name: dottedText(module, child), node: child }
      const name = dottedText(module, childOf(child, 'name')!)
      return { name, alias: textOf(module, childOf(child, 'alias')!), node: child }
    })
}

const comprehensions = new Set([
  'list_comprehension',
  'set_comprehension',
  'dictionary_comprehension',
  'generator_expression',
])

export function isComprehension(node: Node): boolean {
  return comprehensions.has(node.type)
}

const branches = new Set([
  'if_statement',
  'elif_clause',
  'else_clause',
  'for_statement',
  'while_statement',
  'try_statement',
  'except_clause',
  'except_group_clause',
  'match_statement',
  'case_clause',
])

/** Finds every name that the statements bind in their own scope; functions and classes inside are not entered. */
export function declareNames(module: SourceModule, nodes: readonly Node[], scope: Scope): void {
  for (const node of nodes) declare(module, node, scope, false)
}

function declare(module: SourceModule, node: Node, scope: Scope, conditional: boolean): void {
  if (node.children.length === 0) return
  const bind = (name: string, kind: Bound['kind'], target?: string): void => {
    bindName(scope, name, kind, target)
  }
  const children = (nodes = node.children, perhaps = conditional): void => {
    for (const child of nodes) declare(module, child, scope, perhaps)
  }
  switch (node.type) {
    case 'import_statement':
      for (const { name, alias } of importedNames(module, node))
        if (alias === undefined) bind(name.split('.', 1)[0]!, '', name.split('.', 1)[0]!)
        else bind(alias, '', name)
      return
    case 'import_from_statement': {
      const from = importedFrom(module, node)
      if (node.children.some(({ type }) => type === 'wildcard_import')) {
        if (from !== undefined) scope.stars.add(from)
        return
      }
      for (const { name, alias } of importedNames(module, node))
        if (from === undefined) bind(alias ?? name, 'o')
        else bind(alias ?? name, '', `${from}.${name}`)
      return
    }
    case 'future_import_statement':
      for (const { name, alias } of importedNames(module, node)) bind(alias ?? name, 'o')
      return
    case 'if_statement':
      // what is imported for type checkers alone does not exist when the code runs
      if (/^(?:\w+\.)?TYPE_CHECKING$/.test(textOf(module, childOf(node, 'condition')!))) {
        children(
          node.children.filter(({ field }) => field === 'alternative'),
          conditional,
        )
        return
      }
      children(node.children, true)
      return
    case 'function_definition':
    case 'class_definition':
      bind(textOf(module, childOf(node, 'name')!), node.type === 'class_definition' ? 'c' : 'f')
      return
    case 'lambda':
      return
    case 'assignment':
      // `x: int` alone says a type and binds nothing
      if (node.children.some(({ field }) => field === 'right')) targets(module, childOf(node, 'left'), bind)
      children(node.children.filter(({ field }) => field === 'right'))
      return
    case 'augmented_assignment':
    case 'for_statement':
      targets(module, childOf(node, 'left'), bind)
      children(node.children, conditional || node.type === 'for_statement')
      return
    case 'for_in_clause':
      return
    case 'named_expression':
      targets(module, childOf(node, 'name'), bind)
      children()
      return
    case 'as_pattern':
      targets(module, childOf(node, 'alias') ?? node.children.at(-1), bind)
      children(node.children.slice(0, 1))
      return
    case 'except_clause':
    case 'except_group_clause': {
      children(node.children, true)
      // `except X as e` deletes `e` at its end
      const alias = node.children.find(({ type }) => type === 'as_pattern')
      if (alias !== undefined && scope.kind === 'module')
        targets(module, childOf(alias, 'alias'), (name) => unbind(scope, name, false))
      return
    }
    case 'delete_statement':
      for (const child of node.children)
        targets(module, child, (name) => {
          if (scope.kind === 'module') unbind(scope, name, conditional)
        })
      return
    case 'global_statement':
      for (const child of node.children) scope.globals.add(textOf(module, child))
      return
    case 'case_pattern':
      captures(module, node, bind)
      return
    case 'type_alias_statement':
      targets(module, childOf(node, 'left')?.children[0], bind)
      return
    default:
      children(node.children, conditional || branches.has(node.type))
  }
}

function bindName(scope: Scope, name: string, kind: Bound['kind'], target?: string): void {
  const known = scope.names.get(name)
  if (known === undefined) {
    scope.names.set(name, { targets: new Set(target === undefined ? [] : [target]), kind, state: 'bound' })
    return
  }
  known.state = 'bound'
  if (target !== undefined) known.targets.add(target)
  if (kind !== '') known.kind = known.kind === '' || known.kind === kind ? kind : 'o'
}

function unbind(scope: Scope, name: string, conditional: boolean): void {
  const known = scope.names.get(name)
  if (known !== undefined) known.state = conditional ? 'perhaps' : 'deleted'
}

/** The names among the targets of an assignment; attributes and items bind no name. */
function targets(
  module: SourceModule,
  node: Node | undefined,
  bind: (name: string, kind: 'o') => void,
): void {
  if (node === undefined) return
  if (node.type === 'identifier') bind(textOf(module, node), 'o')
  else if (
    /^(?:.*pattern.*|expression_list|tuple|list|parenthesized_expression|list_splat|generic_type)$/.test(
      node.type,
    )
  )
    for (const child of node.children) targets(module, child, bind)
}

/** What a `case` pattern captures. */
function captures(module: SourceModule, node: Node, bind: (name: string, kind: 'o') => void): void {
  const [first, ...others] = node.children
  switch (node.type) {
    case 'dotted_name':
      if (node.children.length === 1) bind(textOf(module, node), 'o')
      return
    case 'class_pattern':
    case 'keyword_pattern':
      for (const child of others) captures(module, child, bind)
      return
    case 'identifier':
      bind(textOf(module, node), 'o')
      return
    default:
      for (const child of first === undefined ? [] : node.children) captures(module, child, bind)
  }
}

/** Names of parameters, without their defaults and annotations. */
export function parameterNames(module: SourceModule, parameters: Node | undefined): readonly string[] {
  const names: string[] = []
  for (const child of parameters?.children ?? []) {
    const name = childOf(child, 'name') ?? (child.type === 'identifier' ? child : child.children[0])
    if (name === undefined || child.type.endsWith('_separator')) continue
    const text = textOf(module, name)
    names.push(text.startsWith('*') ? text.replace(/^\*+\s*/, '') : text)
  }
  return names
}

export function childScope(parent: Scope, kind: Scope['kind']): Scope {
  return { kind, parent, names: new Map(), globals: new Set(), stars: new Set() }
}

export function moduleScope(scope: Scope): Scope {
  let at = scope
  while (at.parent !== undefined) at = at.parent
  return at
}

/** Where Python looks a name up: scopes from the inside out, those of classes only from right inside. */
export function lookUp(scope: Scope, name: string): Bound | undefined {
  let at: Scope | undefined = scope
  while (at !== undefined) {
    if (at.globals.has(name)) return moduleScope(at).names.get(name)
    if (at === scope || at.kind !== 'class') {
      const found = at.names.get(name)
      if (found !== undefined) return found
    }
    at = at.parent
  }
  return undefined
}

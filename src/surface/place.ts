import type { Caught, Shelter } from './guards.js'
import { lookUp, moduleScope, type Scope, type SourceModule, textOf } from './scope.js'
import { childOf, type Node } from './syntax.js'

/** Where the reader of a module stands. */
export interface Place {
  readonly scope: Scope
  readonly moment: 'import' | 'call'
  readonly shelter: Shelter
  /** The class whose method this is, and what the method calls its instance. */
  readonly self?: { readonly className: string; readonly name: string }
  /** The class whose body this is. */
  readonly classBody?: string
}

export function catching(place: Place, more: readonly Caught[]): Place {
  if (more.length === 0) return place
  return { ...place, shelter: { ...place.shelter, caught: new Set([...place.shelter.caught, ...more]) } }
}

/** The dotted name that an expression stands for, if it is a chain of attributes of something imported once. */
export function dottedName(module: SourceModule, node: Node | undefined, scope: Scope): string | undefined {
  if (node?.type === 'identifier') {
    const name = textOf(module, node)
    const bound = lookUp(scope, name)
    if (bound === undefined) return name === '__import__' ? name : undefined
    return bound.targets.size === 1 && bound.kind === '' ? [...bound.targets][0] : undefined
  }
  if (node?.type !== 'attribute') return undefined
  const object = dottedName(module, childOf(node, 'object'), scope)
  return object === undefined ? undefined : `${object}.${textOf(module, childOf(node, 'attribute')!)}`
}

/** The dotted name of a base of a class; `?` for an expression, `metaclass=` as `!`, and nothing for that of abstract ones. */
export function baseName(module: SourceModule, node: Node, scope: Scope): string {
  if (node.type === 'keyword_argument') {
    const value = childOf(node, 'value')
    return /\bABCMeta$/.test(value === undefined ? '' : textOf(module, value)) ? '' : '!'
  }
  const dotted = dottedName(module, node, scope)
  if (dotted !== undefined) return dotted
  if (node.type !== 'identifier') return '?'
  const name = textOf(module, node)
  const bound = lookUp(scope, name)
  if (bound === undefined) return moduleScope(scope).stars.size === 0 ? `builtins.${name}` : '?'
  return bound.kind === 'c' && bound.targets.size === 0 ? `${module.name}.${name}` : '?'
}

export function isSuperCall(module: SourceModule, call: Node, scope: Scope): boolean {
  const callee = childOf(call, 'function')
  return (
    callee?.type === 'identifier' &&
    textOf(module, callee) === 'super' &&
    lookUp(scope, 'super') === undefined
  )
}

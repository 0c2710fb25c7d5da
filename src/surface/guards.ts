import type { Guard, UseKind } from './surface.js'
import { childOf, type Node } from './syntax.js'

/** What keeps the code at some place from being run, or its failure from being one. */
export interface Shelter {
  /** Exceptions that an enclosing `try` or `suppress` catches and does not raise again. */
  readonly caught: ReadonlySet<Caught>
  /** A condition around the code that says when it is run. */
  readonly condition?: Guard
}

export type Caught = 'import-error' | 'attribute-error' | 'type-error' | 'any-error'

export const noShelter: Shelter = { caught: new Set() }

const caughtBy: Readonly<Record<string, Caught>> = {
  ImportError: 'import-error',
  ModuleNotFoundError: 'import-error',
  AttributeError: 'attribute-error',
  TypeError: 'type-error',
  Exception: 'any-error',
  BaseException: 'any-error',
}

/** What the handlers of a `try` catch; a handler that ends in `raise` gives no shelter. */
export function caughtByTry(node: Node, text: string): readonly Caught[] {
  return node.children.flatMap((clause) => {
    if (clause.type !== 'except_clause' && clause.type !== 'except_group_clause') return []
    const body = clause.children.find(({ type }) => type === 'block')
    if (body?.children.at(-1)?.type === 'raise_statement') return []
    const value = childOf(clause, 'value')
    if (value === undefined) return ['any-error' as const]
    return namesOfErrors(value, text)
  })
}

/** `with suppress(ImportError):` */
export function caughtBySuppress(node: Node, text: string): readonly Caught[] {
  const head = node.children.find(({ type }) => type === 'with_clause')
  const found = head === undefined ? null : /\bsuppress\(([^()]*)\)/.exec(text.slice(head.start, head.end))
  return found === null ? [] : errorNames(found[1]!)
}

function namesOfErrors(value: Node, text: string): readonly Caught[] {
  const what = value.type === 'as_pattern' ? (value.children[0] ?? value) : value
  return errorNames(text.slice(what.start, what.end))
}

function errorNames(text: string): readonly Caught[] {
  return [...text.matchAll(/\b[A-Z]\w*\b/g)].flatMap(([name]) => caughtBy[name] ?? [])
}

/** What a condition is about, as far as it can be told; `undefined` for one that says nothing of what exists. */
export function conditionOf(test: string): Guard | undefined {
  if (/\bTYPE_CHECKING\b/.test(test)) return 'typing'
  if (/\b(?:hasattr|getattr|find_spec)\(/.test(test)) return 'hasattr'
  if (/version|VERSION|\bPY[23]\b|\bPY3\d|hexversion/.test(test)) return 'version'
  return undefined
}

const catchesFor: Readonly<Record<UseKind, readonly Caught[]>> = {
  module: ['import-error', 'any-error'],
  name: ['import-error', 'any-error'],
  attribute: ['attribute-error', 'any-error'],
  member: ['attribute-error', 'any-error'],
  keyword: ['type-error', 'any-error'],
  option: ['any-error'],
}

/** The guard of a use at a sheltered place, if the shelter is against what would happen to this kind of use. */
export function guardOf({ caught, condition }: Shelter, kind: UseKind): Guard | undefined {
  for (const one of catchesFor[kind]) if (caught.has(one)) return one === 'type-error' ? 'any-error' : one
  return condition
}

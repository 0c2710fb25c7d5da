import { type SourceModule, textOf } from './scope.js'
import { childOf, type Node } from './syntax.js'

/** The text of a string that is a name: letters, digits, dots and hyphens. */
export function literalOf(module: SourceModule, node: Node | undefined): string | undefined {
  return node?.type === 'string' ? /^[a-z]*(['"])([\w.-]+)\1$/.exec(textOf(module, node))?.[2] : undefined
}

/** The literal that a call gives for a parameter, by position or by keyword. */
export function literalArgument(
  module: SourceModule,
  list: readonly Node[],
  position: number,
  keyword: string,
): string | undefined {
  const named = list.find(
    (one) => one.type === 'keyword_argument' && textOf(module, childOf(one, 'name')!) === keyword,
  )
  return literalOf(module, named === undefined ? list[position] : childOf(named, 'value'))
}

/** What `cfg.StrOpt('name')` defines; `*` for a name that is put together. */
export function optionName(module: SourceModule, list: readonly Node[]): string {
  return literalArgument(module, list, 0, 'name')?.replaceAll('-', '_') ?? '*'
}

/** A name of modules, as `import` takes it. */
export function isDottedName(text: string): boolean {
  return /^[a-z_]\w*(\.\w+)*$/i.test(text)
}

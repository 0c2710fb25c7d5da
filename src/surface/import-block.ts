import { type Block, formError } from './blocks.js'
import { graphOf } from './import-graph.js'
import type { ImportGraph } from './surface.js'

interface Edges {
  readonly positions: Uint8Array
  readonly targets: readonly number[]
}

interface ModuleRow {
  readonly name: string
  /** Undefined for a module of another distribution. */
  readonly positions?: Uint8Array
  /** Lines of its imports, parsed when a graph first comes by: chains begin at few modules. */
  readonly first: number
  end: number
  edges?: readonly Edges[]
  /** Numbers of the packages that it is in; the same in every version. */
  parents?: readonly number[]
}

/** Who imports whom in one distribution. */
export interface ImportBlock {
  graphAt(position: number): ImportGraph
  /** Parses what is otherwise parsed when it is asked for. @throws E-CAT-FORM */
  parseAll(): void
}

export function parseImportBlock(block: Block): ImportBlock {
  const rows: ModuleRow[] = []
  for (const [index, text] of block.lines.entries()) {
    if (text.startsWith('  ')) {
      const row = rows.at(-1)
      if (row?.positions === undefined) throw refusal(block, index)
      row.end = index + 1
    } else if (text.startsWith(' + ')) rows.push({ name: text.slice(3), first: index + 1, end: index + 1 })
    else {
      const space = text.indexOf(' ', 1)
      const positions = block.positionsIn(text.slice(space + 1))
      if (space < 0 || positions === undefined) throw refusal(block, index)
      rows.push({ name: text.slice(1, space), positions, first: index + 1, end: index + 1 })
    }
  }
  const names = rows.map(({ name }) => name)
  const numbers = new Map(names.map((name, number) => [name, number] as const))
  return {
    graphAt: (position) =>
      graphOf({
        names,
        numbers,
        isOwn: (number) => rows[number]?.positions?.[position] === 1,
        eachImport(number, visit) {
          const row = rows[number]!
          row.parents ??= parentsOf(row.name, numbers)
          for (const parent of row.parents) visit(parent)
          row.edges ??= edgesOf(block, row)
          for (const { positions, targets } of row.edges)
            if (positions[position] === 1) for (const target of targets) visit(target)
        },
      }),
    parseAll() {
      for (const row of rows) edgesOf(block, row)
    },
  }
}

function edgesOf(block: Block, { positions: own, first, end }: ModuleRow): readonly Edges[] {
  const edges: Edges[] = []
  for (let index = first; index < end; index++) {
    const text = block.lines[index]!
    const colon = text.indexOf(': ')
    const positions = colon < 0 ? own : block.positionsIn(text.slice(2, colon))
    const targets = numbersIn(text, colon < 0 ? 2 : colon + 2)
    if (positions === undefined || targets === undefined) throw refusal(block, index)
    edges.push({ positions, targets })
  }
  return edges
}

/** Numbers with a space between them; there are a quarter of a million in the shipped file. */
function numbersIn(text: string, from: number): readonly number[] | undefined {
  const numbers: number[] = []
  let number = -1
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 48 && code <= 57) number = Math.max(number, 0) * 10 + code - 48
    else if (code === 32 && number >= 0) {
      numbers.push(number)
      number = -1
    } else return undefined
  }
  if (number < 0) return undefined
  numbers.push(number)
  return numbers
}

/** Importing `a.b.c` imports `a` and `a.b` before. */
function parentsOf(module: string, numbers: ReadonlyMap<string, number>): readonly number[] {
  const parents: number[] = []
  for (let dot = module.indexOf('.'); dot > 0; dot = module.indexOf('.', dot + 1)) {
    const parent = numbers.get(module.slice(0, dot))
    if (parent !== undefined) parents.push(parent)
  }
  return parents
}

function refusal({ path, line }: Block, index: number): Error {
  return formError(path, line + index + 1, 'a line that is not of an import')
}

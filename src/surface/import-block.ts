import { type Block, formError } from './blocks.js'
import type { ImportGraph } from './surface.js'
import { parseVersionSet } from './version-sets.js'

interface ModuleRow {
  readonly name: string
  /** Undefined for a module of another distribution. */
  readonly positions?: Uint8Array
  /** The packages that it is in; the same in every version, and made when first asked for. */
  parents?: readonly string[]
  readonly edges: { readonly positions: Uint8Array; readonly targets: readonly number[] }[]
}

/** Who imports whom in one distribution. */
export interface ImportBlock {
  graphAt(position: number): ImportGraph
}

export function parseImportBlock({ path, line, versions, lines }: Block): ImportBlock {
  const rows: ModuleRow[] = []
  for (const [index, text] of lines.entries()) {
    const refuse = () => formError(path, line + index + 1, 'a line that is not of an import')
    if (text.startsWith('  ')) {
      const [first = '', second] = text.slice(2).split(': ')
      const row = rows.at(-1)
      const positions = second === undefined ? row?.positions : parseVersionSet(first, versions.length)
      const targets = (second ?? first).split(' ').map(Number)
      if (row === undefined || positions === undefined || !targets.every(Number.isSafeInteger)) throw refuse()
      row.edges.push({ positions, targets })
    } else if (text.startsWith(' + ')) rows.push({ name: text.slice(3), edges: [] })
    else {
      const [name = '', set = ''] = text.slice(1).split(' ')
      const positions = parseVersionSet(set, versions.length)
      if (positions === undefined) throw refuse()
      rows.push({ name, positions, edges: [] })
    }
  }
  const byName = new Map(rows.map((row) => [row.name, row]))
  return {
    graphAt: (position) => ({
      modules: rows.flatMap(({ name, positions }) => (positions?.[position] === 1 ? [name] : [])),
      imports(module) {
        const row = byName.get(module)
        if (row?.positions?.[position] !== 1) return []
        row.parents ??= parentsOf(module)
        const found = new Set(row.parents)
        for (const { positions, targets } of row.edges)
          if (positions[position] === 1)
            for (const number of targets) {
              const target = rows[number]
              if (target !== undefined) found.add(target.name)
            }
        return [...found]
      },
    }),
  }
}

/** Importing `a.b.c` imports `a` and `a.b` before. */
function parentsOf(module: string): readonly string[] {
  const parts = module.split('.')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
}

import type { ImportGraph, Reach } from './surface.js'

/** Modules by number, own ones and those of others, and what each imports in one version. */
export interface NumberedImports {
  readonly names: readonly string[]
  readonly numbers: ReadonlyMap<string, number>
  isOwn(number: number): boolean
  /** Calls `visit` for each module that importing a module of its own imports, nearest first, maybe twice. */
  eachImport(number: number, visit: (imported: number) => void): void
}

export function graphOf(imports: NumberedImports): ImportGraph {
  const { names, numbers, isOwn, eachImport } = imports
  let modules: readonly string[] | undefined
  return {
    get modules() {
      modules ??= names.filter((_, number) => isOwn(number))
      return modules
    },
    imports(module) {
      const number = numbers.get(module)
      if (number === undefined || !isOwn(number)) return []
      const found = new Set<string>()
      eachImport(number, (imported) => found.add(names[imported]!))
      return [...found]
    },
    reach: (from) => reachIn(imports, from),
  }
}

const unreached = -2
const start = -1

/** Breadth first, so that the ways back are short. */
function reachIn({ names, numbers, isOwn, eachImport }: NumberedImports, from: readonly string[]): Reach {
  const importers = new Int32Array(names.length).fill(unreached)
  const queue: number[] = []
  const add = (number: number, importer: number): void => {
    if (importers[number] !== unreached || !isOwn(number)) return
    importers[number] = importer
    queue.push(number)
  }
  for (const module of from) {
    const number = numbers.get(module)
    if (number !== undefined) add(number, start)
  }
  let at = start
  const visit = (imported: number): void => add(imported, at)
  for (let next = 0; next < queue.length; next++) {
    at = queue[next]!
    eachImport(at, visit)
  }
  return {
    has: (module) => (importers[numbers.get(module) ?? -1] ?? unreached) !== unreached,
    importer(module) {
      const importer = importers[numbers.get(module) ?? -1] ?? unreached
      return importer < 0 ? undefined : names[importer]
    },
  }
}

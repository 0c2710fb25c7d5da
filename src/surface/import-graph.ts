import type { ImportGraph, Reach } from './surface.js'

/** Modules by number, own ones and those of others, and what each imports in one version. */
interface NumberedImports {
  readonly count: number
  nameOf(number: number): string
  /** Of a module of its own. */
  numberOf(name: string): number | undefined
  isOwn(number: number): boolean
  /** Calls `visit` for each module that importing a module of its own imports, nearest first, maybe twice. */
  eachImport(number: number, visit: (imported: number) => void): void
}

export function graphOf(imports: NumberedImports): ImportGraph {
  const { count, nameOf, numberOf, isOwn, eachImport } = imports
  let modules: string[] | undefined
  return {
    get modules() {
      if (modules !== undefined) return modules
      modules = []
      for (let number = 0; number < count; number++) if (isOwn(number)) modules.push(nameOf(number))
      return modules
    },
    imports(module) {
      const number = numberOf(module)
      if (number === undefined || !isOwn(number)) return []
      const found = new Set<string>()
      eachImport(number, (imported) => found.add(nameOf(imported)))
      return [...found]
    },
    reach: (from) => reachIn(imports, from),
  }
}

const unreached = -2
const start = -1

/** Breadth first, so that the ways back are short. */
function reachIn(
  { count, nameOf, numberOf, isOwn, eachImport }: NumberedImports,
  from: readonly string[],
): Reach {
  const importers = new Int32Array(count).fill(unreached)
  const queue: number[] = []
  let at = start
  const visit = (number: number): void => {
    if (importers[number] !== unreached || !isOwn(number)) return
    importers[number] = at
    queue.push(number)
  }
  for (const module of from) {
    const number = numberOf(module)
    if (number !== undefined) visit(number)
  }
  for (let next = 0; next < queue.length; next++) {
    at = queue[next]!
    eachImport(at, visit)
  }
  const importerOf = (module: string): number => {
    const number = numberOf(module)
    return number === undefined ? unreached : importers[number]!
  }
  return {
    has: (module) => importerOf(module) !== unreached,
    importer(module) {
      const importer = importerOf(module)
      return importer < 0 ? undefined : nameOf(importer)
    },
  }
}

import type { ImportGraph, Reach } from '#surface/surface.js'

/** Where code starts to run: a process of the profile (`cinder-api`), or an entry point that is loaded by name. */
export interface Start {
  readonly kind: 'process' | 'plugin'
  /** `cinder-api`; `neutron.core_plugins:ml2`. */
  readonly name: string
  /** `cinder.cmd.api`. */
  readonly module: string
}

/** How a module comes to be imported. */
export interface ImportChain {
  /** None where no import leads to the module: configuration, a paste file or an `import_module` names its first one. */
  readonly start?: Start
  /** From the first module to the one in question, each importing the next. */
  readonly modules: readonly string[]
}

/** `cinder/api/v3/__init__.py` as `cinder.api.v3`; a paste file stays as it is. */
export function moduleOf(file: string): string {
  if (!/\.pyi?$/.test(file)) return file
  return file
    .replace(/\.pyi?$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.')
}

function pathTo(reach: Reach, module: string): readonly string[] {
  const modules: string[] = []
  for (let at: string | undefined = module; at !== undefined; at = reach.importer(at)) modules.push(at)
  return modules.reverse()
}

/** The shortest way from a start to a module: a process if there is one, else a plugin, else whatever imports it. */
export function chainTo(
  graph: ImportGraph,
  starts: (kind: Start['kind']) => readonly Start[],
  module: string,
): ImportChain {
  for (const kind of ['process', 'plugin'] as const) {
    const ofKind = starts(kind)
    const reach = graph.reach(ofKind.map((start) => start.module))
    if (!reach.has(module)) continue
    const modules = pathTo(reach, module)
    return { start: ofKind.find((start) => start.module === modules[0])!, modules }
  }
  return { modules: fromTop(graph, module) }
}

/** From a module that nothing imports, parent packages aside, down to the one in question. */
function fromTop(graph: ImportGraph, module: string): readonly string[] {
  const importers = new Map<string, string[]>()
  for (const importer of graph.modules)
    for (const imported of graph.imports(importer)) {
      if (importer === imported || importer.startsWith(`${imported}.`)) continue
      const known = importers.get(imported)
      if (known === undefined) importers.set(imported, [importer])
      else known.push(importer)
    }
  const next = new Map<string, string | undefined>([[module, undefined]])
  let top = module
  for (const at of next.keys()) {
    top = at
    const above = importers.get(at) ?? []
    if (above.length === 0) break
    for (const importer of above) if (!next.has(importer)) next.set(importer, at)
  }
  const modules: string[] = []
  for (let at: string | undefined = top; at !== undefined; at = next.get(at)) modules.push(at)
  return modules
}

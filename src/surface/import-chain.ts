import type { DistributionName } from '#pep/name.js'
import type { ImportLink, Surface } from './surface.js'

/** What a process imports when it starts, and through whom. */
export interface Imported {
  /** Whether the module is imported, as far as reading tells. */
  has(module: string): boolean
  /** The imports that lead from where it starts to the module, a shortest one; empty for the start itself, undefined if nothing leads there. */
  chainTo(module: string): readonly ImportLink[] | undefined
}

/** `cinder/api/v3/x.py` -> `cinder.api.v3.x`. */
export function moduleOfFile(file: string): string {
  return file.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.')
}

/**
 * Follows imports at module level through all distributions of an environment, from one module on. What is guarded, or
 * imported inside functions or by plugin loaders, is not followed: it need not happen.
 * @param environment name -> version of all that is installed
 */
export function importedFrom(
  surface: Pick<Surface, 'importGraph'>,
  environment: ReadonlyMap<DistributionName, string>,
  start: string,
): Imported {
  const owners = new Map<string, DistributionName>()
  for (const [distribution, version] of environment)
    for (const module of surface.importGraph(distribution, version)?.modules ?? [])
      if (!owners.has(module)) owners.set(module, distribution)
  const by = new Map<string, string | undefined>()
  const queue = owners.has(start) ? [start] : []
  if (queue.length > 0) by.set(start, undefined)
  for (const module of queue) {
    const owner = owners.get(module)!
    for (const next of surface.importGraph(owner, environment.get(owner)!)!.imports(module)) {
      if (by.has(next) || !owners.has(next)) continue
      by.set(next, module)
      queue.push(next)
    }
  }
  return {
    has: (module) => by.has(module),
    chainTo(module) {
      if (!by.has(module)) return undefined
      const links: ImportLink[] = []
      for (let at = module; ; ) {
        const importer = by.get(at)
        if (importer === undefined) return links.reverse()
        links.push({ distribution: owners.get(importer)!, importer, module: at })
        at = importer
      }
    },
  }
}

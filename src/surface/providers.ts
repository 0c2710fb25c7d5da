import type { DistributionName } from '#pep/name.js'
import type { DistributionFacts } from './module-facts.js'

/** Which distributions have a module, in any version. */
interface Providers {
  /** The longest part of a dotted name that is a module somewhere, and who has it. */
  of(name: string): { readonly module: string; readonly by: readonly DistributionName[] } | undefined
  isModule(name: string): boolean
}

/** Gathers modules, version after version; namespaces belong to nobody. */
export class ModuleIndex implements Providers {
  readonly #owners = new Map<string, Set<DistributionName>>()

  add(distribution: DistributionName, modules: Iterable<string>): void {
    for (const module of modules) {
      const owners = this.#owners.get(module)
      if (owners === undefined) this.#owners.set(module, new Set([distribution]))
      else owners.add(distribution)
    }
  }

  of(name: string): { readonly module: string; readonly by: readonly DistributionName[] } | undefined {
    const [dotted = ''] = name.split('[', 1)
    for (let module = dotted; module !== ''; module = module.slice(0, Math.max(0, module.lastIndexOf('.')))) {
      const owners = this.#owners.get(module)
      if (owners !== undefined) return { module, by: [...owners].sort() }
    }
    return undefined
  }

  isModule(name: string): boolean {
    return this.#owners.has(name)
  }
}

/** Modules that an `import` statement can name, outside folders of tests. */
export function importable({ files, opaque }: DistributionFacts): readonly string[] {
  return Object.keys(files).filter((name) => /^[A-Za-z_][\w.]*$/.test(name) && opaque[name] !== 'not-kept')
}

/** What a version puts on the path: modules with no package of its own above them. */
export function topModules(facts: DistributionFacts): readonly string[] {
  const namespaces = new Set(facts.namespaces)
  return importable(facts).filter((name) => {
    const dot = name.lastIndexOf('.')
    return dot < 0 || namespaces.has(name.slice(0, dot))
  })
}

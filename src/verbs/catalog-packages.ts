import { join } from 'node:path'
import { aptVersions } from '#base/apt-packages.js'
import { aptSources } from '#base/apt-sources.js'
import { SvcsplitError } from '#errors.js'
import { type Fleet, loadFleet } from '#inputs/fleet.js'
import { formatSuites, loadSuites, type Suite, suitePackagesPath } from '#inputs/suite-packages.js'
import { existsSync } from '#io/files.js'
import { writeIfChanged } from '#io/write-files.js'
import type { Progress } from '#progress.js'

export interface CatalogPackagesOptions {
  /** Lines of sources.list; the machine's own of the suites that are known, if there are none. */
  readonly sources: readonly string[]
  /** Folder that holds `constraints/` and `profiles/`; default: the shipped one. */
  readonly root?: string
  readonly progress?: Progress
}

export interface CatalogPackagesResult {
  readonly suites: readonly {
    readonly name: string
    readonly packages: number
    readonly absent: readonly string[]
  }[]
  readonly written: boolean
}

/**
 * Asks apt which versions the suites have of the packages that profiles name, and writes them down. What is known
 * of other suites stays.
 * @throws E-CLI-USAGE, E-EXE-*
 */
export async function catalogPackages(options: CatalogPackagesOptions): Promise<CatalogPackagesResult> {
  const fleet = loadFleet(options.root, false)
  const path = join(fleet.root, suitePackagesPath)
  const known = existsSync(path) ? loadSuites(fleet.root) : []
  const wanted = packagesOfProfiles(fleet)
  const fresh: Suite[] = []
  const told: CatalogPackagesResult['suites'][number][] = []
  for (const [name, sources] of await sourcesBySuite(options.sources, known)) {
    options.progress?.step?.(`ask apt for ${name}`)
    const versions = await aptVersions(sources, [...wanted, 'python3'])
    const python = /^(3\.\d+)\./.exec(versions.get('python3') ?? '')?.[1]
    if (python === undefined)
      throw new SvcsplitError('E-CLI-USAGE', `the sources of ${name} have no python3`, {
        hint: 'give the line of its main archive: "deb URI SUITE main"',
      })
    const packages = new Map([...versions].filter(([one]) => one !== 'python3'))
    fresh.push({ name, python, packages })
    told.push({ name, packages: packages.size, absent: wanted.filter((one) => !packages.has(one)) })
  }
  const renewed = new Set(fresh.map(({ name }) => name))
  const kept = known.filter(({ name }) => !renewed.has(name))
  return { suites: told, written: await writeIfChanged(path, formatSuites([...kept, ...fresh])) }
}

/** Every package that a profile names, whatever it is for; sorted. */
export function packagesOfProfiles(fleet: Fleet): readonly string[] {
  const services = new Set(fleet.releases.list.flatMap((release) => [...release.services.keys()]))
  const names = [...services].flatMap((service) => {
    const { systemPackages, bindings } = fleet.profile(service)
    const listed = [systemPackages.run, systemPackages.build].flatMap((suites) => [...suites.values()].flat())
    return [...listed, ...bindings.map((binding) => binding.package)]
  })
  return [...new Set(names)].sort()
}

/** The suite of a source is its third word; updates and security go with it. */
async function sourcesBySuite(
  sources: readonly string[],
  known: readonly Suite[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const bySuite = new Map<string, string[]>()
  for (const source of sources) {
    const suite = /^deb (?:\[[^\]\n]*\] )?\S+ ([a-z]+)(?:-[a-z]+)? \S/.exec(source)?.[1]
    if (suite === undefined)
      throw new SvcsplitError('E-CLI-USAGE', `${JSON.stringify(source.slice(0, 200))} is not an apt source`, {
        hint: 'write a line of sources.list: "deb URI SUITE COMPONENT"',
      })
    bySuite.set(suite, [...(bySuite.get(suite) ?? []), source])
  }
  if (sources.length > 0) return bySuite
  for (const { name } of known) {
    const own = await aptSources(name)
    if (own.length > 0) bySuite.set(name, [...own])
  }
  if (bySuite.size > 0) return bySuite
  throw new SvcsplitError('E-CLI-USAGE', 'this machine has no apt sources of a suite that is known', {
    hint: 'give them: svcsplit catalog packages "deb URI SUITE COMPONENT"',
  })
}

import { SvcsplitError } from '#errors.js'
import { systemModulesIn, systemModulesPath } from '#layers/system-modules.js'
import { type CoreMetadata, parseCoreMetadata } from '#pep/core-metadata.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { parseScriptEntryPoints, type ScriptEntryPoint } from '#wheels/entry-points.js'
import { parseRecord, type RecordRow } from '#wheels/record.js'
import type { Report } from './finding.js'
import type { ScannedImage } from './scan.js'

/** A distribution as it lies in the environment. */
export interface InstalledDistribution {
  readonly name: DistributionName
  /** As METADATA spells it. */
  readonly version: string
  /** Its `.dist-info`, relative to `/`. */
  readonly folder: string
  readonly metadata: CoreMetadata
  readonly scripts: readonly ScriptEntryPoint[]
  /** By path relative to `/`. */
  readonly record: ReadonlyMap<string, RecordRow>
}

/** The virtual environment of an image. */
export interface FoundEnvironment {
  /** `3.11` */
  readonly python: string
  /** Relative to `/`. */
  readonly sitePackages: string
  /** Sorted by name. */
  readonly distributions: readonly InstalledDistribution[]
  /** Modules that come from packages of the base, as a file of ours says; none without it. */
  readonly systemModules: readonly string[]
}

/** Finds the environment and what is installed in it, by its own words. */
export function findEnvironment(image: ScannedImage, report: Report): FoundEnvironment | undefined {
  const { tree, prefix } = image
  const form = /^python(3\.[0-9]+)\/site-packages(?:\/|$)/
  const lib = `${prefix}/lib/`
  const pythons = new Set<string>()
  for (const path of tree.keys()) {
    const found = path.startsWith(lib) ? form.exec(path.slice(lib.length))?.[1] : undefined
    if (found !== undefined) pythons.add(found)
  }
  const [python, second] = pythons
  if (python === undefined || second !== undefined) {
    const problem =
      python === undefined ? 'holds no environment of Python 3' : 'holds site-packages of several Pythons'
    report('environment', 'error', `the image ${problem}`, prefix)
    return undefined
  }
  const sitePackages = `${prefix}/lib/python${python}/site-packages`
  const text = tree.get(`${prefix}/pyvenv.cfg`)?.content?.toString('utf8')
  if (text === undefined) report('environment', 'error', 'is missing', `${prefix}/pyvenv.cfg`)
  else if (/^include-system-site-packages[ \t]*=[ \t]*true[ \t]*$/im.test(text))
    report('environment', 'error', 'lets in what the base has installed', `${prefix}/pyvenv.cfg`)

  const distributions = new Map<DistributionName, InstalledDistribution>()
  for (const folder of infoFolders(tree.keys(), sitePackages)) {
    if (!folder.endsWith('.dist-info')) {
      report('distribution', 'error', 'a distribution without .dist-info', folder)
      continue
    }
    const installed = readInstalled(image, folder, sitePackages, report)
    if (installed === undefined) continue
    const other = distributions.get(installed.name)
    if (other === undefined) distributions.set(installed.name, installed)
    else report('distribution', 'error', `a second ${installed.name}, beside ${other.version}`, folder)
  }
  const modules = tree.get(systemModulesPath({ prefix, python }))?.content?.toString('utf8')
  return {
    python,
    sitePackages,
    systemModules: modules === undefined ? [] : systemModulesIn(modules),
    distributions: [...distributions.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

function infoFolders(paths: Iterable<string>, sitePackages: string): readonly string[] {
  const found = new Set<string>()
  for (const path of paths) {
    if (!path.startsWith(`${sitePackages}/`)) continue
    const end = path.indexOf('/', sitePackages.length + 1)
    const top = end < 0 ? path : path.slice(0, end)
    if (/\.(?:dist-info|egg-info|egg-link|egg)$/.test(top)) found.add(top)
  }
  return [...found].sort()
}

function readInstalled(
  { tree, prefix }: ScannedImage,
  folder: string,
  sitePackages: string,
  report: Report,
): InstalledDistribution | undefined {
  const text = (file: string): string | undefined => tree.get(`${folder}/${file}`)?.content?.toString('utf8')
  const attempt = <T>(file: string, read: (text: string) => T): T | undefined => {
    const content = text(file)
    if (content === undefined) return undefined
    try {
      return read(content)
    } catch (error) {
      if (!(error instanceof SvcsplitError)) throw error
      report(file === 'METADATA' ? 'distribution' : 'record', 'error', error.message, `${folder}/${file}`)
      return undefined
    }
  }
  if (text('METADATA') === undefined) report('distribution', 'error', 'has no METADATA', folder)
  const metadata = attempt('METADATA', parseCoreMetadata)
  if (metadata === undefined) return undefined
  const info = folder.slice(sitePackages.length + 1)
  if (text('RECORD') === undefined) report('record', 'error', 'has no RECORD', folder)
  return {
    name: normalizeName(metadata.name),
    version: metadata.version,
    folder,
    metadata,
    scripts:
      attempt('entry_points.txt', (content) => parseScriptEntryPoints(content, info, 'entry_points.txt')) ??
      [],
    record: attempt('RECORD', (content) => installedRecord(content, info, sitePackages, prefix)) ?? new Map(),
  }
}

/** Stands for the prefix while a RECORD is read: no path of a wheel begins so. */
const outside = '\u0001prefix'

/**
 * RECORD as it is written on installation (PEP 376): paths outside of site-packages lead there by `../../../`.
 * They are the only ones that may.
 */
function installedRecord(
  text: string,
  info: string,
  sitePackages: string,
  prefix: string,
): ReadonlyMap<string, RecordRow> {
  const rows = parseRecord(text.replace(/^("?)\.\.\/\.\.\/\.\.\//gm, `$1${outside}/`), info, info)
  return new Map(
    [...rows].map(([path, row]) => [
      path.startsWith(`${outside}/`) ? `${prefix}${path.slice(outside.length)}` : `${sitePackages}/${path}`,
      row,
    ]),
  )
}

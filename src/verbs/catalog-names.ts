import { join } from 'node:path'
import type { DistributionFile } from '#catalog/catalog.js'
import { loadSnapshot, type Snapshot } from '#catalog/snapshot.js'
import { SvcsplitError } from '#errors.js'
import type { Fleet } from '#inputs/fleet.js'
import { type FactCache, openFactCache } from '#io/fact-cache.js'
import { writeIfChanged } from '#io/write-files.js'
import type { DistributionName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { tryParseVersion } from '#pep/version.js'
import { collectSurface, type KnownNames, type SurfaceInput } from '#surface/collect.js'
import { formatBound, formatImports, formatUsed } from '#surface/format.js'
import { surfaceFiles } from '#surface/headers.js'
import type { DistributionFacts } from '#surface/module-facts.js'
import type { ReadBefore } from '#surface/read-distribution.js'
import { loadSurface } from '#surface/shipped.js'
import { fetchWheels, type VersionWheel, type WheelPlace } from './fetch-wheels.js'
import { keyOfVersion, type OwnSources } from './own-sources.js'
import { factsKind, factsOfFiles, factsOfWheel, fileToRead } from './wheel-sources.js'

export interface CatalogNamesRequest extends WheelPlace {
  readonly fleet: Fleet
  readonly snapshot: Snapshot
  /** Which versions are read. */
  readonly wheels: readonly VersionWheel[]
  /** Versions whose own source is read. */
  readonly given?: OwnSources
  /** Names of versions that are not read, beside which the facts will stand. */
  readonly known?: KnownNames
  /** Folder of the facts. */
  readonly to: string
}

export interface CatalogNamesResult {
  /** Versions whose sources were read. */
  readonly read: number
  /** `name version` of versions without a wheel, or with one that is refused. */
  readonly without: readonly string[]
  /** Sources that cannot be read: `name version: file:line: problem`. What they need and have is unknown. */
  readonly unread: readonly string[]
  readonly written: readonly string[]
}

/**
 * Reads the sources of versions and writes which names they use of one another, and which of those each has. Wheels are fetched into the store once and read once; the same wheels give the same bytes.
 * @throws E-NET-*, E-IDX-*, E-FS-*
 */
export async function updateNames(request: CatalogNamesRequest): Promise<CatalogNamesResult> {
  const { snapshot, wheels, known, cacheDir, to, progress } = request
  const cache = openFactCache(cacheDir)
  const versions = new Map<DistributionName, string[]>()
  for (const { name, version } of wheels) {
    const list = versions.get(name)
    if (list === undefined) versions.set(name, [version])
    else list.push(version)
  }
  const without = new Set<string>()
  let before: { name: string; read: ReadBefore } = { name: '', read: new Map() }
  await fetchWheels(request, wheels, factsKind)
  const input: SurfaceInput = {
    versions,
    async read(name, version) {
      const own = request.given?.get(keyOfVersion(name, version))
      if (own !== undefined) return factsOfFiles(await own.files(), cache)
      const wheel = fileToRead(snapshot.files(name, version))
      if (before.name !== name) before = { name, read: new Map() }
      const facts = wheel && (await readWheel(request, cache, wheel, before.read))
      if (facts === undefined) without.add(`${name} ${version}`)
      return facts
    },
    declares: (name, version) => declaredNames(snapshot, name, version),
    testedWith: testedTogether(request.fleet, snapshot),
    ...(known === undefined ? {} : { known }),
  }
  const collected = await collectSurface(input, (label, done, total) => progress?.step?.(label, done, total))
  const texts = [
    [surfaceFiles.used, formatUsed(collected, input)],
    [surfaceFiles.bound, formatBound(collected)],
    [surfaceFiles.imports, formatImports(collected)],
  ] as const
  const written: string[] = []
  for (const [name, text] of texts) if (await writeIfChanged(join(to, name), text)) written.push(name)
  return {
    read: [...collected.users.values()].reduce((sum, list) => sum + list.length, 0),
    without: [...without].sort(),
    unread: [...collected.users].flatMap(([name, list]) =>
      list.flatMap(({ version, unread }) =>
        unread.map(({ file, line, problem }) => `${name} ${version}: ${file}:${line}: ${problem}`),
      ),
    ),
    written,
  }
}

/** The shipped names, as facts of a user's own releases stand beside them. */
export function shippedNames(dir: string): KnownNames {
  const snapshot = loadSnapshot(dir)
  const surface = loadSurface(dir)
  const gone = new Map<string, boolean>()
  return {
    *modules() {
      for (const name of snapshot.names())
        for (const version of snapshot.versions(name))
          yield [name, surface.importGraph(name, version)?.modules ?? []]
    },
    asked: surface.keptNames,
    isGone(library, { name, kind }) {
      const key = `${library} ${kind} ${name}`
      const bindings = surface.bindings(library, name, kind)
      const known =
        gone.get(key) ?? snapshot.versions(library).some((version) => bindings(version).state === 'gone')
      gone.set(key, known)
      return known
    },
  }
}

/** A wheel that the strict reader refuses is as one without sources. */
async function readWheel(
  { store, progress }: CatalogNamesRequest,
  cache: FactCache,
  wheel: DistributionFile,
  before: ReadBefore,
): Promise<DistributionFacts | undefined> {
  try {
    return await factsOfWheel(wheel, store.path(wheel.sha256), cache, before)
  } catch (error) {
    if (!(error instanceof SvcsplitError) || !error.code.startsWith('E-WHL-')) throw error
    progress?.warn?.(`${wheel.filename} is not read: ${error.message}`)
    return undefined
  }
}

function declaredNames(
  snapshot: Snapshot,
  name: DistributionName,
  version: string,
): ReadonlySet<DistributionName> {
  return new Set(
    (snapshot.metadata(name, version)?.requires ?? []).flatMap((line) => {
      try {
        return [parseRequirement(line).name]
      } catch {
        return []
      }
    }),
  )
}

/** Which versions the releases ship together. */
function testedTogether(fleet: Fleet, snapshot: Snapshot): SurfaceInput['testedWith'] {
  const keyOf = (version: string): string => tryParseVersion(version)?.key ?? version
  const shipped = new Map<string, Map<DistributionName, ReadonlySet<string>>[]>()
  for (const { name: release, services } of fleet.releases.list) {
    const pins = new Map<DistributionName, ReadonlySet<string>>()
    for (const [name, list] of fleet.constraints(release).pins)
      pins.set(name, new Set(list.map(({ version }) => keyOf(version))))
    for (const { distribution, version } of services.values())
      pins.set(distribution, new Set([keyOf(version)]))
    for (const [name, keys] of pins)
      for (const key of keys) {
        const list = shipped.get(`${name} ${key}`)
        if (list === undefined) shipped.set(`${name} ${key}`, [pins])
        else list.push(pins)
      }
  }
  return (user, version, library) => {
    const releases = shipped.get(`${user} ${keyOf(version)}`) ?? []
    if (releases.length === 0) return []
    return snapshot
      .versions(library)
      .filter((one) => releases.some((pins) => pins.get(library)?.has(keyOf(one)) === true))
  }
}

import { join } from 'node:path'
import { formatSharedPaths, type SharedPath, sharedPaths } from '#catalog/shared-paths.js'
import { snapshotFiles } from '#catalog/snapshot-format.js'
import { SvcsplitError } from '#errors.js'
import { type FactCache, openFactCache } from '#io/fact-cache.js'
import { writeIfChanged } from '#io/write-files.js'
import { readWheel, readWheelFile } from '#wheels/install-wheel.js'
import { keepPlaces, knownPlaces, type PlacedFile, placesKind } from '#wheels/placed-files.js'
import { fetchWheels, type VersionWheel, type WheelPlace } from './fetch-wheels.js'

export interface CatalogPathsRequest extends WheelPlace {
  /** Folder of the facts. */
  readonly to: string
  readonly wheels: readonly VersionWheel[]
}

export interface CatalogPathsResult {
  readonly shared: readonly SharedPath[]
  /** Names of the files that changed. */
  readonly written: readonly string[]
}

/** A path in an environment whatever its prefix and Python, and what tells its content from others. */
const environment = { prefix: '/opt/venv', python: '3.11', requested: false } as const
const root = environment.prefix.slice(1)

function pathsOf(entries: readonly PlacedFile[]): ReadonlyMap<string, string> {
  return new Map(
    entries
      // What each distribution says of itself lies in a folder that names it.
      .filter(({ path }) => !/\/site-packages\/[^/]+\.dist-info\//.test(path))
      .map(({ path, mode, size, hash }) => [
        path.slice(root.length + 1).replace(`lib/python${environment.python}/`, ''),
        `${mode.toString(8)} ${size} ${hash.value.slice(0, 16)}`,
      ]),
  )
}

/** What a wheel installs: path in the environment -> mode, size and hash; remembered by the wheel's hash. */
async function pathsOfWheel(
  { wheel }: VersionWheel,
  { store, progress }: CatalogPathsRequest,
  cache: FactCache,
): Promise<ReadonlyMap<string, string>> {
  if (wheel === undefined) return new Map()
  const options = { ...environment, filename: wheel.filename, sha256: wheel.sha256 }
  const known = await knownPlaces(cache, options)
  if (known !== undefined) return pathsOf(known.entries)
  try {
    const read = readWheel(readWheelFile(store.path(wheel.sha256)), options)
    await keepPlaces(cache, read, options)
    return pathsOf(read.entries)
  } catch (error) {
    // A wheel that is refused is in no environment that svcsplit makes.
    if (!(error instanceof SvcsplitError) || !error.code.startsWith('E-WHL-')) throw error
    progress?.warn?.(`${wheel.filename} is not read: ${error.message}`)
    return new Map()
  }
}

/**
 * Writes which paths distributions of different names install with different bytes. Of versions that have only an
 * sdist nothing is known before they are built; `build` checks the very files of each environment.
 * @throws E-NET-*, E-IDX-*, E-FS-*
 */
export async function updateSharedPaths(request: CatalogPathsRequest): Promise<CatalogPathsResult> {
  const { wheels, cacheDir, to } = request
  const cache = openFactCache(cacheDir)
  await fetchWheels(request, wheels, placesKind(environment))
  const holders = []
  for (const one of wheels) {
    holders.push({ name: one.name, version: one.version, paths: await pathsOfWheel(one, request, cache) })
    request.progress?.step?.('comparing the files of wheels', holders.length, wheels.length)
  }
  const shared = sharedPaths(holders)
  const file = snapshotFiles.sharedPaths
  const isNew = await writeIfChanged(join(to, file), formatSharedPaths(shared))
  return { shared, written: isNew ? [file] : [] }
}

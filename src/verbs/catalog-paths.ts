import { join } from 'node:path'
import { type FactCache, openFactCache } from '#catalog/fact-cache.js'
import { formatSharedPaths, type SharedPath, sharedPaths } from '#catalog/shared-paths.js'
import { snapshotFiles } from '#catalog/snapshot-format.js'
import { SvcsplitError } from '#errors.js'
import { writeIfChanged } from '#io/files.js'
import { readWheel, readWheelFile } from '#wheels/install-wheel.js'
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

/** Raised when what is kept of a wheel means something else than before. */
const kind = 'paths-1'

const environment = { prefix: '/opt/venv', python: '3.11' } as const
const root = environment.prefix.slice(1)

/** What a wheel installs: path in the environment -> mode, size and hash; remembered by the wheel's hash. */
async function pathsOfWheel(
  { wheel }: VersionWheel,
  { store, progress }: CatalogPathsRequest,
  cache: FactCache,
): Promise<ReadonlyMap<string, string>> {
  if (wheel === undefined) return new Map()
  const known = await cache.get(kind, wheel.sha256)
  if (known !== undefined) return new Map(JSON.parse(known) as [string, string][])
  try {
    const { filename, sha256 } = wheel
    const { entries } = readWheel(readWheelFile(store.path(sha256)), {
      ...environment,
      filename,
      sha256,
      requested: false,
    })
    const rows = entries
      // What each distribution says of itself lies in a folder that names it.
      .filter(({ path }) => !/\/site-packages\/[^/]+\.dist-info\//.test(path))
      .map(({ path, mode, size, hash }): [string, string] => [
        path.slice(root.length + 1).replace(`lib/python${environment.python}/`, ''),
        `${mode.toString(8)} ${size} ${hash.value.slice(0, 16)}`,
      ])
    await cache.put(kind, sha256, JSON.stringify(rows))
    return new Map(rows)
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
  await fetchWheels(request, wheels, kind)
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

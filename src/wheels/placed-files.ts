import { createHash } from 'node:crypto'
import type { FactCache } from '#io/fact-cache.js'
import type { DistributionName } from '#pep/name.js'
import type { InstalledWheel, InstallOptions } from './install-wheel.js'
import type { FileHash } from './record.js'
import type { WheelEntry } from './wheel-entry.js'

/** What a wheel puts where, without the bytes: enough to compare wheels with one another. */
export interface PlacedWheel {
  readonly name: DistributionName
  readonly version: string
  readonly sha256: string
  readonly filename: string
  /** In byte order of their paths. */
  readonly entries: readonly PlacedFile[]
}

export type PlacedFile = Pick<WheelEntry, 'path' | 'mode' | 'size' | 'hash'>

type Kept = readonly [
  name: DistributionName,
  version: string,
  files: readonly (readonly [string, WheelEntry['mode'], number, FileHash['algorithm'], string])[],
]

/** Raised when what is kept of a wheel means something else than before. */
const format = 1

/** The kind of fact: what a wheel installs follows from its bytes, and from these options alone. */
export function placesKind({
  prefix,
  python,
  requested,
}: Pick<InstallOptions, 'prefix' | 'python' | 'requested'>): string {
  const environment = createHash('sha256').update(JSON.stringify([prefix, python, requested]))
  return `places-${format}-${environment.digest('hex').slice(0, 16)}`
}

/** Whether something was kept of a wheel, be it damaged. */
export function hasPlaces(cache: FactCache, options: InstallOptions): boolean {
  return cache.has(placesKind(options), options.sha256)
}

/** What was kept of a wheel that an earlier run has read and not refused. */
export async function knownPlaces(
  cache: FactCache,
  options: InstallOptions,
): Promise<PlacedWheel | undefined> {
  const { sha256, filename } = options
  const text = await cache.get(placesKind(options), sha256)
  if (text === undefined) return undefined
  const [name, version, files] = JSON.parse(text) as Kept
  return {
    name,
    version,
    sha256,
    filename,
    entries: files.map(([path, mode, size, algorithm, value]) => ({
      path,
      mode,
      size,
      hash: { algorithm, value },
    })),
  }
}

/** Keeps what a wheel installs, for every later run that has to know it. */
export async function keepPlaces(
  cache: FactCache,
  { name, version, sha256, entries }: Omit<InstalledWheel, 'path'>,
  options: InstallOptions,
): Promise<void> {
  const files = entries.map(
    ({ path, mode, size, hash }) => [path, mode, size, hash.algorithm, hash.value] as const,
  )
  const kept: Kept = [name, version, files]
  await cache.put(placesKind(options), sha256, JSON.stringify(kept))
}

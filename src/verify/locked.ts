import type { BlobStore } from '#io/blob-store.js'
import { exists } from '#io/files.js'
import type { Lock } from '#lock/lock.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import { installWheel } from '#wheels/install-wheel.js'
import { recordPath, schemeOf } from '#wheels/scheme.js'
import type { FoundEnvironment, InstalledDistribution } from './environment.js'
import type { Report } from './finding.js'
import type { ScannedImage } from './scan.js'

/** The wheel of a locked distribution; one whose file is not there is not compared. */
export interface KnownWheel {
  readonly name: string
  readonly filename: string
  /** Hex. */
  readonly sha256: string
  readonly path: string
}

/** The distributions of the environment are those of the lock, no more and no less. */
export function checkLocked(environment: FoundEnvironment, lock: Lock, report: Report): void {
  const installed = new Map(environment.distributions.map((one) => [one.name, one]))
  for (const { name, version } of lock.distributions) {
    const found = installed.get(name)
    if (found === undefined)
      report('distribution', 'error', `${name} ${version} of the lock is not installed`)
    else if (!sameVersion(found.version, version))
      report(
        'distribution',
        'error',
        `${name} is ${found.version}, and the lock has ${version}`,
        found.folder,
      )
    installed.delete(name)
  }
  for (const { name, version, folder } of installed.values())
    report('distribution', 'error', `${name} ${version} is not in the lock`, folder)
  if (environment.python !== lock.python)
    report(
      'platform',
      'error',
      `the environment is of Python ${environment.python}, and the lock for ${lock.python}`,
    )
}

export function sameVersion(a: string, b: string): boolean {
  const [one, other] = [tryParseVersion(a), tryParseVersion(b)]
  return one === undefined || other === undefined ? a === b : compareVersions(one, other) === 0
}

/** Those wheels of a lock that a store holds. Wheels that were built from sdists are not in a lock. */
export async function wheelsInStore(lock: Lock, store: BlobStore): Promise<readonly KnownWheel[]> {
  const known: KnownWheel[] = []
  for (const { name, wheel } of lock.distributions)
    if (wheel !== undefined && (await store.has(wheel.sha256)))
      known.push({ name, filename: wheel.filename, sha256: wheel.sha256, path: store.path(wheel.sha256) })
  return known
}

/**
 * Holds the environment against wheels themselves: a RECORD that was changed together with a file vouches for
 * nothing. What an installation makes anew (RECORD, INSTALLER, REQUESTED, wrappers) is left to the other checks.
 * @returns how many distributions were compared
 * @throws SvcsplitError E-FS-*, E-IDX-HASH, E-WHL-*
 */
export async function checkWheels(
  image: ScannedImage,
  environment: FoundEnvironment,
  wheels: readonly KnownWheel[],
  report: Report,
): Promise<number> {
  const installed = new Map<string, InstalledDistribution>(
    environment.distributions.map((one) => [one.name, one]),
  )
  let compared = 0
  for (const wheel of wheels) {
    const found = installed.get(wheel.name)
    if (found === undefined || !(await exists(wheel.path))) continue
    const { filename, sha256 } = wheel
    const options = {
      prefix: `/${image.prefix}`,
      python: environment.python,
      filename,
      sha256,
      requested: false,
    }
    const { entries } = await installWheel(wheel.path, options)
    const scheme = schemeOf(options, found.name)
    for (const entry of entries) {
      if (!('member' in entry.content)) continue
      const node = image.tree.get(entry.path)
      const same =
        node?.type === 'file' &&
        node.size === entry.size &&
        (entry.hash.algorithm !== 'sha256' || node.sha256 === entry.hash.value)
      if (!same) report('wheel', 'error', `is not the file that ${filename} holds`, entry.path)
      else if (node.mode !== entry.mode)
        report(
          'wheel',
          'error',
          `has the mode ${node.mode.toString(8)}, and ${filename} gives it ${entry.mode.toString(8)}`,
          entry.path,
        )
    }
    const known = new Set(entries.map(({ path }) => path))
    for (const path of found.record.keys())
      if (!known.has(path) && !isMade(path, found.folder))
        report('wheel', 'error', `${recordPath(path, scheme)} is in the RECORD, and not in ${filename}`, path)
    compared++
  }
  return compared
}

function isMade(path: string, folder: string): boolean {
  return ['RECORD', 'INSTALLER', 'REQUESTED', 'direct_url.json'].some((name) => path === `${folder}/${name}`)
}

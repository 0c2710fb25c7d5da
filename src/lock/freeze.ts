import type { DistributionFile } from '#catalog/catalog.js'
import { SvcsplitError } from '#errors.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { supportedTags } from '#pep/tags.js'
import { chooseFile } from './choose-file.js'
import type { Lock, LockedDistribution, LockTarget } from './lock.js'

/** One distribution of a complete closure or solution. */
export interface Pinned {
  readonly name: DistributionName
  readonly version: string
  readonly requiresPython?: string
  readonly dependencies: readonly DistributionName[]
  readonly files: readonly DistributionFile[]
}

/** What is wrong with the files of a distribution that cannot be locked. */
function shortcoming(pinned: Pinned): string {
  if (pinned.files.length === 0) return `${pinned.name} ${pinned.version}: no files are known`
  return `${pinned.name} ${pinned.version}: none of ${pinned.files.length} files fits`
}

/**
 * Freezes a complete set of distributions to one file each.
 * Rejects with E-LCK-NOFILE naming every distribution that has no file for this Python and platform.
 */
export function freeze(target: LockTarget, pins: readonly Pinned[]): Lock {
  const { python, platform, glibc } = target
  const install = {
    tags: supportedTags({ python, platform, glibc }),
    pythonFullVersion: markerEnvironment(python, platform).python_full_version,
  }
  const short: Pinned[] = []
  const distributions: LockedDistribution[] = []
  for (const pinned of pins) {
    const chosen = chooseFile(pinned.files, install)
    if (chosen.wheel === undefined && chosen.sdist === undefined) short.push(pinned)
    const { name, version, requiresPython } = pinned
    distributions.push({
      name,
      version,
      ...(requiresPython === undefined ? {} : { requiresPython }),
      ...chosen,
      dependencies: pinned.dependencies.toSorted(),
    })
  }
  if (short.length > 0) {
    throw new SvcsplitError(
      'E-LCK-NOFILE',
      `no file for Python ${python} on ${platform}: ${short.map(shortcoming).join('; ')}`,
      {
        hint: 'choose another --python or --platform, or run svcsplit catalog update',
      },
    )
  }
  return { ...target, distributions: distributions.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}

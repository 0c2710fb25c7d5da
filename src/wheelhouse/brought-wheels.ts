import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { SvcsplitError } from '#errors.js'
import { listDir, readChunks } from '#io/files.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { compareVersions, tryParseVersion } from '#pep/version.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'

/** A wheel that the user brought in a folder (`--wheelhouse DIR`). */
export interface BroughtWheel {
  readonly path: string
  readonly filename: string
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

/**
 * The wheel of a distribution version in a folder that fits best, by `tags` in order of preference; none if the
 * folder has none that fits. Files that are no wheels are passed over. @throws E-FS-*
 */
export async function findBroughtWheel(
  dir: string,
  wanted: { readonly name: DistributionName; readonly version: string; readonly tags: readonly string[] },
): Promise<BroughtWheel | undefined> {
  const version = tryParseVersion(wanted.version)
  let best: { filename: string; rank: number } | undefined
  for (const filename of await listDir(dir)) {
    const wheel = wheelNamed(filename)
    if (wheel === undefined || normalizeName(wheel.name) !== wanted.name) continue
    const own = tryParseVersion(wheel.version)
    if (version === undefined || own === undefined || compareVersions(version, own) !== 0) continue
    const ranks = wheel.tags.map((tag) => wanted.tags.indexOf(tag)).filter((rank) => rank >= 0)
    const rank = Math.min(...ranks)
    if (ranks.length > 0 && (best === undefined || rank < best.rank)) best = { filename, rank }
  }
  if (best === undefined) return undefined
  const path = join(dir, best.filename)
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of readChunks(path)) {
    hash.update(chunk)
    size += chunk.length
  }
  return { path, filename: best.filename, sha256: hash.digest('hex'), size }
}

function wheelNamed(filename: string): ReturnType<typeof parseWheelFilename> | undefined {
  if (!filename.endsWith('.whl')) return undefined
  try {
    return parseWheelFilename(filename)
  } catch (error) {
    if (error instanceof SvcsplitError) return undefined
    throw error
  }
}

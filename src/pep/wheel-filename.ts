import { type SvcsplitError, visible } from '#errors.js'
import { failure } from './failure.js'
import { type DistributionName, normalizeName } from './name.js'
import { tryParseVersion } from './version.js'

/** What the file name of a wheel says (PEP 427). */
interface WheelFilename {
  readonly name: DistributionName
  /** Canonical. */
  readonly version: string
  /** As written: digits and perhaps more. */
  readonly build?: string
  /** One for each combination of a compressed set, such as `py3-none-any`. */
  readonly tags: readonly string[]
}

/** Compressed sets multiply: no real wheel comes near this. */
const maxTags = 1000

/** Throws E-REQ-SYNTAX. */
export function parseWheelFilename(filename: string): WheelFilename {
  if (!filename.endsWith('.whl')) throw refused(filename, `it does not end in '.whl'`)
  const parts = filename.slice(0, -'.whl'.length).split('-')
  if (parts.length !== 5 && parts.length !== 6)
    throw refused(filename, 'it needs name, version, perhaps a build number, Python, ABI and platform')
  const [namePart, versionPart] = parts as [string, string]
  if (namePart.includes('__') || !/^[\p{L}\p{N}_.]+$/u.test(namePart))
    throw refused(filename, `'${visible(namePart, 80)}' is not an escaped name`)
  const version = tryParseVersion(versionPart)
  if (version === undefined) throw refused(filename, `'${visible(versionPart, 80)}' is not a version`)
  const build = parts.length === 6 ? parts[2]! : undefined
  if (build !== undefined && !/^[0-9]/.test(build))
    throw refused(filename, `the build number '${visible(build, 80)}' does not start with a digit`)
  return {
    name: normalizeName(namePart),
    version: version.text,
    ...(build !== undefined && { build }),
    tags: expand(filename, parts.slice(-3)),
  }
}

function expand(filename: string, components: readonly string[]): readonly string[] {
  const [pythons, abis, platforms] = components.map((part) => part.split('.')) as [
    string[],
    string[],
    string[],
  ]
  if (pythons.length * abis.length * platforms.length > maxTags)
    throw refused(filename, `its tags stand for more than ${maxTags}`)
  for (const part of [...pythons, ...abis, ...platforms])
    if (part === '') throw refused(filename, 'a tag is empty')
  for (const python of pythons)
    if (!/^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(python))
      throw refused(filename, `'${visible(python, 80)}' is not a Python tag`)
  const tags = new Set<string>()
  for (const python of pythons)
    for (const abi of abis)
      for (const platform of platforms) tags.add(`${python}-${abi}-${platform}`.toLowerCase())
  return [...tags]
}

function refused(filename: string, why: string): SvcsplitError {
  return failure(
    'E-REQ-SYNTAX',
    `'${visible(filename)}' is not the file name of a wheel: ${why}`,
    filename,
    0,
  )
}

import { parse, TomlDate, TomlError } from 'smol-toml'
import type { DistributionFile } from '#catalog/catalog.js'
import { type FileOrigin, SvcsplitError, visible } from '#errors.js'
import { type DistributionName, isValidName, normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import type { Lock, LockedBase, LockedDistribution, LockedWheel } from './lock.js'

/** More distributions than any service has. */
const mostPackages = 20_000

type Table = Readonly<Record<string, unknown>>

/** Says what is wrong, with the line of the table that is wrong. */
interface Place {
  readonly what: string
  refuse(problem: string): never
}

/**
 * Reads back a `pylock.<service>.toml` that svcsplit wrote (PEP 751 with `[tool.svcsplit]`), upload times to the
 * millisecond. Strict: what is not understood would make two readers see two locks.
 * @throws SvcsplitError E-LCK-FORM with its place
 */
export function parsePylock(text: string, path: string): Lock {
  const lines = text.split('\n')
  const place = (what: string, heading?: string, count = 0): Place => ({
    what,
    refuse: (problem) => {
      const line = heading === undefined ? undefined : lineOf(lines, heading, count)
      const at: FileOrigin = {
        path,
        ...(line === undefined ? {} : { line, text: lines[line - 1]!.slice(0, 500) }),
      }
      throw new SvcsplitError('E-LCK-FORM', `${what}: ${problem}`, {
        at,
        hint: 'write the lock anew: svcsplit lock',
      })
    },
  })
  const file = readToml(text, path, lines)
  const top = place('the lock')
  onlyKeys(file, ['lock-version', 'environments', 'requires-python', 'created-by', 'packages', 'tool'], top)
  if (file['lock-version'] !== '1.0') top.refuse('its lock-version is not 1.0')
  const own = place('[tool.svcsplit]', '[tool.svcsplit]')
  const tool = table(table(file.tool, 'tool', top).svcsplit, 'svcsplit', own)
  onlyKeys(tool, ['version', 'service', 'release', 'root', 'python', 'platform', 'glibc', 'base'], own)
  const platform = string(tool, 'platform', own)
  if (platform !== 'linux/amd64' && platform !== 'linux/arm64')
    return own.refuse('the platform is not linux/amd64 or linux/arm64')
  const release = optionalString(tool, 'release', own)
  const packages = Array.isArray(file.packages) ? file.packages : top.refuse('it has no packages')
  if (packages.length > mostPackages) top.refuse(`${packages.length} packages`)
  const distributions = packages.map((one, index) =>
    distributionOf(one, place(`package ${index + 1}`, '[[packages]]', index)),
  )
  for (const [index, { name }] of distributions.entries())
    if (index > 0 && distributions[index - 1]!.name >= name)
      place(`package ${index + 1}`, '[[packages]]', index).refuse(
        'packages are not sorted by name, each once',
      )
  const lock: Lock = {
    service: string(tool, 'service', own),
    ...(release === undefined ? {} : { release }),
    root: nameOf(string(tool, 'root', own), own),
    python: matching(tool, 'python', /^3\.[0-9]{1,2}$/, own),
    platform,
    glibc: matching(tool, 'glibc', /^2\.[0-9]{1,3}$/, own),
    distributions,
    ...(tool.base === undefined
      ? {}
      : { base: baseOf(tool.base, place('the base', '[tool.svcsplit.base]')) }),
  }
  if (!distributions.some(({ name }) => name === lock.root))
    own.refuse(`its root ${lock.root} is no package of the lock`)
  return lock
}

function readToml(text: string, path: string, lines: readonly string[]): Table {
  try {
    return parse(text) as Table
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const { line, column } = error
    const [problem = ''] = error.message.split('\n')
    throw new SvcsplitError('E-LCK-FORM', `the lock is not TOML: ${visible(problem)}`, {
      at: { path, line, column, text: (lines[line - 1] ?? '').slice(0, 500) },
      cause: error,
    })
  }
}

function distributionOf(value: unknown, place: Place): LockedDistribution {
  const fields = table(value, 'package', place)
  onlyKeys(fields, ['name', 'version', 'requires-python', 'dependencies', 'wheels', 'sdist', 'tool'], place)
  const name = nameOf(string(fields, 'name', place), place)
  const version = string(fields, 'version', place)
  if (tryParseVersion(version) === undefined)
    place.refuse(`its version ${visible(version)} is none by PEP 440`)
  const requiresPython = optionalString(fields, 'requires-python', place)
  const wheels = list(fields.wheels, 'wheels', place)
  if (wheels.length > 1) place.refuse('it has several wheels, and only one can be installed')
  const [wheel] = wheels
  const { sdist } = fields
  if (wheel === undefined && sdist === undefined) place.refuse('it has neither a wheel nor an sdist')
  return {
    name,
    version,
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ...(wheel === undefined ? {} : { wheel: fileOf(wheel, place) }),
    ...(sdist === undefined ? {} : { sdist: fileOf(sdist, place) }),
    ...(fields.tool === undefined ? {} : { built: builtOf(fields.tool, place) }),
    dependencies: list(fields.dependencies, 'dependencies', place).map((one) =>
      nameOf(string(table(one, 'dependency', place), 'name', place), place),
    ),
  }
}

function fileOf(value: unknown, place: Place): DistributionFile {
  const fields = table(value, 'file', place)
  onlyKeys(fields, ['name', 'upload-time', 'url', 'path', 'size', 'hashes'], place)
  const hashes = table(fields.hashes, 'hashes', place)
  const { size } = fields
  const uploaded = fields['upload-time']
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    return place.refuse('a file has no size')
  if (uploaded !== undefined && !(uploaded instanceof TomlDate))
    return place.refuse('an upload-time is no date')
  const url = optionalString(fields, 'url', place)
  const filename = string(fields, 'name', place)
  if (!/^[A-Za-z0-9][A-Za-z0-9._+!-]*$/.test(filename)) place.refuse('a file has an impossible name')
  return {
    filename,
    sha256: matching(hashes, 'sha256', /^[0-9a-f]{64}$/, place),
    size,
    ...(uploaded === undefined ? {} : { uploadTime: uploaded.toISOString() }),
    ...(url === undefined ? {} : { url }),
  }
}

/** The wheel that an sdist was built into. */
function builtOf(value: unknown, place: Place): LockedWheel {
  const tool = table(value, 'tool', place)
  onlyKeys(tool, ['svcsplit'], place)
  const own = table(tool.svcsplit, 'tool.svcsplit', place)
  onlyKeys(own, ['built-wheel'], place)
  const { filename, sha256, size } = fileOf(own['built-wheel'], place)
  return { filename, sha256, size }
}

function baseOf(value: unknown, place: Place): LockedBase {
  const fields = table(value, 'base', place)
  onlyKeys(fields, ['name', 'digest', 'packages'], place)
  return {
    name: string(fields, 'name', place),
    digest: matching(fields, 'digest', /^sha256:[0-9a-f]{64}$/, place),
    packages: list(fields.packages, 'packages', place).map((one) => {
      const item = table(one, 'package of the base', place)
      onlyKeys(item, ['name', 'version'], place)
      return { name: string(item, 'name', place), version: string(item, 'version', place) }
    }),
  }
}

function nameOf(text: string, place: Place): DistributionName {
  if (!isValidName(text) || normalizeName(text) !== text)
    return place.refuse(`${visible(JSON.stringify(text))} is not the normalised name of a distribution`)
  return normalizeName(text)
}

function onlyKeys(fields: Table, known: readonly string[], place: Place): void {
  const other = Object.keys(fields).find((key) => !known.includes(key))
  if (other !== undefined) place.refuse(`it has ${visible(JSON.stringify(other))}, which is not known`)
}

function table(value: unknown, what: string, place: Place): Table {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date)
    return place.refuse(`there is no table ${what}`)
  return value as Table
}

function list(value: unknown, what: string, place: Place): readonly unknown[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : place.refuse(`${what} is not an array`)
}

function optionalString(fields: Table, key: string, place: Place): string | undefined {
  const value = fields[key]
  if (value !== undefined && typeof value !== 'string') return place.refuse(`${key} is not a string`)
  return value
}

function string(fields: Table, key: string, place: Place): string {
  return optionalString(fields, key, place) ?? place.refuse(`it has no ${key}`)
}

function matching(fields: Table, key: string, form: RegExp, place: Place): string {
  const value = string(fields, key, place)
  return form.test(value) ? value : place.refuse(`its ${key} is ${visible(JSON.stringify(value))}`)
}

/** Of the heading that stands there after `count` equal ones. */
function lineOf(lines: readonly string[], heading: string, count: number): number | undefined {
  let left = count
  for (const [index, line] of lines.entries()) if (line.trim() === heading && left-- === 0) return index + 1
  return undefined
}

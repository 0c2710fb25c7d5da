import { createHash } from 'node:crypto'
import { SvcsplitError } from '#errors.js'
import { readText } from '#io/files.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { specifierSetContains } from '#pep/specifier-set.js'
import { compareVersions, parseVersion } from '#pep/version.js'

/** A wheel that builds need, pinned. */
export interface BuildWheel {
  readonly name: DistributionName
  readonly version: string
  readonly filename: string
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  /** What it demands itself, without markers. */
  readonly requires: readonly string[]
}

/** What an sdist does not say itself, or says wrongly by now. */
export interface BuildException {
  /** A name, or the beginning of names before `*`. */
  readonly distribution: string
  /** Only for these versions (PEP 440); all if absent. */
  readonly versions?: string
  /** Instead of what it asks for. */
  readonly requires?: readonly string[]
  /** Debian packages that its compilation needs. */
  readonly packages?: readonly string[]
  readonly why: string
}

/** `constraints/build-requirements.json`: everything that a build may be given. */
export interface BuildRequirements {
  readonly path: string
  readonly wheels: readonly BuildWheel[]
  readonly exceptions: readonly BuildException[]
}

/** @throws E-FS-*, E-CAT-FORM */
export async function readBuildRequirements(path: string): Promise<BuildRequirements> {
  const text = await readText(path, { maxBytes: 4 * 1024 * 1024 })
  try {
    return parseBuildRequirements(text, path)
  } catch (cause) {
    if (cause instanceof SvcsplitError && cause.code === 'E-CAT-FORM') throw cause
    throw malformed(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

export function parseBuildRequirements(text: string, path: string): BuildRequirements {
  const value = JSON.parse(text) as Record<string, unknown>
  if (value.format !== 1 || !Array.isArray(value.wheels) || !Array.isArray(value.exceptions))
    throw malformed(path, 'not a list of wheels and exceptions of format 1')
  const wheels = (value.wheels as Record<string, unknown>[]).map((wheel, index): BuildWheel => {
    const { name, version, filename, sha256, size, requires } = wheel
    if (
      ![name, version, filename, sha256].every((part) => typeof part === 'string') ||
      !/^[0-9a-f]{64}$/.test(sha256 as string) ||
      !/^[A-Za-z0-9._+!-]+\.whl$/.test(filename as string) ||
      !Number.isSafeInteger(size) ||
      !isStrings(requires)
    )
      throw malformed(path, `wheels[${index}] lacks a name, version, filename, sha256, size or requires`)
    parseVersion(version as string)
    return { ...wheel, name: normalizeName(name as string) } as BuildWheel
  })
  const exceptions = (value.exceptions as Record<string, unknown>[]).map(
    (exception, index): BuildException => {
      const { distribution, requires, packages } = exception
      if (typeof distribution !== 'string' || ![requires, packages].every(isStringsOrAbsent))
        throw malformed(path, `exceptions[${index}] lacks a distribution, or its lists are none`)
      return exception as unknown as BuildException
    },
  )
  return { path, wheels, exceptions }
}

/** What holds for one sdist beside its own words, or none. */
export function exceptionFor(
  table: BuildRequirements,
  name: DistributionName,
  version: string,
): BuildException | undefined {
  return table.exceptions.find(({ distribution, versions }) => {
    const fits = distribution.endsWith('*')
      ? name.startsWith(distribution.slice(0, -1))
      : name === distribution
    return (
      fits &&
      (versions === undefined ||
        specifierSetContains(parseRequirement(`x ${versions}`).specifiers, version, true))
    )
  })
}

/**
 * The wheels for a list of requirements and for what these require: of each distribution the newest in the
 * table that satisfies every demand on it. Markers are evaluated by `holds`.
 * @throws E-SDT-BUILD naming the demand that the table cannot satisfy
 */
export function resolveBuildRequirements(
  table: BuildRequirements,
  asked: readonly string[],
  holds: (requirement: Requirement) => boolean,
  forWhom: string,
): readonly BuildWheel[] {
  const demands = new Map<DistributionName, { requirement: Requirement; by: string }[]>()
  const chosen = new Map<DistributionName, BuildWheel>()
  const queue = asked.map((text) => ({ text, by: forWhom }))
  const seen = new Set<string>()
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { text, by } = next
    if (seen.has(text)) continue
    seen.add(text)
    const requirement = parseRequirement(text)
    if (!holds(requirement)) continue
    const all = [...(demands.get(requirement.name) ?? []), { requirement, by }]
    demands.set(requirement.name, all)
    const wheel = newest(
      table,
      requirement.name,
      all.map((demand) => demand.requirement),
    )
    if (wheel === undefined) throw unsatisfied(table, requirement.name, all, forWhom)
    if (chosen.get(requirement.name) === wheel) continue
    chosen.set(requirement.name, wheel)
    for (const own of wheel.requires) queue.push({ text: own, by: `${wheel.name} ${wheel.version}` })
  }
  return [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Names a set of build requirements: the same wheels give the same key. */
export function buildRequirementsKey(wheels: readonly BuildWheel[]): string {
  const hashes = wheels.map(({ sha256 }) => sha256).sort()
  return createHash('sha256').update(hashes.join('\n')).digest('hex').slice(0, 32)
}

function newest(
  table: BuildRequirements,
  name: DistributionName,
  demands: readonly Requirement[],
): BuildWheel | undefined {
  return table.wheels
    .filter((wheel) => wheel.name === name)
    .filter((wheel) =>
      demands.every(({ specifiers }) => specifierSetContains(specifiers, wheel.version, true)),
    )
    .sort((a, b) => compareVersions(parseVersion(b.version), parseVersion(a.version)))[0]
}

function unsatisfied(
  table: BuildRequirements,
  name: DistributionName,
  demands: readonly { requirement: Requirement; by: string }[],
  forWhom: string,
): SvcsplitError {
  const wanted = demands.map(
    ({ requirement, by }) => `${requirement.specifiers.text || 'any version'} (${by})`,
  )
  const present = table.wheels.filter((wheel) => wheel.name === name).map(({ version }) => version)
  return new SvcsplitError(
    'E-SDT-BUILD',
    `${forWhom} cannot be built: it needs ${name} ${wanted.join(' and ')}, and the pinned build requirements have ${present.length === 0 ? 'none' : present.join(', ')}`,
    { at: { path: table.path }, hint: 'build the wheel elsewhere and bring it: --wheelhouse DIR' },
  )
}

function isStringsOrAbsent(value: unknown): boolean {
  return value === undefined || isStrings(value)
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function malformed(path: string, problem: string, cause?: unknown): SvcsplitError {
  return new SvcsplitError('E-CAT-FORM', `${path}: ${problem}`, { at: { path }, cause })
}

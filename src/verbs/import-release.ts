import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { universePythons } from '#catalog/universe.js'
import { SvcsplitError } from '#errors.js'
import {
  type Constraints,
  mergeConstraints,
  parseConstraintsText,
  pinsFor,
} from '#inputs/constraints-file.js'
import { loadFleet } from '#inputs/fleet.js'
import { type OwnRelease, parseReleases, type Releases, type ShippedService } from '#inputs/releases.js'
import { parseRequirementsText, readInput } from '#inputs/requirements-file.js'
import { decodeText } from '#inputs/text-lines.js'
import { dataDir } from '#io/data-dir.js'
import { existsSync, readText } from '#io/files.js'
import { writeIfChanged } from '#io/write-files.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import { readOwnSource } from './own-sources.js'

export interface ImportReleaseRequest {
  /** Name of the release: `2026.2`, or any other of lower case letters, digits, dots and hyphens. */
  readonly release: string
  /** Files that pin; together they must not contradict one another. At least one. */
  readonly constraints: readonly string[]
  /** `nova=34.0.0`: a service that has a profile, and the version that the release has of it. */
  readonly services: readonly string[]
  /** `nova=FILE`: the service's own requirements file, for line numbers; else its metadata is what counts. */
  readonly requirements: readonly string[]
  /** `nova=DIR`, `oslo.config=FILE.whl`: a checkout or wheel that is read of a service, or of a pinned library. */
  readonly sources?: readonly string[]
  /** Whether upgrades may leave out the release between; by default those of the first half of a year. */
  readonly slurp?: boolean
  /** Default: the folder of `dataDir`. */
  readonly to?: string
}

interface ImportedRelease {
  readonly root: string
  readonly release: string
  readonly services: readonly string[]
  readonly pins: number
  /** Paths relative to `root`. */
  readonly written: readonly string[]
}

const releaseForm = /^[a-z0-9][a-z0-9.-]{0,39}$/

function usage(message: string, hint: string): SvcsplitError {
  return new SvcsplitError('E-CLI-USAGE', message, { hint })
}

/** `nova=34.0.0` in two. */
function pairOf(text: string, what: string): readonly [string, string] {
  const at = text.indexOf('=')
  const [name, value] = [text.slice(0, at), text.slice(at + 1).replace(/^=+/, '')]
  if (at <= 0 || value === '') throw usage(`${JSON.stringify(text)} is not ${what}`, `write ${what}`)
  return [name, value]
}

/**
 * Makes a release of the user's own known: its pins, which services it has at which versions. It stands beside the
 * shipped releases under a name of its own; a release that is shipped is refused. All input is read and checked
 * before anything is written, and importing the same again changes no byte.
 * @throws E-CLI-USAGE, E-CAT-MIX, E-CON-*, E-REQ-*, E-SVC-UNKNOWN, E-PRF-*, E-FS-*
 */
export async function importRelease(request: ImportReleaseRequest): Promise<ImportedRelease> {
  const { release, services } = request
  const root = request.to ?? dataDir()
  if (root === undefined)
    throw usage('there is no folder for your own data', 'set SVCSPLIT_DATA_DIR, or give --to DIR')
  if (!releaseForm.test(release))
    throw usage(
      `${JSON.stringify(release)} cannot name a release`,
      'use lower case letters, digits, dots and hyphens, as in 2026.2 or my-cloud',
    )
  if (services.length === 0) throw usage('a release without a service', 'add --service nova=34.0.0')
  const fleet = loadFleet(undefined, root)
  if (fleet.releases.byName.has(release) && fleet.own?.releases.includes(release) !== true)
    throw new SvcsplitError('E-CAT-MIX', `${release} is a shipped release`, {
      hint: 'give yours another name, such as my-cloud: two sets of pins are never mixed under one',
    })
  const files = new Map<string, string | Uint8Array>()
  const { bytes, pins } = await joinedConstraints(request.constraints)
  files.set(`constraints/${release}.txt`, bytes)
  const entries = new Map(
    services.map((text) => {
      const [service, version] = pairOf(text, 'SERVICE=VERSION, such as nova=34.0.0')
      if (tryParseVersion(version) === undefined)
        throw usage(`${JSON.stringify(version)} is not a version`, 'write it as PEP 440 has it: 34.0.0')
      const distribution = normalizeName(profileOf(fleet, service).distribution)
      return [service, { distribution, version }] as const
    }),
  )
  for (const text of request.requirements) {
    const [service, path] = pairOf(text, 'SERVICE=FILE, such as nova=requirements.txt')
    if (!entries.has(service))
      throw usage(`${service} is not in this release`, `add --service ${service}=VERSION`)
    const content = await readInput(path)
    parseRequirementsText(decodeText(content, path), path)
    files.set(`constraints/requirements/${service}-${release}.txt`, content)
  }
  const sources = await sourcesOf(request.sources ?? [], entries, pins)
  const own: OwnRelease = {
    constraints: { sha256: createHash('sha256').update(bytes).digest('hex') },
    released: '',
    series: release,
    services: Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(sources.length === 0 ? {} : { sources: Object.fromEntries(sources) }),
    slurp: request.slurp ?? /^\d{4}\.1$/.test(release),
    status: 'own',
  }
  files.set('constraints/releases.json', await withRelease(root, release, own))
  const written: string[] = []
  for (const [name, content] of files) if (await writeIfChanged(join(root, name), content)) written.push(name)
  return { root, release, services: [...entries.keys()].sort(), pins: pins.size, written: written.sort() }
}

/** Sources by distribution, each of the version that the release has. */
async function sourcesOf(
  texts: readonly string[],
  services: ReadonlyMap<string, ShippedService>,
  pins: Constraints['pins'],
): Promise<readonly (readonly [string, string])[]> {
  const found = new Map<string, string>()
  for (const text of texts) {
    const [who, path] = pairOf(text, 'NAME=SOURCE, such as nova=../nova or nova=nova-34.0.0-py3-none-any.whl')
    const service = services.get(who)
    const distribution = service?.distribution ?? normalizeName(who)
    const versions = service === undefined ? pins.get(distribution) : [service]
    if (versions === undefined)
      throw usage(`${JSON.stringify(who)} is neither a service of this release nor pinned by it`, 'name one')
    const source = resolve(path)
    for (const { version } of versions) await readOwnSource({ distribution, version, path: source })
    found.set(distribution, source)
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1))
}

function profileOf(fleet: ReturnType<typeof loadFleet>, service: string) {
  if (!/^[a-z][a-z0-9-]*$/.test(service))
    throw usage(`${JSON.stringify(service)} cannot name a service`, 'use lower case letters, digits, hyphens')
  try {
    return fleet.profile(service)
  } catch (error) {
    if (!(error instanceof SvcsplitError) || error.code !== 'E-FS-NOTFOUND') throw error
    throw new SvcsplitError('E-SVC-UNKNOWN', `there is no profile of ${service}`, {
      hint: `svcsplit init ${service} begins one`,
    })
  }
}

/** One file as it is; several one after another, each under the name that it had. */
async function joinedConstraints(
  paths: readonly string[],
): Promise<{ readonly bytes: Uint8Array; readonly pins: Constraints['pins'] }> {
  if (paths.length === 0) throw usage('a release without pins', 'add --constraints upper-constraints.txt')
  const read = await Promise.all(paths.map(async (path) => ({ path, bytes: await readInput(path) })))
  const parsed = read.map(({ path, bytes }) => parseConstraintsText(decodeText(bytes, path), path))
  const merged = mergeConstraints(parsed)
  // Pins that contradict one another on any Python are told now, with both places.
  for (const python of universePythons) pinsFor(merged, markerEnvironment(python, 'linux/amd64'))
  const { pins } = merged
  if (pins.size === 0)
    throw new SvcsplitError('E-CON-FORM', 'a constraints file without any pin', { at: { path: paths[0]! } })
  if (read.length === 1) return { bytes: read[0]!.bytes, pins }
  const text = read
    .map(({ path, bytes }) => `# ${path.split('/').at(-1)}\n${decodeText(bytes, path).trimEnd()}\n`)
    .join('')
  return { bytes: new TextEncoder().encode(text), pins }
}

/** The user's `releases.json` with this release in it, oldest first. */
async function withRelease(root: string, release: string, own: OwnRelease): Promise<string> {
  const path = join(root, 'constraints/releases.json')
  const text = existsSync(path) ? await readText(path) : '{}'
  const known: Releases = parseReleases(text, path)
  const raw = JSON.parse(text) as Record<string, unknown>
  const names = [...new Set([...known.list.map(({ name }) => name), release])].sort()
  const all = Object.fromEntries(names.map((name) => [name, name === release ? own : raw[name]]))
  return `${JSON.stringify(all, null, 2)}\n`
}

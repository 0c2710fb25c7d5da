import { SvcsplitError } from '#errors.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { nearestNames } from './nearest-name.js'
import { compareReleases } from './release-range.js'

export interface ShippedService {
  readonly distribution: DistributionName
  /** The version that the release has of it. */
  readonly version: string
}

export interface Release {
  readonly name: string
  readonly series: string
  readonly status: string
  /** Upgrades may go from one such release to the next and leave out the one between. */
  readonly slurp: boolean
  /** Day, as 2025-04-02. */
  readonly released: string
  readonly services: ReadonlyMap<string, ShippedService>
  /** Folders of checkouts that are read in place of wheels, by distribution; of a user's own release. */
  readonly sources?: ReadonlyMap<DistributionName, string>
}

/** A release of the user's own, as `releases.json` of their data has it. */
export interface OwnRelease {
  /** Of the file with its pins. */
  readonly constraints: { readonly sha256: string }
  readonly released: string
  readonly series: string
  readonly services: Readonly<Record<string, ShippedService>>
  readonly slurp: boolean
  /** Folders of checkouts by distribution. */
  readonly sources?: Readonly<Record<string, string>>
  readonly status: 'own'
}

/** The releases known, oldest first. */
export interface Releases {
  readonly path: string
  readonly list: readonly Release[]
  readonly byName: ReadonlyMap<string, Release>
}

type Json = { readonly [key: string]: unknown }

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function broken(path: string, what: string): SvcsplitError {
  return new SvcsplitError('E-CAT-FORM', `releases cannot be read: ${what}`, {
    at: { path },
    hint: 'svcsplit catalog import makes it anew',
  })
}

function textOf(object: Json, key: string, path: string, where: string): string {
  const value = object[key]
  if (typeof value !== 'string') throw broken(path, `${where} has no ${key}`)
  return value
}

/** `releases.json` from its text; `E-CAT-FORM` when it is something else. */
export function parseReleases(text: string, path: string): Releases {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw new SvcsplitError('E-CAT-FORM', 'releases cannot be read: not JSON', { at: { path }, cause })
  }
  if (!isObject(raw)) throw broken(path, 'not an object')
  const list = Object.entries(raw).map(([name, value]): Release => {
    if (!isObject(value) || !isObject(value.services)) throw broken(path, `${name} has no services`)
    const services = new Map<string, ShippedService>()
    for (const [service, shipped] of Object.entries(value.services)) {
      if (!isObject(shipped)) throw broken(path, `${name} ${service} is not an object`)
      const distribution = normalizeName(textOf(shipped, 'distribution', path, `${name} ${service}`))
      services.set(service, { distribution, version: textOf(shipped, 'version', path, `${name} ${service}`) })
    }
    return {
      name,
      series: textOf(value, 'series', path, name),
      status: textOf(value, 'status', path, name),
      slurp: value.slurp === true,
      released: textOf(value, 'released', path, name),
      services,
      sources: new Map(
        Object.entries(isObject(value.sources) ? value.sources : {}).map(([distribution, folder]) => {
          if (typeof folder !== 'string') throw broken(path, `${name} has a source that is no path`)
          return [normalizeName(distribution), folder] as const
        }),
      ),
    }
  })
  return releasesOf(path, list)
}

export function releasesOf(path: string, releases: readonly Release[]): Releases {
  const list = releases.toSorted((one, other) => compareReleases(one.name, other.name))
  return { path, list, byName: new Map(list.map((release) => [release.name, release])) }
}

/** A release by its name or series (`2025.1`, `epoxy`); `E-REL-UNKNOWN` with the nearest names. */
export function releaseNamed(releases: Releases, name: string): Release {
  const found = releases.byName.get(name) ?? releases.list.find(({ series }) => series === name.toLowerCase())
  if (found !== undefined) return found
  const names = releases.list.map((release) => release.name)
  // Every release number is near every other: only a series' name says what was meant.
  const near = /^\d/.test(name)
    ? []
    : nearestNames(
        name,
        releases.list.map(({ series }) => series),
      )
  throw new SvcsplitError('E-REL-UNKNOWN', `there is no release ${JSON.stringify(name)}`, {
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known are ${names.join(', ')}`,
  })
}

/** The newest release that is maintained, or the newest of all. */
export function newestMaintained(releases: Releases): Release {
  const { list } = releases
  return list.findLast(({ status }) => status === 'maintained') ?? list.at(-1)!
}

interface NamedServiceRelease {
  readonly service: string
  readonly release: Release
}

/** `nova@2025.2`, or `nova` for the newest maintained release. */
export function serviceReleaseNamed(releases: Releases, text: string): NamedServiceRelease {
  const [service = '', release, ...more] = text.split('@')
  if (service === '' || release === '' || more.length > 0)
    throw new SvcsplitError('E-CLI-USAGE', `${JSON.stringify(text)} is not SERVICE@RELEASE`, {
      hint: 'such as nova@2025.2',
    })
  const known = new Set(releases.list.flatMap(({ services }) => [...services.keys()]))
  if (!known.has(service)) {
    const near = nearestNames(service, known)
    throw new SvcsplitError('E-SVC-UNKNOWN', `there is no service ${JSON.stringify(service)}`, {
      hint:
        near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known are ${[...known].sort().join(', ')}`,
    })
  }
  const found = release === undefined ? newestMaintained(releases) : releaseNamed(releases, release)
  if (!found.services.has(service))
    throw new SvcsplitError('E-SVC-UNKNOWN', `release ${found.name} has no ${service}`, {
      hint: `it has ${[...found.services.keys()].sort().join(', ')}`,
    })
  return { service, release: found }
}

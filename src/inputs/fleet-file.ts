import { type FileOrigin, placed, SvcsplitError } from '#errors.js'
import { fleetSchema } from './fleet-schema.js'
import { nearestNames } from './nearest-name.js'
import { type Releases, releaseNamed } from './releases.js'
import { readInput } from './requirements-file.js'
import { decodeText } from './text-lines.js'
import { checkSchema, parseYaml, placeAt, plainData, refuseOddYaml, type YamlFile } from './yaml-file.js'

/** Name, port and server of the proxy for the other release of a container. */
export interface Spare {
  readonly name: string
  readonly port: number
  /** `BACKEND/SERVER` of the proxy. */
  readonly backend: string
  /** In place of those of the container that are named alike. */
  readonly environment: Readonly<Record<string, string>>
}

/** One container of a service. */
export interface Container {
  /** Of the container. */
  readonly name: string
  /** Of the profile; its first process if left out. */
  readonly process?: string
  /** The machine that it is on; the one where the commands are typed if left out. */
  readonly host?: string
  /** Where it listens, if not where the profile says. */
  readonly port?: number
  /** `BACKEND/SERVER` of the proxy. */
  readonly backend?: string
  /** Appended to the command of the process. */
  readonly arguments: readonly string[]
  readonly volumes: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Where the other release starts beside it; it replaces the container in its place if left out. */
  readonly spare?: Spare
}

/** One service as it runs today. */
export interface RunningService {
  readonly service: string
  readonly release: string
  /** The image that runs, as written; none where the pattern of the fleet names it, or where it is on a host. */
  readonly image?: string
  /** The shared host whose libraries it runs on. */
  readonly on?: string
  readonly units: readonly string[]
  /** How many of each process, where the containers are not told by themselves. */
  readonly replicas: number
  readonly containers?: readonly Container[]
  readonly volumes: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly options: readonly string[]
  /** None where the profile's are to be taken. */
  readonly databases?: readonly string[]
  readonly lists: Readonly<Record<string, readonly string[]>>
  readonly at: FileOrigin
}

/** What runs today, as the operator wrote it down. */
export interface FleetFile {
  readonly path: string
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  readonly engine: 'podman' | 'docker'
  readonly options: readonly string[]
  /** With `{service}` and `{release}`. */
  readonly images?: string
  readonly database?: {
    readonly host?: string
    readonly port?: number
    readonly options?: string
    readonly dumps?: string
    readonly image?: string
  }
  readonly proxy?: { readonly socket: string; readonly drain: number }
  /** Shared host -> the release whose constraints its libraries follow. */
  readonly hosts: ReadonlyMap<string, string>
  /** In the order of the file. */
  readonly services: ReadonlyMap<string, RunningService>
}

interface RawContainer extends Partial<Omit<Container, 'name' | 'spare'>> {
  readonly name: string
  readonly spare?: Omit<Spare, 'environment'> & Partial<Pick<Spare, 'environment'>>
}

interface RawService extends Partial<Omit<RunningService, 'service' | 'containers' | 'at'>> {
  readonly containers?: readonly RawContainer[]
}

interface RawFleet {
  readonly release?: string
  readonly python?: string
  readonly platform?: FleetFile['platform']
  readonly engine?: FleetFile['engine']
  readonly options?: readonly string[]
  readonly images?: string
  readonly database?: FleetFile['database']
  readonly proxy?: { readonly socket: string; readonly drain?: number }
  readonly hosts?: Readonly<Record<string, { readonly release: string }>>
  readonly services: Readonly<Record<string, RawService>>
}

const kind = { what: 'the fleet file', syntax: 'E-FLT-SYNTAX', schema: 'E-FLT-SCHEMA' } as const

function contradiction(at: FileOrigin, message: string, hint: string): SvcsplitError {
  return new SvcsplitError('E-FLT-STATE', message, { at, hint })
}

/** A release by its name; unknown ones are told with their place in the file. */
function releaseAt(releases: Releases, text: string, at: FileOrigin): string {
  try {
    return releaseNamed(releases, text).name
  } catch (error) {
    throw placed(error, at)
  }
}

function serviceOf(file: YamlFile, releases: Releases, fleet: RawFleet, service: string): RunningService {
  const pointer = `/services/${service}`
  const { containers: listed, ...raw } = fleet.services[service]!
  const at = placeAt(file, pointer)
  const known = new Set(releases.list.flatMap(({ services }) => [...services.keys()]))
  if (!known.has(service)) {
    const near = nearestNames(service, known)
    throw new SvcsplitError('E-SVC-UNKNOWN', `there is no service ${JSON.stringify(service)}`, {
      at,
      hint: near.length > 0 ? `did you mean ${near[0]}?` : `known are ${[...known].sort().join(', ')}`,
    })
  }
  const named = raw.release ?? fleet.release
  if (named === undefined)
    throw contradiction(at, `which release of ${service} runs is not said`, 'add release: "2025.1"')
  const release = releaseAt(
    releases,
    named,
    placeAt(file, raw.release === undefined ? '/release' : `${pointer}/release`),
  )
  if (!releases.byName.get(release)!.services.has(service))
    throw contradiction(at, `release ${release} has no ${service}`, 'name the release that runs')
  if (raw.replicas !== undefined && listed !== undefined)
    throw contradiction(at, `${service} has a number of replicas and containers`, 'leave one of them out')
  const containers = listed?.map(
    ({ spare, ...one }): Container => ({
      arguments: [],
      volumes: [],
      environment: {},
      ...one,
      ...(spare === undefined ? {} : { spare: { environment: {}, ...spare } }),
    }),
  )
  return {
    units: [],
    volumes: [],
    environment: {},
    options: [],
    lists: {},
    replicas: 1,
    ...raw,
    ...(containers === undefined ? {} : { containers }),
    service,
    release,
    at,
  }
}

/** A service is in an image or on a shared host with the libraries of its own release, never both. */
function checkHost(file: YamlFile, hosts: FleetFile['hosts'], running: RunningService): void {
  const { service, release, on, image, units } = running
  const at = placeAt(file, `/services/${service}/on`)
  if (on === undefined) {
    if (units.length > 0)
      throw contradiction(at, `${service} has units and no host`, 'say on: HOST, or leave the units out')
    return
  }
  if (image !== undefined)
    throw contradiction(at, `${service} runs from an image and on a shared host`, 'leave one of them out')
  const libraries = hosts.get(on)
  if (libraries === undefined)
    throw contradiction(at, `there is no host ${JSON.stringify(on)}`, `add it under hosts, with its release`)
  if (libraries !== release)
    throw contradiction(
      at,
      `${service} is at ${release}, and ${on} has the libraries of ${libraries}`,
      `svcsplit analyze ${service}@${release} --host ${libraries} shows what that breaks`,
    )
}

/** Names of containers, and ports, are each there once on a machine. */
function checkContainers(file: YamlFile, services: FleetFile['services'], proxied: RawFleet['proxy']): void {
  const names = new Map<string, string>()
  for (const { service, containers = [] } of services.values()) {
    for (const [index, container] of containers.entries()) {
      const at = placeAt(file, `/services/${service}/containers/${index}`)
      const { host = '', spare, backend: serves } = container
      if (spare !== undefined && (proxied === undefined || serves === undefined))
        throw contradiction(
          at,
          `${container.name} has a spare, and no proxy that could change over to it`,
          'name the proxy, and its backend of the container, or leave the spare out',
        )
      for (const { name, port, backend } of spare === undefined ? [container] : [container, spare])
        for (const [what, key] of [
          [`container ${name}`, `${host} ${name}`],
          [`port ${port}`, port === undefined ? '' : `${host}:${port}`],
          [`server ${backend} of the proxy`, backend ?? ''],
        ] as const) {
          if (key === '') continue
          const other = names.get(key)
          if (other !== undefined)
            throw contradiction(
              at,
              `${what} is there twice, for ${other} and ${service}`,
              'each container has its own',
            )
          names.set(key, service)
        }
    }
  }
}

/** A fleet file from text; `E-FLT-*`, `E-SVC-UNKNOWN` and `E-REL-UNKNOWN` with line and column. */
export async function parseFleetFile(text: string, path: string, releases: Releases): Promise<FleetFile> {
  const file = parseYaml(text, path, kind)
  refuseOddYaml(file)
  checkSchema(file, fleetSchema)
  const raw = plainData(file) as RawFleet
  const hosts = new Map(
    Object.entries(raw.hosts ?? {}).map(([host, { release }]) => [
      host,
      releaseAt(releases, release, placeAt(file, `/hosts/${host}/release`)),
    ]),
  )
  const services = new Map(
    Object.keys(raw.services).map((service) => [service, serviceOf(file, releases, raw, service)]),
  )
  for (const running of services.values()) checkHost(file, hosts, running)
  checkContainers(file, services, raw.proxy)
  const { images, database, proxy } = raw
  return {
    path,
    python: raw.python ?? '3.11',
    platform: raw.platform ?? 'linux/amd64',
    engine: raw.engine ?? 'podman',
    options: raw.options ?? [],
    ...(images === undefined ? {} : { images }),
    ...(database === undefined ? {} : { database }),
    ...(proxy === undefined ? {} : { proxy: { drain: 30, ...proxy } }),
    hosts,
    services,
  }
}

export async function readFleetFile(path: string, releases: Releases): Promise<FleetFile> {
  return parseFleetFile(decodeText(await readInput(path), path), path, releases)
}

/**
 * A fleet of every service of a release, each in its own image, with its configuration and state where services
 * look for them: what is assumed where no file says better.
 */
export function fleetOfRelease(releases: Releases, release: string): FleetFile {
  const services = [...releases.byName.get(release)!.services.keys()].sort()
  return {
    path: releases.path,
    python: '3.11',
    platform: 'linux/amd64',
    engine: 'podman',
    options: ['--network=host'],
    hosts: new Map(),
    services: new Map(
      services.map((service) => [
        service,
        {
          service,
          release,
          units: [],
          replicas: 1,
          volumes: [`/etc/${service}:/etc/${service}:ro`, `/var/lib/${service}:/var/lib/${service}`],
          environment: {},
          options: [],
          lists: {},
          at: { path: releases.path },
        },
      ]),
    ),
  }
}

import { isAbsolute, join, relative, resolve } from 'node:path'
import type { IndexCatalog } from '#catalog/index-catalog.js'
import { moduleOfPath } from '#catalog/wheel-facts.js'
import { SvcsplitError, visible } from '#errors.js'
import { readCheckout, type ServiceSource } from '#inputs/checkout.js'
import { checkedProfile } from '#inputs/profile.js'
import { dataDir } from '#io/data-dir.js'
import { existsSync, statusOf } from '#io/files.js'
import { writeIfChanged } from '#io/write-files.js'
import { type DistributionName, isValidName, normalizeName } from '#pep/name.js'
import { isPrerelease, parseVersion } from '#pep/version.js'
import { readSetupCall } from '#surface/setup-call.js'
import { firstFleet, firstProfile } from './first-profile.js'
import { type IndexRequest, lazyIndex } from './open-index.js'

export interface InitRequest extends IndexRequest {
  /** The folder of a checkout, or the name of a distribution on the index. */
  readonly what: string
  /** What to call the service; by default its distribution, without `openstack-`. */
  readonly service?: string
  /** Of the release that the fleet file names. */
  readonly release: string
  /** Folder to write to; default: the data folder. */
  readonly to?: string
  /** Replace files that are there. */
  readonly force?: boolean
}

export interface Started {
  readonly service: string
  readonly distribution: string
  /** The version that the checkout states, or the newest of the index. */
  readonly version?: string
  /** The demands of a checkout, as a requirements file. */
  readonly requirements?: string
  /** Paths as they may be shown. */
  readonly written: readonly string[]
  /** Files that were there and were left as they are. */
  readonly kept: readonly string[]
}

/** Finals before pre-releases; what is yanked (PEP 592) last. */
async function newestFinal(catalog: IndexCatalog, name: DistributionName): Promise<string | undefined> {
  const versions = (await catalog.versions(name)).toReversed()
  for (const version of versions)
    if (!isPrerelease(parseVersion(version)) && !(await catalog.isYanked(name, version))) return version
  return versions[0]
}

/** What the newest version on the index says of itself. */
async function readIndex(name: string, request: IndexRequest): Promise<ServiceSource> {
  const distribution = normalizeName(name)
  const index = lazyIndex(request)
  try {
    const catalog = await index.open()
    const version = await newestFinal(catalog, distribution)
    if (version === undefined)
      throw new SvcsplitError('E-IDX-NOTFOUND', `the index has no distribution ${visible(name, 80)}`, {
        hint: 'name the folder of a checkout, or a distribution that the index has',
      })
    const metadata = await catalog.metadata(distribution, version)
    const starts = await catalog.entryPoints(distribution, version)
    const modules = (starts?.wsgi ?? []).flatMap((path) => moduleOfPath(path) ?? [])
    return {
      distribution: name,
      version,
      scripts: [
        ...new Set([
          ...(starts?.groups.get('console_scripts')?.keys() ?? []),
          ...(starts?.groups.get('wsgi_scripts')?.keys() ?? []),
          ...(starts?.scripts.keys() ?? []),
        ]),
      ].sort(),
      wsgi: modules.map((module) => `${module}:application`).sort(),
      extras: [...(metadata?.extras ?? [])].sort(),
      requirements: metadata?.requires ?? [],
      groups: new Map(),
      configuration: [],
    }
  } finally {
    await index.close()
  }
}

function requirementsOf({ distribution, requirements }: ServiceSource): string {
  return [`# What the checkout of ${distribution} demands, as svcsplit init read it.`, ...requirements, '']
    .map((line) => visible(line, 10_000))
    .join('\n')
}

/**
 * Writes a profile and a fleet file to begin with for a service of the user's own.
 * @throws E-OUT-EXISTS, E-REQ-*, E-IDX-*, E-NET-*, E-FS-*
 */
export async function init(request: InitRequest): Promise<Started> {
  const { what, release, force } = request
  const to = request.to ?? dataDir()
  if (to === undefined)
    throw new SvcsplitError('E-CLI-USAGE', 'there is no folder for your own data', {
      hint: 'set SVCSPLIT_DATA_DIR, or give --to DIR',
    })
  const isFolder = (await statusOf(what))?.kind === 'folder'
  if (!isFolder && !isValidName(what))
    throw new SvcsplitError('E-CLI-USAGE', `${JSON.stringify(what)} is neither a folder nor a distribution`)
  const source = isFolder ? await readCheckout(what, readSetupCall) : await readIndex(what, request)
  const service = request.service ?? normalizeName(source.distribution).replace(/^openstack-/, '')
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(service) || service.length > 63)
    throw new SvcsplitError('E-CLI-USAGE', `${JSON.stringify(service)} cannot name a service`, {
      hint: 'give it a name of lower case letters, digits and hyphens: --service NAME',
    })
  const profilePath = join(to, 'profiles', `${service}.yaml`)
  if (existsSync(profilePath) && force !== true)
    throw new SvcsplitError('E-OUT-EXISTS', `there is a profile of ${service}`, {
      at: { path: typedPath(profilePath) },
      hint: 'edit it, or give --force to begin anew',
    })
  const from = isFolder ? 'its checkout' : `${source.distribution} ${source.version}`
  const profile = firstProfile({ service, source, from })
  checkedProfile(profile, profilePath)
  const written: string[] = []
  const kept: string[] = []
  const write = async (path: string, text: string): Promise<void> => {
    if (await writeIfChanged(path, text)) written.push(typedPath(path))
  }
  await write(profilePath, profile)
  const requirements = isFolder ? join(to, 'requirements', `${service}.txt`) : undefined
  if (requirements !== undefined) await write(requirements, requirementsOf(source))
  const fleetPath = join(to, 'fleet.yaml')
  if (existsSync(fleetPath) && force !== true) kept.push(typedPath(fleetPath))
  else await write(fleetPath, firstFleet(service, release))
  return {
    service,
    distribution: source.distribution,
    ...(source.version === undefined ? {} : { version: source.version }),
    ...(requirements === undefined ? {} : { requirements: typedPath(requirements) }),
    written,
    kept,
  }
}

/** A path as it can be typed here. For the terminal alone: what is kept names no folder of a machine. */
function typedPath(path: string): string {
  const here = relative(process.cwd(), path)
  return here.startsWith('..') || isAbsolute(here) ? resolve(path) : here
}

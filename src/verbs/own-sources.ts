import { createHash } from 'node:crypto'
import { bufferSource } from '#catalog/byte-sources.js'
import type { DistributionFile, Metadata } from '#catalog/catalog.js'
import type { IndexCatalog } from '#catalog/index-catalog.js'
import type { UniverseFacts, UniverseInput } from '#catalog/universe.js'
import { type EntryPoints, readWheelEntryPoints, readWheelMetadata } from '#catalog/wheel-facts.js'
import { SvcsplitError, visible } from '#errors.js'
import { wsgiModules } from '#inputs/checkout.js'
import { readCheckoutFiles } from '#inputs/checkout-files.js'
import { checkoutMetadata } from '#inputs/checkout-metadata.js'
import { checkoutPackage } from '#inputs/checkout-package.js'
import type { Fleet } from '#inputs/fleet.js'
import type { BlobStore } from '#io/blob-store.js'
import { readBytes, readChunks, statusOf } from '#io/files.js'
import { parseCoreMetadata } from '#pep/core-metadata.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import type { SourceFile } from '#surface/read-distribution.js'
import { readSetupCall } from '#surface/setup-call.js'
import { checkoutSources } from './checkout-sources.js'
import { wheelSources } from './wheel-sources.js'

/** A version of a user's own release of which a checkout, or a wheel that no index has, is read. */
export interface OwnSource {
  readonly distribution: DistributionName
  readonly version: string
  /** A folder, or a file `*.whl`. */
  readonly path: string
}

export interface ReadSource extends OwnSource {
  readonly metadata: Metadata
  readonly entryPoints: EntryPoints
  /** The wheel itself, as an index would list it; of a checkout nothing is made. */
  readonly listed: readonly DistributionFile[]
  /** What it installs, or would. @throws E-FS-*, E-WHL-* */
  files(): Promise<readonly SourceFile[]>
}

/** By `name key-of-version`. */
export type OwnSources = ReadonlyMap<string, ReadSource>

/** No wheel of a service is larger. */
const largestWheel = { maxBytes: 512 * 1024 * 1024 }

export function keyOfVersion(name: DistributionName, version: string): string {
  return `${name} ${tryParseVersion(version)?.key ?? version}`
}

/**
 * What a source says of itself, and that it is what it is given for.
 * @throws E-FS-*, E-REQ-*, E-IDX-METADATA, E-CLI-USAGE
 */
export async function readOwnSource(own: OwnSource): Promise<ReadSource> {
  const { path } = own
  const kind = (await statusOf(path, { follow: true }))?.kind
  if (kind === 'folder') return readCheckout(own)
  if (kind === 'file' && path.endsWith('.whl')) return readWheel(own)
  if (kind === undefined)
    throw new SvcsplitError('E-FS-NOTFOUND', `there is no source ${visible(path)}`, { at: { path } })
  throw new SvcsplitError('E-FS-KIND', `${visible(path)} is neither a folder nor a wheel`, {
    at: { path },
    hint: 'unpack an sdist and name its folder: tar xzf FILE',
  })
}

async function readCheckout(own: OwnSource): Promise<ReadSource> {
  const { path } = own
  const read = await readCheckoutFiles(path, readSetupCall)
  const stated = await checkoutMetadata(read)
  const contents = await checkoutPackage(read, stated.distribution)
  requireSame(own, { what: 'a checkout', name: stated.distribution, version: stated.version })
  if (contents.tops.length === 0)
    throw new SvcsplitError('E-CLI-USAGE', `${visible(path)} has no Python package`, {
      hint: 'name the folder that pyproject.toml, setup.cfg or setup.py is in',
    })
  const { requiresPython, requirements, extraRequirements, extras, entryPoints } = stated
  const wsgi = await wsgiModules(read, stated.distribution)
  return {
    ...own,
    metadata: {
      distribution: own.distribution,
      version: own.version,
      ...(requiresPython === undefined ? {} : { requiresPython }),
      requires: [...requirements, ...extraRequirements],
      extras,
      // sources that state it, as an sdist does
      from: 'sdist',
    },
    entryPoints: {
      groups: entryPoints,
      scripts: new Map(),
      wsgi: wsgi.map((target) => `${target.split(':')[0]!.replaceAll('.', '/')}.py`).sort(),
    },
    listed: [],
    files: () => checkoutSources(path, contents),
  }
}

async function readWheel(own: OwnSource): Promise<ReadSource> {
  const { path } = own
  const filename = path.split('/').at(-1)!
  const bytes = await readBytes(path, largestWheel)
  const source = bufferSource(filename, bytes)
  const { name, version, requiresPython, requiresDist, providesExtra } = parseCoreMetadata(
    await readWheelMetadata(source, filename),
  )
  requireSame(own, { what: 'a wheel', name, version })
  return {
    ...own,
    metadata: {
      distribution: own.distribution,
      version: own.version,
      ...(requiresPython === undefined ? {} : { requiresPython }),
      requires: requiresDist,
      extras: providesExtra,
      from: 'wheel',
    },
    entryPoints: await readWheelEntryPoints(source, filename),
    listed: [{ filename, sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length }],
    files: async () => wheelSources(await readBytes(path, largestWheel), filename),
  }
}

interface Stated {
  readonly what: string
  readonly name: string
  readonly version: string | undefined
}

/** @throws E-CLI-USAGE where a source is of something else than it is given for */
function requireSame({ distribution, version, path }: OwnSource, stated: Stated): void {
  const refuse = (what: string, hint: string): never => {
    throw new SvcsplitError('E-CLI-USAGE', `${visible(path)} ${what}`, { hint })
  }
  if (normalizeName(stated.name) !== distribution)
    refuse(`is ${stated.what} of ${visible(stated.name)}, not of ${distribution}`, 'give each its own source')
  const has = stated.version
  if (has !== undefined && keyOfVersion(distribution, has) !== keyOfVersion(distribution, version))
    refuse(
      `is version ${visible(has)} of ${distribution}, and the release has ${visible(version)}`,
      'take the source that the release has, or import the release with this version',
    )
}

/** What own releases take from sources of their own. */
export function sourcesNamed(fleet: Fleet): readonly OwnSource[] {
  return fleet.releases.list.flatMap(({ name, services, sources }) =>
    [...(sources ?? [])].flatMap(([distribution, path]) => {
      const shipped = [...services.values()].filter((one) => one.distribution === distribution)
      const pins = fleet.constraints(name).pins.get(distribution) ?? []
      return (shipped.length > 0 ? shipped : pins).map(({ version }) => ({ distribution, version, path }))
    }),
  )
}

/** The sources of all own releases. @throws as `readOwnSource`, E-CAT-MIX */
export async function ownSources(fleet: Fleet): Promise<OwnSources> {
  const found = new Map<string, ReadSource>()
  for (const own of sourcesNamed(fleet)) {
    const { distribution, version, path } = own
    const key = keyOfVersion(distribution, version)
    const before = found.get(key)
    if (before === undefined) found.set(key, await readOwnSource(own))
    else if (before.path !== path)
      throw new SvcsplitError('E-CAT-MIX', `${distribution} ${version} has two sources`, {
        hint: `${visible(before.path)} and ${visible(path)}: import the releases with one of them`,
      })
  }
  return found
}

/** The index with own sources in place of what it may have of those versions. */
export function withOwnSources(index: IndexCatalog, sources: OwnSources): IndexCatalog {
  const of = (name: DistributionName, version: string) => sources.get(keyOfVersion(name, version))
  return {
    ...index,
    async metadata(name, version) {
      return of(name, version)?.metadata ?? index.metadata(name, version)
    },
    files: async (name, version) => of(name, version)?.listed ?? index.files(name, version),
    async entryPoints(name, version) {
      return of(name, version)?.entryPoints ?? index.entryPoints(name, version)
    },
  }
}

/** A name of which only own sources are wanted is nobody else's business: the index is not asked for it. */
export function universeWithOwnSources(
  asked: UniverseFacts,
  { pins, roots }: UniverseInput,
  sources: OwnSources,
): UniverseFacts {
  return {
    ...asked,
    async versions(name) {
      const own = [...sources.values()].filter(({ distribution }) => distribution === name)
      const wanted = [
        ...(pins.get(name) ?? []),
        ...roots.filter((root) => root.name === name).map(({ version }) => version),
      ]
      const isOwn = own.length > 0 && wanted.every((version) => sources.has(keyOfVersion(name, version)))
      const versions = own.map(({ version }) => [tryParseVersion(version)?.key ?? version, version] as const)
      return new Map([...(isOwn ? [] : await asked.versions(name)), ...versions])
    },
  }
}

/** Wheels are kept where those of the index are, so that an image can be made of them. @throws E-FS-* */
export async function keepWheels(sources: OwnSources, store: BlobStore): Promise<void> {
  for (const { path, listed } of sources.values()) if (listed.length > 0) await store.put(readChunks(path))
}

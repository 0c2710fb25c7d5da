import type { Metadata } from '#catalog/catalog.js'
import type { IndexCatalog } from '#catalog/index-catalog.js'
import type { UniverseFacts, UniverseInput } from '#catalog/universe.js'
import type { EntryPoints } from '#catalog/wheel-facts.js'
import { SvcsplitError, visible } from '#errors.js'
import { readCheckout, type ServiceSource } from '#inputs/checkout.js'
import { type CheckoutPackage, readCheckoutPackage } from '#inputs/checkout-package.js'
import type { Fleet } from '#inputs/fleet.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'

/** A version of a user's own release whose checkout is read in place of a wheel. */
export interface OwnCheckout {
  readonly distribution: DistributionName
  readonly version: string
  readonly folder: string
}

export interface ReadCheckout extends OwnCheckout {
  readonly source: ServiceSource
  readonly contents: CheckoutPackage
}

/** By `name key-of-version`. */
export type OwnCheckouts = ReadonlyMap<string, ReadCheckout>

export function keyOfVersion(name: DistributionName, version: string): string {
  return `${name} ${tryParseVersion(version)?.key ?? version}`
}

/**
 * What a checkout says of itself, and that it is what it is given for.
 * @throws E-FS-*, E-REQ-SYNTAX, E-CLI-USAGE
 */
export async function readOwnCheckout(own: OwnCheckout): Promise<ReadCheckout> {
  const { distribution, version, folder } = own
  const source = await readCheckout(folder)
  const contents = await readCheckoutPackage(folder, source.distribution)
  const refuse = (what: string, hint: string): never => {
    throw new SvcsplitError('E-CLI-USAGE', `${visible(folder)} ${what}`, { hint })
  }
  if (normalizeName(source.distribution) !== distribution)
    refuse(
      `is a checkout of ${visible(source.distribution)}, not of ${distribution}`,
      'give each its own folder',
    )
  const stated = contents.version
  if (stated !== undefined && keyOfVersion(distribution, stated) !== keyOfVersion(distribution, version))
    refuse(
      `is version ${visible(stated)} of ${distribution}, and the release has ${visible(version)}`,
      'check out what the release has, or import the release with what is checked out',
    )
  if (contents.tops.length === 0)
    refuse('has no Python package', 'name the folder that pyproject.toml or setup.cfg is in')
  return { ...own, source, contents }
}

/** What own releases take from checkouts. */
export function checkoutsNamed(fleet: Fleet): readonly OwnCheckout[] {
  return fleet.releases.list.flatMap(({ name, services, sources }) =>
    [...(sources ?? [])].flatMap(([distribution, folder]) => {
      const shipped = [...services.values()].filter((one) => one.distribution === distribution)
      const pins = fleet.constraints(name).pins.get(distribution) ?? []
      return (shipped.length > 0 ? shipped : pins).map(({ version }) => ({ distribution, version, folder }))
    }),
  )
}

/** The checkouts of all own releases. @throws as `readOwnCheckout`, E-CAT-MIX */
export async function ownCheckouts(fleet: Fleet): Promise<OwnCheckouts> {
  const found = new Map<string, ReadCheckout>()
  for (const own of checkoutsNamed(fleet)) {
    const { distribution, version, folder } = own
    const key = keyOfVersion(distribution, version)
    const before = found.get(key)
    if (before === undefined) found.set(key, await readOwnCheckout(own))
    else if (before.folder !== folder)
      throw new SvcsplitError('E-CAT-MIX', `${distribution} ${version} has two checkouts`, {
        hint: `${visible(before.folder)} and ${visible(folder)}: import the releases with one of them`,
      })
  }
  return found
}

function metadataOf({ distribution, version, source, contents }: ReadCheckout): Metadata {
  const { requiresPython, extraRequirements } = contents
  return {
    distribution,
    version,
    ...(requiresPython === undefined ? {} : { requiresPython }),
    requires: [...source.requirements, ...extraRequirements],
    extras: source.extras,
    // sources that state it, as an sdist does
    from: 'sdist',
  }
}

function entryPointsOf({ source, contents }: ReadCheckout): EntryPoints {
  const paths = source.wsgi.map((application) => `${application.split(':')[0]!.replaceAll('.', '/')}.py`)
  return { groups: contents.entryPoints, scripts: new Map(), wsgi: paths.sort() }
}

/** The index with checkouts in place of what it may have of those versions. */
export function withCheckouts(index: IndexCatalog, checkouts: OwnCheckouts): IndexCatalog {
  const of = (name: DistributionName, version: string) => checkouts.get(keyOfVersion(name, version))
  return {
    ...index,
    async metadata(name, version) {
      const checkout = of(name, version)
      return checkout === undefined ? index.metadata(name, version) : metadataOf(checkout)
    },
    files: async (name, version) => (of(name, version) === undefined ? index.files(name, version) : []),
    async entryPoints(name, version) {
      const checkout = of(name, version)
      return checkout === undefined ? index.entryPoints(name, version) : entryPointsOf(checkout)
    },
  }
}

/** A name of which only checkouts are wanted is nobody else's business: the index is not asked for it. */
export function universeWithCheckouts(
  asked: UniverseFacts,
  { pins, roots }: UniverseInput,
  checkouts: OwnCheckouts,
): UniverseFacts {
  return {
    ...asked,
    async versions(name) {
      const own = [...checkouts.values()].filter(({ distribution }) => distribution === name)
      const wanted = [
        ...(pins.get(name) ?? []),
        ...roots.filter((root) => root.name === name).map(({ version }) => version),
      ]
      const isOwn = own.length > 0 && wanted.every((version) => checkouts.has(keyOfVersion(name, version)))
      const versions = own.map(({ version }) => [tryParseVersion(version)?.key ?? version, version] as const)
      return new Map([...(isOwn ? [] : await asked.versions(name)), ...versions])
    },
  }
}

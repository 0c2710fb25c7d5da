import { SvcsplitError, visible } from '#errors.js'
import type { Lock, LockedDistribution } from '#lock/lock.js'
import type { Digest } from '#oci/digest.js'
import type { DistributionName } from '#pep/name.js'
import { parseVersion } from '#pep/version.js'
import { byText, type ImageFacts } from './image-facts.js'
import type { InstalledDistribution } from './layer-facts.js'
import type { Licence } from './licence.js'
import { debianPurl, ociPurl, pypiPurl } from './purl.js'
import type { SystemPackage, SystemRelease } from './system-facts.js'

/** Which image a document speaks of. */
export interface AttestedImage {
  /** As a layout names it: `glance:2025.1`. */
  readonly name: string
  /** Of its manifest. */
  readonly digest: Digest
  readonly platform: 'linux/amd64' | 'linux/arm64'
  readonly base?: { readonly name: string; readonly digest: Digest }
}

/** A file as a lock names it. */
interface BillFile {
  readonly filename: string
  /** Hex. */
  readonly sha256: string
}

/** A distribution of the environment, with what lock and image say of it. */
export interface BillDistribution {
  readonly name: DistributionName
  readonly rawName: string
  readonly version: string
  readonly purl: string
  readonly licence: Licence
  readonly summary?: string
  /** What was installed; of a wheel built from an sdist, only locks that a build has written know it. */
  readonly wheel?: BillFile
  /** What the wheel was built from, where the index has none. */
  readonly sdist?: BillFile
  /** Names of distributions of the environment, sorted. */
  readonly dependencies: readonly DistributionName[]
}

export interface BillPackage extends SystemPackage {
  readonly purl: string
}

/** All that an image consists of: what every SBOM says in its own words. */
export interface Bill {
  readonly image: AttestedImage & { readonly title: string; readonly version: string; readonly purl: string }
  /** The service's own distribution. */
  readonly root: DistributionName
  readonly release?: string
  /** Sorted by name. */
  readonly distributions: readonly BillDistribution[]
  /** Those outside of the environment that no system package brings; `purl` may repeat one of the environment. */
  readonly others: readonly (InstalledDistribution & { readonly purl: string })[]
  readonly packages: readonly BillPackage[]
  readonly system?: SystemRelease
}

export interface BillRequest {
  readonly image: AttestedImage
  readonly lock: Lock
  readonly facts: ImageFacts
  /** Where the environment is: `/opt/venv`. */
  readonly prefix: string
}

/** Debian's own Python distributions lie here; its packages stand for them. */
const systemFolder = 'usr/lib/python3/dist-packages/'

/** Brings lock and image together. @throws SvcsplitError E-ATT-LOCK when they are not one set of distributions */
export function billOf({ image, lock, facts, prefix }: BillRequest): Bill {
  const environment = `${prefix.slice(1)}/`
  const installed = facts.distributions.filter(({ folder }) => folder.startsWith(environment))
  checkSame(lock, installed)
  const byName = new Map(installed.map((item) => [item.name, item]))
  const architecture = image.platform.slice('linux/'.length)
  const root = lock.distributions.find(({ name }) => name === lock.root)!
  return {
    image: {
      ...image,
      title: lock.service,
      version: root.version,
      purl: ociPurl(lock.service, image.digest, architecture),
    },
    root: lock.root,
    ...(lock.release === undefined ? {} : { release: lock.release }),
    distributions: lock.distributions.map((locked) => billDistribution(locked, byName.get(locked.name)!)),
    others: facts.distributions
      .filter(({ folder }) => !folder.startsWith(environment) && !folder.startsWith(systemFolder))
      .map((item) => ({ ...item, purl: pypiPurl(item.name, visible(item.version)) })),
    packages: facts.packages.map((item) => billPackage(item, facts.system)),
    ...(facts.system === undefined ? {} : { system: facts.system }),
  }
}

function checkSame(lock: Lock, installed: readonly InstalledDistribution[]): void {
  const present = new Map(installed.map((item) => [item.name, item.version]))
  const locked = new Map(lock.distributions.map((item) => [item.name, item.version]))
  const missing = lock.distributions.filter(({ name }) => !present.has(name))
  const surplus = installed.filter(({ name }) => !locked.has(name))
  const other = lock.distributions.filter(
    ({ name, version }) =>
      present.has(name) && parseVersion(present.get(name)!).text !== parseVersion(version).text,
  )
  const problems = [
    ...other.map(
      ({ name, version }) => `${name} is ${visible(present.get(name)!)} in the image, ${version} in the lock`,
    ),
    ...missing.map(({ name, version }) => `${name} ${version} of the lock is not in the image`),
    ...surplus.map(({ name, version }) => `${name} ${visible(version)} of the image is not in the lock`),
  ]
  if (problems.length === 0) return
  const shown = problems.slice(0, 5)
  const rest = problems.length - shown.length
  throw new SvcsplitError(
    'E-ATT-LOCK',
    `the image is not what the lock says: ${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`,
    { hint: 'give the lock that the image was built from: --lock FILE' },
  )
}

function billDistribution(locked: LockedDistribution, found: InstalledDistribution): BillDistribution {
  const { name, dependencies, sdist } = locked
  const wheel = locked.wheel ?? locked.built
  return {
    name,
    rawName: found.rawName,
    version: found.version,
    purl: pypiPurl(name, found.version),
    licence: found.licence,
    ...(found.summary === undefined ? {} : { summary: visible(found.summary, 500) }),
    ...(wheel === undefined ? {} : { wheel: { filename: wheel.filename, sha256: wheel.sha256 } }),
    ...(locked.wheel !== undefined || sdist === undefined
      ? {}
      : { sdist: { filename: sdist.filename, sha256: sdist.sha256 } }),
    dependencies: [...dependencies].sort(byText),
  }
}

function billPackage(item: SystemPackage, system: SystemRelease | undefined): BillPackage {
  const name = visible(item.name)
  const version = visible(item.version)
  const { architecture, source } = item
  const purl = debianPurl(name, version, {
    vendor: visible(system?.id ?? 'debian').toLowerCase(),
    ...(architecture === undefined ? {} : { arch: visible(architecture) }),
    ...(system?.version === undefined ? {} : { distro: visible(`${system.id}-${system.version}`) }),
    ...(source === undefined ? {} : { upstream: visible(source) }),
  })
  return { ...item, name, version, purl }
}

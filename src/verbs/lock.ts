import type { IndexCatalog } from '#catalog/index-catalog.js'
import type { Snapshot } from '#catalog/snapshot.js'
import { type Hit, visitHits } from '#collisions/check.js'
import { levelOf } from '#collisions/finding.js'
import { formatOrigin, SvcsplitError } from '#errors.js'
import { pinsFor } from '#inputs/constraints-file.js'
import type { Fleet } from '#inputs/fleet.js'
import { freeze, type Pinned } from '#lock/freeze.js'
import type { Lock, LockedDistribution, LockTarget } from '#lock/lock.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { newestWithin } from '#pep/specifier-set.js'
import { type Closure, closure, distributionsOf, type Member, type Pins, type Root } from '#solver/closure.js'
import type { ClosureFacts } from '#solver/closure-demands.js'
import { factsOf, serviceRoot } from './service-release.js'

export interface LockRequest {
  readonly service: string
  readonly release: string
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** The newest glibc that a wheel may want, as `2.36`. */
  readonly glibc: string
}

function told(hit: Hit, member: Member): string {
  const { rule, demand, supply } = hit
  if (demand === undefined) return `${member.name} ${member.version} does not run on this Python (${rule})`
  const pin = supply?.version === undefined ? '' : `, pinned ${supply.version}`
  return `${demand.by} demands ${demand.target}${demand.specifier}${pin} (${rule}, ${formatOrigin(demand.origin)})`
}

/** What keeps a closure from being one consistent set, told in one line each. */
function flaws(walked: Closure): readonly string[] {
  const lines = walked.undecided.map(
    ({ distribution, version, reason }) =>
      `${distribution}${version === undefined ? '' : ` ${version}`}: ${reason}`,
  )
  visitHits(walked, undefined, (hit, member) => {
    if (levelOf[hit.rule] === 'error') lines.push(told(hit, member))
    else if (hit.supply?.version === undefined && hit.demand !== undefined)
      lines.push(`${hit.demand.target}: no version is known`)
  })
  return [...new Set(lines)]
}

const shared = new WeakMap<Snapshot, ClosureFacts>()

/** One object for all closures over a snapshot: what they compile of its demands is then compiled once. */
function sharedFacts(snapshot: Snapshot): ClosureFacts {
  const facts = shared.get(snapshot) ?? factsOf(snapshot)
  shared.set(snapshot, facts)
  return facts
}

type ClosureRequest = Pick<LockRequest, 'service' | 'release' | 'python' | 'platform'>

function walkOwn(fleet: Fleet, snapshot: Snapshot, request: ClosureRequest): Closure {
  const { service, release, python, platform } = request
  const environment = markerEnvironment(python, platform)
  const facts = sharedFacts(snapshot)
  const root = serviceRoot(fleet, facts, service, release)
  const pins = withBounded(pinsFor(fleet.constraintsOf(service, release), environment), root, facts)
  return closure({ root, pins, environment, facts })
}

/** What no release pins and the profile bounds is at the newest version within the bound. */
function withBounded(pins: Pins, { additions }: Root, facts: ClosureFacts): Pins {
  const bounded = additions.flatMap(({ requirement: { name, specifiers }, at }) => {
    if (pins.has(name) || specifiers.specifiers.length === 0) return []
    const version = newestWithin(specifiers, facts.versions(name))
    return version === undefined ? [] : [[name, { version, at }] as const]
  })
  return bounded.length === 0 ? pins : new Map([...pins, ...bounded])
}

/** What a service release reaches under its own pins, whether it is one consistent set or not. */
export function ownDistributions(
  fleet: Fleet,
  snapshot: Snapshot,
  request: ClosureRequest,
): readonly { readonly name: DistributionName }[] {
  return [...distributionsOf(walkOwn(fleet, snapshot, request)).keys()].map((name) => ({ name }))
}

/** The closure of a service release under its own pins; E-LCK-UNSOLVED when it is not one consistent set. */
export function ownClosure(fleet: Fleet, snapshot: Snapshot, request: ClosureRequest): Closure {
  const { service, release, python } = request
  const walked = walkOwn(fleet, snapshot, request)
  const found = flaws(walked)
  if (found.length > 0) {
    throw new SvcsplitError(
      'E-LCK-UNSOLVED',
      `${service}@${release} has no complete set of distributions on Python ${python}:\n  ${found.join('\n  ')}`,
      {
        hint: `svcsplit analyze ${service}@${release} --host ${release} --python ${python} shows the evidence`,
      },
    )
  }
  return walked
}

function pinnedOf(name: DistributionName, member: Member, snapshot: Snapshot): Pinned {
  const version = member.version!
  const demanded = member.set.demands.map(({ target }) => target).filter((target) => target !== name)
  const requiresPython = member.metadata?.requiresPython
  return {
    name,
    version,
    ...(requiresPython === undefined ? {} : { requiresPython }),
    dependencies: [...new Set(demanded)],
    files: snapshot.files(name, version),
  }
}

/**
 * A service release under its own pins, frozen to one file a distribution, from shipped facts.
 * @throws E-LCK-UNSOLVED, E-LCK-NOFILE
 */
export function lockRelease(fleet: Fleet, snapshot: Snapshot, request: LockRequest): Lock {
  const walked = ownClosure(fleet, snapshot, request)
  const target: LockTarget = { ...request, root: walked.root.distribution!.name }
  return freeze(
    target,
    [...distributionsOf(walked)].map(([name, member]) => pinnedOf(name, member, snapshot)),
  )
}

/** The URL of a file, from the index that has it now; the hash that was locked stays the one that counts. */
export async function urlOf(
  { name, version, wheel, sdist }: LockedDistribution,
  index: IndexCatalog,
): Promise<string> {
  const wanted = wheel ?? sdist!
  const files = await index.files(name, version)
  const found = files.find(({ filename }) => filename === wanted.filename)
  if (found?.url === undefined) {
    throw new SvcsplitError('E-IDX-NOTFOUND', `the index no longer has ${wanted.filename}`, {
      hint: 'choose another --index-url, or run svcsplit catalog update',
    })
  }
  if (found.sha256 !== wanted.sha256) {
    throw new SvcsplitError(
      'E-IDX-HASH',
      `${wanted.filename} is not the file that was locked: sha256 ${wanted.sha256} is wanted, the index has ${found.sha256}`,
    )
  }
  return found.url
}

async function located(distribution: LockedDistribution, index: IndexCatalog): Promise<LockedDistribution> {
  const { wheel, sdist } = distribution
  const url = await urlOf(distribution, index)
  return wheel === undefined
    ? { ...distribution, sdist: { ...sdist!, url } }
    : { ...distribution, wheel: { ...wheel, url } }
}

/** The same lock with the URL of each file. @throws E-IDX-NOTFOUND, E-IDX-HASH, E-NET-* */
export async function withUrls(lock: Lock, index: IndexCatalog): Promise<Lock> {
  return { ...lock, distributions: await Promise.all(lock.distributions.map((one) => located(one, index))) }
}

import { loadSnapshot } from '#catalog/snapshot.js'
import { SvcsplitError } from '#errors.js'
import { pinsFor } from '#inputs/constraints-file.js'
import { type InputFile, loadFleet } from '#inputs/fleet.js'
import { nearestNames } from '#inputs/nearest-name.js'
import { releaseNamed, serviceReleaseNamed } from '#inputs/releases.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import { type DistributionName, isValidName, normalizeName } from '#pep/name.js'
import { type Chains, chainsTo } from '#solver/chains.js'
import { closure, distributionsOf, type Member, type Supply } from '#solver/closure.js'
import { accepts, type Demand } from '#solver/closure-demands.js'
import { toolVersion } from '#version.js'
import { candidateOf, factsOf } from './service-release.js'
import { type Bounds, strictest } from './strictest-bounds.js'

export interface WhyOptions {
  /** `nova@2026.1` or `nova`. */
  readonly service: string
  readonly distribution: string
  /** A release; that of the service if left out. */
  readonly host?: string
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
}

/** A demand of the closure on the distribution, and whether it accepts the version that is there. */
export interface Wanted {
  readonly demand: Demand
  readonly isMet: boolean
}

/** Question 7: by which chains of demands a distribution is in a service, and what decides its version. */
export interface WhyResult {
  readonly toolVersion: string
  readonly inputs: readonly InputFile[]
  readonly python: string
  readonly platform: string
  readonly service: string
  readonly release: string
  readonly host: string
  readonly distribution: DistributionName
  /** None where nothing in the closure demands it. */
  readonly member: Member | undefined
  /** The constraint on it, whether it is demanded or not. */
  readonly pin: Supply | undefined
  /** Direct ones first, then by who demands. */
  readonly wanted: readonly Wanted[]
  readonly bounds: Bounds
  readonly chains: Chains
}

/** Chains that are told one by one. */
const mostChains = 1000

export function why(options: WhyOptions): WhyResult {
  const { python, platform } = options
  const fleet = loadFleet()
  const { service, release } = serviceReleaseNamed(fleet.releases, options.service)
  const host = options.host === undefined ? release : releaseNamed(fleet.releases, options.host)
  const snapshot = loadSnapshot(...fleet.catalogDirs)
  const facts = factsOf(snapshot)
  const environment = markerEnvironment(python, platform)
  const candidate = candidateOf(fleet, snapshot, facts, service, release.name)
  const ownPins = candidate.ownPins(environment)!
  const pins = options.host === undefined ? ownPins : pinsFor(fleet.constraints(host.name), environment)
  const walked = closure({ root: candidate.root, pins, ownPins, environment, facts })
  const members = distributionsOf(walked)
  const distribution = nameOf(options.distribution)
  if (!members.has(distribution) && !pins.has(distribution) && facts.versions(distribution).length === 0) {
    const near = nearestNames(distribution, new Set<string>([...members.keys(), ...pins.keys()]))
    throw new SvcsplitError(
      'E-REQ-NAME',
      `no distribution ${JSON.stringify(options.distribution)} is known`,
      {
        hint:
          near.length > 0
            ? `did you mean ${near.join(' or ')}?`
            : `svcsplit lock ${service}@${release.name} lists what the service has`,
      },
    )
  }
  const member = members.get(distribution)
  const wanted = walked.members
    .flatMap(({ set }) => set.demands)
    .filter(({ target }) => target === distribution)
    .map((demand) => ({ demand, isMet: member?.version !== undefined && accepts(demand, member.version) }))
    .sort(
      (one, other) =>
        Number(other.demand.direct) - Number(one.demand.direct) || (one.demand.by < other.demand.by ? -1 : 1),
    )
  return {
    toolVersion: toolVersion(),
    inputs: fleet.inputs(),
    python,
    platform,
    service,
    release: release.name,
    host: host.name,
    distribution,
    member,
    pin: pins.get(distribution),
    wanted,
    bounds: strictest(wanted.map(({ demand }) => demand)),
    chains: member === undefined ? { chains: [], isAll: true } : chainsTo(walked, member, mostChains),
  }
}

function nameOf(text: string): DistributionName {
  if (!isValidName(text))
    throw new SvcsplitError('E-REQ-NAME', `${JSON.stringify(text)} is no distribution name`, {
      hint: 'such as oslo.service: letters, digits, dots, hyphens and underscores',
    })
  return normalizeName(text)
}

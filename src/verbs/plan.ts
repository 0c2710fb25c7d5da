import { createHash } from 'node:crypto'
import { SvcsplitError } from '#errors.js'
import { type FleetFile, fleetOfRelease, readFleetFile } from '#inputs/fleet-file.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { releaseNamed, serviceReleaseNamed } from '#inputs/releases.js'
import { statusOf } from '#io/files.js'
import type { Lock } from '#lock/lock.js'
import type { Progress } from '#progress.js'
import { type Move, makePlan } from '#upgrade/make-plan.js'
import type { ImageFacts, Plan, Untouched } from '#upgrade/plan.js'
import { compare, openFacts } from './diff.js'
import { type FoundImage, imageFinder, keptImages, pulledBytes, referenceIn } from './fleet-images.js'
import { lockRelease } from './lock.js'
import { candidateOf, factsOf } from './service-release.js'

export interface PlanRequest {
  /** `nova@2026.1`. */
  readonly targets: readonly string[]
  /** What runs now: a fleet file, or every service of a release. */
  readonly fleet?: string
  readonly from?: string
  /** Where images are, in place of what the fleet file says. */
  readonly images?: string
  /** Seconds of a window. */
  readonly window?: number
  readonly glibc: string
  readonly offline?: boolean
  readonly plainHttp?: boolean
  readonly root?: string
  readonly progress?: Progress
}

/** Where images are taken to be if nobody says: in the store of the machine, as a build names them. */
export const localImages = 'localhost/{service}:{release}'

/** `name==version` lines, hashed: two environments with the same sum have the same libraries. */
export function librariesOf({ distributions }: Lock): ImageFacts['libraries'] {
  const lines = distributions.map(({ name, version }) => `${name}==${version}\n`).sort()
  return { count: lines.length, sha256: createHash('sha256').update(lines.join('')).digest('hex') }
}

export async function fleetFor(
  request: PlanRequest,
  facts: ReturnType<typeof openFacts>,
): Promise<FleetFile> {
  const { releases } = facts.fleet
  if (request.fleet !== undefined) return readFleetFile(request.fleet, releases)
  if (request.from !== undefined) return fleetOfRelease(releases, releaseNamed(releases, request.from).name)
  if (await statusOf('fleet.yaml')) return readFleetFile('fleet.yaml', releases)
  throw new SvcsplitError('E-CLI-USAGE', 'what runs now is not known', {
    hint: 'name a fleet file with --fleet, or the release of all services with --from',
  })
}

/** What moves, each once. @throws E-CLI-USAGE, E-FLT-STATE, E-SVC-UNKNOWN, E-REL-UNKNOWN */
export function targetsOf(request: PlanRequest, fleet: FleetFile, facts: ReturnType<typeof openFacts>) {
  const targets = request.targets.map((text) => {
    const { service, release } = serviceReleaseNamed(facts.fleet.releases, text)
    if (!fleet.services.has(service))
      throw new SvcsplitError('E-FLT-STATE', `${service} is not in the fleet`, {
        at: { path: fleet.path },
        hint: `it has ${[...fleet.services.keys()].sort().join(', ')}`,
      })
    return { service, release: release.name }
  })
  for (const [index, { service }] of targets.entries())
    if (targets.findIndex((one) => one.service === service) < index)
      throw new SvcsplitError('E-CLI-USAGE', `${service} is named twice`, {
        hint: 'one hop of a service at a time',
      })
  return targets
}

/** Service -> image of what the plan leaves alone; what runs on a shared host has none. */
function imagesThatStay(
  { services }: FleetFile,
  targets: readonly { readonly service: string }[],
  pattern: string,
): ReadonlyMap<string, string> {
  const moving = new Set(targets.map(({ service }) => service))
  const images = new Map<string, string>()
  for (const [service, { release, image, on }] of services) {
    if (moving.has(service) || (image === undefined && on !== undefined)) continue
    images.set(service, image ?? referenceIn(pattern, service, release))
  }
  return images
}

/**
 * The plan from what runs now to what is wanted. What would keep it from ending is told before its first step.
 * @throws E-FLT-*, E-PLN-*, E-LCK-*, E-REG-*, E-NET-*
 */
export async function plan(request: PlanRequest): Promise<Plan> {
  const facts = openFacts(request.root)
  const { fleet: shipped } = facts
  const fleet = await fleetFor(request, facts)
  const targets = targetsOf(request, fleet, facts)
  const { python, platform } = fleet
  const { glibc, offline, plainHttp, progress } = request
  const pattern = request.images ?? fleet.images ?? localImages
  const finder = imageFinder({
    platform,
    ...(offline === undefined ? {} : { offline }),
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(progress === undefined ? {} : { progress }),
  })
  const lockOf = (service: string, release: string): Lock =>
    lockRelease(shipped, facts.snapshot(), { service, release, python, platform, glibc })

  async function image(
    service: string,
    release: string,
    { runs, named }: { readonly runs: boolean; readonly named?: string | undefined },
  ): Promise<{ readonly facts: ImageFacts; readonly found: FoundImage | undefined }> {
    const reference = named ?? referenceIn(pattern, service, release)
    const found = await finder.find(reference, { service, release, runs })
    return {
      found,
      facts: {
        service,
        release,
        version: shipped.releases.byName.get(release)!.services.get(service)!.version,
        reference: found?.reference ?? reference,
        ...(reference.includes('@') ? {} : { tagged: reference }),
        ...(found === undefined ? {} : { digest: found.digest }),
        libraries: librariesOf(lockOf(service, release)),
      },
    }
  }

  async function move(service: string, from: string, to: string): Promise<Move> {
    const before = await image(service, from, { runs: true, named: fleet.services.get(service)!.image })
    const after = await image(service, to, { runs: false })
    const difference = await compare(
      { from: `${service}@${from}`, to: `${service}@${to}`, python, platform, glibc },
      facts,
    )
    const candidate = candidateOf(shipped, facts.snapshot(), factsOf(facts.snapshot()), service, to)
    const scripts = candidate.entryPoints(from)
    const present = new Set(scripts?.after.names)
    const { changed, added, removed } = difference.distributions
    return {
      service,
      to,
      user: shipped.profile(service).user,
      before: before.facts,
      after: after.facts,
      pull:
        before.found === undefined || after.found === undefined
          ? { bytes: difference.transfer, exact: false }
          : { bytes: pulledBytes(before.found, after.found), exact: true },
      distributions: { changed: changed.length, added: added.length, removed: removed.length },
      vanished: scripts?.before.names.filter((name) => !present.has(name)) ?? [],
    }
  }

  let kept: Promise<ReadonlyMap<string, string>> | undefined
  async function untouched(service: string): Promise<Untouched> {
    const { release, on } = fleet.services.get(service)!
    const { count, sha256 } = librariesOf(lockOf(service, release))
    kept ??= keptImages(finder, imagesThatStay(fleet, targets, pattern), progress)
    const reference = (await kept).get(service)
    return {
      service,
      release,
      ...(reference === undefined ? {} : { image: reference }),
      ...(on === undefined ? {} : { on }),
      libraries: { count, sha256 },
    }
  }

  try {
    return await makePlan({
      fleet,
      releases: shipped.releases,
      targets,
      upgrade: (service) => upgradeNamed(shipped.upgrade(service), service),
      processes: (service, release) =>
        shipped.profile(service).processes.filter(({ releases }) => inReleaseRange(release, releases)),
      move,
      untouched,
      ...(request.window === undefined ? {} : { window: request.window }),
    })
  } finally {
    await finder.close()
  }
}

function upgradeNamed<T extends { readonly upgrade?: unknown }>(
  keys: T,
  service: string,
): T & { readonly upgrade: NonNullable<T['upgrade']> } {
  if (keys.upgrade === undefined)
    throw new SvcsplitError('E-PRF-SCHEMA', `the profile of ${service} does not say how it is upgraded`, {
      at: { path: `profiles/${service}.yaml` },
      hint: 'add the key upgrade: svcsplit schema profile describes it',
    })
  return keys as T & { readonly upgrade: NonNullable<T['upgrade']> }
}

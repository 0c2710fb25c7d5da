import { SvcsplitError } from '#errors.js'
import { inReleaseRange } from '#inputs/release-range.js'
import { newestMaintained } from '#inputs/releases.js'
import { type Pull, type Separation, separationOf } from '#upgrade/separation.js'
import { analyze } from './analyze.js'
import { openFacts } from './diff.js'
import { referenceIn } from './fleet-images.js'
import { lockRelease } from './lock.js'
import type { IndexChoice } from './missing-facts.js'
import { fleetFor, librariesOf, localImages, type PlanRequest, targetsOf } from './plan.js'

export interface SeparateRequest extends PlanRequest {
  readonly index: IndexChoice
}

/**
 * From shared hosts to images, in the order that frees the most. Targets say where services want to go; those that
 * are not named want the newest maintained release.
 * @throws E-FLT-*, E-CLI-USAGE, and what `analyze` throws
 */
export async function separate(request: SeparateRequest): Promise<Separation> {
  const facts = openFacts(request.root)
  const { fleet: shipped } = facts
  const fleet = await fleetFor(request, facts)
  const named = new Map(targetsOf(request, fleet, facts).map(({ service, release }) => [service, release]))
  const newest = newestMaintained(shipped.releases).name
  const shared = [...fleet.services.values()].filter(({ on }) => on !== undefined)
  if (shared.length === 0)
    throw new SvcsplitError('E-FLT-STATE', 'no service of the fleet is on a shared host', {
      at: { path: fleet.path },
      hint: 'say which with on: HOST, and the host under hosts',
    })
  const { python, platform } = fleet
  const { index, progress, glibc } = request
  const pulls: Pull[] = []
  for (const host of new Set(shared.map(({ on }) => on!))) {
    const services = shared.filter(({ on }) => on === host)
    const { cells } = await analyze({
      services: services.map(({ service }) => `${service}@${named.get(service) ?? newest}`),
      host: fleet.hosts.get(host)!,
      python,
      platform,
      radius: true,
      index,
      ...(progress === undefined ? {} : { progress }),
    })
    for (const { candidate, findings, summary, radius } of cells) {
      const moves = radius?.kind === 'moves' ? radius : undefined
      const present = new Set(services.map(({ service }) => service))
      pulls.push({
        service: candidate.service,
        towards: candidate.release!,
        errors: findings.filter(({ level }) => level === 'error').length,
        ...(moves === undefined ? {} : { moves: moves.moves.length }),
        ...(moves?.disturbs === undefined
          ? {}
          : { disturbs: moves.disturbs.filter(({ service }) => present.has(service)).length }),
        drift: summary.findings.drift,
      })
    }
  }
  const pattern = request.images ?? fleet.images ?? localImages
  return separationOf(fleet, pulls, {
    image(service) {
      const { release } = fleet.services.get(service)!
      const lock = lockRelease(shipped, facts.snapshot(), { service, release, python, platform, glibc })
      const reference = referenceIn(pattern, service, release)
      const { version } = shipped.releases.byName.get(release)!.services.get(service)!
      return { service, release, version, reference, tagged: reference, libraries: librariesOf(lock) }
    },
    processes: (service) =>
      shipped
        .profile(service)
        .processes.filter(({ releases }) => inReleaseRange(fleet.services.get(service)!.release, releases)),
    order: (service) => shipped.upgrade(service).upgrade?.order ?? [],
  })
}

import { formatOrigin, visible } from '#errors.js'
import { pinsFor } from '#inputs/constraints-file.js'
import type { Fleet } from '#inputs/fleet.js'
import { type Override, overridesFor } from '#inputs/overrides.js'
import { markerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'

/** A service release, and what it has under the overrides. */
interface Overridden {
  readonly service: string
  readonly release?: string
  readonly python: string
  readonly platform: 'linux/amd64' | 'linux/arm64'
  readonly distributions: readonly { readonly name: DistributionName }[]
}

/** Those overrides for a service release that change nothing in it. */
export function unusedOverrides(fleet: Fleet, has: Overridden): readonly Override[] {
  const { service, release, python, platform } = has
  if (release === undefined || fleet.own === undefined) return []
  const names = new Set(has.distributions.map(({ name }) => name))
  const pins = pinsFor(fleet.constraints(release), markerEnvironment(python, platform))
  return overridesFor(fleet.own.overrides, service, release).filter(
    ({ distribution, version }) => !names.has(distribution) || pins.get(distribution)?.version === version,
  )
}

export function expiredNote({ change, until, reason, at }: Override, now: Date): string | undefined {
  if (Date.parse(until) > now.getTime()) return undefined
  return `${formatOrigin(at)}: the override ${change} was to be looked at again by ${until} (${visible(reason)})`
}

/**
 * What there is to say of the overrides of one service release. They hold whether they have expired or not: what
 * is built must not depend on the clock.
 */
export function overrideNotes(fleet: Fleet, has: Overridden, now: Date): readonly string[] {
  const { service, release } = has
  if (release === undefined || fleet.own === undefined) return []
  return [
    ...overridesFor(fleet.own.overrides, service, release).flatMap((one) => expiredNote(one, now) ?? []),
    // One for all services need not be of use to each.
    ...unusedOverrides(fleet, has)
      .filter(({ services }) => services !== undefined)
      .map(
        ({ change, at }) =>
          `${formatOrigin(at)}: the override ${change} changes nothing in ${service}@${release}`,
      ),
  ]
}

import { SvcsplitError } from '#errors.js'
import { compareReleases } from '#inputs/release-range.js'
import type { Releases } from '#inputs/releases.js'
import type { Upgrade } from '#inputs/upgrade-steps.js'

export type Hop = 'adjacent' | 'slurp'

/** How one release follows another for a service; none where one is left out that may not be. */
function hop(releases: Releases, hops: Upgrade['hops'], from: string, to: string): Hop | undefined {
  const { list } = releases
  const [before, after] = [from, to].map((name) => list.findIndex((release) => release.name === name))
  if (before === undefined || after === undefined) return undefined
  if (after === before + 1) return 'adjacent'
  const slurps = list.filter(({ slurp }) => slurp).map(({ name }) => name)
  const first = slurps.indexOf(from)
  return hops === 'slurp' && first >= 0 && slurps[first + 1] === to ? 'slurp' : undefined
}

/** The releases to go through, the last one included: the fewest. */
function path(releases: Releases, hops: Upgrade['hops'], from: string, to: string): readonly string[] {
  const names = releases.list.map(({ name }) => name)
  const known = new Map<string, readonly string[]>([[from, []]])
  for (const name of names.slice(names.indexOf(from) + 1)) {
    const ways = [...known].flatMap(([at, way]) =>
      hop(releases, hops, at, name) === undefined ? [] : [[...way, name]],
    )
    const [shortest] = ways.sort((one, other) => one.length - other.length)
    if (shortest !== undefined) known.set(name, shortest)
  }
  return known.get(to) ?? [to]
}

/** The hop of a service. @throws E-PLN-HOP with the way out where it is none */
export function hopOf(
  releases: Releases,
  service: string,
  { hops }: Pick<Upgrade, 'hops'>,
  from: string,
  to: string,
): Hop {
  const order = compareReleases(from, to)
  if (order === 0)
    throw new SvcsplitError('E-PLN-HOP', `${service} is at ${to} already`, {
      hint: 'name another release, or leave it out',
    })
  if (order > 0)
    throw new SvcsplitError(
      'E-PLN-HOP',
      `${service} cannot go from ${from} to ${to}: no service takes its schema back`,
      {
        hint: 'svcsplit plan --fallback --state FILE goes back while that is possible; else restore a dump of the database',
      },
    )
  const found = hop(releases, hops, from, to)
  if (found !== undefined) return found
  const way = path(releases, hops, from, to)
  const rule =
    hops === 'adjacent'
      ? `${service} goes one release at a time`
      : 'only neighbours, or one SLURP release to the next, are tested together'
  throw new SvcsplitError('E-PLN-HOP', `${service} cannot go from ${from} to ${to} at once: ${rule}`, {
    hint: `go by ${way.slice(0, -1).join(', then ')}: svcsplit plan ${service}@${way[0]} first`,
  })
}

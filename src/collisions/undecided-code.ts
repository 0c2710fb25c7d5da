import type { DistributionName } from '#pep/name.js'
import { type Closure, distributionsOf, type Member } from '#solver/closure.js'
import type { Undecided } from '#solver/closure-demands.js'
import type { UnreadSource } from '#surface/surface.js'
import { moduleOf } from './import-reach.js'
import type { NeededName } from './needed-name.js'
import type { AsRun } from './needed-names.js'

/**
 * What of the service's code cannot be told, and matters to it: its own sources that cannot be read, and names
 * without which it cannot be imported that may be in a source of the library that cannot be read, or in a version of
 * which there is no wheel to read. Modules that make names when they run are no such thing: they count as having them.
 */
export function undecidedOfCode(walked: Closure, asRun: AsRun): readonly Undecided[] {
  const service = walked.members[0]!
  const { name, version } = service
  if (name === undefined || version === undefined) return []
  const found = (asRun.surface.unread(name, version) ?? []).map(({ problem, file, line }) => ({
    distribution: name,
    version,
    reason: `${problem} in its code: what that needs is not known`,
    at: { path: file, line },
  }))
  const here = distributionsOf(walked)
  const needed = [...(asRun.needs(name, version) ?? [])].flatMap(([library, { all }]) => {
    const supply = here.get(library)
    return supply?.version === undefined ? [] : undecidedNames(all, supply, service, asRun)
  })
  return [...found, ...needed]
}

function undecidedNames(
  needs: readonly NeededName[],
  { name, version }: Member,
  service: Member,
  asRun: AsRun,
): readonly Undecided[] {
  return needs.flatMap((need) => {
    const unknown = need.unreadIn(version!)
    if (unknown === undefined || need.level !== 'error') return []
    // Versions that nobody has looked at yet are not told: of them nothing at all is known as run.
    if (unknown === 'no-sources' && !asRun.versions(name!).includes(version!)) return []
    const source = unknown === 'unparsed' ? sourceOf(need, name!, version!, asRun) : undefined
    const why =
      source === undefined
        ? 'there are no sources of it to read'
        : `${source.file}:${source.line} cannot be read: ${source.problem}`
    const reason = `whether it has ${need.needs}, which ${service.name} ${service.version} needs, is not known: ${why}`
    return [{ distribution: name!, version: version!, reason, at: need.at }]
  })
}

/** The source that would bind a name, or the first that cannot be read. */
function sourceOf(
  { needs }: NeededName,
  library: DistributionName,
  version: string,
  { surface }: AsRun,
): UnreadSource | undefined {
  const unread = surface.unread(library, version) ?? []
  return unread.find(({ file }) => `${needs}.`.startsWith(`${moduleOf(file)}.`)) ?? unread[0]
}

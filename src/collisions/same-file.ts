import type { PathHolder, SharedPath } from '#catalog/shared-paths.js'
import { tryParseVersion } from '#pep/version.js'
import { type Closure, distributionsOf, type Member } from '#solver/closure.js'
import type { Host } from './check.js'
import { type Finding, fingerprint, levelOf } from './finding.js'

/** Two members of one closure that install different files at these paths. */
interface Clash {
  readonly one: Member
  readonly other: Member
  readonly paths: readonly string[]
}

function memberFor(members: ReadonlyMap<string, Member>, { name, version }: PathHolder): Member | undefined {
  const member = members.get(name)
  const has = member?.version === undefined ? undefined : tryParseVersion(member.version)?.key
  return has !== undefined && has === tryParseVersion(version)?.key ? member : undefined
}

function clashesIn(walked: Closure, shared: readonly SharedPath[]): readonly Clash[] {
  const members = distributionsOf(walked)
  const found = new Map<string, { one: Member; other: Member; paths: string[] }>()
  for (const { path, holders } of shared) {
    const there = holders.flatMap((holder) => {
      const member = memberFor(members, holder)
      return member === undefined ? [] : [{ holder, member }]
    })
    for (const [index, one] of there.entries())
      for (const other of there.slice(index + 1)) {
        if (one.holder.name === other.holder.name || one.holder.content === other.holder.content) continue
        const key = `${one.holder.name} ${other.holder.name}`
        const clash = found.get(key) ?? { one: one.member, other: other.member, paths: [] }
        clash.paths.push(path)
        found.set(key, clash)
      }
  }
  return [...found.values()]
}

/**
 * Pairs of distributions that a service would have on this host and that overwrite files of one another: which of
 * them is there is decided by the order of installing. One finding a pair; its specifier is the first path.
 */
export function sameFileFindings(
  walked: Closure,
  host: Host,
  release: string | undefined,
  shared: readonly SharedPath[],
): readonly Finding[] {
  if (shared.length === 0) return []
  return clashesIn(walked, shared).map(({ one, other, paths }): Finding => {
    const { service } = walked.root
    const [by, supply] = [`${one.name} ${one.version}`, `${other.name} ${other.version}`]
    return {
      id: fingerprint(['same-file', service, release, host.label, host.python, by, supply]),
      rule: 'same-file',
      level: levelOf['same-file'],
      distribution: other.name!,
      demand: {
        service,
        ...(release === undefined ? {} : { release }),
        by,
        specifier: paths.length === 1 ? paths[0]! : `${paths[0]!} and ${paths.length - 1} more`,
        at: host.pins.get(one.name!)?.at ?? { path: host.label },
      },
      supply: {
        version: other.version!,
        ...(host.pins.has(other.name!) ? { at: host.pins.get(other.name!)!.at } : {}),
      },
      via: [],
      direct: false,
      state: 'new',
      fixes: [],
    }
  })
}

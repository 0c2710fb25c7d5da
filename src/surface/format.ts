import type { DistributionName } from '#pep/name.js'
import { splitName } from './bound-block.js'
import type { Collected, SurfaceInput, UserVersion } from './collect.js'
import { surfaceHeaders } from './headers.js'
import type { LibraryNames, NameStates } from './library-names.js'
import type { UsePlace } from './surface.js'
import { mergePlaces, usedRows } from './used-names.js'
import { formatVersionSet } from './version-sets.js'

export function formatUsed(collected: Collected, input: Pick<SurfaceInput, 'testedWith' | 'known'>): string {
  const blocks = sortedUsers(collected).map(([name, versions]) => {
    const lines = [header(name, versions)]
    for (const { library, states, confidence, places } of usedRows(name, versions, collected, input)) {
      lines.push(` ${library} ${states.kind} ${states.name}${confidence === 'likely' ? ' likely' : ''}`)
      lines.push(...placeLines(places, versions))
    }
    lines.push(...undeclaredLines(versions), ...unreadLines(versions))
    return lines.join('\n')
  })
  return `${[surfaceHeaders.used, ...blocks].join('\n')}\n`
}

function undeclaredLines(versions: readonly UserVersion[]): readonly string[] {
  const found = new Map<string, { by: readonly DistributionName[]; places: Map<string, UsePlace[]> }>()
  for (const { version, undeclared } of versions)
    for (const { module, by, place } of undeclared) {
      const row = found.get(module) ?? { by, places: new Map<string, UsePlace[]>() }
      found.set(module, row)
      const list = row.places.get(version)
      if (list === undefined) row.places.set(version, [place])
      else list.push(place)
    }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([module, { by, places }]) => [
      ` undeclared ${[module, ...by].join(' ')}`,
      ...placeLines(new Map([...places].map(([version, list]) => [version, mergePlaces(list)])), versions),
    ])
}

function unreadLines(versions: readonly UserVersion[]): readonly string[] {
  const places = new Map<string, Map<string, UsePlace[]>>()
  for (const { version, unread } of versions)
    for (const { problem, file, line } of unread) {
      const ofProblem = places.get(problem) ?? new Map<string, UsePlace[]>()
      places.set(problem, ofProblem)
      const here = ofProblem.get(version) ?? []
      ofProblem.set(version, [...here, { file, line, moment: 'import', count: 1 }])
    }
  return [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([problem, ofProblem]) => [` ! ${problem}`, ...placeLines(ofProblem, versions)])
}

/** A line for each place, with the versions in which it is just there. */
function placeLines(
  places: ReadonlyMap<string, readonly UsePlace[]>,
  versions: readonly UserVersion[],
): readonly string[] {
  const sets = new Map<string, number[]>()
  for (const [position, { version }] of versions.entries())
    for (const { file, line, count, moment, guard } of places.get(version) ?? []) {
      const words = [`${file.replaceAll(' ', '%20')}:${line}${count === 1 ? '' : `*${count}`}`]
      if (moment === 'call') words.push('call')
      if (guard !== undefined) words.push(guard)
      const text = words.join(' ')
      const positions = sets.get(text)
      if (positions === undefined) sets.set(text, [position])
      else positions.push(position)
    }
  return [...sets].map(([text, positions]) => `  ${formatVersionSet(positions, versions.length)} ${text}`)
}

export function formatBound(collected: Collected): string {
  const blocks = sortedUsers(collected).map(([name, versions]) => {
    const lines = [header(name, versions)]
    for (const [module, positions] of positionsOf(versions, ({ tops }) => tops))
      lines.push(` @ ${module} ${formatVersionSet(positions, versions.length)}`)
    const library = collected.libraries.get(name)
    if (library !== undefined) lines.push(...nameLines(library))
    return lines.join('\n')
  })
  return `${[surfaceHeaders.bound, ...blocks].join('\n')}\n`
}

function nameLines({ versions, names }: LibraryNames): readonly string[] {
  const owners = new Map<string, { last: string; states: NameStates }[]>()
  for (const states of names.values()) {
    const [owner, last] = splitName(states.name)
    const row = { last, states }
    const list = owners.get(owner)
    if (list === undefined) owners.set(owner, [row])
    else list.push(row)
  }
  const positionOf = new Map(versions.map((version, position) => [version, position]))
  const setOf = (list: readonly string[]): string =>
    formatVersionSet(
      list.map((version) => positionOf.get(version)!),
      versions.length,
    )
  return [...owners]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([owner, rows]) => [
      ` ${owner}`,
      ...rows
        .sort((a, b) => (`${a.last} ${a.states.kind}` < `${b.last} ${b.states.kind}` ? -1 : 1))
        .map(({ last, states: { kind, gone, unknown } }) => {
          const words = [kind, last]
          if (gone.length > 0) words.push(setOf(gone))
          for (const reason of [...new Set(unknown.values())].sort())
            words.push(
              `?${reason}:${setOf([...unknown].flatMap(([one, why]) => (why === reason ? [one] : [])))}`,
            )
          return `  ${words.join(' ')}`
        }),
    ])
}

export function formatImports(collected: Collected): string {
  const blocks = sortedUsers(collected).map(([name, versions]) => {
    const own = positionsOf(versions, ({ modules }) => modules)
    const others = new Set(versions.flatMap(({ imports }) => [...imports.values()].flat()))
    for (const module of own.keys()) others.delete(module)
    const numbers = new Map([...own.keys(), ...[...others].sort()].map((module, number) => [module, number]))
    const lines = [header(name, versions)]
    for (const [module, positions] of own) {
      lines.push(` ${module} ${formatVersionSet(positions, versions.length)}`)
      lines.push(...edgeLines(module, positions, versions, numbers))
    }
    for (const module of [...others].sort()) lines.push(` + ${module}`)
    return lines.join('\n')
  })
  return `${[surfaceHeaders.imports, ...blocks].join('\n')}\n`
}

function edgeLines(
  module: string,
  positions: readonly number[],
  versions: readonly UserVersion[],
  numbers: ReadonlyMap<string, number>,
): readonly string[] {
  const targets = positionsOf(versions, ({ imports }) => [...new Set(imports.get(module))])
  const groups = new Map<string, number[]>()
  for (const [target, where] of targets) {
    const set = formatVersionSet(where, versions.length)
    const group = groups.get(set)
    if (group === undefined) groups.set(set, [numbers.get(target)!])
    else group.push(numbers.get(target)!)
  }
  const all = formatVersionSet(positions, versions.length)
  return [...groups].map(
    ([set, list]) => `  ${set === all ? '' : `${set}: `}${list.sort((a, b) => a - b).join(' ')}`,
  )
}

/** Text -> positions of the versions that have it, sorted by text. */
function positionsOf(
  versions: readonly UserVersion[],
  of: (version: UserVersion) => readonly string[],
): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  for (const [position, version] of versions.entries())
    for (const text of of(version)) {
      const positions = found.get(text)
      if (positions === undefined) found.set(text, [position])
      else positions.push(position)
    }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function sortedUsers({ users }: Collected): readonly (readonly [DistributionName, readonly UserVersion[]])[] {
  return [...users].filter(([, versions]) => versions.length > 0).sort(([a], [b]) => (a < b ? -1 : 1))
}

function header(name: DistributionName, versions: readonly UserVersion[]): string {
  return [name, ...versions.map(({ version }) => version)].join(' ')
}

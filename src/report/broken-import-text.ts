import type { Finding, MissingName } from '#collisions/finding.js'
import type { ResultCell } from '#collisions/result.js'
import { placeOf, shortId } from './radius-text.js'
import { cutTo, painter, plural, type TextOptions, withPlace } from './terminal.js'

/** Blocks, and warnings, that a first screen shows; JSON has them all. */
const mostBlocks = 10
const mostWarnings = 8
/** Causes that one line of the matrix names. */
const mostCauses = 3

type Broken = Finding & { readonly missing: MissingName }

function isBroken(finding: Finding): finding is Broken {
  return finding.rule === 'broken-import' && finding.missing !== undefined
}

/** Findings of one cause together: a module that is gone takes all of its names with it. */
function byCause(findings: readonly Broken[]): readonly (readonly Broken[])[] {
  const causes = new Map<string, Broken[]>()
  for (const finding of findings) {
    const key = `${finding.distribution} ${finding.missing.gone}`
    const known = causes.get(key)
    if (known === undefined) causes.set(key, [finding])
    else known.push(finding)
  }
  return [...causes.values()].sort((one, other) => usesOf(other) - usesOf(one))
}

function usesOf(findings: readonly Broken[]): number {
  return findings.reduce((sum, { missing }) => sum + missing.uses, 0)
}

/** Which versions have it, as far as versions are known: `oslo-utils 9.2.0 had it, 10.0.0 lacks it`. */
export function historyOf({ distribution, missing, supply, tested }: Finding): string {
  if (missing?.leakedBy !== undefined)
    return `${missing.leakedBy} brought ${distribution} ${tested?.version ?? ''} along, nobody declares it`
  const has = supply?.version ?? ''
  const { lastWith, firstWithout, firstWith } = missing ?? {}
  return [
    `the host's ${distribution} ${has} lacks it`,
    ...(lastWith === undefined ? [] : [`${lastWith} had it`]),
    ...(firstWithout === undefined || firstWithout === has ? [] : [`${firstWithout} is the first without`]),
    ...(firstWith === undefined ? [] : [`${firstWith} has it`]),
  ].join(', ')
}

function block(findings: readonly Broken[], options: TextOptions): readonly string[] {
  const [first] = findings
  const { demand, missing, supply } = first!
  const others = findings.length === 1 ? '' : `, ${plural(findings.length, 'name')} of it`
  const needs = `${demand.by} needs it ${missing.moment === 'import' ? 'at import' : 'when called'}${others}, ${plural(usesOf(findings), 'use')}`
  return [
    `  ${missing.gone}   ${shortId(first!)}`,
    `    ${withPlace(needs, placeOf(demand.at), options.width, 4)}`,
    `    ${withPlace(historyOf(first!), placeOf(supply?.at), options.width, 4)}`,
  ]
}

/** What stops modules of the service from being imported: one block for each cause, with both sides. */
export function brokenLines({ findings }: ResultCell, options: TextOptions): readonly string[] {
  const broken = byCause(findings.filter(isBroken).filter(({ level }) => level === 'error'))
  if (broken.length === 0) return []
  const paint = painter(options)
  const rest = broken.length - mostBlocks
  const title = `${plural(broken.length, 'BROKEN IMPORT')}  as run: the code needs it, and the host's libraries do not have it`
  return [
    paint('red', paint('bold', title)),
    ...broken.slice(0, mostBlocks).flatMap((findingsOfOne) => block(findingsOfOne, options)),
    ...(rest > 0 ? [`  … ${rest} more: -o json has them all`] : []),
    '',
  ]
}

/** What breaks only where it is called, or in a driver, plugin or tool that a deployment may not use. */
export function brokenWarnings({ findings }: ResultCell, options: TextOptions): readonly string[] {
  const broken = byCause(findings.filter(isBroken).filter(({ level }) => level === 'warning'))
  if (broken.length === 0) return []
  const paint = painter(options)
  const rest = broken.length - mostWarnings
  const wide = Math.max(...broken.slice(0, mostWarnings).map(([first]) => first!.missing.gone.length))
  return [
    `${paint('yellow', 'broken-import')}  gone too, and needed only when called, or by a driver, plugin or tool: ${plural(broken.length, 'name')}`,
    ...broken.slice(0, mostWarnings).map(([first]) => {
      const { missing, demand, supply, distribution } = first!
      const has = supply === undefined ? 'nobody brings it' : `${distribution} ${supply.version}`
      return `${cutTo(`  ${missing.gone.padEnd(wide)}  ${has}  ${placeOf(demand.at)}`, options.width - 11)}   ${shortId(first!)}`
    }),
    ...(rest > 0 ? [`  … ${rest} more: -o json has them all`] : []),
  ]
}

/** The causes that stop services of one release on the host of another, each with whom it stops and one place. */
export function brokenOfHop(cells: readonly ResultCell[]): string | undefined {
  const causes = new Map<string, { readonly services: Set<string>; readonly first: Broken }>()
  for (const { candidate, findings } of cells)
    for (const finding of findings) {
      if (!isBroken(finding) || finding.level !== 'error') continue
      const { gone } = finding.missing
      const known = causes.get(gone) ?? { services: new Set(), first: finding }
      causes.set(gone, known)
      known.services.add(candidate.service)
    }
  if (causes.size === 0) return undefined
  const sorted = [...causes].sort(
    ([name, one], [other, two]) => two.services.size - one.services.size || (name < other ? -1 : 1),
  )
  const rest = sorted.length - mostCauses
  return [
    ...sorted
      .slice(0, mostCauses)
      .map(
        ([gone, { services, first }]) =>
          `${[...services].sort().join(', ')}: ${gone} (${placeOf(first.demand.at)})`,
      ),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ].join('; ')
}

/** How many names stop a cell's service from running. */
export function brokenIn({ findings }: ResultCell): number {
  return byCause(findings.filter(isBroken).filter(({ level }) => level === 'error')).length
}

/** Lower bounds that metadata declares and that the code has outgrown. */
export function fictionLines({ fictions = [] }: ResultCell, options: TextOptions): readonly string[] {
  if (fictions.length === 0) return []
  const paint = painter(options)
  const rest = fictions.length - mostWarnings
  return [
    `${paint('cyan', 'bounds that are fiction')}  declared to be enough, and the code cannot be imported with it`,
    ...fictions
      .slice(0, mostWarnings)
      .map(({ distribution, specifier, lowest, needsFrom, name, usedAt }) =>
        cutTo(
          `  ${distribution} ${specifier} takes ${lowest}; ${name} (${placeOf(usedAt)}) needs ${needsFrom}`,
          options.width,
        ),
      ),
    ...(rest > 0 ? [`  … ${rest} more: -o json has them all`] : []),
    '',
  ]
}

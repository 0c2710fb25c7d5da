import type { Finding, MissingName } from '#collisions/finding.js'
import type { ResultCell } from '#collisions/result.js'
import { placeOf, shortId } from './radius-text.js'
import { cutTo, painter, plural, type TextOptions, withPlace } from './terminal.js'

/** Blocks, and warnings, that a first screen shows; JSON has them all. */
const mostBlocks = 10
const mostWarnings = 8
/** Causes that the matrix names. */
const mostCauses = 4

type Broken = Finding & { readonly missing: MissingName }

function isBroken(finding: Finding): finding is Broken {
  return finding.rule === 'broken-import' && finding.missing !== undefined
}

/** What is gone with everything below it: the shortest of the missing names that one of them begins with. */
function rootOf(gone: string, all: ReadonlySet<string>): string {
  for (let dot = gone.indexOf('.'); dot > 0; dot = gone.indexOf('.', dot + 1))
    if (all.has(gone.slice(0, dot))) return gone.slice(0, dot)
  return gone
}

/** Findings of one cause together: what is gone takes all that is below it along. Errors come first. */
function byCause(cell: ResultCell): readonly (readonly Broken[])[] {
  const findings = cell.findings.filter(isBroken)
  const all = new Set(findings.map(({ missing }) => missing.gone))
  const causes = new Map<string, Broken[]>()
  for (const finding of findings) {
    const key = `${finding.distribution} ${rootOf(finding.missing.gone, all)}`
    const known = causes.get(key)
    if (known === undefined) causes.set(key, [finding])
    else known.push(finding)
  }
  return [...causes.values()].sort((one, other) => usesOf(other) - usesOf(one))
}

function isError(findings: readonly Broken[]): boolean {
  return findings.some(({ level }) => level === 'error')
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
  const root = findings
    .map((one) => one.missing.gone)
    .reduce((one, other) => (other.length < one.length ? other : one))
  const others = findings.length === 1 ? '' : `, ${plural(findings.length, 'name')} of it`
  const needs = `${demand.by} needs it ${missing.moment === 'import' ? 'at import' : 'when called'}${others}, ${plural(usesOf(findings), 'use')}`
  return [
    `  ${root}   ${shortId(first!)}`,
    `    ${withPlace(needs, placeOf(demand.at), options.width, 4)}`,
    `    ${withPlace(historyOf(first!), placeOf(supply?.at), options.width, 4)}`,
  ]
}

/** What stops modules of the service from being imported: one block for each cause, with both sides. */
export function brokenLines(cell: ResultCell, options: TextOptions): readonly string[] {
  const broken = byCause(cell).filter(isError)
  if (broken.length === 0) return []
  const paint = painter(options)
  const rest = broken.length - mostBlocks
  const title = `${plural(broken.length, 'BROKEN IMPORT', 'BROKEN IMPORTS')}  as run: the code needs it, and the host's libraries do not have it`
  return [
    paint('red', paint('bold', title)),
    ...broken.slice(0, mostBlocks).flatMap((findingsOfOne) => block(findingsOfOne, options)),
    ...(rest > 0 ? [`  … ${rest} more: -o json has them all`] : []),
    '',
  ]
}

/** What breaks only where it is called, or in a driver, plugin or tool that a deployment may not use. */
export function brokenWarnings(cell: ResultCell, options: TextOptions): readonly string[] {
  const broken = byCause(cell).filter((findings) => !isError(findings))
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

/** One name that is gone: who is stopped by it, each up to its last release that is, and one place. */
interface Cause {
  readonly gone: string
  readonly first: Broken
  /** By service, the place of its last release in the list. */
  readonly until: Map<string, number>
}

function causesOn(cells: readonly ResultCell[], order: ReadonlyMap<string, number>): readonly Cause[] {
  const broken = cells.flatMap(({ findings }) => findings.filter(isBroken))
  const all = new Set(broken.filter(({ level }) => level === 'error').map(({ missing }) => missing.gone))
  const causes = new Map<string, Cause>()
  for (const { candidate, findings } of cells)
    for (const finding of findings) {
      if (!isBroken(finding) || finding.level !== 'error') continue
      const gone = rootOf(finding.missing.gone, all)
      const cause = causes.get(gone) ?? { gone, first: finding, until: new Map<string, number>() }
      causes.set(gone, cause)
      const release = order.get(candidate.release ?? '') ?? -1
      cause.until.set(candidate.service, Math.max(release, cause.until.get(candidate.service) ?? -1))
    }
  const newest = ({ until }: Cause): number => Math.max(...until.values())
  return [...causes.values()].sort(
    (one, other) =>
      newest(other) - newest(one) || other.until.size - one.until.size || (one.gone < other.gone ? -1 : 1),
  )
}

/** `designate, glance until 2024.2; cinder until 2025.1`. */
function whoUntil(until: ReadonlyMap<string, number>, names: readonly string[]): string {
  const last = [...new Set(until.values())].sort((one, other) => other - one)
  return last
    .map((release) => {
      const services = [...until].filter(([, one]) => one === release).map(([service]) => service)
      return `${services.sort().join(', ')} until ${names[release] ?? ''}`
    })
    .join('; ')
}

/** What stops older services on one host: one block for each name that is gone, those of the newest releases first. */
export function causeLines(
  cells: readonly ResultCell[],
  releases: readonly { readonly name: string }[],
  options: TextOptions,
): readonly string[] {
  const names = releases.map(({ name }) => name)
  const causes = causesOn(cells, new Map(names.map((name, index) => [name, index])))
  const shown = causes.slice(0, mostCauses)
  const rest = causes.length - shown.length
  return [
    ...shown.map(({ gone, first, until }) => {
      const text = `${gone}   ${whoUntil(until, names)}`
      return `    ${withPlace(text, placeOf(first.demand.at), options.width, 6)}`
    }),
    ...(rest > 0 ? [`    … ${plural(rest, 'name')} more, of older releases: -o json has them all`] : []),
  ]
}

/** How many names stop a cell's service from running. */
export function brokenIn(cell: ResultCell): number {
  return byCause(cell).filter(isError).length
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

import type { FictionalBound } from '#collisions/fictional-bounds.js'
import type { Finding, MissingName } from '#collisions/finding.js'
import type { ResultCell } from '#collisions/result.js'
import { placeOf, shortId } from './radius-text.js'
import { cutTo, painter, plural, type TextOptions, withPlace, wrapTo } from './terminal.js'

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
    return `nothing brings ${distribution} along; nobody declares it, and with the service's own release ${missing.leakedBy} brought ${tested?.version ?? 'it'}`
  const has = supply?.version ?? ''
  const { lastWith, firstWithout, firstWith } = missing ?? {}
  return [
    `the host's ${distribution} ${has} ${firstWithout === has ? 'is the first without it' : 'lacks it'}`,
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
      const before = missing.lastWith === undefined ? '' : `  ${missing.lastWith} had it`
      return `${cutTo(`  ${missing.gone.padEnd(wide)}  ${has}  ${placeOf(demand.at)}${before}`, options.width - 11)}   ${shortId(first!)}`
    }),
    ...(rest > 0 ? [`  … ${rest} more: -o json has them all`] : []),
  ]
}

interface Span {
  readonly first: number
  readonly last: number
  /** Nothing older of the service is in question. */
  readonly isFromOldest: boolean
}

/** One name that is gone: who is stopped by it, each from its first to its last release that is, and one place. */
interface Cause {
  readonly gone: string
  readonly first: Broken
  /** By service, the places of its first and last release in the list. */
  readonly spans: Map<string, Span>
}

function causesOn(cells: readonly ResultCell[], order: ReadonlyMap<string, number>): readonly Cause[] {
  const broken = cells.flatMap(({ findings }) => findings.filter(isBroken))
  const all = new Set(broken.filter(({ level }) => level === 'error').map(({ missing }) => missing.gone))
  const placeIn = ({ candidate }: ResultCell): number => order.get(candidate.release ?? '') ?? -1
  const oldest = new Map<string, number>()
  for (const cell of cells) {
    const { service } = cell.candidate
    oldest.set(service, Math.min(placeIn(cell), oldest.get(service) ?? order.size))
  }
  const causes = new Map<string, Cause>()
  for (const cell of cells)
    for (const finding of cell.findings) {
      if (!isBroken(finding) || finding.level !== 'error') continue
      const gone = rootOf(finding.missing.gone, all)
      const cause = causes.get(gone) ?? { gone, first: finding, spans: new Map<string, Span>() }
      causes.set(gone, cause)
      const { service } = cell.candidate
      const at = placeIn(cell)
      const known = cause.spans.get(service)
      const first = Math.min(at, known?.first ?? at)
      cause.spans.set(service, {
        first,
        last: Math.max(at, known?.last ?? at),
        isFromOldest: first === oldest.get(service),
      })
    }
  const newest = ({ spans }: Cause): number => Math.max(...[...spans.values()].map(({ last }) => last))
  return [...causes.values()].sort(
    (one, other) =>
      newest(other) - newest(one) || other.spans.size - one.spans.size || (one.gone < other.gone ? -1 : 1),
  )
}

/** `neutron 2024.2 to 2025.2; cinder until 2025.1; designate, glance until 2024.2`: the last ones first. */
function whoWhen(spans: ReadonlyMap<string, Span>, names: readonly string[]): string {
  const byWhen = new Map<string, { readonly last: number; readonly services: string[] }>()
  for (const [service, { first, last, isFromOldest }] of spans) {
    const [from = '', to = ''] = [names[first], names[last]]
    const when = isFromOldest ? `until ${to}` : first === last ? to : `${from} to ${to}`
    const known = byWhen.get(when)
    if (known === undefined) byWhen.set(when, { last, services: [service] })
    else known.services.push(service)
  }
  return [...byWhen]
    .sort(([, one], [, other]) => other.last - one.last)
    .map(([when, { services }]) => `${services.sort().join(', ')} ${when}`)
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
    ...shown.map(({ gone, first, spans }) => {
      const text = `${gone}   ${whoWhen(spans, names)}`
      return `    ${withPlace(text, placeOf(first.demand.at), options.width, 6)}`
    }),
    ...(rest > 0 ? [`    … ${plural(rest, 'name')} more, of older releases: -o json has them all`] : []),
  ]
}

/** How many names stop a cell's service from running. */
export function brokenIn(cell: ResultCell): number {
  return byCause(cell).filter(isError).length
}

/** One such bound as a sentence without its end: `octavia-lib >=3.8.0 takes 3.8.0, which lacks ...`. */
export function fictionText(bound: Omit<FictionalBound, 'at' | 'usedAt' | 'by'>): string {
  const { distribution, specifier, lowest, needsFrom, name, level } = bound
  const moment = level === 'error' ? 'needed at import' : 'needed when called'
  return `${distribution} ${specifier} takes ${lowest}, which lacks ${name}, ${moment}; ${needsFrom} has it`
}

/** Lower bounds that metadata declares and that the code has outgrown. */
export function fictionLines({ fictions = [] }: ResultCell, options: TextOptions): readonly string[] {
  if (fictions.length === 0) return []
  const paint = painter(options)
  const rest = fictions.length - mostWarnings
  return [
    `${paint('cyan', 'bounds that are fiction')}  the oldest version that is declared to be enough lacks what the code needs`,
    ...fictions
      .slice(0, mostWarnings)
      .flatMap(({ usedAt, at, ...bound }) => [
        `  ${wrapTo(fictionText(bound), options.width, 2, 4)}`,
        cutTo(`      ${placeOf(usedAt)} against ${placeOf(at)}`, options.width),
      ]),
    ...(rest > 0 ? [`  … ${rest} more: -o json has them all`] : []),
    '',
  ]
}

import type { Finding } from '#collisions/finding.js'
import type { AnalysisResult } from '#collisions/result.js'
import type { FileOrigin, Origin } from '#errors.js'
import { placeOf, shortId } from './radius-text.js'
import { causeText, type RootCause, rootCauses, type Told } from './root-causes.js'
import { cutTo, nextCommands, painter, plural, type TextOptions, withPlace, wrapTo } from './terminal.js'
import { sentence } from './told.js'
import { verdictLine, verdictNotes } from './verdict-text.js'

/** Root causes that are shown with their lines; of the others there is a list, and JSON has them all. */
const mostBlocks = 12
/** Demands of one root cause that are shown with their lines. */
const mostDemands = 3

const colors = { error: 'red', warning: 'yellow', note: 'cyan' } as const

/** The source line with its number, and a mark under what of it counts. */
function excerpt(at: Origin | undefined, mark: string, options: TextOptions): readonly string[] {
  if (at === undefined || !('path' in at) || at.text === undefined || at.line === undefined) return []
  const { line, column, text } = at as FileOrigin & { line: number; text: string }
  const number = String(line)
  const gutter = ' '.repeat(number.length)
  const found = mark === '' ? -1 : text.indexOf(mark)
  const start = found === -1 ? (column ?? 1) - 1 : found
  const length = found === -1 ? 1 : mark.length
  const lead = `     ${number} | `
  const lines = [cutTo(`${lead}${text}`, options.width)]
  if (lead.length + start + length > options.width) return lines
  return [...lines, `     ${gutter} | ${' '.repeat(start)}${painter(options)('red', '^'.repeat(length))}`]
}

function demandLines({ finding, subject }: Told, options: TextOptions): readonly string[] {
  const { demand } = finding
  const others = (finding.among ?? []).flatMap(({ at, specifier }) => [
    ...(placeOf(at) === '' ? [] : [`       ${cutTo(`and ${placeOf(at)}`, options.width - 7)}`]),
    ...excerpt(at, specifier, options),
  ])
  return [
    `  --> ${cutTo(placeOf(demand.at), options.width - 6)}`,
    ...excerpt(demand.at, demand.specifier, options),
    ...others,
    `      ${withPlace(`${subject.name}: ${sentence(finding)}`, shortId(finding), options.width, 6)}`,
  ]
}

/** Where an older version had a name that code needs, the way out may lead back. */
function moveWord({ missing }: Finding): string {
  return missing?.lastWith === undefined ? 'raise' : 'move'
}

function fixLines({ told }: RootCause, options: TextOptions): readonly string[] {
  const separate = new Set<string>()
  const raises = new Set<string>()
  for (const { finding } of told)
    for (const fix of finding.fixes)
      if (fix.kind === 'separate') {
        const { service, release } = finding.demand
        separate.add(release === undefined ? service : `${service}@${release}`)
      } else if (fix.pins.size > 0)
        raises.add(
          `${moveWord(finding)} ${[...fix.pins].map(([name, version]) => `${name} to ${version}`).join(', ')}${
            fix.disturbs === undefined ? '' : `: ${plural(fix.disturbs.length, 'other service')} disturbed`
          }`,
        )
  const [first] = raises
  const ids = [...separate]
  const command =
    ids.length === 1
      ? `svcsplit build ${ids[0]!} -o oci:images`
      : `${ids.slice(0, 4).join(', ')}${ids.length > 4 ? ` and ${ids.length - 4} more` : ''}`
  const lines = [
    ...(separate.size === 0 ? [] : [`separate: ${command}   (checked, nobody disturbed)`]),
    ...(raises.size === 1 ? [`${first}   (checked)`] : []),
  ]
  return lines.map((line, index) => `  ${index === 0 ? 'fix' : ' or'}  ${wrapTo(line, options.width, 7)}`)
}

function block(cause: RootCause, options: TextOptions): readonly string[] {
  const paint = painter(options)
  const { rule, level, told } = cause
  const by = [...new Set(told.map(({ subject }) => subject.name.replace(/ on host .*$/, '')))]
  const who = by.length > 1 ? ` (${plural(by.length, 'service release')})` : ''
  const head = `${level}[${rule}]: `
  const shown = told.slice(0, rule === 'entry-point' ? 1 : mostDemands)
  const rest = told.length - shown.length
  const supply = told[0]!.finding.supply
  const pin = supply?.at
  return [
    paint(colors[level], paint('bold', head)) +
      wrapTo(`${causeText(cause)}${who}`, options.width, head.length, 2),
    ...shown.flatMap((one) => demandLines(one, options)),
    ...(rest === 0
      ? []
      : [
          `      ${wrapTo(
            `and ${rest} more: ${told
              .slice(shown.length)
              .map(
                ({ finding }) =>
                  `${rule === 'entry-point' ? '' : `${finding.demand.by} `}${finding.demand.specifier}`,
              )
              .join(', ')}`,
            options.width,
            6,
          )}`,
        ]),
    ...(pin === undefined
      ? []
      : [`  pin ${cutTo(placeOf(pin), options.width - 6)}`, ...excerpt(pin, supply!.version, options)]),
    ...fixLines(cause, options),
    '',
  ]
}

function briefly(findings: readonly Told[], title: string, options: TextOptions): readonly string[] {
  if (findings.length === 0) return []
  const say = ({ state, waiver }: Finding) =>
    state === 'waived' && waiver !== undefined
      ? `. Waived until ${waiver.until} by ${waiver.owner}: ${waiver.reason}`
      : ''
  const shown = findings.slice(0, mostBlocks)
  return [
    painter(options)('bold', `${title} ${findings.length}`),
    ...shown.map(
      ({ finding, subject }) =>
        `  ${shortId(finding)}  ${wrapTo(`${subject.name}: ${sentence(finding)}${say(finding)}`, options.width, 12)}`,
    ),
    ...(findings.length > shown.length
      ? [`  … ${findings.length - shown.length} more: -o json has them all`]
      : []),
    '',
  ]
}

function toldIn(result: AnalysisResult, state: Finding['state']): readonly Told[] {
  return rootCauses(result, state).flatMap(({ told }) => told)
}

function undecidedLines({ undecided }: AnalysisResult, options: TextOptions): readonly string[] {
  return undecided
    .slice(0, mostBlocks)
    .map(
      ({ distribution, version, reason, at }) =>
        `${painter(options)('yellow', 'undecided: ')}${wrapTo(`${distribution}${version === undefined ? '' : ` ${version}`}: ${reason}  ${placeOf(at)}`.trimEnd(), options.width, 11)}`,
    )
}

/** The result of a gate for a person: a block for each root cause of what is new, the rest in brief, the verdict last. */
export function gateText(result: AnalysisResult, options: TextOptions): string {
  const paint = painter(options)
  const verdict = result.verdict!
  const causes = rootCauses(result)
  const shown = causes.slice(0, mostBlocks)
  const rest = causes.slice(shown.length)
  const notes = verdictNotes(verdict)
  const worst = causes.find(({ told }) => told.some(({ subject }) => 'candidate' in subject.of))
  const color = { passed: 'green', failed: 'red', undecided: 'yellow' } as const
  const next =
    worst === undefined
      ? []
      : [nextCommands([`svcsplit explain ${shortId(worst.told[0]!.finding)}`], options.width)]
  const lines = [
    ...shown.flatMap((cause) => block(cause, options)),
    ...(rest.length === 0
      ? []
      : [
          paint('bold', `and ${plural(rest.length, 'more root cause')}`),
          ...rest
            .slice(0, mostBlocks)
            .map(
              (cause) =>
                `  ${cutTo(`${cause.level}[${cause.rule}]: ${causeText(cause)} (${cause.told.length})`, options.width - 2)}`,
            ),
          ...(rest.length > mostBlocks ? [`  … ${rest.length - mostBlocks} more: -o json has them all`] : []),
          '',
        ]),
    ...briefly(toldIn(result, 'waived'), 'waived', options),
    ...(verdict.known > 0 && verdict.known <= mostBlocks
      ? briefly(toldIn(result, 'known'), 'known', options)
      : []),
    ...undecidedLines(result, options),
    ...notes.map(
      ({ level, text }) =>
        `${paint(colors[level], `${level}: `)}${wrapTo(text, options.width, level.length + 2)}`,
    ),
    ...next,
    paint(color[verdict.outcome], verdictLine(result)),
  ]
  return `${lines.join('\n')}\n`
}

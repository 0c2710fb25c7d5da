import type { AnalysisResult } from '#collisions/result.js'
import { historyOf } from './broken-import-text.js'
import { code, plain, row } from './markdown-text.js'
import { placeOf, shortId } from './radius-text.js'
import { causeText, type RootCause, rootCauses, type Told } from './root-causes.js'
import { plural } from './terminal.js'
import { countsOf, sentence, serviceId } from './told.js'
import { verdictLine, verdictNotes } from './verdict-text.js'

/** GitHub drops a job summary of more than 1 MiB whole: what is worst comes first, and the rest is cut before that. */
const mostBytes = 900 * 1024

function causeRows({ told, rule }: RootCause): readonly string[] {
  return told.map(({ finding, subject }) =>
    row([
      code(subject.name),
      code(
        rule === 'entry-point'
          ? finding.demand.specifier
          : `${finding.demand.by} ${finding.demand.specifier}`,
      ),
      code(placeOf(finding.demand.at)),
      code(placeOf(finding.supply?.at)),
      code(shortId(finding)),
    ]),
  )
}

function causeSection(cause: RootCause): string {
  const fixes = cause.told.flatMap(({ finding }) => finding.fixes)
  const separate = fixes.some(({ kind }) => kind === 'separate')
  return [
    `### ${plain(`${cause.level}: ${causeText(cause)}`)}`,
    '',
    ...historyLine(cause),
    row(['where', cause.rule === 'broken-import' ? 'needs' : 'demand', 'its line', "the host's pin", 'id']),
    row(['---', '---', '---', '---', '---']),
    ...causeRows(cause),
    ...(separate ? ['', 'Fix: give the service an environment of its own (checked, nobody disturbed).'] : []),
    '',
  ].join('\n')
}

/** Of a name that is gone: which versions next to the host's have it, and how much of the code needs it. */
function historyLine({ rule, told }: RootCause): readonly string[] {
  const [first] = told
  if (rule !== 'broken-import' || first === undefined) return []
  const uses = told.reduce((sum, { finding }) => sum + (finding.missing?.uses ?? 0), 0)
  return [plain(`As run: ${historyOf(first.finding)}; ${plural(uses, 'use')}.`), '']
}

/** Declared bounds that the code contradicts, of every cell that has some. */
function fictionSection({ cells }: AnalysisResult): readonly string[] {
  const rows = cells.flatMap(({ candidate, fictions = [] }) =>
    fictions.map((bound) =>
      row([
        code(serviceId(candidate)),
        code(`${bound.distribution} ${bound.specifier}`),
        code(placeOf(bound.at)),
        code(bound.lowest),
        code(bound.name),
        code(placeOf(bound.usedAt)),
        bound.level === 'error' ? 'at import' : 'when called',
        code(bound.needsFrom),
      ]),
    ),
  )
  if (rows.length === 0) return []
  return [
    [
      '### Bounds that are fiction: the oldest version that is declared to be enough lacks what the code needs',
      '',
      row(['service', 'declared', 'its line', 'takes', 'lacks', 'needed in', 'needed', 'first with it']),
      row(['---', '---', '---', '---', '---', '---', '---', '---']),
      ...rows,
      '',
    ].join('\n'),
  ]
}

function briefRows(told: readonly Told[], title: string): readonly string[] {
  if (told.length === 0) return []
  return [
    [
      `<details><summary>${told.length} ${title}</summary>`,
      '',
      ...told.map(({ finding, subject }) => {
        const { waiver } = finding
        const why =
          waiver === undefined
            ? ''
            : ` until ${code(waiver.until)}, ${plain(waiver.owner)}: ${plain(waiver.reason)}`
        return `- ${code(shortId(finding))} ${plain(`${subject.name}: ${sentence(finding)}`)}${why}`
      }),
      '',
      '</details>',
      '',
    ].join('\n'),
  ]
}

/** Markdown for a job summary, a merge request or a page: the verdict first, then every root cause, worst first. */
export function analysisMarkdown(result: AnalysisResult): string {
  const { verdict } = result
  const icon =
    verdict === undefined ? '' : { passed: '✅ ', failed: '❌ ', undecided: '❔ ' }[verdict.outcome]
  const counted = countsOf(result)
  const sections = [
    `## ${icon}${plain(verdictLine(result))}\n`,
    ...(verdict === undefined
      ? []
      : verdictNotes(verdict).map(({ level, text }) => `- **${level}** ${plain(text)}`)),
    ...(counted.length === 0
      ? []
      : [
          `\n${[row(['rule', 'findings']), row(['---', '---:']), ...counted.map(([rule, number]) => row([plain(rule), String(number)]))].join('\n')}\n`,
        ]),
    ...rootCauses(result).map(causeSection),
    ...fictionSection(result),
    ...briefRows(
      rootCauses(result, 'waived').flatMap(({ told }) => told),
      'waived',
    ),
    ...briefRows(
      rootCauses(result, 'known').flatMap(({ told }) => told),
      'known before',
    ),
  ]
  const kept: string[] = []
  let size = 0
  for (const section of sections) {
    size += Buffer.byteLength(section) + 1
    if (size > mostBytes) break
    kept.push(section)
  }
  const left = sections.length - kept.length
  if (left > 0) kept.push(`… and ${plural(left, 'more section')}: the JSON has them all.\n`)
  return `${kept.join('\n').trimEnd()}\n`
}

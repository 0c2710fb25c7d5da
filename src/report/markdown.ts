import type { AnalysisResult } from '#collisions/result.js'
import { code, plain, row } from './markdown-text.js'
import { placeOf, shortId } from './radius-text.js'
import { causeText, type RootCause, rootCauses, type Told } from './root-causes.js'
import { plural } from './terminal.js'
import { countsOf, sentence } from './told.js'
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
    row(['where', 'demand', 'its line', "the host's pin", 'id']),
    row(['---', '---', '---', '---', '---']),
    ...causeRows(cause),
    ...(separate ? ['', 'Fix: give the service an environment of its own (checked, nobody disturbed).'] : []),
    '',
  ].join('\n')
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

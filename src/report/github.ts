import type { Finding } from '#collisions/finding.js'
import type { AnalysisResult } from '#collisions/result.js'
import { plural } from './terminal.js'
import { isTold, ownPaths, placesOf, type Subject, sentence, subjectsOf } from './told.js'
import { verdictLine } from './verdict-text.js'

/** GitHub shows ten errors and ten warnings of a step: one of each is kept for what is left out. */
const mostOfLevel = 9

/** The value of a workflow command: `%`, and line ends, which could begin another command. */
function data(text: string): string {
  return text.replace(
    /[%\r\n]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

/** As `data`; properties are parted by commas and colons. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

function command(
  level: 'error' | 'warning',
  finding: Finding,
  subject: Subject,
  own: ReadonlySet<string>,
): string {
  const { main } = placesOf(finding, subject, own)
  const place =
    main === undefined || !own.has(main.path)
      ? ''
      : `file=${property(main.path)},${main.line === undefined ? '' : `line=${main.line},`}`
  return `::${level} ${place}title=${property(`svcsplit ${finding.rule}`)}::${data(`${subject.name}: ${sentence(finding)} (${finding.id})`)}`
}

/** Workflow commands of GitHub Actions: the worst new findings as annotations, and the verdict in the log. */
export function analysisGithub(result: AnalysisResult): string {
  const own = ownPaths(result)
  const told = subjectsOf(result).flatMap((subject) =>
    subject.findings
      .filter((finding) => isTold(finding) && finding.state === 'new')
      .map((finding) => ({ finding, subject })),
  )
  const lines = (['error', 'warning'] as const).flatMap((level) => {
    const ones = told.filter(({ finding }) => finding.level === level)
    const shown = ones.slice(0, mostOfLevel)
    const rest = ones.length - shown.length
    return [
      ...shown.map(({ finding, subject }) => command(level, finding, subject, own)),
      ...(rest === 0
        ? []
        : [`::${level} title=svcsplit::and ${plural(rest, `more ${level}`)}, which the job summary lists`]),
    ]
  })
  return `${[...lines, verdictLine(result)].join('\n')}\n`
}

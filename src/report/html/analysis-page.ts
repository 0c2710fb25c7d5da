import { formatOrigin, type Origin } from '#errors.js'
import { libraryGraphs } from './library-graph.js'
import { escapeHtml, pageFile, type Shell } from './page-file.js'
import type { FindingDocument, Place, ResultDocument } from './result-document.js'

/** Most rows of the table for readers without scripts. */
const mostPlain = 300

function placeText(place: Place | undefined): string {
  return place === undefined ? '' : formatOrigin(place as Origin)
}

function plainRow({
  rule,
  distribution,
  demand,
  supply,
  missing,
  host,
  environment,
}: FindingDocument): string {
  const cells = [
    rule,
    distribution,
    `${demand.by} ${missing === undefined ? 'wants' : 'needs'} ${demand.specifier}`,
    placeText(demand.at),
    `${host ?? environment ?? ''} has ${supply?.version ?? 'nothing'}`,
    placeText(supply?.at),
  ]
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`
}

function plainText({ findings, rules, summary }: ResultDocument): string {
  const errors = findings.filter(({ level }) => level === 'error')
  const counts = rules.map((rule) => `${rule} ${summary[rule] ?? '-'}`).join(', ')
  const rest = errors.length > mostPlain ? `<p>The first ${mostPlain} of ${errors.length}.</p>` : ''
  return (
    `<h1>svcsplit: ${errors.length} errors</h1><p>${escapeHtml(counts)}. The page shows more with scripts; it loads nothing.</p>` +
    `<table><tr><th>rule<th>distribution<th>demand<th>where<th>host<th>where</tr>${errors.slice(0, mostPlain).map(plainRow).join('')}</table>${rest}`
  )
}

function titleOf({ target, cells, findings }: ResultDocument): string {
  const errors = findings.filter(({ level }) => level === 'error').length
  const [first] = target.services
  const what =
    cells.length === 1 && first !== undefined
      ? `${first.name}${first.release === undefined ? '' : `@${first.release}`} on ${target.host.release ?? target.host.constraints ?? ''}`
      : `${new Set(target.services.map(({ name }) => name)).size} services`
  return `svcsplit: ${what}, ${errors} errors`
}

/** A result as a page in one file. `result` is the document that `-o json` writes. */
export function analysisPage(result: ResultDocument, shell: Shell): string {
  const graphs = libraryGraphs(result.held ?? [], result.findings)
  return pageFile(
    { title: titleOf(result), kind: 'analysis', data: { result, graphs }, plain: plainText(result) },
    shell,
  )
}

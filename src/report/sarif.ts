import type { Finding, Level } from '#collisions/finding.js'
import type { AnalysisResult } from '#collisions/result.js'
import type { FileOrigin } from '#errors.js'
import { jsonText } from './json-text.js'
import {
  countsOf,
  fallbackPath,
  isTold,
  ownPaths,
  placesOf,
  type Subject,
  sentence,
  subjectsOf,
  titleOf,
} from './told.js'

/** Only the first results are taken by GitHub code scanning: 25,000 of a run. */
const mostResults = 25_000

/** Of the files that come with svcsplit: a path in the package, not in a checkout. */
const shippedBase = 'SVCSPLIT'

/** A relative path as a URI reference (RFC 3986); `a:b` would be read as a scheme. */
function uriOf(path: string): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return encoded
}

/** Message text (SARIF 3.11.5): `[text](target)` would be a link. */
function messageText(text: string): string {
  return text.replace(/[\\[\]]/g, (character) => `\\${character}`)
}

function region({ line, column, text }: FileOrigin): object {
  if (line === undefined) return {}
  const start = column ?? 1
  const end = text === undefined ? undefined : [...text].length + 1
  return {
    region: {
      startLine: line,
      startColumn: start,
      ...(end === undefined || end <= start ? {} : { endColumn: end }),
      ...(text === undefined ? {} : { snippet: { text } }),
    },
  }
}

function physical(at: FileOrigin, own: ReadonlySet<string>): object {
  const uri = uriOf(at.path)
  const uriBaseId = own.has(at.path) ? 'SRCROOT' : shippedBase
  return { artifactLocation: { uri, uriBaseId }, ...region(at) }
}

/** New ones as SARIF's `new`, those of a baseline as `unchanged`; without either nothing is said. */
function stateOf({ state }: Finding, result: AnalysisResult): object {
  if (result.verdict === undefined || result.verdict.compared.length === 0) return {}
  return { baselineState: state === 'known' ? 'unchanged' : 'new' }
}

function suppressionsOf({ state, waiver }: Finding): object {
  if (state === 'waived' && waiver !== undefined) {
    const justification = `${waiver.reason} (until ${waiver.until}, ${waiver.owner})`
    return { suppressions: [{ kind: 'external', status: 'accepted', justification }] }
  }
  return {}
}

function resultOf(
  finding: Finding,
  subject: Subject,
  result: AnalysisResult,
  own: ReadonlySet<string>,
): object {
  const { main, others } = placesOf(finding, subject, own)
  const at = main ?? { path: fallbackPath(finding, result) }
  const links = others.map((_, index) => ` [${index + 1}](${index + 1})`).join('')
  return {
    ruleId: `svcsplit/${finding.rule}`,
    level: finding.level,
    message: { text: `${messageText(`${subject.name}: ${sentence(finding)}`)}${links}` },
    locations: [
      {
        physicalLocation: physical(at, own),
        logicalLocations: [
          { name: finding.distribution, fullyQualifiedName: `${subject.name}/${finding.distribution}` },
        ],
      },
    ],
    ...(others.length === 0
      ? {}
      : {
          relatedLocations: others.map((other, index) => ({
            id: index + 1,
            message: { text: messageText(other.what) },
            physicalLocation: physical(other.at, own),
          })),
        }),
    partialFingerprints: { 'svcsplit/v1': finding.id },
    ...stateOf(finding, result),
    ...suppressionsOf(finding),
  }
}

/** SARIF 2.1.0 of errors and warnings. Notes would bury them: their numbers are in the properties of the run. */
export function analysisSarif(result: AnalysisResult): string {
  const own = ownPaths(result)
  const told = subjectsOf(result).flatMap((subject) =>
    subject.findings.filter(isTold).map((finding) => ({ finding, subject })),
  )
  const rules = [...new Set(told.map(({ finding }) => finding.rule))]
  const levels = new Map<string, Level>(told.map(({ finding }) => [finding.rule, finding.level]))
  const subjects = [...new Set(told.map(({ subject }) => subject.name))]
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'svcsplit',
            version: result.toolVersion,
            semanticVersion: result.toolVersion,
            rules: rules.map((rule) => ({
              id: `svcsplit/${rule}`,
              name: rule.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
              shortDescription: { text: titleOf(rule) },
              defaultConfiguration: { level: levels.get(rule) ?? 'warning' },
              properties: { tags: ['dependencies'] },
            })),
          },
        },
        // Jobs of a matrix that look at different things must not replace one another's results.
        automationDetails: {
          id: `svcsplit/${subjects.length === 1 ? subjects[0] : (result.host?.release ?? 'all')}/`,
        },
        originalUriBaseIds: {
          SRCROOT: { description: { text: 'The folder in which svcsplit was run' } },
          [shippedBase]: { description: { text: 'The package of svcsplit, which brings these files' } },
        },
        columnKind: 'unicodeCodePoints',
        results: told
          .slice(0, mostResults)
          .map(({ finding, subject }) => resultOf(finding, subject, result, own)),
        properties: {
          python: result.python,
          platform: result.platform,
          findings: Object.fromEntries(countsOf(result)),
          undecided: result.undecided.length,
          ...(result.verdict === undefined ? {} : { outcome: result.verdict.outcome }),
        },
      },
    ],
  }
  return jsonText(document, 1)
}

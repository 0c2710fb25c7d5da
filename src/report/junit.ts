import type { Finding, Rule } from '#collisions/finding.js'
import type { AnalysisResult, ResultCell } from '#collisions/result.js'
import { formatOrigin, type Origin } from '#errors.js'
import { isTold, ownPaths, placesOf, type Subject, sentence, subjectsOf, titleOf } from './told.js'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text of XML 1.0; what is no character there (U+FFFE, U+FFFF) is replaced. Control characters are gone already. */
function xml(text: string): string {
  return text
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character]!)
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${xml(String(value))}"`]))
    .join('')
}

interface Case {
  readonly kind: 'passed' | 'failure' | 'skipped' | 'error'
  readonly text: string
}

function placed(at: Origin | undefined): string {
  return at === undefined
    ? ''
    : `\n    ${formatOrigin(at)}${'path' in at && at.text !== undefined ? `: ${at.text.trim()}` : ''}`
}

function evidence(finding: Finding): string {
  return `${sentence(finding)}   ${finding.id}${placed(finding.demand.at)}${placed(finding.supply?.at)}`
}

function failureOf(
  findings: readonly Finding[],
  rule: Rule,
): { readonly kind: Case['kind']; readonly text: string } {
  const fresh = findings.filter(({ state }) => state === 'new')
  const bad = fresh.some(({ level }) => level === 'error')
  const told = (fresh.length > 0 ? fresh : findings).map(evidence).join('\n')
  const [first] = fresh
  if (first !== undefined && bad)
    return {
      kind: 'failure',
      text: `<failure${attributes({ type: rule, message: fresh.length === 1 ? sentence(first) : `${fresh.length} findings` })}>${xml(told)}</failure>`,
    }
  const [old] = findings
  const message =
    old!.state === 'waived' && old!.waiver !== undefined
      ? `waived until ${old!.waiver.until} by ${old!.waiver.owner}: ${old!.waiver.reason}`
      : old!.state === 'known'
        ? 'known before'
        : `${old!.level}: ${sentence(old!)}`
  // One element for a case: a skipped one has its text in the message, the rest goes to its output.
  return {
    kind: 'skipped',
    text: `<skipped${attributes({ message })}/><system-out>${xml(told)}</system-out>`,
  }
}

function casesOf(
  subject: Subject,
  result: AnalysisResult,
  own: ReadonlySet<string>,
): readonly (Case & { xml: string })[] {
  const told = subject.findings.filter(isTold)
  const groups = new Map<string, Finding[]>()
  for (const finding of told) {
    const key = `${finding.rule}: ${finding.distribution}`
    const list = groups.get(key) ?? []
    list.push(finding)
    groups.set(key, list)
  }
  const open = 'undecided' in subject.of ? (subject.of as ResultCell).undecided : []
  const failing = [...groups].map(([name, findings]) => {
    const { main } = placesOf(findings[0]!, subject, own)
    const { kind, text } = failureOf(findings, findings[0]!.rule)
    const where = attributes({ name, classname: subject.name, file: main?.path, line: main?.line })
    return { kind, text, xml: `    <testcase${where} time="0">${text}</testcase>` }
  })
  const worked =
    'host' in subject.of
      ? result.rules.filter((rule) => !(rule === 'unsatisfiable' || rule === 'not-separate'))
      : (['unsatisfiable'] as const)
  const passing = worked
    .filter((rule) => !subject.findings.some((finding) => finding.rule === rule))
    .filter((rule) => !('summary' in subject.of) || subject.of.summary.findings[rule] === 0)
    .map((rule) => ({
      kind: 'passed' as const,
      text: '',
      xml: `    <testcase${attributes({ name: `${rule}: none`, classname: subject.name })} time="0"><system-out>${xml(titleOf(rule))}: no</system-out></testcase>`,
    }))
  const undecided = open.map(({ distribution, version, reason }) => ({
    kind: 'error' as const,
    text: '',
    xml: `    <testcase${attributes({ name: `undecided: ${distribution} ${version ?? ''}`.trim(), classname: subject.name })} time="0"><error${attributes({ type: 'undecided', message: reason })}/></testcase>`,
  }))
  return [...failing, ...undecided, ...passing]
}

/**
 * JUnit XML: a suite for each service release on a host and each environment; in it a case for each distribution
 * that a rule speaks of, and one that passes for each rule that found nothing.
 */
export function analysisJunit(result: AnalysisResult): string {
  const own = ownPaths(result)
  const suites = subjectsOf(result).map((subject) => ({ subject, cases: casesOf(subject, result, own) }))
  const numbers = (cases: readonly Case[]) => {
    const of = (kind: Case['kind']) => cases.filter((one) => one.kind === kind).length
    return { tests: cases.length, failures: of('failure'), errors: of('error') }
  }
  const body = suites.map(({ subject, cases }) => {
    const skipped = cases.filter(({ kind }) => kind === 'skipped').length
    const head = attributes({ name: subject.name, ...numbers(cases), skipped })
    return [`  <testsuite${head} time="0">`, ...cases.map((one) => one.xml), '  </testsuite>'].join('\n')
  })
  const all = attributes({ name: 'svcsplit', ...numbers(suites.flatMap(({ cases }) => cases)) })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${all} time="0">`,
    ...body,
    '</testsuites>',
    '',
  ].join('\n')
}

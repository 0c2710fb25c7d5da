import type { AnalysisResult } from '#collisions/result.js'
import type { Comparison, Verdict } from '#collisions/verdict.js'
import { formatOrigin } from '#errors.js'
import type { Waiver } from '#inputs/waivers-file.js'
import { plural } from './terminal.js'
import { isTold, subjectsOf } from './told.js'

/** What is stale, by name, before the rest is only counted. */
const mostGone = 10

function scope({ cells, environments = [] }: AnalysisResult): string {
  const services = new Set(cells.map(({ candidate }) => `${candidate.service}@${candidate.release ?? ''}`))
  const hosts = new Set(cells.map(({ host }) => host.label))
  const parts = [
    ...(cells.length === 0
      ? []
      : [`${plural(services.size, 'service release')} on ${plural(hosts.size, 'host')}`]),
    ...(environments.length === 0 ? [] : [plural(environments.length, 'environment')]),
  ]
  const isEmpty = environments.length === 0 && cells.every(({ size }) => size === 0)
  return isEmpty ? 'nothing was analyzed' : parts.join(', ')
}

/** The last line of every output that a person reads: one can grep for `gate passed`, `gate FAILED`, `gate UNDECIDED`. */
export function verdictLine(result: AnalysisResult): string {
  const { verdict, undecided } = result
  const open = undecided.length === 0 ? '' : `, ${undecided.length} undecided`
  if (verdict === undefined) {
    const told = subjectsOf(result).flatMap(({ findings }) => findings.filter(isTold))
    const errors = told.filter(({ level }) => level === 'error').length
    return `analyzed  ${plural(errors, 'error')}, ${plural(told.length - errors, 'warning')}${open}   (${scope(result)})`
  }
  const word = { passed: 'passed', failed: 'FAILED', undecided: 'UNDECIDED' }[verdict.outcome]
  const stale =
    verdict.stale.length +
    verdict.compared.reduce((sum, { isBaseline, gone }) => sum + (isBaseline ? gone.length : 0), 0)
  const expired = verdict.expired.length === 0 ? '' : `, ${plural(verdict.expired.length, 'expired waiver')}`
  return (
    `gate ${word}  ${verdict.new} new, ${verdict.known} known, ${verdict.waived} waived, ${stale} stale` +
    `${expired}${open}   (${scope(result)})`
  )
}

function named({ match, at }: Waiver): string {
  const what = Object.entries(match).map(([key, value]) => `${key} ${value}`)
  return `${what.join(', ')}  (${formatOrigin({ path: at.path, ...(at.line === undefined ? {} : { line: at.line }) })})`
}

/** Each ground of a verdict as a line with its level, without what the findings themselves say. */
export function verdictNotes(verdict: Verdict): readonly Note[] {
  const { expired, stale, ending, compared, written, excess, strict } = verdict
  const staleLevel = strict ? 'error' : 'warning'
  return [
    ...excess
      .filter(({ allowed }) => allowed > 0)
      .map(({ rule, found, allowed }) => ({
        level: 'error' as const,
        text: `${found} new findings of ${rule}, ${allowed} may be`,
      })),
    ...expired.map(({ waiver, days }) => ({
      level: 'error' as const,
      text: `expired waiver: ended on ${waiver.until}, ${plural(days, 'day')} ago, ${waiver.owner} answers for it: ${named(waiver)}`,
    })),
    ...ending.map((waiver) => ({
      level: 'warning' as const,
      text: `waiver ends soon: on ${waiver.until}, ${waiver.owner} answers for it: ${named(waiver)}`,
    })),
    ...stale.map((waiver) => ({
      level: staleLevel as 'error' | 'warning',
      text: `stale waiver: no finding is like that: ${named(waiver)}`,
    })),
    ...compared.flatMap((one) => comparisonNotes(one, verdict)),
    ...(written === undefined
      ? []
      : [
          {
            level: 'note',
            text: `baseline written to ${written.path}: ${written.added} added, ${written.removed} removed`,
          } as const,
        ]),
  ]
}

interface Note {
  readonly level: 'error' | 'warning' | 'note'
  readonly text: string
}

function comparisonNotes(
  { against, isBaseline, gone }: Comparison,
  { strict, known, new: fresh }: Verdict,
): readonly Note[] {
  const level = isBaseline ? (strict ? 'error' : 'warning') : 'note'
  const word = isBaseline ? 'stale in' : 'mended since'
  const shown = gone.slice(0, mostGone)
  const rest = gone.length - shown.length
  return [
    { level: 'note', text: `against ${against}: ${fresh} added, ${gone.length} gone, ${known} as before` },
    ...shown.map(({ id, rule, distribution, service, release }): Note => {
      const of = service === undefined ? '' : ` of ${service}${release === undefined ? '' : `@${release}`}`
      return { level, text: `${word} ${against}: ${rule} ${distribution}${of} (${id.slice(0, 8)})` }
    }),
    ...(rest === 0 ? [] : [{ level, text: `${word} ${against}: ${rest} more` } satisfies Note]),
  ]
}

import { SvcsplitError } from '#errors.js'
import type { Finding } from './finding.js'

/** One finding that was known before. Only the id decides; the rest is for whoever reads the file. */
export interface BaselineEntry {
  readonly id: string
  readonly rule: string
  readonly distribution: string
  readonly service?: string
  readonly release?: string
  readonly host?: string
  readonly specifier?: string
}

export interface Compared {
  readonly findings: readonly Finding[]
  /** Known before and no more. */
  readonly gone: readonly BaselineEntry[]
}

/** A file of findings is never longer. */
const mostEntries = 1_000_000

/** An id with what a person wants to know of it. */
export function entryOf({ id, rule, distribution, demand }: Finding, host?: string): BaselineEntry {
  const { service, release, specifier } = demand
  return {
    id,
    rule,
    distribution,
    service,
    ...(release === undefined ? {} : { release }),
    ...(host === undefined ? {} : { host }),
    specifier,
  }
}

/** A baseline: by id, one line for each finding, so that a change of one is a change of one line. */
export function baselineText(entries: readonly BaselineEntry[]): string {
  const lines = [...new Map(entries.map((entry) => [entry.id, entry])).values()]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map((entry) => JSON.stringify(entry))
  return `{"schemaVersion":"1.0","findings":[${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n`}]}\n`
}

/** What a baseline, or a result saved by `-o json`, knows. @throws E-BAS-FORM */
export function parseBaseline(text: string, path: string): readonly BaselineEntry[] {
  const refuse = (what: string, cause?: unknown): SvcsplitError =>
    new SvcsplitError('E-BAS-FORM', `${path} holds no findings: ${what}`, {
      at: { path },
      hint: '--write-baseline makes a baseline, -o json a result',
      ...(cause === undefined ? {} : { cause }),
    })
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw refuse('it is not JSON', cause)
  }
  const document = raw as { schemaVersion?: unknown; findings?: unknown } | null
  if (typeof document !== 'object' || document === null || !Array.isArray(document.findings))
    throw refuse('it has no list of findings')
  if (typeof document.schemaVersion !== 'string' || !/^1\.\d{1,4}$/.test(document.schemaVersion))
    throw refuse('its schemaVersion is not 1.x')
  if (document.findings.length > mostEntries) throw refuse(`more than ${mostEntries}`)
  return document.findings.map((one: unknown, index) => entryFrom(one) ?? fail(refuse, index))
}

function fail(refuse: (what: string) => SvcsplitError, index: number): never {
  throw refuse(`entry ${index + 1} has no id, rule and distribution`)
}

/** From a line of a baseline, or from a finding of a saved result. */
function entryFrom(raw: unknown): BaselineEntry | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  const one = raw as Readonly<Record<string, unknown>>
  const demand = (typeof one.demand === 'object' && one.demand !== null ? one.demand : one) as typeof one
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  const [id, rule, distribution] = [text(one.id), text(one.rule), text(one.distribution)]
  if (id === undefined || !/^[0-9a-f]{12}$/.test(id) || rule === undefined || distribution === undefined)
    return undefined
  const rest = {
    service: text(demand.service),
    release: text(demand.release),
    host: text(one.host),
    specifier: text(demand.specifier),
  }
  const known = Object.entries(rest).filter(([, value]) => value !== undefined)
  return { id, rule, distribution, ...Object.fromEntries(known) }
}

/** Findings that the entries know are `known`; which entries have no finding any more. Waived ones stay waived. */
export function compare(findings: readonly Finding[], entries: readonly BaselineEntry[]): Compared {
  const before = new Set(entries.map(({ id }) => id))
  const now = new Set(findings.map(({ id }) => id))
  return {
    findings: findings.map((finding) =>
      finding.state === 'new' && before.has(finding.id) ? { ...finding, state: 'known' } : finding,
    ),
    gone: entries.filter(({ id }) => !now.has(id)),
  }
}

import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import type { FindingDocument } from '../result-document.js'
import { formatHash, type Location } from './hash.js'
import { graver, hopKey, hopOf, type Model, placeOf } from './model.js'
import { Badge, listed, plural } from './words.js'

interface Row {
  readonly distribution: string
  readonly rules: ReadonlyMap<string, number>
  readonly errors: number
  readonly findings: number
  readonly services: readonly string[]
  readonly hops: number
}

/** Rows that are there at once; the rest comes when it is asked for. */
const mostRows = 25

const sorts = {
  library: { name: 'Library', of: (row: Row) => row.distribution },
  errors: { name: 'Errors', of: (row: Row) => -row.errors },
  findings: { name: 'Findings', of: (row: Row) => -row.findings },
  services: { name: 'Services', of: (row: Row) => -row.services.length },
  hops: { name: 'Hops', of: (row: Row) => -row.hops },
} as const

type Sort = keyof typeof sorts

function matches(finding: FindingDocument, query: Location['query'], words: readonly string[]): boolean {
  const { distribution, rule, demand, state } = finding
  if (query.rule !== undefined && rule !== query.rule) return false
  if (query.state !== undefined && state !== query.state) return false
  if (query.service !== undefined && demand.service !== query.service) return false
  if (query.from !== undefined && placeOf(finding) !== query.from) return false
  if (query.to !== undefined && (demand.release ?? '') !== query.to) return false
  if (words.length === 0) return true
  const path = 'path' in demand.at ? demand.at.path : ''
  const text =
    `${distribution} ${rule} ${demand.by} ${demand.service} ${demand.specifier} ${path}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

function rowOf(distribution: string, findings: readonly FindingDocument[]): Row {
  const rules = new Map<string, number>()
  const order = [...findings].sort((one, other) => graver.indexOf(other.level) - graver.indexOf(one.level))
  for (const { rule } of order) rules.set(rule, (rules.get(rule) ?? 0) + 1)
  return {
    distribution,
    rules,
    errors: findings.filter(({ level }) => level === 'error').length,
    findings: findings.length,
    services: [...new Set(findings.map(({ demand }) => demand.service))].sort(),
    hops: new Set(findings.map((finding) => hopKey(hopOf(finding)))).size,
  }
}

function compare(sort: Sort, isReversed: boolean): (one: Row, other: Row) => number {
  const { of } = sorts[sort]
  return (one, other) => {
    const a = of(one)
    const b = of(other)
    const order = a < b ? -1 : a > b ? 1 : 0
    return (
      (isReversed ? -order : order) ||
      other.findings - one.findings ||
      (one.distribution < other.distribution ? -1 : 1)
    )
  }
}

interface TableProps {
  readonly model: Model
  readonly location: Location
  readonly go: (next: Location, how?: 'push' | 'replace') => void
  /** On paper there is no filter to use: all rows are there. */
  readonly printing: boolean
}

/** All libraries that findings speak of, to be searched, narrowed and sorted. */
export function LibraryTable({ model, location, go, printing }: TableProps): JSX.Element {
  const { query } = location
  const [isWhole, setWhole] = useState(false)
  const q = query.q ?? ''
  const sortText = query.sort ?? 'errors'
  const isReversed = sortText.startsWith('-')
  const wanted = isReversed ? sortText.slice(1) : sortText
  const sort: Sort = wanted in sorts ? (wanted as Sort) : 'errors'
  const { rule, state, service, from, to } = query
  const rows = useMemo(() => {
    const words = q
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
    return [...model.byLibrary]
      .map(([distribution, findings]) =>
        rowOf(
          distribution,
          findings.filter((finding) => matches(finding, query, words)),
        ),
      )
      .filter(({ findings }) => findings > 0)
      .sort(compare(sort, isReversed))
  }, [model, q, rule, state, service, from, to, sort, isReversed])
  const set = (change: Readonly<Record<string, string>>) => {
    setWhole(false)
    go({ path: [], query: { ...query, ...change } }, 'replace')
  }
  const rules = [...new Set(model.result.findings.map((finding) => finding.rule))]
  const states = [...new Set(model.result.findings.map((finding) => finding.state))]
  const hosts = [...new Set(model.result.findings.map(placeOf))].sort()
  const targets = [...new Set(model.allHops.flatMap((hop) => (hop.to === null ? [] : [hop.to])))]
  const shown = isWhole || printing ? rows : rows.slice(0, mostRows)
  // numbers begin with the largest, names with the first
  const direction = (sort === 'library') === isReversed ? 'descending' : 'ascending'
  const isOne = model.cells.length < 2
  const columns = (Object.keys(sorts) as Sort[]).filter(
    (key) => !isOne || (key !== 'services' && key !== 'hops'),
  )
  const isNarrowed = [q, rule, state, service, from, to].some((one) => one !== undefined && one !== '')
  const select = (name: string, label: string, options: readonly string[]) =>
    options.length < 2 ? null : (
      <label>
        {label}{' '}
        <select
          value={query[name] ?? ''}
          onChange={({ currentTarget }) => set({ [name]: currentTarget.value })}
        >
          <option value="">any</option>
          {options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      </label>
    )
  return (
    <section id="libraries" aria-labelledby="libraries-title">
      <h2 id="libraries-title" tabIndex={-1}>
        Libraries
      </h2>
      <search class="controls">
        <label class="search">
          <span class="unseen">Filter libraries</span>
          <input
            type="search"
            placeholder="filter: oslo nova …  ( / )"
            value={q}
            onInput={({ currentTarget }) => set({ q: currentTarget.value })}
          />
        </label>
        {select('rule', 'rule', rules)}
        {select('state', 'state', states)}
        {select('service', 'service', [...model.services].sort())}
        {select('from', 'host', hosts)}
        {select('to', 'moves to', targets)}
        {isNarrowed ? (
          <button
            type="button"
            onClick={() => set({ q: '', rule: '', state: '', service: '', from: '', to: '' })}
          >
            show all
          </button>
        ) : null}
      </search>
      <p role="status" class="muted small">
        {plural(rows.length, 'library', 'libraries')},{' '}
        {plural(
          rows.reduce((sum, row) => sum + row.findings, 0),
          'finding',
        )}
        {isNarrowed ? ` of ${model.result.findings.length.toLocaleString('en-US')}` : ''}
      </p>
      <div class="scroll">
        <table class="libraries">
          <thead>
            <tr>
              {columns.map((key) => (
                <th
                  key={key}
                  scope="col"
                  class={key === 'library' || key === 'services' ? undefined : 'number'}
                  aria-sort={key === sort ? direction : undefined}
                >
                  <button
                    type="button"
                    onClick={() => set({ sort: key === sort && !isReversed ? `-${key}` : key })}
                  >
                    {sorts[key].name}
                    <span aria-hidden="true">
                      {key === sort ? (direction === 'ascending' ? ' ↑' : ' ↓') : ''}
                    </span>
                  </button>
                </th>
              ))}
              <th scope="col">Rules</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.distribution}>
                <th scope="row">
                  <a href={formatHash({ path: ['library', row.distribution], query })}>{row.distribution}</a>
                </th>
                <td class="number">
                  {row.errors === 0 ? <span class="muted">·</span> : row.errors.toLocaleString('en-US')}
                </td>
                <td class="number">{row.findings.toLocaleString('en-US')}</td>
                {isOne ? null : (
                  <>
                    <td title={row.services.join(', ')}>
                      {row.services.length > 3 ? `${row.services.length} services` : listed(row.services)}
                    </td>
                    <td class="number">{row.hops}</td>
                  </>
                )}
                <td>
                  {[...row.rules].map(([name, count]) => (
                    <Badge key={name} level={model.levels.get(name) ?? 'note'}>
                      {name} {count}
                    </Badge>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length === 0 ? (
        <p class="empty">
          {isNarrowed ? 'No library fits this filter.' : 'No finding speaks of any library.'}
        </p>
      ) : null}
      {shown.length < rows.length ? (
        <button type="button" onClick={() => setWhole(true)}>
          show {plural(rows.length - shown.length, 'more library', 'more libraries')}
        </button>
      ) : null}
    </section>
  )
}

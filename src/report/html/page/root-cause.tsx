import type { JSX } from 'preact'
import type { FindingDocument } from '../result-document.js'
import { formatHash, type Location } from './hash.js'
import { type Hop, type Model, releaseName } from './model.js'
import { Badge, Mark, plural, Where } from './words.js'

export interface RootCause {
  readonly distribution: string
  readonly rule: string
  readonly findings: readonly FindingDocument[]
}

/** Findings that have one cause: the same rule and the same library. Those of most services come first. */
export function rootCauses(findings: readonly FindingDocument[]): readonly RootCause[] {
  const causes = new Map<string, { distribution: string; rule: string; findings: FindingDocument[] }>()
  for (const finding of findings) {
    // Of names that are gone each is a cause of its own, with versions of its own that have it.
    const key = JSON.stringify([finding.rule, finding.distribution, finding.missing?.gone])
    const cause = causes.get(key) ?? { distribution: finding.distribution, rule: finding.rule, findings: [] }
    causes.set(key, cause)
    cause.findings.push(finding)
  }
  return [...causes.values()].sort(
    (one, other) =>
      other.findings.length - one.findings.length || (one.distribution < other.distribution ? -1 : 1),
  )
}

/** Of a name that is gone: which known versions have it. */
function historyText({ missing }: FindingDocument): string {
  const { gone = '', lastWith, firstWithout, firstWith } = missing ?? {}
  return [
    `lacks ${gone}`,
    ...(lastWith === undefined ? [] : [`${lastWith} had it, ${firstWithout} is the first without`]),
    ...(firstWith === undefined ? [] : [`${firstWith} has it`]),
  ].join('; ')
}

interface CauseProps {
  readonly model: Model
  readonly cause: RootCause
  readonly hop: Hop
  readonly location: Location
  /** Whether the whole is about one service, which then needs no naming. */
  readonly alone?: boolean
}

/** One block a cause: what the host gives and where that stands, who refuses it and where they say so. */
export function Cause({ model, cause, hop, location, alone = false }: CauseProps): JSX.Element {
  const { distribution, findings, rule } = cause
  const [first] = findings
  const query = { ...location.query, from: hop.from, to: hop.to ?? '' }
  const raised = (finding: FindingDocument): string | undefined => {
    for (const fix of finding.fixes)
      if (fix.kind === 'raise' && fix.pins[distribution] !== undefined) return fix.pins[distribution]
    return model.cell(finding.demand.service, hop)?.document.radius?.pins?.[distribution]
  }
  const hasRaise = !alone && findings.some((finding) => raised(finding) !== undefined)
  return (
    <article class={`cause ${first!.level}`}>
      <header>
        <h3>
          <Mark level={first!.level} />{' '}
          <a href={formatHash({ path: ['library', distribution], query })}>{distribution}</a>{' '}
          <span class="muted">{rule}</span>
        </h3>
        <p>
          host {hop.from}{' '}
          {first!.supply === null ? (
            <>has nothing</>
          ) : (
            <>
              has <b class="version">{first!.supply.version}</b> <Where place={first!.supply.at} />
            </>
          )}
        </p>
        {first!.missing === undefined ? null : <p class="muted">{historyText(first!)}</p>}
      </header>
      <table class="demands">
        <thead class={alone ? 'unseen' : undefined}>
          <tr>
            <th scope="col">who</th>
            <th scope="col">{first!.missing === undefined ? 'wants' : 'needs'}</th>
            {hasRaise ? <th scope="col">would do</th> : null}
            <th scope="col">where it says so</th>
          </tr>
        </thead>
        <tbody>
          {findings.map((finding) => {
            const { id, demand, via, direct } = finding
            const to = raised(finding)
            return (
              <tr key={id}>
                <th scope="row">
                  <a
                    href={formatHash({
                      path: ['cell', demand.service, hop.from, hop.to ?? ''],
                      query: location.query,
                    })}
                  >
                    {releaseName(demand.service, demand.release)}
                  </a>
                  {finding.state === 'new' ? null : <span class="tag">{finding.state}</span>}
                  {direct ? null : <span class="muted small"> via {via.slice(1).join(' → ')}</span>}
                </th>
                <td>
                  <b class="version">{demand.specifier === '' ? 'any' : demand.specifier}</b>
                </td>
                {hasRaise ? <td class="version would">{to ?? ''}</td> : null}
                <td>
                  <Where place={demand.at} />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </article>
  )
}

interface CausesProps {
  readonly model: Model
  readonly hop: Hop
  readonly findings: readonly FindingDocument[]
  readonly location: Location
  readonly most: number
  readonly alone?: boolean
}

export function Causes({ model, hop, findings, location, most, alone = false }: CausesProps): JSX.Element {
  const causes = rootCauses(findings)
  return (
    <>
      {causes.slice(0, most).map((cause) => (
        <Cause
          key={`${cause.rule} ${cause.distribution} ${cause.findings[0]!.missing?.gone ?? ''}`}
          model={model}
          cause={cause}
          hop={hop}
          location={location}
          alone={alone}
        />
      ))}
      {causes.length > most ? (
        <p class="muted">
          {plural(causes.length - most, 'more library', 'more libraries')} of this hop{' '}
          {causes.length - most === 1 ? 'is' : 'are'} in the table below.
        </p>
      ) : null}
    </>
  )
}

/** Rows of one rule: a page with thousands helps nobody. */
const mostBrief = 120

/** Findings that need no block each: by rule, each with what it speaks of. */
export function BriefFindings({ findings }: { readonly findings: readonly FindingDocument[] }): JSX.Element {
  const rules = [...new Set(findings.map(({ rule }) => rule))]
  return (
    <>
      {rules.map((rule) => {
        const ones = findings.filter((finding) => finding.rule === rule)
        const hasTested = ones.some(({ tested }) => tested !== undefined)
        const isOfMany = new Set(ones.map(({ demand }) => demand.service)).size > 1
        return (
          <details key={rule} class="brief" open={ones.length <= 8}>
            <summary>
              <Badge level={ones[0]!.level}>{rule}</Badge> {plural(ones.length, 'finding')}
            </summary>
            <div class="scroll">
              <table class="demands">
                <thead>
                  <tr>
                    <th scope="col">library</th>
                    {isOfMany ? <th scope="col">in</th> : null}
                    <th scope="col">there is</th>
                    {hasTested ? <th scope="col">tested with</th> : null}
                    <th scope="col">who</th>
                    <th scope="col">wants</th>
                    <th scope="col">where it says so</th>
                  </tr>
                </thead>
                <tbody>
                  {ones.slice(0, mostBrief).map(({ id, distribution, demand, supply, jump, tested }) => (
                    <tr key={id}>
                      <th scope="row">{distribution}</th>
                      {isOfMany ? <td>{releaseName(demand.service, demand.release)}</td> : null}
                      <td class="version">{supply === null ? 'nothing' : supply.version}</td>
                      {hasTested ? (
                        <td class="version">
                          {tested?.version ?? ''} <span class="muted">{jump ?? ''}</span>
                        </td>
                      ) : null}
                      <td class="version">{demand.by}</td>
                      <td class="version">{demand.specifier === '' ? 'any version' : demand.specifier}</td>
                      <td>
                        <Where place={demand.at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            {ones.length > mostBrief ? (
              <p class="muted">and {ones.length - mostBrief} more: -o json has them all</p>
            ) : null}
          </details>
        )
      })}
    </>
  )
}

import type { JSX } from 'preact'
import type {
  EnvironmentDocument,
  FindingDocument,
  VerdictDocument,
  WaiverDocument,
} from '../result-document.js'
import { listed, Mark, placeText, plural, Where } from './words.js'

const outcomes = {
  passed: { level: 'fine', text: 'Gate passed' },
  failed: { level: 'error', text: 'Gate failed' },
  undecided: { level: 'warning', text: 'Gate not decided' },
} as const

function Waiver({ waiver, note }: { readonly waiver: WaiverDocument; readonly note: string }): JSX.Element {
  const { match, reason, owner, at } = waiver
  return (
    <li>
      <b>{note}</b>: {Object.values(match).join(' ')}. {reason} ({owner}){' '}
      <span class="place">{placeText(at)}</span>
    </li>
  )
}

/** What a gate decided, before anything else: the word, the counts, and which waivers need a hand. */
export function GateVerdict({ verdict }: { readonly verdict: VerdictDocument }): JSX.Element {
  const { level, text } = outcomes[verdict.outcome]
  const { expired, stale, ending } = verdict.waivers
  const over = verdict.excess.map(
    ({ rule, found, allowed }) => `${found} ${rule}${allowed === 0 ? '' : ` of ${allowed} allowed`}`,
  )
  return (
    <section class={`gate ${level}`} aria-label="What the gate decided">
      <p>
        <strong>
          <Mark level={level} /> {text}
        </strong>{' '}
        {verdict.new} new, {verdict.known} known, {verdict.waived} waived
        {over.length === 0 ? '' : `: ${over.join(', ')}`}
        {verdict.compared.map(({ against, gone }) => (
          <span key={against} class="muted">
            {' '}
            against {against}
            {gone.length === 0 ? '' : `, of which ${gone.length} ${gone.length === 1 ? 'is' : 'are'} gone`}
          </span>
        ))}
      </p>
      {expired.length + stale.length + ending.length === 0 ? null : (
        <ul>
          {expired.map((waiver) => (
            <Waiver
              key={placeText(waiver.at)}
              waiver={waiver}
              note={`waiver expired ${plural(waiver.days, 'day')} ago`}
            />
          ))}
          {ending.map((waiver) => (
            <Waiver key={placeText(waiver.at)} waiver={waiver} note={`waiver ends ${waiver.until}`} />
          ))}
          {stale.map((waiver) => (
            <Waiver key={placeText(waiver.at)} waiver={waiver} note="waiver matches nothing" />
          ))}
        </ul>
      )}
    </section>
  )
}

/** Services that a policy wants to share an environment, and whether they may. */
export function Environments(props: {
  readonly environments: readonly EnvironmentDocument[]
  readonly findings: readonly FindingDocument[]
}): JSX.Element {
  const { environments, findings } = props
  return (
    <section id="environments" aria-labelledby="environments-title">
      <h2 id="environments-title" tabIndex={-1}>
        Environments
      </h2>
      <ul class="plain">
        {environments.map(({ name, services, sharable, at }) => {
          const own = findings.filter((finding) => finding.environment === name)
          const level = own.some((one) => one.level === 'error')
            ? 'error'
            : sharable === null
              ? 'warning'
              : sharable
                ? 'fine'
                : 'error'
          return (
            <li key={name}>
              <Mark level={level} /> <b>{name}</b>: {listed(services, 20)}
              {sharable === null
                ? own.length === 0
                  ? ', not decided'
                  : ''
                : sharable
                  ? ' may share it, as declared'
                  : ' cannot share it'}{' '}
              <Where place={at} />
              <ul class="plain inner">
                {own.map(({ id, rule, distribution, demand }) => (
                  <li key={id}>
                    <span class="muted">{rule}</span> <b>{distribution}</b>: {demand.by}{' '}
                    <span class="version">{demand.specifier}</span> <Where place={demand.at} />
                  </li>
                ))}
              </ul>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

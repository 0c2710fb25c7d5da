import type { JSX } from 'preact'
import type { EnvironmentDocument, VerdictDocument, WaiverDocument } from '../result-document.js'
import { listed, Mark, placeText, plural } from './words.js'

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
        {verdict.gone === undefined ? '' : `, ${verdict.gone.length} gone`}
        {over.length === 0 ? '' : `: ${over.join(', ')}`}
        {verdict.against === undefined ? null : <span class="muted"> against {verdict.against}</span>}
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
export function Environments(props: { readonly environments: readonly EnvironmentDocument[] }): JSX.Element {
  return (
    <section id="environments" aria-labelledby="environments-title">
      <h2 id="environments-title" tabIndex={-1}>
        Environments
      </h2>
      <ul class="plain">
        {props.environments.map(({ name, services, sharable, at }) => (
          <li key={name}>
            <Mark level={sharable === null ? 'warning' : sharable ? 'fine' : 'error'} /> <b>{name}</b>:{' '}
            {listed(services, 20)}{' '}
            {sharable === null
              ? 'may or may not share it'
              : sharable
                ? 'may share it, as declared'
                : 'cannot share it'}{' '}
            <span class="place">{placeText(at)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

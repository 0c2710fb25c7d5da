import type { JSX } from 'preact'
import type { Model } from './model.js'
import { goesBack } from './model.js'
import { Mark, plural } from './words.js'

interface Tone {
  readonly level: 'error' | 'warning' | 'fine'
  readonly title: string
  readonly figure: string
  readonly text: string
}

export function Tones({ tones }: { readonly tones: readonly Tone[] }): JSX.Element {
  return (
    <ul class="tones">
      {tones.map(({ level, title, figure, text }) => (
        <li key={title} class={level}>
          <p class="title">
            <Mark level={level} /> {title}
          </p>
          <strong>{figure}</strong>
          <p>{text}</p>
        </li>
      ))}
    </ul>
  )
}

function sentences(breaks: boolean, disturbs: boolean, separates: boolean): readonly string[] {
  const parts = [
    breaks
      ? 'Moving one service alone breaks it.'
      : 'No declared demand is refused when a service moves alone.',
    disturbs ? 'Moving the host changes what all others were tested with.' : '',
    separates ? 'Separating them breaks nothing.' : '',
  ]
  return parts.filter((part) => part !== '')
}

/** What a whole fleet comes to, in one sentence and three figures. */
export function FleetVerdict({ model }: { readonly model: Model }): JSX.Element {
  const { result, cells } = model
  const { separate } = result
  const back = cells.filter((cell) => goesBack(model, cell))
  const forward = cells.filter((cell) => !goesBack(model, cell))
  const broken = forward.filter(({ errors }) => errors > 0)
  const services = new Set(broken.map(({ service }) => service)).size
  const sum = (list: typeof cells): number => list.reduce((all, { errors }) => all + errors, 0)
  const notes = result.rules.filter((rule) => rule === 'drift')
  const drift = (list: typeof cells): number =>
    list.reduce(
      (all, { document }) => all + notes.reduce((of, rule) => of + (document.summary[rule] ?? 0), 0),
      0,
    )
  const moved = back.length > 0 ? back : forward
  const untested = moved.length === 0 ? 0 : Math.round(drift(moved) / moved.length)
  const sound = separate.sound === separate.of
  const tones: Tone[] = [
    {
      level: broken.length > 0 ? 'error' : 'fine',
      title: 'One service moves, the host stays',
      figure: `${services} of ${plural(model.services.length, 'service')}`,
      text: `${services === 1 ? 'is' : 'are'} refused somewhere: ${plural(sum(forward), 'error')} in ${broken.length.toLocaleString('en-US')} of ${plural(forward.length, 'cell')}.`,
    },
  ]
  if (untested > 0)
    tones.push({
      level: 'warning',
      title: back.length > 0 ? 'The host moves, the others stay' : 'What was never tested together',
      figure: `${untested.toLocaleString('en-US')} demands a cell`,
      text: `are met by a version that was never tested with the service${back.length > 0 ? `; ${plural(sum(back), 'error')} as declared: metadata has lower bounds, and says little of old code on new libraries.` : '.'}`,
    })
  if (separate.of > 0)
    tones.push({
      level: sound ? 'fine' : 'warning',
      title: 'Each service in its own image',
      figure: `${separate.sound} of ${separate.of}`,
      text: `service releases have no error under their own pins (checked). 0 other services are disturbed, whichever moves.`,
    })
  return (
    <section class="verdict">
      <h1 tabIndex={-1}>
        {sentences(broken.length > 0, untested > 0, separate.of > 0 && sound).map((text) => (
          <span key={text}>{text} </span>
        ))}
      </h1>
      <Tones tones={tones} />
    </section>
  )
}

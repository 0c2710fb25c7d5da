import type { JSX } from 'preact'
import type { Cell, Model } from './model.js'
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

/** Of cells: how many errors, in how many of them, of how many services. */
function brokenOf(cells: readonly Cell[]): { errors: number; cells: number; services: number } {
  const broken = cells.filter(({ errors }) => errors > 0)
  return {
    errors: broken.reduce((sum, { errors }) => sum + errors, 0),
    cells: broken.length,
    services: new Set(broken.map(({ service }) => service)).size,
  }
}

/** Demands of a cell, on average, that are met by a version that nobody tested with the service. */
function untestedIn({ result }: Model, cells: readonly Cell[]): number {
  if (cells.length === 0 || !result.rules.includes('drift')) return 0
  return Math.round(
    cells.reduce((sum, { document }) => sum + (document.summary.drift ?? 0), 0) / cells.length,
  )
}

function untestedText(untested: number): string {
  return untested === 0
    ? ''
    : `${untested.toLocaleString('en-US')} demands a cell are met by a version that was never tested with the service.`
}

function sentences(
  forward: ReturnType<typeof brokenOf> | undefined,
  back: ReturnType<typeof brokenOf> | undefined,
  untested: number,
  isSound: boolean,
): readonly string[] {
  const parts: string[] = []
  if (forward !== undefined)
    parts.push(
      forward.errors > 0
        ? 'Moving one service alone breaks it.'
        : 'A service that moves alone is refused nothing, as declared.',
    )
  if (back !== undefined)
    parts.push(
      back.errors > 0
        ? 'Moving the host breaks some that stay.'
        : untested > 0
          ? 'Moving the host changes what all others were tested with.'
          : 'Moving the host refuses others nothing, as declared.',
    )
  if (isSound) parts.push('Separating them breaks nothing.')
  return parts
}

/** What a whole fleet comes to, in one sentence and three figures. */
export function FleetVerdict({ model }: { readonly model: Model }): JSX.Element {
  const { result, cells } = model
  const { separate } = result
  const staying = cells.filter((cell) => goesBack(model, cell))
  const moving = cells.filter((cell) => !goesBack(model, cell))
  const forward = moving.length === 0 ? undefined : brokenOf(moving)
  const back = staying.length === 0 ? undefined : brokenOf(staying)
  const untested = untestedIn(model, staying.length > 0 ? staying : moving)
  const sound = separate.sound === separate.of
  const of = plural(model.services.length, 'service')
  const tones: Tone[] = []
  if (forward !== undefined)
    tones.push({
      level: forward.errors > 0 ? 'error' : 'fine',
      title: 'One service moves, the host stays',
      figure: `${forward.services} of ${of}`,
      text: `${forward.services === 1 ? 'is' : 'are'} refused or broken somewhere: ${plural(forward.errors, 'error')} in ${forward.cells.toLocaleString('en-US')} of ${plural(moving.length, 'cell')}. ${back === undefined ? untestedText(untested) : ''}`,
    })
  if (back !== undefined)
    tones.push({
      level: back.errors > 0 ? 'error' : 'warning',
      title: 'The host moves, the others stay',
      figure: `${back.services} of ${of}`,
      text: `${back.services === 1 ? 'is' : 'are'} refused or broken somewhere: ${plural(back.errors, 'error')} in ${back.cells.toLocaleString('en-US')} of ${plural(staying.length, 'cell')}. ${untestedText(untested)}`,
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
        {sentences(forward, back, untested, separate.of > 0 && sound).map((text) => (
          <span key={text}>{text} </span>
        ))}
      </h1>
      <Tones tones={tones} />
    </section>
  )
}

import type { ComponentChildren, JSX } from 'preact'
import type { Level, Place } from '../result-document.js'

/** `1 collision`, `1,204 collisions`. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`
}

/** `4.4 MB`, with powers of ten as registries count. */
export function bytes(number: number): string {
  if (number >= 1e9) return `${(number / 1e9).toFixed(2)} GB`
  if (number >= 1e6) return `${(number / 1e6).toFixed(number >= 1e7 ? 0 : 1)} MB`
  return `${Math.max(1, Math.round(number / 1e3))} kB`
}

export function listed(names: readonly string[], most = 6): string {
  return names.length > most
    ? `${names.slice(0, most).join(', ')} and ${names.length - most} more`
    : names.join(', ')
}

const marks: Readonly<Record<Level | 'fine', string>> = { error: '✕', warning: '!', note: '·', fine: '✓' }

/** A level by sign and word, so that its colour says nothing that the text does not. */
export function Mark({ level }: { readonly level: Level | 'fine' }): JSX.Element {
  return (
    <span class={`mark ${level}`} aria-hidden="true">
      {marks[level]}
    </span>
  )
}

export function Badge({ level, children }: { readonly level: Level; readonly children: ComponentChildren }) {
  return (
    <span class={`badge ${level}`}>
      <Mark level={level} /> {children}
    </span>
  )
}

export function placeText(place: Place | undefined): string {
  if (place === undefined) return ''
  if ('path' in place) return place.line === undefined ? place.path : `${place.path}:${place.line}`
  if ('archive' in place)
    return place.member === undefined ? place.archive : `${place.archive}!${place.member}`
  const at = place.index === undefined ? place.field : `${place.field}[${place.index}]`
  return `${place.distribution} ${place.version} ${at}`
}

/** Where something is written, and what stands there. */
export function Where({ place }: { readonly place: Place | undefined }): JSX.Element | null {
  if (place === undefined) return null
  const line = 'path' in place ? place.text : undefined
  return (
    <span class="where">
      <span class="place">{placeText(place)}</span>
      {line === undefined || line === '' ? null : <code>{line}</code>}
    </span>
  )
}

/** A command to copy: one click selects it whole. */
export function Command({ children }: { readonly children: string }): JSX.Element {
  return <code class="command">{children}</code>
}

/** The line of a pin as it is and as it would be. */
export function PinChange(props: {
  readonly distribution: string
  readonly from: string
  readonly to: string
  readonly place: Place | undefined
  readonly note?: string
}): JSX.Element {
  const { distribution, from, to, place, note } = props
  const text = place !== undefined && 'path' in place ? place.text : undefined
  const before = text?.includes(from) === true ? text : `${distribution}===${from}`
  return (
    <figure class="change">
      <figcaption>
        <span class="place">{placeText(place)}</span>
        {note === undefined ? null : <span class="muted">{note}</span>}
      </figcaption>
      <pre>
        <del>
          <span aria-hidden="true">- </span>
          {before}
        </del>
        {'\n'}
        <ins>
          <span aria-hidden="true">+ </span>
          {before.replace(from, () => to)}
        </ins>
      </pre>
    </figure>
  )
}

import { styleText } from 'node:util'
import { visible } from '#errors.js'

/** How text is to look: how wide, and whether in colour. */
export interface TextOptions {
  /** Columns. */
  readonly width: number
  readonly color: boolean
}

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** Wraps text in a style, or leaves it as it is. */
export function painter(options: TextOptions): (style: Style, text: string) => string {
  return (style, text) => (options.color ? styleText(style, text, { validateStream: false }) : text)
}

/** Whether colour is wanted: the flag, else FORCE_COLOR and NO_COLOR, else what the stream is. */
export function wantsColor(
  when: 'auto' | 'always' | 'never',
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (when !== 'auto') return when === 'always'
  if (environment.FORCE_COLOR !== undefined) return !['', '0', 'false'].includes(environment.FORCE_COLOR)
  if ((environment.NO_COLOR ?? '') !== '' || environment.TERM === 'dumb') return false
  return isTerminal
}

/** Text from outside, safe to print, cut with an ellipsis to a number of columns. */
export function cutTo(text: string, columns: number): string {
  const shown = visible(text, 4000)
  if (shown.length <= columns) return shown
  return columns < 2 ? shown.slice(0, Math.max(0, columns)) : `${shown.slice(0, columns - 1)}…`
}

/**
 * Text from outside, safe to print, broken at spaces. The first line begins after `first` columns that are there
 * already, the others are indented by `indent`.
 */
export function wrapTo(text: string, columns: number, first: number, indent = first): string {
  const lines: string[] = []
  let line = ''
  for (const word of visible(text, 4000).split(' ')) {
    const room = columns - (lines.length === 0 ? first : indent)
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}

/** Text and where it can be looked up: the place on the same line if there is room, else on the next. */
export function withPlace(text: string, place: string, columns: number, indent: number): string {
  if (place === '') return wrapTo(text, columns, indent)
  const line = `${visible(text, 4000)}   ${visible(place, 4000)}`
  if (indent + line.length <= columns) return line
  return `${wrapTo(text, columns, indent)}\n${' '.repeat(indent)}${visible(place, 4000)}`
}

/** Commands to go on with, as many as fit on one line; the first always. */
export function nextCommands(commands: readonly string[], columns: number): string {
  const [first = '', ...rest] = commands
  let line = `next   ${first}`
  for (const command of rest) {
    const longer = `${line}   ·   ${command}`
    if (longer.length <= columns) line = longer
  }
  return line
}

/** A number, or a middle dot where there is nothing to see. */
export function count(number: number): string {
  return number === 0 ? '·' : number.toLocaleString('en-US')
}

/** `1 collision`, `2 collisions`. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`
}

import type { Changes, Difference } from '#verbs/diff.js'
import { bytesText } from './bytes.js'

function linesOf(title: string, { added, removed, changed }: Changes): string[] {
  const width = Math.max(0, ...[...added, ...removed, ...changed].map(({ name }) => name.length))
  const lines = [
    ...changed.map(({ name, from, to }) => [name, `  ~ ${name.padEnd(width)}  ${from} -> ${to}`] as const),
    ...added.map(({ name, value }) => [name, `  + ${name.padEnd(width)}  ${value}`] as const),
    ...removed.map(({ name, value }) => [name, `  - ${name.padEnd(width)}  ${value}`] as const),
  ]
  const counts = `${changed.length} changed, ${added.length} added, ${removed.length} removed`
  return [`${title}: ${counts}`, ...lines.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line)]
}

/** What changes between two service releases, locks or images. */
export function diffText(difference: Difference): string {
  const { from, to, distributions, layers, transfer, exact, processes } = difference
  return [
    `${from} -> ${to}`,
    ...linesOf('distributions', distributions),
    ...(processes === undefined ? [] : linesOf('processes', processes)),
    `layers: ${layers.kept} stay, ${layers.new} new, ${layers.gone} gone`,
    `to move: ${exact ? '' : 'about '}${bytesText(transfer)}${exact ? '' : ', and the base if it changes'}`,
    '',
  ].join('\n')
}

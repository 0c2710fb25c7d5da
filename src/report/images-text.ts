import { visible } from '#errors.js'
import type { Carrier } from '#verbs/image-inventory.js'
import type { ImagesWithResult } from '#verbs/images-with.js'
import { painter, plural, type TextOptions } from './terminal.js'

const sources = { sbom: 'by its SBOM', layers: 'by its layers', lock: 'locked' } as const

/** Which images and locks carry a distribution, one in a line. */
export function imagesText(result: ImagesWithResult, options: TextOptions): string {
  const paint = painter(options)
  const { distribution, below, images, locks, carriers, unread } = result
  const asked = [
    ...(images > 0 || locks === 0 ? [plural(images, 'image')] : []),
    ...(locks > 0 ? [plural(locks, 'lock')] : []),
  ].join(' and ')
  const what = below === undefined ? distribution : `${distribution} below ${below}`
  const lines =
    carriers.length === 0
      ? [`${paint('bold', what)}: in none of ${asked}${unread.length > 0 ? ' that could be read' : ''}`]
      : [`${paint('bold', what)}: in ${found(result)}`, ...rows(carriers).map((row) => `  ${row}`)]
  if (unread.length > 0)
    lines.push(
      paint('yellow', `not decided: ${plural(unread.length, 'thing')} could not be read`),
      ...unread.map(({ place, problem, code }) => `  ${visible(place)}  ${visible(problem)} [${code}]`),
    )
  return `${lines.join('\n')}\n`
}

/** `1 of 3 images and 2 of 2 locks` */
function found({ images, locks, carriers }: ImagesWithResult): string {
  const inLocks = carriers.filter(({ from }) => from === 'lock').length
  return [
    ...(images > 0 ? [`${carriers.length - inLocks} of ${plural(images, 'image')}`] : []),
    ...(locks > 0 ? [`${inLocks} of ${plural(locks, 'lock')}`] : []),
  ].join(' and ')
}

function rows(carriers: readonly Carrier[]): readonly string[] {
  const cells = carriers.map(({ place, platform, versions, from }) => [
    visible(platform === undefined ? place : `${place} (${platform})`),
    versions.map((version) => visible(version)).join(', '),
    sources[from],
  ])
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells.map(([place, versions, from]) =>
    [place!.padEnd(widths[0]!), versions!.padEnd(widths[1]!), from].join('  '),
  )
}

/** Names are fixed: add, never rename. */
export function imagesJson(result: ImagesWithResult): string {
  const { distribution, below, images, locks, carriers, unread } = result
  return `${JSON.stringify({ schemaVersion: '1.0', distribution, below, images, locks, carriers, unread }, null, 2)}\n`
}

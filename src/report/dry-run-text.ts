import type { PlannedImage } from '#verbs/dry-run.js'
import { bytesText } from './bytes.js'

/** The long titles of layers end where a line of a terminal does. */
const widest = 90

function short(title: string): string {
  return title.length > widest ? `${title.slice(0, widest - 1)}…` : title
}

function told(image: PlannedImage): string[] {
  const about = image.estimated ? 'about ' : ''
  return [
    `${image.name}  ${image.platform}, ${image.distributions} distributions on ${image.base.name}`,
    ...image.layers.map(({ title, bytes, estimated, there }) => {
      const size = `${estimated ? '~' : ''}${bytesText(bytes)}`.padStart(10)
      return `  ${there ? 'has  ' : 'lacks'} ${size}  ${short(title)}`
    }),
    `  to move   ${about}${bytesText(image.transfer)}`,
    `  to unpack ${about}${bytesText(image.disk)}${image.previous === undefined ? ', nothing has the name yet' : `, above what it has in common with ${image.previous}`}`,
  ]
}

/** What builds would do, layer by layer: `has` and `lacks` speak of the destination. */
export function dryRunText(images: readonly PlannedImage[]): string {
  return [...images.flatMap(told), 'nothing was made', ''].join('\n')
}

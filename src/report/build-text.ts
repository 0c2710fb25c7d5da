import type { BuiltImage } from '#verbs/build.js'
import { bytesText } from './bytes.js'

function summaryOf(image: BuiltImage): string[] {
  const own = image.layers.reduce((sum, { bytes }) => sum + bytes, 0)
  const made = image.layers.filter((layer) => layer.made)
  const fresh = made.reduce((sum, { bytes }) => sum + bytes, 0)
  return [
    `${image.name}  ${image.digest}`,
    `  ${image.distributions} distributions in ${image.layers.length} layers, ${bytesText(own)}, on ${image.base.name} (${bytesText(image.base.bytes)})`,
    made.length === 0
      ? '  every layer was in the store already'
      : `  ${made.length} of ${image.layers.length} layers are new, ${bytesText(fresh)}`,
    ...image.built.map(
      ({ name, version, sha256 }) => `  built from its sdist: ${name} ${version}  sha256:${sha256}`,
    ),
  ]
}

/** The images of a build and where they are; `destination` as the user wrote it. */
export function buildText(images: readonly BuiltImage[], destination: string): string {
  return [...images.flatMap(summaryOf), `written to ${destination}`, ''].join('\n')
}

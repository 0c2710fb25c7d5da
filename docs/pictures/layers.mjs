/** Draws docs/pictures/layers.svg: the layers that the images of the newest release share, by service and by size. */
import { ask, colour, text, writePicture } from './draw.mjs'

/** @type {import('../../src/index.js').AnalysisDocument} */
const { images } = ask('analyze')
if (images === undefined) throw new Error('no images')
const { release, layers, services } = images
const holders = layers.map((_, index) => services.filter((one) => one.layers.includes(index)).length)
/** @param {number} bytes */
const mega = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
/** @param {readonly number[]} numbers */
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0)
/** @param {readonly number[]} own layers by their number */
const weigh = (own) => sum(own.map((index) => layers[index]?.bytes ?? 0))
const stored = sum(layers.map(({ bytes }) => bytes))
const apart = sum(services.map((one) => weigh(one.layers)))
const shared = layers.map((_, index) => index).filter((index) => (holders[index] ?? 0) > 1)
/** One hue for each layer that is shared. @param {number} index */
const shadeOf = (index) => `hsl(${Math.round((shared.indexOf(index) * 360) / shared.length)} 60% 58%)`

const left = 110
const top = 70
const row = 22
const perByte = 560 / Math.max(...services.map((one) => weigh(one.layers)))
const bars = services.flatMap(({ service, layers: own }, place) => {
  const y = top + place * row
  let x = left
  const parts = own.map((index) => {
    const width = weigh([index]) * perByte
    const fill = (holders[index] ?? 0) > 1 ? shadeOf(index) : colour.faint
    const part = `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.5, width - 0.6).toFixed(1)}" height="${row - 5}" fill="${fill}"/>`
    x += width
    return part
  })
  const total = weigh(own)
  return [text(left - 10, y + 13, service, 'text-anchor="end"'), ...parts, text(Math.round(x) + 6, y + 13, mega(total), 'font-size="10"')]
})
const height = top + services.length * row + 66
writePicture('layers', 760, height, [
  text(20, 28, `Fifteen images of ${release} above their bases: what each layer weighs`.replace('Fifteen', String(services.length)), `font-size="15" font-weight="600" fill="${colour.title}"`),
  text(20, 50, `A colour is one layer that several images have (${shared.length} of them); grey ones are of one image (${layers.length - shared.length}).`),
  ...bars,
  text(20, height - 38, `One by one they would take ${mega(apart)}; a registry keeps each layer once, and so ${mega(stored)}.`),
  text(20, height - 20, `A layer's bytes depend on its wheels alone: services that agree on them agree on its digest.`),
])

import { randomFrom } from './random.mjs'

/**
 * @typedef {{ name: import('#pep/name.js').DistributionName, version: string, filename: string, sha256: string, size: number }} MadeWheel
 * @typedef {{ root: MadeWheel['name'], list: readonly MadeWheel[] }} MadeImage
 */

/**
 * Images as a fleet of services has them: 40 wheels that all have, 30 of 300 that many have, ten of their own, one of which is
 * the service. In one image: all wheels.
 * @param {readonly MadeWheel[]} wheels @param {number} count @param {boolean} [single]
 */
export function fleetOfImages(wheels, count, single = false) {
  const random = randomFrom(7)
  const [common, often, rest] = [wheels.slice(0, 40), wheels.slice(40, 340), wheels.slice(340)]
  const images = Array.from({ length: count }, (_, i) => {
    const own = Array.from({ length: 10 }, (_, at) => rest[(i * 3 + at) % Math.max(1, rest.length)]).flatMap(
      (wheel) => wheel ?? [],
    )
    const list = single ? wheels : [...common, ...random.some(often, 30), ...own]
    return { root: /** @type {MadeWheel} */ (list.at(-1)).name, list }
  })
  /** @type {Map<MadeWheel['name'], number>} */
  const weights = new Map()
  for (const { list } of images) for (const { name } of list) weights.set(name, (weights.get(name) ?? 0) + 1)
  return { images, weights }
}

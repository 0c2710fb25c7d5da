/**
 * Where one machine ends: 500 images made by n workers that share a registry and nothing else, by simulation. The layers are what
 * `planLayers` gives; what a byte costs is measured here, what the wire and a round trip cost is assumed and told.
 */
import { createHash, randomBytes } from 'node:crypto'
import { planLayers } from '#layers/plan.js'
import { machine } from './context.mjs'
import { fleetOfImages } from './made-fleet.mjs'
import { randomFrom } from './random.mjs'

/** Bytes a second between a worker and the registry or the index, and seconds for each question. */
const wire = 1.25e8
const roundTrip = 0.005
const imageCount = 500

/** Sizes as wheels of the shipped closures have them: many small, few large. */
function madeWheels() {
  const random = randomFrom(3)
  return Array.from({ length: 2000 }, (_, i) => ({
    name: /** @type {import('#pep/name.js').DistributionName} */ (`made-${i}`),
    version: '1.0',
    filename: `made_${i}-1.0-py3-none-any.whl`,
    sha256: createHash('sha256').update(String(i)).digest('hex'),
    size: Math.round(20_000 * Math.exp(random.next() * 4.5)),
  }))
}

/** Bytes of wheels that one core turns into layers in a second: an eighth of what it hashes, for reading, inflating and hashing more than once. */
function rateOfWork() {
  const bytes = randomBytes(16 * 1024 * 1024)
  const from = process.cpuUsage()
  createHash('sha256').update(bytes).digest()
  const { user, system } = process.cpuUsage(from)
  return bytes.length / ((user + system) / 1e6) / 8
}

/** The images, each as layers that are the same wherever their wheels are. */
function layeredImages() {
  const wheels = madeWheels()
  const sizes = new Map(wheels.map(({ name, size }) => [name, size]))
  const { images, weights } = fleetOfImages(wheels, imageCount)
  return images.map(({ root, list }) =>
    planLayers({ distributions: list, root, weights, services: images.length }).map(({ distributions }) => ({
      key: distributions.join(),
      bytes: distributions.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0),
      wheels: distributions,
    })),
  )
}

/** @typedef {ReturnType<typeof layeredImages>} Images */

/**
 * Each worker takes its images in their order; all start at once. A layer that the registry has is not made again where the
 * workers share what was made of which wheels; without that each makes it, and the push finds it there.
 * @param {Images} images @param {readonly (readonly number[])[]} split @param {boolean} shared @param {number} rate
 */
function simulate(images, split, shared, rate) {
  const workers = split.map((list) => ({
    list,
    next: 0,
    time: 0,
    made: new Set(),
    wheels: new Set(),
  }))
  /** When the registry has a layer. @type {Map<string, number>} */
  const there = new Map()
  let [fetched, pushed, mounted] = [0, 0, 0]
  for (;;) {
    const [worker] = workers
      .filter(({ list, next }) => next < list.length)
      .sort((one, other) => one.time - other.time)
    if (worker === undefined) break
    const image = images[worker.list[worker.next] ?? 0] ?? []
    worker.next += 1
    for (const { key, bytes, wheels } of image) {
      const known = there.get(key)
      const isThere = known !== undefined && known <= worker.time
      worker.time += roundTrip
      if (worker.made.has(key) || (shared && isThere)) {
        if (!worker.made.has(key)) mounted += bytes
        worker.made.add(key)
        continue
      }
      const missing = wheels.filter((name) => !worker.wheels.has(name))
      for (const name of missing) worker.wheels.add(name)
      const get = (bytes * missing.length) / wheels.length
      fetched += get
      worker.time += get / wire + bytes / rate
      worker.made.add(key)
      if (isThere) mounted += bytes
      else {
        pushed += bytes
        worker.time += bytes / wire
        there.set(key, Math.min(known ?? Number.POSITIVE_INFINITY, worker.time))
      }
    }
  }
  return { seconds: Math.max(...workers.map(({ time }) => time)), fetched, pushed, mounted }
}

/** @param {import('./context.mjs').Context} _ */
export function fleetWorkers(_) {
  const images = layeredImages()
  const rate = rateOfWork()
  const order = images
    .map((layers, index) => ({ index, key: layers.map(({ key }) => key).join() }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ index }) => index)
  const workers = [1, 2, 4, 8, 16, 32, 64].flatMap((n) => {
    const round = Array.from({ length: n }, (_, w) => order.filter((_, at) => at % n === w))
    const size = Math.ceil(order.length / n)
    const runs = Array.from({ length: n }, (_, w) => order.slice(w * size, (w + 1) * size))
    return [
      { strategy: 'in turn, each for itself', workers: n, ...simulate(images, round, false, rate) },
      { strategy: 'in turn, descriptors shared', workers: n, ...simulate(images, round, true, rate) },
      {
        strategy: 'neighbours together, descriptors shared',
        workers: n,
        ...simulate(images, runs, true, rate),
      },
    ]
  })
  const distinct = new Map(images.flatMap((layers) => layers.map(({ key, bytes }) => [key, bytes])))
  const least = [...distinct.values()].reduce((sum, bytes) => sum + bytes, 0)
  const sum = images.flat().reduce((all, { bytes }) => all + bytes, 0)
  return {
    title: `A fleet of ${imageCount} images over n workers (simulation)`,
    machine: machine(),
    workers,
    note:
      `Layers as planned for ${imageCount} images of 80 of 2,000 made-up wheels: ${(sum / 1e9).toFixed(1)} GB of single images, of which ` +
      `${(least / 1e9).toFixed(1)} GB differ, and less than that nobody can push. Work at ${(rate / 1e6).toFixed(0)} MB of wheels a second and ` +
      `core (an eighth of the SHA-256 rate measured here); assumed: ${wire / 1.25e5 / 1000} Gbit/s for each worker, ${roundTrip * 1000} ms for a question. ` +
      'A layer is a function of its wheels, so it does not matter which worker makes it, and two that make it at once push the same blob.',
  }
}

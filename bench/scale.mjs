import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sample } from './compete.mjs'
import { machine } from './context.mjs'
import { realUniverse, syntheticUniverse, writeWorld } from './worlds.mjs'

/**
 * @typedef {import('./context.mjs').Context} Context
 * @typedef {{ n: number, seconds: number, cpu: number, mebibytes: number, told: Record<string, number> }} Point
 * @typedef {{ label: string, points: readonly Point[] }} Curve
 * @typedef {{ name: string, title: string, note: string, across: string, machine: import('./context.mjs').Machine, curves: readonly Curve[] }} Curves
 */

/**
 * Each point is a process of its own; what it works on is made before.
 * @param {Context} context @param {readonly number[]} sizes @param {(dir: string, n: number) => readonly string[]} prepare the script and its arguments
 * @returns {readonly Point[]}
 */
function points(context, sizes, prepare) {
  /** @type {Point[]} */
  const found = []
  for (const n of sizes) {
    const dir = join(context.work, `scale-${n}`)
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir)
    const command = [process.execPath, ...prepare(dir, n)]
    try {
      const measured = sample({ name: `n = ${n}`, command, cwd: context.root }, context, longest)
      const told = JSON.parse(readFileSync(join(context.work, 'stdout'), 'utf8'))
      found.push({ n, ...measured, told })
      console.log(`  ${n}: ${JSON.stringify({ ...measured, ...told })}`)
    } catch (error) {
      // The curve ends where the machine does, and the page says so by the points that it lacks.
      console.log(
        `  ${n}: not within ${longest} s (${error instanceof Error ? error.message.slice(0, 80) : error})`,
      )
      break
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  }
  return found
}

/** Seconds of the clock for one point. */
const longest = 300

/** All of them, or those that take seconds. @param {Context} context @param {readonly number[]} sizes */
const within = ({ rounds }, sizes) => (rounds < 7 ? sizes.slice(0, -1) : sizes)

/** @param {Context} context @returns {Omit<Curves, 'name'>} */
export function scaleServices(context) {
  const sizes = within(context, [15, 150, 1500, 15000])
  const script = join(context.root, 'bench/scale-point.mjs')
  const curve = (/** @type {string} */ label, /** @type {import('./worlds.mjs').Universe} */ universe) => ({
    label,
    points: points(context, sizes, (dir, n) => {
      writeWorld(dir, universe, n)
      return [script, dir, universe.releases[0]?.name ?? '']
    }),
  })
  return {
    title: 'Services on one host',
    across: 'services',
    machine: machine(),
    curves: [
      curve('pins of OpenStack', realUniverse(context.root)),
      curve('300 made-up libraries', syntheticUniverse(2)),
    ],
    note:
      'Each service in two releases, all of them analysed on the host of the older one, with the fewest pins that each would ' +
      'have to move. A service demands 40 distributions: of those that real services demand in both releases, with the bounds of one of them, or made-up ones.',
  }
}

/** @param {Context} context @returns {Omit<Curves, 'name'>} */
export function scaleReleases(context) {
  const script = join(context.root, 'bench/scale-point.mjs')
  return {
    title: 'Fifteen services and ever more releases',
    across: 'releases',
    machine: machine(),
    curves: [
      {
        label: 'on one host',
        points: points(context, within(context, [4, 10, 30, 100]), (dir, n) => {
          const universe = syntheticUniverse(n)
          writeWorld(dir, universe, 15)
          return [script, dir, universe.releases[0]?.name ?? '']
        }),
      },
      {
        label: 'every release on every host',
        points: points(context, within(context, [4, 8, 16, 32]), (dir, n) => {
          writeWorld(dir, syntheticUniverse(n), 15)
          return [script, dir]
        }),
      },
    ],
    note: 'Every release on every host is a matrix of 15 x n x (n - 1) cells: it is quadratic by its question, and a cell costs the same at any n.',
  }
}

/** @param {Context} context @param {string} kind @param {readonly number[]} sizes */
function layerPoints(context, kind, sizes) {
  const script = join(context.root, 'bench/layer-point.mjs')
  return points(context, sizes, (dir, n) => {
    const make = [join(context.root, 'bench/made-wheels.mjs'), dir, kind === 'wheels' ? `${n}` : '2000']
    execFileSync(process.execPath, make, { stdio: 'ignore' })
    return [script, kind, dir, `${n}`]
  })
}

/** @param {Context} context @returns {Omit<Curves, 'name'>} */
export function scaleWheels(context) {
  return {
    title: 'Wheels in one image',
    across: 'wheels',
    machine: machine(),
    curves: [
      { label: 'cold', points: layerPoints(context, 'wheels', within(context, [100, 1000, 3000, 10000])) },
    ],
    note: 'Layers of one environment of made-up wheels with eight files each, from a store of wheels; nothing else is there.',
  }
}

/** @param {Context} context @returns {Omit<Curves, 'name'>} */
export function scaleImages(context) {
  return {
    title: 'Images of a fleet',
    across: 'images',
    machine: machine(),
    curves: [{ label: 'cold', points: layerPoints(context, 'images', within(context, [5, 15, 50, 500])) }],
    note: 'Layers of images with 80 wheels each, 40 that all have, 30 of 300 that many have and 10 of their own, one process and one store of 2,000 wheels.',
  }
}

import { execFileSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { svcsplit } from './context.mjs'

/** @typedef {{ milliseconds: number, elements: number }} Opened */

/** @param {import('./context.mjs').Context} context @returns {import('./compete.mjs').Benchmark} */
export function reportOpened({ root, work, rounds }) {
  const file = join(work, 'fleet.html')
  const [program = '', ...args] = svcsplit({ root }, ['analyze', '-o', `html=${file}`])
  execFileSync(program, args)
  const empty = join(work, 'empty.html')
  writeFileSync(empty, '<!doctype html><title>empty</title><p>empty</p>\n')
  const open = (/** @type {string} */ page, /** @type {string} */ selector, /** @type {number} */ times) => [
    ...[process.execPath, join(root, 'bench/open-page.mjs'), page, selector, String(times)],
  ]
  const [node = '', ...opening] = open(file, '.heat', rounds)
  const opened = /** @type {Opened} */ (JSON.parse(execFileSync(node, opening, { encoding: 'utf8' })))
  const megabytes = statSync(file).size / 1e6
  const measured = (
    /** @type {string} */ what,
    /** @type {number} */ got,
    /** @type {number} */ most,
    /** @type {string} */ unit,
  ) => ({
    what,
    aim: `at most ${most}${unit}`,
    got: `${Number(got.toFixed(2))}${unit}`,
    met: got <= most,
    by: Number((got / most).toFixed(2)),
  })
  return {
    title: 'The HTML report of the whole fleet, opened',
    own: { name: 'Chromium with the report', command: open(file, '.heat', 1) },
    limit: { name: 'Chromium with an empty page', command: open(empty, 'p', 1) },
    more: [
      measured('until it is drawn', opened.milliseconds / 1000, 1, ' s'),
      measured('elements at start', opened.elements, 5000, ''),
      measured('size', megabytes, 1.5, ' MB'),
    ],
    note: 'From the navigation to two frames after the heat map is there, the median of fresh tabs; the rows have the starting of the browser in them.',
  }
}

import { join } from 'node:path'
import { svcsplit } from './context.mjs'
import { countServices, offlineUv } from './uv.mjs'

/** @typedef {import('./context.mjs').Context} Context @typedef {import('./compete.mjs').Benchmark} Benchmark */

/**
 * The whole shipped fleet, from process start, against uv working out one service's closure under the same constraints with
 * everything in its cache.
 * @param {Context} context @returns {Benchmark}
 */
export function analyzeFleet(context) {
  const services = countServices(context)
  const releases = Object.keys(context.releases).length
  return {
    title: 'Whole fleet: svcsplit analyze',
    own: {
      name: 'svcsplit analyze',
      command: svcsplit(context, ['analyze']),
    },
    peer: offlineUv(context, 'glance', '2025.1').peer,
    peerRuns: services,
    aims: { seconds: 1, mebibytes: 200, ratio: 40 },
    note:
      `svcsplit: ${services} service releases, each on the hosts of all ${releases} releases, with the names that their code uses. ` +
      `uv: one closure; ${services} of them are ${services} runs.`,
  }
}

/** @param {Context} context @returns {Benchmark} */
export function gateFleet(context) {
  const formats = [
    'text',
    'json',
    'sarif',
    'junit',
    'gitlab',
    'github',
    'zuul',
    'markdown',
    'dot',
    'mermaid',
    'html',
  ]
  return {
    title: 'Whole fleet: svcsplit gate with all outputs',
    own: {
      name: `svcsplit gate, ${formats.length} outputs`,
      command: svcsplit(context, [
        ...['gate', '--fail-on', 'none'],
        ...formats.flatMap((format) => ['-o', `${format}=${join(context.work, `gate.${format}`)}`]),
      ]),
    },
    aims: { seconds: 2, mebibytes: 300 },
    note: 'All cells of the shipped fleet, in every format that a gate writes.',
  }
}

/** @param {import('./context.mjs').Context} context @returns {import('./compete.mjs').Benchmark} */
export function readSources({ root }) {
  return {
    title: 'Reading the sources of nova 2026.1 and of all that it needs',
    own: {
      name: 'every wheel of the closure, one core',
      command: [process.execPath, join(root, 'bench/read-sources.mjs'), 'nova@2026.1'],
      cwd: root,
    },
    rounds: 3,
    aims: { seconds: 20 },
    tell: (stdout) => JSON.parse(stdout),
    note: 'From the wheels in the store, of which those must be there: `svcsplit build nova@2026.1` brings them. It is done once for each wheel, and kept by its hash.',
  }
}

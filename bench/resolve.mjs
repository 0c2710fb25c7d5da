import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { svcsplit, versionOf } from './context.mjs'
import { wheelFolder } from './images.mjs'
import { offlineUv } from './uv.mjs'

/** @typedef {import('./context.mjs').Context} Context @typedef {import('./compete.mjs').Benchmark} Benchmark */

const release = '2026.1'
const service = 'nova'

/** One service, from process start. @param {Context} context @returns {Benchmark} */
export function resolveService(context) {
  const { peer, input, constraints } = offlineUv(context, service, release)
  return {
    title: 'One service: svcsplit resolve, and uv',
    own: {
      name: 'svcsplit resolve --offline',
      command: svcsplit(context, ['resolve', '--offline', '-r', input, '-c', constraints]),
    },
    peer,
    aims: { ratio: 3 },
    note:
      'Both from process start, under the same constraints, Python 3.11. Starting Node costs about as much as the whole run of uv, ' +
      'a native program: see start-up. A single resolve cannot be faster than its own start.',
  }
}

/** pip can do the same without a network only from wheels on disk. @param {Context} context @returns {Benchmark} */
export function resolveByPip(context) {
  const { root, work, releases, python } = context
  const pip = [python(), '-m', 'pip']
  const { distribution, version } = releases['2025.1']?.services.glance ?? { distribution: '', version: '' }
  const input = join(work, 'glance.in')
  writeFileSync(input, `${distribution}==${version}\n`)
  const constraints = join(root, 'constraints/2025.1.txt')
  const wheels = join(wheelFolder(context), 'wheels')
  return {
    title: 'One service: svcsplit resolve, and pip',
    own: {
      name: 'svcsplit resolve --offline',
      command: svcsplit(context, ['resolve', '--offline', '-r', input, '-c', constraints]),
    },
    peer: {
      name: 'pip install --dry-run --no-index --find-links (glance 2025.1)',
      command: [
        ...[...pip, 'install', '-q', '--dry-run', '--ignore-installed', '--no-index', '--find-links', wheels],
        ...['-c', constraints, '-r', input],
      ],
      version: versionOf([...pip, '--version'])?.split(' from ')[0],
    },
    rounds: 3,
    aims: { ratio: 3 },
    note: 'pip keeps no metadata of its own; the wheels of the closure lie on disk, which is the least that it needs.',
  }
}

/**
 * All services of a release in one process: each alone under its pins, all of them together, and the fewest environments both ways.
 * @param {Context} context @returns {Benchmark}
 */
export function shareFifteen(context) {
  const services = Object.keys(context.releases[release]?.services ?? {})
  return {
    title: `All services of ${release}: svcsplit share`,
    own: {
      name: `svcsplit share, ${services.length} services`,
      command: svcsplit(context, ['share', ...services.map((name) => `${name}@${release}`)]),
    },
    peer: offlineUv(context, service, release).peer,
    peerRuns: services.length,
    aims: { ratio: 20 },
    note: `svcsplit: ${services.length} services in one process. uv: one of them; ${services.length} are ${services.length} runs.`,
  }
}

/** Fifteen services, each at another release than its neighbours: the fewest environments. @param {Context} context @returns {Benchmark} */
export function shareMixed(context) {
  const names = Object.keys(context.releases).sort()
  const services = Object.keys(context.releases[release]?.services ?? {})
  return {
    title: 'Fifteen services at mixed releases: svcsplit share',
    own: {
      name: 'svcsplit share, mixed releases',
      command: svcsplit(context, [
        'share',
        ...services.map((name, i) => `${name}@${names[i % names.length]}`),
      ]),
    },
    rounds: 3,
    aims: { seconds: 2 },
    note: 'Whether they may share, and the exact minimum of environments, from process start.',
  }
}

/** @param {Context} context @returns {Benchmark} */
export function allPairs({ root }) {
  return {
    title: 'All pairs of service releases',
    own: {
      name: 'all pairs, as tested and as declared',
      command: [process.execPath, join(root, 'bench/all-pairs.mjs')],
      cwd: root,
    },
    rounds: 3,
    aims: { seconds: 3 },
    tell: (stdout) => {
      const { services, pairs, steps, asTested, asDeclared } = JSON.parse(stdout)
      return {
        'service releases': services,
        pairs,
        'apart as tested': asTested.apart,
        'apart as declared': asDeclared.apart,
        'lines of minimal conflicts': asDeclared.lines,
        'steps of propagation': steps,
      }
    },
    note:
      'With a minimal conflict for each pair that fails, in one process. What is learned of packages is shared between the pairs: ' +
      'a pair costs what two sets of lines add to one universe, not a universe of its own.',
  }
}

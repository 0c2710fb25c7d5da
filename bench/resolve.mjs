import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir } from '#io/cache-dir.js'

const release = '2026.1'
const service = 'nova'

/**
 * The facts of every shipped closure in uv's cache, asked for once: a cache that holds one service alone would flatter uv.
 * @param {import('./run.mjs').Context} context @param {Releases} releases
 */
function filledCache({ root, work, uv }, releases) {
  const cache = join(cacheDir(), 'bench', 'uv')
  const version = execFileSync(uv, ['--version'], { encoding: 'utf8' })
  const mark = join(cache, 'filled')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === version) return cache
  for (const [name, { services }] of Object.entries(releases)) {
    const input = join(work, `${name}.in`)
    writeFileSync(
      input,
      Object.values(services)
        .map(({ distribution, version: own }) => `${distribution}==${own}\n`)
        .join(''),
    )
    // A constraint on a service that is asked for at another version would refuse it.
    const own = new Set(Object.values(services).map(({ distribution }) => distribution))
    const pins = readFileSync(join(root, `constraints/${name}.txt`), 'utf8')
      .split('\n')
      .filter((line) => !own.has(line.split('===')[0] ?? ''))
    const constraints = join(work, `${name}.txt`)
    writeFileSync(constraints, pins.join('\n'))
    const options = ['--quiet', '--no-header', '--python-version', '3.11', '--cache-dir', cache]
    execFileSync(uv, ['pip', 'compile', ...options, '-c', constraints, input], { cwd: work, stdio: 'ignore' })
  }
  writeFileSync(mark, version)
  return cache
}

/**
 * @typedef {Readonly<Record<string, { services: Readonly<Record<string, { distribution: string, version: string }>> }>>} Releases
 */

/**
 * uv on one service under the pins of its release, with everything in its cache.
 * @param {import('./run.mjs').Context} context
 */
function compile(context) {
  const { root, work, uv } = context
  /** @type {Releases} */
  const releases = JSON.parse(readFileSync(join(root, 'constraints/releases.json'), 'utf8'))
  const services = releases[release]?.services ?? {}
  const own = services[service]
  const constraints = join(root, `constraints/${release}.txt`)
  const input = join(work, `${service}.in`)
  writeFileSync(input, `${own?.distribution}==${own?.version}\n`)
  const command = [
    ...[uv, 'pip', 'compile', '--quiet', '--no-header', '--python-version', '3.11'],
    ...['--cache-dir', filledCache(context, releases), '-c', constraints, input],
  ]
  const peer = {
    name: `uv pip compile --offline (${service} ${release})`,
    command: [...command, '--offline'],
  }
  return { peer, input, constraints, services: Object.keys(services) }
}

/**
 * One service, from process start.
 * @param {import('./run.mjs').Context} context
 * @returns {import('./run.mjs').Benchmark}
 */
export function resolveService(context) {
  const { peer, input, constraints } = compile(context)
  const own = [join(context.root, 'dist/cli/main.js'), 'resolve', '--offline', '-r', input, '-c', constraints]
  return {
    title: 'One service: svcsplit resolve',
    own: { name: 'svcsplit resolve --offline', command: [process.execPath, ...own] },
    peer,
    peerRuns: 1,
    note: 'Both from process start, under the same constraints, Python 3.11.',
  }
}

/**
 * All services of a release in one process: each alone under its pins, all of them together, and the fewest
 * environments both ways.
 * @param {import('./run.mjs').Context} context
 * @returns {import('./run.mjs').Benchmark}
 */
export function shareFifteen(context) {
  const { peer, services } = compile(context)
  const asked = services.map((name) => `${name}@${release}`)
  return {
    title: `All services of ${release}: svcsplit share`,
    own: {
      name: 'svcsplit share',
      command: [process.execPath, join(context.root, 'dist/cli/main.js'), 'share', ...asked],
    },
    peer,
    peerRuns: services.length,
    note: `svcsplit: ${services.length} services in one process. uv: one of them; ${services.length} are ${services.length} runs.`,
  }
}

/**
 * Fifteen services, each at another release than its neighbours: the fewest environments, all three ways.
 * @param {import('./run.mjs').Context} context
 * @returns {import('./run.mjs').Benchmark}
 */
export function shareMixed({ root }) {
  /** @type {Releases} */
  const releases = JSON.parse(readFileSync(join(root, 'constraints/releases.json'), 'utf8'))
  const names = Object.keys(releases).sort()
  const services = Object.keys(releases[release]?.services ?? {})
  const asked = services.map((name, i) => `${name}@${names[i % names.length]}`)
  return {
    title: 'Fifteen services at mixed releases: svcsplit share',
    own: {
      name: 'svcsplit share',
      command: [process.execPath, join(root, 'dist/cli/main.js'), 'share', ...asked],
    },
    rounds: 3,
    note: 'Whether they may share, and the exact minimum of environments, from process start. To stay under 2 s.',
  }
}

/**
 * @param {import('./run.mjs').Context} context
 * @returns {import('./run.mjs').Benchmark}
 */
export function allPairs({ root }) {
  return {
    title: 'All pairs of service releases',
    own: {
      name: 'all pairs, as tested and as declared',
      command: [process.execPath, join(root, 'bench/all-pairs.mjs')],
      cwd: root,
    },
    rounds: 3,
    note: 'With a minimal conflict for each pair that fails, in one process. To stay under 3 s.',
  }
}

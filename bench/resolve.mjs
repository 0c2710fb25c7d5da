import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const release = '2026.1'
const service = 'nova'

/**
 * uv on one service under the pins of its release, with everything in its cache.
 * @param {import('./run.mjs').Context} context
 */
function compile({ root, work, uv }) {
  const releases = JSON.parse(readFileSync(join(root, 'constraints/releases.json'), 'utf8'))
  const { distribution, version } = releases[release].services[service]
  const constraints = join(root, `constraints/${release}.txt`)
  const input = join(work, `${service}.in`)
  writeFileSync(input, `${distribution}==${version}\n`)
  const command = [
    ...[uv, 'pip', 'compile', '--quiet', '--no-header', '--python-version', '3.11'],
    ...['--cache-dir', join(work, 'cache'), '-c', constraints, input],
  ]
  // Once with the network, so that the measured runs find every fact in the cache.
  execFileSync(command[0] ?? '', command.slice(1), { cwd: work, stdio: 'ignore' })
  const peer = {
    name: `uv pip compile --offline (${service} ${release})`,
    command: [...command, '--offline'],
  }
  return { peer, input, constraints, services: Object.keys(releases[release].services) }
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

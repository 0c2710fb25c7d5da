import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const release = '2025.1'
const distribution = 'glance'

/**
 * The whole shipped fleet, from process start, against uv working out one service's closure under the
 * same constraints with everything in its cache.
 * @param {import('./run.mjs').Context} context
 * @returns {import('./run.mjs').Benchmark}
 */
export function analyzeFleet({ root, work, uv }) {
  const releases = JSON.parse(readFileSync(join(root, 'constraints/releases.json'), 'utf8'))
  const services = Object.values(releases).flatMap((entry) => Object.keys(entry.services))
  const version = releases[release].services[distribution].version
  const input = join(work, 'glance.in')
  writeFileSync(input, `${distribution}==${version}\n`)
  const compile = [
    ...[uv, 'pip', 'compile', '--quiet', '--no-header', '--python-version', '3.11'],
    ...['--cache-dir', join(work, 'cache'), '-c', join(root, `constraints/${release}.txt`), input],
  ]
  // Once with the network, so that the measured runs find every fact in the cache.
  execFileSync(compile[0] ?? '', compile.slice(1), { cwd: work, stdio: 'ignore' })
  return {
    title: 'Whole fleet: svcsplit analyze',
    own: { name: 'svcsplit analyze', command: [process.execPath, join(root, 'dist/cli/main.js'), 'analyze'] },
    peer: {
      name: `uv pip compile --offline (${distribution} ${release} alone)`,
      command: [...compile, '--offline'],
    },
    peerRuns: services.length,
    note:
      `svcsplit: ${services.length} service releases, each on the hosts of all ${Object.keys(releases).length} releases. ` +
      `uv: one closure; ${services.length} of them are ${services.length} runs.`,
  }
}

/** uv, asked for one service under the pins of its release with everything in its cache. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { versionOf } from './context.mjs'

/** @typedef {import('./context.mjs').Context} Context */

/** @param {Context} context */
export function countServices({ releases }) {
  return Object.values(releases).reduce((sum, { services }) => sum + Object.keys(services).length, 0)
}

/**
 * The command for one service, and what it reads: its own line and the constraints without a pin of itself.
 * @param {Context} context @param {string} service @param {string} release @param {string} cache
 */
function compile({ root, work, releases, uv }, service, release, cache) {
  const { distribution, version } = releases[release]?.services[service] ?? { distribution: '', version: '' }
  const input = join(work, `${service}-${release}.in`)
  writeFileSync(input, `${distribution}==${version}\n`)
  const constraints = join(root, `constraints/${release}.txt`)
  const options = ['--quiet', '--no-header', '--python-version', '3.11', '--cache-dir', cache]
  return { command: [uv(), 'pip', 'compile', ...options, '-c', constraints, input], input, constraints }
}

/**
 * The facts of every shipped closure in uv's cache, asked for once: a cache that holds one service alone would flatter uv.
 * uv cannot resolve some releases of horizon, whose sdists do not build with a setuptools of today: those it lacks.
 * @param {Context} context
 */
function filledCache(context) {
  const { kept, uv, releases } = context
  const cache = join(kept, 'uv')
  const mark = join(cache, 'filled')
  const version = versionOf([uv(), '--version']) ?? ''
  if (existsSync(mark) && readFileSync(mark, 'utf8').startsWith(version)) return cache
  mkdirSync(cache, { recursive: true })
  const refused = []
  for (const [release, { services }] of Object.entries(releases))
    for (const service of Object.keys(services)) {
      const { command } = compile(context, service, release, cache)
      try {
        execFileSync(command[0] ?? '', command.slice(1), { stdio: 'ignore', timeout: 120_000 })
      } catch {
        refused.push(`${service}@${release}`)
      }
    }
  writeFileSync(mark, `${version}\n${refused.join('\n')}\n`)
  return cache
}

/** @param {Context} context @param {string} service @param {string} release */
export function offlineUv(context, service, release) {
  const cache = filledCache(context)
  const { command, input, constraints } = compile(context, service, release, cache)
  const peer = {
    name: `uv pip compile --offline (${service} ${release})`,
    command: [...command, '--offline'],
    version: versionOf([context.uv(), '--version']),
  }
  return { peer, input, constraints }
}

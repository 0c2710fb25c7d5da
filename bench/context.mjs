/** Where a benchmark works, and the other programs that it is compared with. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir } from '#io/cache-dir.js'

/**
 * @typedef {Readonly<Record<string, { services: Readonly<Record<string, { distribution: string, version: string }>> }>>} Releases
 * @typedef {{
 *   root: string, work: string, kept: string, rounds: number, releases: Releases,
 *   uv: () => string, python: () => string,
 * }} Context
 * `work` goes when the run ends; `kept` stays for the next. `uv` and `python` are installed when they are first asked for.
 */

const root = fileURLToPath(new URL('../', import.meta.url))

/** @template T @param {() => T} make @returns {() => T} */
function once(make) {
  /** @type {{ value: T } | undefined} */
  let made
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** @param {string} work @param {number} rounds @returns {Context} */
export function createContext(work, rounds) {
  const kept = join(cacheDir(), 'bench')
  const tools = once(() => {
    const environment = join(kept, 'tools')
    if (!existsSync(join(environment, 'bin/uv'))) {
      mkdirSync(kept, { recursive: true })
      execFileSync('python3', ['-m', 'venv', environment])
      execFileSync(
        join(environment, 'bin/python'),
        ['-m', 'pip', 'install', '-q', 'uv', 'resolvelib', 'packaging'],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      )
    }
    return environment
  })
  return {
    root,
    work,
    kept,
    rounds,
    releases: JSON.parse(readFileSync(join(root, 'constraints/releases.json'), 'utf8')),
    uv: () => join(tools(), 'bin/uv'),
    python: () => join(tools(), 'bin/python'),
  }
}

/** The command line of this program. @param {Pick<Context, 'root'>} context @param {readonly string[]} args */
export const svcsplit = ({ root: from }, args) => [
  process.execPath,
  join(from, 'dist/cli/svcsplit.cjs'),
  ...args,
]

/** The first line that a program says of its version; undefined where it is not there. @param {readonly string[]} command */
export function versionOf([program = '', ...args]) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      .trim()
      .split('\n')[0]
  } catch {
    return undefined
  }
}

/** What a figure depends on; the load tells how far seconds may be believed. */
export function machine() {
  return {
    processors: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    load: Number(loadavg()[0]?.toFixed(2)),
    date: new Date().toISOString().slice(0, 10),
  }
}

/** @typedef {ReturnType<typeof machine>} Machine */

/** A command as it may be told: no path of this machine. @param {Context} context @param {readonly string[]} command */
export function told({ root: from, work, kept }, command) {
  /** @type {readonly (readonly [string, string])[]} */
  const places = [
    [work, '$WORK'],
    [kept, '$KEPT'],
    [cacheDir(), '$CACHE'],
    [process.execPath, 'node'],
    [from, './'],
  ]
  return command
    .map((word) => places.reduce((text, [place, name]) => text.replaceAll(place, name), word))
    .map((word) => word.replaceAll('.//', './'))
    .map((word) => (/^[\w$@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ')
}

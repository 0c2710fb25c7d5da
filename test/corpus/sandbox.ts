import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startRegistry } from '../support/oci-registry.js'
import { startPackageIndex } from '../support/package-index.js'
import { made, type Row } from './row.js'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))
const measure = fileURLToPath(new URL('measure.cjs', import.meta.url))

/** What a login of the index is: no output and no file of ours may have it. */
export const seededSecret = 'seeded-secret-3f9d2c'

export interface Answer {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
  /** Of a process of its own. */
  readonly peakMiB?: number
  readonly cpuMilliseconds?: number
  /** Whatever the run left where it may not write, or changed there. */
  readonly trespasses: readonly string[]
  readonly leaksSecret: boolean
}

/** Runs `svcsplit` with these arguments, in the current folder and with the current environment. */
export type Run = (
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
) => Promise<Omit<Answer, 'trespasses' | 'leaksSecret'>>

/**
 * Puts a row's files into a folder deep inside another one, starts its servers, runs its command, and looks
 * at what changed.
 */
export async function answerOf(row: Row, run: Run): Promise<Answer> {
  const outer = mkdtempSync(join(tmpdir(), 'svcsplit-corpus-'))
  const dir = join(outer, 'a', 'b', 'work')
  for (const name of [dir, join(outer, 'tmp'), join(outer, 'home')]) mkdirSync(name, { recursive: true })
  const options = row.index === undefined ? undefined : made(row.index)
  const index = options === undefined ? undefined : await startPackageIndex(options)
  const registry = row.registry === undefined ? undefined : await startRegistry(row.registry)
  try {
    if (index !== undefined) row.indexFaults?.(index)
    if (registry !== undefined) {
      registry.script(...(row.registryFaults ?? []))
      row.registryHolds?.(registry)
    }
    const login = options?.login === undefined ? '' : `user:${seededSecret}@`
    const filled = (text: string): string =>
      text
        .replaceAll('{index}', index?.url.replace('://', `://${login}`) ?? '')
        .replaceAll('{origin}', index?.origin ?? '')
        .replaceAll('{registry}', registry?.host ?? '')
        .replaceAll('{dir}', dir)
    for (const [name, given] of Object.entries(made(row.files ?? {}))) {
      const path = join(dir, name)
      mkdirSync(dirname(path), { recursive: true })
      if (typeof given === 'function') await given(path)
      else writeFileSync(path, typeof given === 'string' ? filled(given) : given)
    }
    const env: NodeJS.ProcessEnv = {
      PATH: process.env.PATH,
      HOME: join(outer, 'home'),
      TMPDIR: join(outer, 'tmp'),
      SVCSPLIT_CACHE_DIR: join(outer, 'cache'),
      SVCSPLIT_DATA_DIR: '',
      NO_COLOR: '1',
      ...Object.fromEntries(Object.entries(row.env ?? {}).map(([key, value]) => [key, filled(value)])),
    }
    for (const args of row.before ?? []) await run(args.map(filled), dir, env)
    const before = treeOf(outer)
    const answer = await run(row.args.map(filled), dir, env)
    const shown = (text: string): string =>
      text
        .replaceAll(`${dir}/`, '')
        .replaceAll(outer, '')
        .replaceAll(index?.origin.replace('http://', '') ?? '\0', 'index.example')
        .replaceAll(registry?.host ?? '\0', 'registry.example')
    return {
      ...answer,
      stdout: shown(answer.stdout),
      stderr: shown(answer.stderr),
      trespasses: trespassesOf(row, before, treeOf(outer), relative(outer, dir)),
      leaksSecret:
        `${answer.stdout}${answer.stderr}`.includes(seededSecret) ||
        treeHolds(join(outer, 'cache'), seededSecret),
    }
  } finally {
    await index?.close()
    await registry?.close()
    rmSync(outer, { recursive: true, force: true })
  }
}

function trespassesOf(
  row: Row,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  dir: string,
): readonly string[] {
  const allowed = [...(row.writes ?? []).map((path) => join(dir, path)), 'cache']
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  )
  return changed.filter((path) => !allowed.some((one) => path === one || path.startsWith(`${one}/`)))
}

/** Path -> kind and content of all that is in a folder; what is larger than any output is told by its size. */
function treeOf(root: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const visit = (path: string): void => {
    const status = lstatSync(path)
    const name = relative(root, path)
    if (status.isSymbolicLink()) found.set(name, `link ${readlinkSync(path)}`)
    else if (status.isDirectory()) {
      found.set(name, `folder ${status.mode}`)
      for (const one of readdirSync(path)) visit(join(path, one))
    } else if (!status.isFile()) found.set(name, 'other')
    else if (status.size > 5e7) found.set(name, `file ${status.size}`)
    else found.set(name, `file ${status.mode} ${createHash('sha1').update(readFileSync(path)).digest('hex')}`)
  }
  visit(root)
  return found
}

function treeHolds(root: string, secret: string): boolean {
  try {
    return readdirSync(root, { recursive: true, withFileTypes: true }).some(
      (entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(secret),
    )
  } catch {
    return false
  }
}

/** A process of its own, with its time and its memory. */
export const ownProcess: Run = (args, cwd, env) =>
  new Promise((resolve) => {
    const started = performance.now()
    const child = spawn(process.execPath, ['--require', measure, main, ...args], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      timeout: 120_000,
      killSignal: 'SIGKILL',
    })
    const texts = ['', '', '']
    for (const [position, stream] of [
      child.stdout,
      child.stderr,
      child.stdio[3] as NodeJS.ReadableStream,
    ].entries())
      stream!.on('data', (chunk: Buffer) => {
        texts[position] += chunk.toString()
      })
    child.on('close', (code) => {
      const used = JSON.parse(texts[2] || '{"peakMiB":0,"cpuMilliseconds":0}') as {
        peakMiB: number
        cpuMilliseconds: number
      }
      resolve({
        exit: code ?? -1,
        stdout: texts[0]!,
        stderr: texts[1]!,
        milliseconds: performance.now() - started,
        ...used,
      })
    })
  })

/** What is wrong with an answer, whatever the input was, and what the row says in particular. */
export function faultsOf(row: Row, answer: Answer): readonly string[] {
  const { exit, stdout, stderr, trespasses, leaksSecret } = answer
  const all = `${stdout}${stderr}`
  const faults: string[] = []
  const expect = (holds: boolean, fault: string): void => {
    if (!holds) faults.push(fault)
  }
  expect(exit === row.exit, `exit code ${exit}, not ${row.exit}`)
  expect(exit !== 70 && !all.includes('error: internal'), 'an internal error')
  expect(!/^ {4}at .*[:(]/m.test(all), 'a stack trace')
  expect(
    !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(all),
    'a raw control character',
  )
  expect(all.length < 100_000, `an answer of ${all.length} characters`)
  expect(trespasses.length === 0, `written outside: ${trespasses.join(', ')}`)
  expect(!leaksSecret, 'a login in the output or the cache')
  if (row.code !== undefined) {
    expect(stderr.includes(`[${row.code}]`), `no ${row.code}`)
    expect(stdout === '', 'a result beside the error')
  } else expect(!/^error: .*\[E-/m.test(stderr), 'an error that is not expected')
  if (row.at !== undefined)
    expect(new RegExp(`^  at ${escaped(row.at)}$`, 'm').test(stderr), `not at ${row.at}`)
  if (row.says !== undefined) expect(all.includes(row.says), `does not say ${row.says}`)
  return faults
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

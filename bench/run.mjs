/**
 * `npm run bench [-- NAME...]`: each benchmark runs svcsplit and its peer in turn (A B A B ...) in one
 * run, so that a ratio holds on any machine. Needs python3; installs uv into a folder of its own.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { analyzeFleet } from './analyze.mjs'
import {
  fleetFromStore,
  glanceColdOverBuildah,
  glanceColdOverLimit,
  glanceColdOverUv,
  glanceLibraryChanged,
  glanceServiceChanged,
  glanceUnchanged,
} from './images.mjs'
import { allPairs, resolveService, shareFifteen, shareMixed } from './resolve.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const rounds = 7

/** @type {Readonly<Record<string, (context: Context) => Benchmark>>} */
const benchmarks = {
  'analyze-fleet': analyzeFleet,
  'resolve-service': resolveService,
  'share-fifteen': shareFifteen,
  'share-mixed': shareMixed,
  'all-pairs': allPairs,
  'image-limit': glanceColdOverLimit,
  'image-uv': glanceColdOverUv,
  'image-buildah': glanceColdOverBuildah,
  'image-unchanged': glanceUnchanged,
  'image-service-changed': glanceServiceChanged,
  'image-library-changed': glanceLibraryChanged,
  'image-fleet': fleetFromStore,
}

/**
 * @typedef {{ root: string, work: string, uv: string }} Context
 * @typedef {{ name: string, command: readonly string[], cwd?: string, before?: () => void }} Contestant
 * `before` is not measured.
 * @typedef {{ title: string, own: Contestant, peer?: Contestant, peerRuns?: number, rounds?: number, note: string }} Benchmark
 * `peerRuns`: how many runs of the peer's command do the work of one run of ours.
 * @typedef {{ seconds: number, cpu: number, mebibytes: number, exit: number }} Sample
 */

/** @param {Contestant} contestant @param {string} work @returns {Sample} */
function sample(contestant, work) {
  contestant.before?.()
  const measure = join(root, 'bench/measure.py')
  const text = execFileSync('python3', [measure, join(work, 'stdout'), ...contestant.command], {
    cwd: contestant.cwd ?? work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const measured = JSON.parse(text)
  if (measured.exit !== 0) throw new Error(`${contestant.name} exited with ${measured.exit}`)
  return measured
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** @param {string} name @param {readonly Sample[]} samples */
function row(name, samples) {
  const seconds = samples.map((entry) => entry.seconds)
  const peak = Math.max(...samples.map((entry) => entry.mebibytes))
  const spread = `${Math.min(...seconds).toFixed(3)} to ${Math.max(...seconds).toFixed(3)}`
  const cpu = median(samples.map((entry) => entry.cpu))
  return `| ${name} | ${median(seconds).toFixed(3)} | ${spread} | ${cpu.toFixed(3)} | ${peak.toFixed(0)} |`
}

/** @param {Benchmark} benchmark @param {string} work */
function compete(benchmark, work) {
  /** @type {Sample[]} */
  const own = []
  /** @type {Sample[]} */
  const peer = []
  const { peer: other, peerRuns = 1 } = benchmark
  for (let round = 0; round < (benchmark.rounds ?? rounds); round += 1) {
    own.push(sample(benchmark.own, work))
    if (other !== undefined) peer.push(sample(other, work))
  }
  console.log(`## ${benchmark.title}\n`)
  console.log('| command | median s | spread s | median CPU s | peak MiB |\n|---|---|---|---|---|')
  console.log(row(benchmark.own.name, own))
  if (other !== undefined) console.log(row(other.name, peer))
  console.log(`\n${benchmark.note}\n`)
  if (other === undefined) return
  const ours = median(own.map((entry) => entry.seconds))
  const theirs = median(peer.map((entry) => entry.seconds))
  const ratio = (theirs * peerRuns) / ours
  const [ownCpu, otherCpu] = [median(own.map(({ cpu }) => cpu)), median(peer.map(({ cpu }) => cpu))]
  console.log(
    `of processor time: ${((otherCpu * peerRuns) / ownCpu).toFixed(1)} times, which counts on a busy machine`,
  )
  console.log(
    `ratio: ${ratio.toFixed(1)} times (${peerRuns} x ${theirs.toFixed(3)} s / ${ours.toFixed(3)} s)\n`,
  )
}

/** @param {string} work */
function installUv(work) {
  const environment = join(work, 'venv')
  execFileSync('python3', ['-m', 'venv', environment])
  execFileSync(join(environment, 'bin/pip'), ['install', '-q', 'uv'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return join(environment, 'bin/uv')
}

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !(name in benchmarks))
if (unknown.length > 0)
  throw new Error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`)

const work = mkdtempSync(join(tmpdir(), 'svcsplit-bench-'))
try {
  mkdirSync(join(work, 'cache'))
  const uv = installUv(work)
  const version = execFileSync(uv, ['--version'], { encoding: 'utf8' }).trim()
  console.log(
    `Node ${process.version}, ${version}, ${cpus().length} x ${cpus()[0]?.model}, ${rounds} rounds\n`,
  )
  for (const name of chosen.length > 0 ? chosen : Object.keys(benchmarks)) {
    const benchmark = /** @type {NonNullable<typeof benchmarks[string]>} */ (benchmarks[name])
    compete(benchmark({ root, work, uv }), work)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}

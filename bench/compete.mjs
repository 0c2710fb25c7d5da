/** Runs commands in turn (A B A B ...), so that a ratio holds on any machine and under any steady load. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { machine, told } from './context.mjs'

/**
 * @typedef {import('./context.mjs').Context} Context
 * @typedef {{ name: string, command: readonly string[], cwd?: string, before?: () => void, version?: string | undefined }} Contestant
 * `before` is not measured.
 * @typedef {{ seconds?: number, mebibytes?: number, ratio?: number, limit?: number }} Aims
 * At most so many seconds and MiB; at least so many times faster than the peer; at most so many times the limit.
 * @typedef {{
 *   title: string, own: Contestant, peer?: Contestant, peerRuns?: number, limit?: Contestant, rounds?: number,
 *   aims?: Aims, more?: readonly Measured[], note: string, tell?: (stdout: string) => Readonly<Record<string, unknown>>,
 *   tellOfPeer?: () => Readonly<Record<string, unknown>>,
 *   after?: () => void,
 * }} Benchmark
 * `peerRuns`: how many runs of the peer's command do the work of one run of ours. `tell`: counters, from what our command wrote;
 * `tellOfPeer`: those of the peer, once it has run.
 * @typedef {{ what: string, aim: string, got: string, met: boolean, by: number }} Measured
 * `by`: how many times the aim; over 1 is a miss.
 * @typedef {{ seconds: number, cpu: number, mebibytes: number, exit: number }} Sample
 * @typedef {{ seconds: number, least: number, most: number, cpu: number, mebibytes: number }} Summary
 * @typedef {{ role: 'own' | 'peer' | 'limit', name: string, command: string, version?: string, runs: number, rounds: number } & Summary} Row
 * @typedef {{
 *   name: string, title: string, note: string, machine: import('./context.mjs').Machine, rows: readonly Row[],
 *   aims: readonly Measured[], told?: Readonly<Record<string, unknown>>,
 * }} Result
 */

/** @param {Contestant} contestant @param {Context} context @param {number} [seconds] after which it is ended @returns {Sample} */
export function sample(contestant, { root, work }, seconds = 900) {
  contestant.before?.()
  const measure = join(root, 'bench/measure.py')
  const text = execFileSync('python3', [measure, join(work, 'stdout'), ...contestant.command], {
    cwd: contestant.cwd ?? work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: seconds * 1000,
  })
  const measured = JSON.parse(text)
  if (measured.exit !== 0) throw new Error(`${contestant.name} exited with ${measured.exit}`)
  return measured
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** @param {readonly Sample[]} samples @returns {Summary} */
function summary(samples) {
  const seconds = samples.map((entry) => entry.seconds)
  return {
    seconds: median(seconds),
    least: Math.min(...seconds),
    most: Math.max(...seconds),
    cpu: median(samples.map(({ cpu }) => cpu)),
    mebibytes: Math.max(...samples.map(({ mebibytes }) => mebibytes)),
  }
}

/**
 * Seconds are of the clock; a ratio is of processor time where that is what the peer has to spend as well, so that a busy machine
 * does not decide. A limit is how long one thread has to work: it is of the clock, and who
 * shares the work between threads may be nearer to it; what that costs stands beside it.
 * @param {Aims} aims @param {readonly Row[]} rows @returns {Measured[]}
 */
function measured(aims, rows) {
  const of = (/** @type {Row['role']} */ role) => rows.find((row) => row.role === role)
  const [own, peer, limit] = [of('own'), of('peer'), of('limit')]
  if (own === undefined) return []
  /** @param {string} what @param {string} aim @param {number} by @param {string} got */
  const one = (what, aim, by, got) => ({ what, aim, got, met: by <= 1, by: Number(by.toFixed(2)) })
  const found = []
  if (aims.seconds !== undefined)
    found.push(
      one('time', `at most ${aims.seconds} s`, own.seconds / aims.seconds, `${own.seconds.toFixed(2)} s`),
    )
  if (aims.mebibytes !== undefined)
    found.push(
      one(
        'memory',
        `at most ${aims.mebibytes} MiB`,
        own.mebibytes / aims.mebibytes,
        `${own.mebibytes.toFixed(0)} MiB`,
      ),
    )
  if (aims.ratio !== undefined && peer !== undefined) {
    const ratio = (peer.cpu * peer.runs) / own.cpu
    found.push(
      one(
        'against the peer',
        `at least ${aims.ratio} times faster`,
        aims.ratio / ratio,
        `${ratio.toFixed(1)} times`,
      ),
    )
  }
  if (aims.limit !== undefined && limit !== undefined) {
    const ratio = own.seconds / limit.seconds
    found.push(
      one(
        'against the limit',
        `at most ${aims.limit} times it`,
        ratio / aims.limit,
        `${ratio.toFixed(2)} times`,
      ),
    )
  }
  return found
}

/** @param {string} name @param {Benchmark} benchmark @param {Context} context @returns {Result} */
export function compete(name, benchmark, context) {
  const { own, peer, limit, peerRuns = 1, aims = {}, more = [], note, title, tell } = benchmark
  const here = machine()
  const contestants = [
    { role: /** @type {const} */ ('own'), contestant: own, runs: 1 },
    ...(peer === undefined
      ? []
      : [{ role: /** @type {const} */ ('peer'), contestant: peer, runs: peerRuns }]),
    ...(limit === undefined ? [] : [{ role: /** @type {const} */ ('limit'), contestant: limit, runs: 1 }]),
  ].map((one) => ({ ...one, samples: /** @type {Sample[]} */ ([]) }))
  const rounds = Math.min(benchmark.rounds ?? context.rounds, context.rounds)
  let counters
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const { role, contestant, samples } of contestants) {
        samples.push(sample(contestant, context))
        if (role === 'own' && tell !== undefined)
          counters = tell(readFileSync(join(context.work, 'stdout'), 'utf8'))
      }
    const ofPeer = Object.entries(benchmark.tellOfPeer?.() ?? {})
    if (ofPeer.length > 0)
      counters = {
        ...counters,
        ...Object.fromEntries(ofPeer.map(([key, value]) => [`${key} by the peer`, value])),
      }
  } finally {
    benchmark.after?.()
  }
  const rows = contestants.map(({ role, contestant, runs, samples }) => ({
    role,
    name: contestant.name,
    command: told(context, contestant.command),
    ...(contestant.version === undefined ? {} : { version: contestant.version }),
    runs,
    rounds,
    ...summary(samples),
  }))
  return {
    name,
    title,
    note,
    machine: here,
    rows,
    aims: [...measured(aims, rows), ...more],
    ...(counters === undefined ? {} : { told: counters }),
  }
}

/** @param {Row} row */
function line({ role, name, seconds, least, most, cpu, mebibytes }) {
  const spread = `${least.toFixed(3)} to ${most.toFixed(3)}`
  return `| ${role} | ${name} | ${seconds.toFixed(3)} | ${spread} | ${cpu.toFixed(3)} | ${mebibytes.toFixed(0)} |`
}

/** One result as markdown. @param {Result} result */
export function resultText({ name, title, note, rows, aims, told: counters }) {
  const own = rows.find(({ role }) => role === 'own')
  const ratios = rows
    .filter(({ role }) => role !== 'own')
    .map(({ role, name: other, cpu, seconds, runs }) => {
      const [byCpu, byClock] = [(cpu * runs) / (own?.cpu ?? 1), (seconds * runs) / (own?.seconds ?? 1)]
      const times = runs === 1 ? '' : ` (${runs} runs)`
      return role === 'limit'
        ? `limit: ${(1 / byCpu).toFixed(2)} times it of processor time, ${(1 / byClock).toFixed(2)} of the clock`
        : `ratio to ${other}${times}: ${byCpu.toFixed(1)} times of processor time, ${byClock.toFixed(1)} of the clock`
    })
  return [
    `### ${title}`,
    `\`npm run bench -- ${name}\`, ${rows[0]?.rounds ?? 0} rounds.`,
    [
      '| | command | median s | spread s | CPU s | peak MiB |',
      '|---|---|---|---|---|---|',
      ...rows.map(line),
    ].join('\n'),
    ...ratios,
    ...(counters === undefined
      ? []
      : [
          `Counted: ${Object.entries(counters)
            .map(([key, value]) => `${key} ${value}`)
            .join(', ')}.`,
        ]),
    ...aims.map(({ what, aim, got, met, by }) =>
      met ? `**met**: ${what}, ${aim}: ${got}.` : `**missed**: ${what}, ${aim}: ${got}, ${by} times the aim.`,
    ),
    note,
  ].join('\n\n')
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ kind: string, at: number, seconds: number, service: string, method: string, path: string,
 *   status?: number, error?: string, fine: boolean, name?: string }} Request
 * @typedef {{ id: string, at: number, seconds: number, status: number, bytes: number }} Step
 * @typedef {{ container: string, sha256: string, started: string }} Libraries
 * @typedef {{ at: number, end: number, title: string, service: string, from: string, to: string, inPlace?: boolean,
 *   fault?: string, failed?: string, said?: readonly string[], backs: readonly number[], before: readonly Libraries[],
 *   after: readonly Libraries[] }} Act
 * @typedef {{ at: number, images: Record<string, string>, proxy: Record<string, string> }} Sample
 * @typedef {{ count: number, failed: number, p50: number, p95: number, longest: number }} Answers
 * @typedef {Act & { steps: readonly Step[], answers: Answers, gap: number, pull: { bytes: number, seconds: number },
 *   windows: readonly number[], untouched: boolean | undefined }} ActFigures
 * @typedef {{ began: number, ended: number, requests: readonly Request[], operations: readonly Request[],
 *   acts: readonly ActFigures[], samples: readonly Sample[], releases: ReadonlyMap<string, string>,
 *   total: Answers, gaps: Readonly<Record<string, number>>,
 *   shared: readonly import('../shared.mjs').Change[] }} Figures
 * `shared`: none where the run made no comparison
 */

/** @param {string} path @returns {any[]} */
function linesOf(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** @param {readonly Request[]} requests @returns {Answers} */
function answersOf(requests) {
  const times = requests.map(({ seconds }) => seconds).sort((one, other) => one - other)
  const at = (/** @type {number} */ share) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return {
    count: requests.length,
    failed: requests.filter(({ fine }) => !fine).length,
    p50: at(0.5),
    p95: at(0.95),
    longest: times.at(-1) ?? 0,
  }
}

/**
 * The longest time between two good answers of one service.
 * @param {readonly Request[]} requests @param {number} from @param {number} to
 */
function longestGap(requests, from, to) {
  const ends = requests
    .filter(({ fine }) => fine)
    .map(({ at, seconds }) => at + seconds)
    .filter((end) => end >= from && end <= to)
    .sort((one, other) => one - other)
  let gap = 0
  for (const [index, end] of ends.entries()) gap = Math.max(gap, end - (ends[index - 1] ?? from))
  return gap
}

/** @param {readonly Libraries[]} before @param {readonly Libraries[]} after */
function sameLibraries(before, after) {
  if (before.length === 0) return undefined
  return JSON.stringify(before) === JSON.stringify(after)
}

/**
 * What a run's records say.
 * @param {string} out @returns {Figures}
 */
export function figuresOf(out) {
  const recorded = /** @type {Request[]} */ (linesOf(join(out, 'requests.jsonl')))
  const events = linesOf(join(out, 'events.jsonl'))
  const requests = recorded.filter(({ kind }) => kind === 'request')
  const steps = /** @type {Step[]} */ (events.filter(({ kind }) => kind === 'step'))
  const services = [...new Set(requests.map(({ service }) => service))].sort()
  const began = Math.min(...requests.map(({ at }) => at))
  const ended = Math.max(...requests.map(({ at, seconds }) => at + seconds))
  const ofService = (/** @type {string} */ name) => requests.filter(({ service }) => service === name)
  const acts = /** @type {Act[]} */ (events.filter(({ kind }) => kind === 'act')).map((act) => {
    const within = steps.filter(({ at }) => at >= act.at && at <= act.end)
    const during = requests.filter(({ at }) => at >= act.at && at <= act.end)
    const pulls = within.filter(({ id }) => /\/pull-/.test(id))
    return {
      ...act,
      steps: within,
      answers: answersOf(during),
      gap: longestGap(ofService(act.service), act.at, act.end),
      pull: {
        bytes: pulls.reduce((sum, { bytes }) => sum + bytes, 0),
        seconds: pulls.reduce((sum, { seconds }) => sum + seconds, 0),
      },
      windows: windowsOf(within),
      untouched: sameLibraries(act.before, act.after),
    }
  })
  return {
    began,
    ended,
    requests,
    operations: recorded.filter(({ kind }) => kind === 'operation'),
    acts,
    samples: events.filter(({ kind }) => kind === 'replicas'),
    releases: new Map(
      events.filter(({ kind }) => kind === 'image').map(({ reference, release }) => [reference, release]),
    ),
    total: answersOf(requests),
    shared: existsSync(join(out, 'shared.json'))
      ? JSON.parse(readFileSync(join(out, 'shared.json'), 'utf8'))
      : [],
    gaps: Object.fromEntries(services.map((name) => [name, longestGap(ofService(name), began, ended)])),
  }
}

/**
 * Seconds of each window that was gone through: from its first step to its last, without what comes ahead and later.
 * @param {readonly Step[]} steps
 */
function windowsOf(steps) {
  const windows = /** @type {number[]} */ ([])
  let from
  let to = 0
  for (const { id, at, seconds } of steps) {
    if (/\/(?:expand|before|restart|verify)-/.test(id)) {
      from ??= at
      to = at + seconds
    } else if (from !== undefined) {
      windows.push(to - from)
      from = undefined
    }
  }
  if (from !== undefined) windows.push(to - from)
  return windows
}

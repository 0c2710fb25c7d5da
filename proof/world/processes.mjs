import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `stdout` is what a program answers; `output` has stderr too, as it came: what a person reads.
 * @typedef {{ status: number, seconds: number, stdout: string, output: string }} Outcome
 * `end` waits until it has ended by itself; both kill it after its time.
 * @typedef {{ name: string, pid: number, stop: (seconds?: number) => Promise<void>,
 *   end: (seconds: number) => Promise<number> }} Server
 */

/** Groups of what was started and has not ended: each is its leader and the processes that it started. */
const going = /** @type {Set<number>} */ (new Set())
process.on('exit', () => {
  for (const pid of going) killGroup(pid)
})

/** @param {number} pid */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/**
 * Starts a program as the leader of a group of its own.
 * @param {string} command @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
function start(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true })
  const { pid } = child
  if (pid !== undefined) {
    going.add(pid)
    child.once('exit', () => going.delete(pid))
  }
  return { child, kill: () => (pid === undefined ? undefined : killGroup(pid)) }
}

/** @param {number} seconds @returns {Promise<void>} */
export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/**
 * Runs a program to its end, or kills it and what it started after its time.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ seconds: number, env?: NodeJS.ProcessEnv, cwd?: string }} options
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { seconds, env = process.env, cwd }) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const { child, kill } = start(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const all = /** @type {Buffer[]} */ ([])
    const answer = /** @type {Buffer[]} */ ([])
    child.stdout?.on('data', (chunk) => {
      all.push(chunk)
      answer.push(chunk)
    })
    child.stderr?.on('data', (chunk) => all.push(chunk))
    const timer = setTimeout(kill, seconds * 1000)
    child.once('error', reject)
    // `exit`, not `close`: a container that goes on in the background holds the pipes.
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        resolve({
          status: code ?? (signal === 'SIGKILL' ? 137 : 1),
          seconds: (performance.now() - began) / 1000,
          stdout: Buffer.concat(answer).toString('utf8'),
          output: Buffer.concat(all).toString('utf8'),
        })
      }, 20)
    })
  })
}

/**
 * The same for a program that has to succeed.
 * @param {string} command @param {readonly string[]} args
 * @param {{ seconds: number, env?: NodeJS.ProcessEnv, cwd?: string }} options
 */
export async function mustRun(command, args, options) {
  const outcome = await run(command, args, options)
  if (outcome.status !== 0)
    throw new Error(`${command} ${args.join(' ')} answered ${outcome.status}:\n${outcome.output}`)
  return outcome
}

/**
 * Starts a server of this run, its output in `LOGS/NAME.log`.
 * @param {string} logs @param {string} name @param {readonly string[]} command @param {NodeJS.ProcessEnv} env
 * @returns {Server}
 */
export function serve(logs, name, command, env = process.env) {
  const [program = '', ...args] = command
  const log = openSync(join(logs, `${name}.log`), 'a')
  const { child, kill } = start(program, args, { env, stdio: ['ignore', log, log] })
  closeSync(log)
  const ended = /** @type {Promise<number>} */ (
    new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 1)))
      child.once('error', () => resolve(127))
    })
  )
  const end = async (/** @type {number} */ seconds) => {
    const late = setTimeout(kill, seconds * 1000)
    const status = await ended
    clearTimeout(late)
    return status
  }
  return {
    name,
    pid: child.pid ?? 0,
    end,
    async stop(seconds = 10) {
      child.kill('SIGTERM')
      await end(seconds)
    },
  }
}

/**
 * Waits until a question is answered with yes.
 * @param {string} what @param {number} seconds @param {() => Promise<boolean> | boolean} question
 * @returns {Promise<void>} @throws when the time is over
 */
export async function until(what, seconds, question) {
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    if (await question()) return
    await pause(0.1)
  }
  throw new Error(`${what}: not within ${seconds} s`)
}

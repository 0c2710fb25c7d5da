import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ status: number, seconds: number, output: string }} Outcome
 * @typedef {{ name: string, pid: number, stop: (signal?: NodeJS.Signals, seconds?: number) => Promise<void> }} Server
 */

/** @param {number} seconds @returns {Promise<void>} */
export const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/**
 * Runs a program to its end, or kills it after its time.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ seconds: number, env?: NodeJS.ProcessEnv, cwd?: string }} options
 * @returns {Promise<Outcome>} stdout and stderr as they came
 */
export function run(command, args, { seconds, env = process.env, cwd }) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks = /** @type {Buffer[]} */ ([])
    child.stdout.on('data', (chunk) => chunks.push(chunk))
    child.stderr.on('data', (chunk) => chunks.push(chunk))
    const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
    child.once('error', reject)
    // `exit`, not `close`: a container that goes on in the background holds the pipes.
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
        resolve({
          status: code ?? (signal === 'SIGKILL' ? 137 : 1),
          seconds: (performance.now() - began) / 1000,
          output: Buffer.concat(chunks).toString('utf8'),
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
  const child = spawn(program, args, { env, stdio: ['ignore', log, log] })
  closeSync(log)
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.once('error', () => {})
  return {
    name,
    pid: child.pid ?? 0,
    async stop(signal = 'SIGTERM', seconds = 10) {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
      await ended
      clearTimeout(late)
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

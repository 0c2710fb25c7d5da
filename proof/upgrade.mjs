import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, run } from './world/processes.mjs'
import { bytesGiven } from './world/registry.mjs'

/**
 * @typedef {{ root: string, work: string, env: NodeJS.ProcessEnv, fleet: string, note: (event: object) => void,
 *   say: (text: string) => void }} Machine
 * @typedef {{ id: string, phase: string, commands: readonly string[], undo: { commands: readonly string[] } }} Step
 */

/** Seconds that a script of svcsplit may take as a whole. */
const limit = 600

/**
 * One upgrade of one service, carried out step by step from the script that `svcsplit plan -o shell` writes.
 * @param {Machine} machine @param {string} service @param {string} to
 */
export async function planUpgrade(machine, service, to) {
  const { root, work, env, fleet, note, say } = machine
  const name = `${service}-${to}`
  const state = join(work, `${name}.state.json`)
  const script = join(work, `${name}.sh`)
  const svcsplit = async (/** @type {readonly string[]} */ ...args) =>
    await mustRun(process.execPath, [join(root, 'dist/cli/svcsplit.cjs'), 'plan', ...args], {
      seconds: 120,
      env,
    })
  const plan = () => svcsplit(`${service}@${to}`, '--fleet', fleet, '--state', state, '-o', `shell=${script}`)
  rmSync(state, { force: true })
  // The same hop may have been planned before, and was taken back: nobody needs its dump.
  const dumps = join(work, 'dumps')
  for (const file of existsSync(dumps) ? readdirSync(dumps) : [])
    if (file.startsWith(`${service}-`)) rmSync(join(dumps, file))
  await plan()
  const [made] = JSON.parse(readFileSync(state, 'utf8')).plan.services
  for (const { reference, release, version } of [made.before, made.after])
    note({ kind: 'image', service, reference, release, version })

  /** What was done before the window stays done when a service is taken back. */
  const ahead = /** @type {Set<string>} */ (new Set())

  /** @param {string} path @param {readonly string[]} args @param {string} id */
  const carryOut = async (path, args, id) => {
    const given = bytesGiven(work)
    const at = Date.now() / 1000
    const outcome = await run('sh', [path, ...args], { seconds: limit, env })
    const bytes = bytesGiven(work) - given
    note({ kind: 'step', at, id, seconds: outcome.seconds, status: outcome.status, bytes })
    say(
      `  ${id}  ${outcome.seconds.toFixed(1)} s${outcome.status === 0 ? '' : `, answered ${outcome.status}`}`,
    )
    return outcome
  }

  return {
    /** @type {readonly import('../src/upgrade/plan.js').PlannedContainer[]} */
    containers: made.containers,
    /** @type {readonly Step[]} */
    steps: [...made.ahead, ...made.window],
    /** @type {readonly Step[]} */
    later: made.later,

    /**
     * Carries out steps as long as they answer well, and records each.
     * @param {(id: string) => boolean} wanted
     * @returns {Promise<{ failed?: string, output: string }>}
     */
    async go(wanted = () => true) {
      const left = [...made.ahead, ...made.window].filter(({ id }) => !ahead.has(id) && wanted(id))
      for (const { id } of left) {
        const { status, output } = await carryOut(script, [id], id)
        await svcsplit(
          '--state',
          state,
          status === 0 ? '--done' : '--failed',
          id,
          '-o',
          `shell=${script}.rest`,
        )
        if (status !== 0) return { failed: id, output }
        if (made.ahead.some((/** @type {Step} */ step) => step.id === id)) ahead.add(id)
      }
      return { output: '' }
    },

    /** Carries out steps that are only done when they are named. */
    async goOn(/** @type {readonly Step[]} */ steps) {
      for (const { id } of steps) {
        const { status, output } = await carryOut(script, [id], id)
        if (status !== 0) throw new Error(`${id} answered ${status}:\n${output}`)
        await svcsplit('--state', state, '--done', id, '-o', `shell=${script}.rest`)
      }
    },

    /**
     * The way back from where the plan stands: from the decision until the last command has answered.
     * @returns {Promise<number>} seconds
     */
    async back() {
      const began = performance.now()
      const path = join(work, `${name}.back.sh`)
      await svcsplit('--state', state, '--fallback', '-o', `shell=${path}`)
      const { status, output } = await carryOut(path, [], `${service}/fallback`)
      if (status !== 0) throw new Error(`the way back of ${name} answered ${status}:\n${output}`)
      const seconds = (performance.now() - began) / 1000
      await svcsplit('--state', state, '--undone', service, '-o', `shell=${script}.rest`)
      return seconds
    },
  }
}

/**
 * Starts all containers of the release that runs, by what the plan says to bring them back.
 * @param {Machine} machine @param {string} service @param {string} to
 */
export async function startReplicas(machine, service, to) {
  const { steps } = await planUpgrade(machine, service, to)
  for (const step of steps.filter(({ id }) => id.includes('/restart-')))
    for (const command of step.undo.commands)
      await mustRun('sh', ['-c', command], { seconds: 300, env: machine.env })
}

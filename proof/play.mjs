import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { faults } from './faults.mjs'
import { planUpgrade } from './upgrade.mjs'
import { containersOf, librariesOf, watch } from './watch.mjs'
import { pause, serve, until } from './world/processes.mjs'

/** Longest time of the load, in seconds: then it ends by itself. */
const longest = 3600

/**
 * Plays a scenario on a cloud while a client asks.
 * @param {Awaited<ReturnType<typeof import('./cloud.mjs').startCloud>>} cloud
 * @param {import('./scenarios.mjs').Scenario} scenario
 * @param {{ root: string, work: string, client: string, record: string, note: (event: object) => void,
 *   say: (text: string) => void }} context
 */
export async function play(
  { machine, world, running, runs },
  scenario,
  { root, work, client, record, note, say },
) {
  const stop = join(work, 'stop-load')
  const script = join(root, 'proof/load/load.py')
  const command = [join(client, 'bin/python'), script, record, stop, String(longest), scenario.load]
  const load = serve(join(work, 'logs'), 'load', command)
  await until('the load began', 60, () => existsSync(record))
  const watching = watch({ env: world.env, socket: world.socket, note })
  // How it is before anything is done.
  await pause(5)
  const begun = /** @type {Map<string, import('./faults.mjs').Upgrade>} */ (new Map())
  for (const act of scenario.acts) {
    const { service, to } = act
    const others = scenario.services.filter((name) => name !== service)
    const begin = Date.now() / 1000
    const before = await librariesOfAll(world.env, others)
    const { release: from, moved } = running(service)
    const spares = !('inPlace' in act)
    runs(service, { spares })
    const how = 'fault' in act ? `: ${faults[act.fault]?.title}` : spares ? '' : ', in place'
    const title = `${service} ${from} -> ${to}${how}`
    say(title)
    // A plan that was begun goes on: what was done ahead of its window stays done.
    const key = `${service} ${from} ${to} ${spares}`
    const upgrade = begun.get(key) ?? (await planUpgrade(machine, service, to))
    begun.set(key, upgrade)
    const result =
      'fault' in act ? await goWrong(upgrade, world, act) : await goThereAndBack(upgrade, act, say)
    const after = await librariesOfAll(world.env, others)
    note({
      kind: 'act',
      at: begin,
      end: Date.now() / 1000,
      title,
      service,
      from,
      to,
      inPlace: !spares,
      ...result,
      before,
      after,
    })
    if ('contract' in act) runs(service, { release: to, moved: spares ? !moved : moved })
  }
  // And after everything was done.
  await pause(5)
  writeFileSync(stop, '')
  const status = await load.end(90)
  await watching.stop()
  if (status !== 0) throw new Error(`the load answered ${status}: its record may lack what came last`)
}

/** @param {NodeJS.ProcessEnv} env @param {readonly string[]} services */
async function librariesOfAll(env, services) {
  const all = []
  for (const name of await containersOf(env))
    if (services.some((service) => name.startsWith(`${service}-`))) all.push(await librariesOf(env, name))
  return all
}

/**
 * Forward, back, forward again, and then beyond the point of no return or back once more.
 * @param {import('./faults.mjs').Upgrade} upgrade
 * @param {import('./scenarios.mjs').Hop} hop @param {(text: string) => void} say
 */
async function goThereAndBack(upgrade, { contract, back }, say) {
  const backs = /** @type {number[]} */ ([])
  const forward = async () => {
    const { failed, output } = await upgrade.go()
    if (failed !== undefined) throw new Error(`${failed} failed:\n${output}`)
  }
  const takeBack = async () => {
    const seconds = await upgrade.back()
    say(`  back in ${seconds.toFixed(1)} s`)
    backs.push(seconds)
  }
  await forward()
  await takeBack()
  await forward()
  if (back) await takeBack()
  if (contract) await upgrade.goOn(upgrade.later)
  return { backs }
}

/**
 * A try that goes wrong where it is meant to, and the way back.
 * @param {import('./faults.mjs').Upgrade} upgrade @param {import('./faults.mjs').World} world
 * @param {import('./scenarios.mjs').FaultyHop} hop
 */
async function goWrong(upgrade, world, { service, fault }) {
  const { strike, mend, fails, after } = /** @type {import('./faults.mjs').Fault} */ (faults[fault])
  if (after !== undefined) {
    const last = upgrade.steps.findIndex(({ id }) => after.test(id))
    const early = new Set(upgrade.steps.slice(0, last + 1).map(({ id }) => id))
    const { failed, output } = await upgrade.go((id) => early.has(id))
    if (failed !== undefined) throw new Error(`${failed} failed before the fault:\n${output}`)
    await strike(world, service, upgrade)
    const late = await upgrade.go((id) => !early.has(id))
    return await takeBack(late)
  }
  await strike(world, service, upgrade)
  return await takeBack(await upgrade.go())

  /** @param {{ failed?: string, output: string }} outcome */
  async function takeBack({ failed, output }) {
    if (failed === undefined || !fails.test(failed))
      throw new Error(`${fault} did not stop the plan where it should, but at ${failed}:\n${output}`)
    const seconds = await upgrade.back()
    await mend(world, service)
    return { fault, failed, said: output.trim().split('\n').slice(-3), backs: [seconds] }
  }
}

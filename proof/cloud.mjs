import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startReplicas } from './upgrade.mjs'
import { firstStart, fleetFile, services, writeConfiguration } from './world/cloud.mjs'
import { startDatabase } from './world/database.mjs'
import { engineEnvironment } from './world/engine.mjs'
import { mustRun, serve } from './world/processes.mjs'
import { startProxy } from './world/proxy.mjs'
import { imagePattern, startRegistry } from './world/registry.mjs'

/**
 * A whole cloud in the folder `work`: registry, database, memcached, proxy, and two replicas of each service.
 * @param {{ root: string, work: string, layout: string, client: string, driver: 'overlay' | 'vfs',
 *   scenario: import('./scenarios.mjs').Scenario, images: readonly string[],
 *   note: (event: object) => void, say: (text: string) => void }} wanted
 */
export async function startCloud({ root, work, layout, client, driver, scenario, images, note, say }) {
  const logs = join(work, 'logs')
  mkdirSync(logs, { recursive: true })
  const env = { ...process.env, ...engineEnvironment(work, driver) }
  const running = /** @type {Record<string, import('./world/cloud.mjs').Running>} */ (
    Object.fromEntries(
      scenario.services.map((name) => [name, { release: scenario.from, moved: false, spares: false }]),
    )
  )
  const present = services.filter(({ name }) => running[name] !== undefined)

  say('start registry, database, memcached, proxy')
  const registry = await startRegistry(work)
  const database = await startDatabase(work, scenario.services)
  serve(logs, 'memcached', ['memcached', '-u', 'root', '-l', '127.0.0.1', '-p', '11211'])
  const proxy = await startProxy(work, present)

  say('push the images to the registry')
  for (const image of images) {
    const [service = '', release = ''] = image.split('@')
    const target = imagePattern.replace('{service}', service).replace('{release}', release)
    const command = ['push', `oci:${layout}:${service}:${release}`, `registry:${target}`]
    await mustRun(process.execPath, [join(root, 'dist/cli/svcsplit.cjs'), ...command], { seconds: 300, env })
  }

  say('make the schema, keys, users')
  writeConfiguration(work)
  await firstStart(work, env, running)

  const fleet = join(work, 'fleet.yaml')
  const machine = { root, work, env, fleet, note, say }
  const writeFleet = () => writeFileSync(fleet, fleetFile(work, database.options, proxy.socket, running))
  writeFleet()
  for (const { service, to } of firstHops(scenario)) {
    say(`start ${service} ${scenario.from}`)
    await startReplicas(machine, service, to)
    if (service === 'keystone' && running.glance !== undefined)
      await mustRun(join(client, 'bin/python'), [join(root, 'proof/load/catalog.py')], { seconds: 120 })
  }
  return {
    machine,
    world: { work, env, socket: proxy.socket, registry, ask: database.ask },
    /** @param {string} service @returns {import('./world/cloud.mjs').Running} */
    running: (service) => running[service] ?? { release: scenario.from, moved: false, spares: false },
    /** What the fleet file says of a service from now on. @param {string} service @param {Partial<import('./world/cloud.mjs').Running>} change */
    runs(service, change) {
      running[service] = {
        release: scenario.from,
        moved: false,
        spares: false,
        ...running[service],
        ...change,
      }
      writeFleet()
    },
  }
}

/** The first hop of each service, keystone's first. @param {import('./scenarios.mjs').Scenario} scenario */
function firstHops({ services: names, acts }) {
  return names.flatMap((name) => acts.find(({ service }) => service === name) ?? [])
}

import { pullFolder } from './world/engine.mjs'
import { mustRun, until } from './world/processes.mjs'
import { serverStates } from './world/proxy.mjs'
import { startRegistry } from './world/registry.mjs'

/**
 * What goes wrong on the way, for real. `strike` is done before the steps are carried out (or, with `after`, when
 * that step has been), `mend` when the way back has been taken.
 * @typedef {Awaited<ReturnType<typeof import('./upgrade.mjs').planUpgrade>>} Upgrade
 * @typedef {{ work: string, env: NodeJS.ProcessEnv, socket: string, registry: { stop: () => Promise<void> },
 *   ask: (statement: string) => Promise<string> }} World
 * @typedef {{ title: string, fails: RegExp, after?: RegExp,
 *   strike: (world: World, service: string, upgrade: Upgrade) => Promise<void>, mend: (world: World, service: string) => Promise<void> }} Fault
 */

/** @type {Readonly<Record<string, Fault>>} */
export const faults = {
  registry: {
    title: 'the registry is gone when the image is pulled',
    fails: /\/pull-1$/,
    async strike({ registry }) {
      await registry.stop()
    },
    async mend(world) {
      world.registry = await startRegistry(world.work)
    },
  },
  disk: {
    title: 'the disk is full when the image is pulled',
    fails: /\/pull-1$/,
    async strike({ work }) {
      // A file system of its own that is full: the machine's other work goes on.
      await mustRun('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'pulled', pullFolder(work)], { seconds: 30 })
    },
    async mend({ work }) {
      await mustRun('umount', [pullFolder(work)], { seconds: 30 })
    },
  },
  expand: {
    title: 'the schema cannot be expanded: its user may not change tables',
    fails: /\/expand-1$/,
    async strike({ ask }, service) {
      for (const host of ['127.0.0.1', 'localhost'])
        await ask(`revoke create, alter, index, drop on ${service}.* from '${service}'@'${host}'`)
    },
    async mend({ ask }, service) {
      for (const host of ['127.0.0.1', 'localhost'])
        await ask(`grant all on ${service}.* to '${service}'@'${host}'`)
    },
  },
  kill: {
    title: 'the first new replica is killed before the second one is replaced',
    fails: /\/before-\w+-2$/,
    after: /\/restart-\w+-1$/,
    async strike({ env, socket }, _service, { containers }) {
      const [{ name, backend } = { name: '', backend: '' }] = containers.map((one) => one.beside ?? one)
      await mustRun('podman', ['kill', '--signal=KILL', name], { seconds: 30, env })
      await until('the proxy sees it', 30, async () =>
        ((await serverStates(socket))[backend ?? ''] ?? '').startsWith('DOWN'),
      )
    },
    async mend() {},
  },
}

import { pause, run } from './world/processes.mjs'
import { serverStates } from './world/proxy.mjs'

/**
 * Writes down each second which image each replica runs and what the proxy thinks of it.
 * @param {{ env: NodeJS.ProcessEnv, socket: string, note: (event: object) => void }} machine
 */
export function watch({ env, socket, note }) {
  let going = true
  const format = '{{.Names}} {{.Image}}'
  const loop = async () => {
    while (going) {
      const at = Date.now() / 1000
      const [{ stdout }, proxy] = await Promise.all([
        run('podman', ['ps', '--format', format], { seconds: 30, env }),
        serverStates(socket).catch(() => ({})),
      ])
      const images = /** @type {Record<string, string>} */ ({})
      for (const line of stdout.split('\n')) {
        const [name, image] = line.split(' ')
        if (name !== undefined && image !== undefined) images[name] = image
      }
      note({ kind: 'replicas', at, images, proxy })
      await pause(1)
    }
  }
  const ended = loop()
  return {
    async stop() {
      going = false
      await ended
    },
  }
}

/** Names of what runs. @param {NodeJS.ProcessEnv} env */
export async function containersOf(env) {
  const { stdout } = await run('podman', ['ps', '--format', '{{.Names}}'], { seconds: 30, env })
  return stdout
    .split('\n')
    .filter((name) => name !== '')
    .sort()
}

/**
 * A container's libraries: the sum over each file of its environment, and since when it has been running.
 * @param {NodeJS.ProcessEnv} env @param {string} container
 */
export async function librariesOf(env, container) {
  const script =
    'cd /opt/venv && find . -type f | LC_ALL=C sort | xargs -d "\\n" sha256sum | sha256sum | cut -c1-64'
  const [files, state] = await Promise.all([
    run('podman', ['exec', container, 'sh', '-c', script], { seconds: 120, env }),
    run('podman', ['inspect', '--format', '{{.State.StartedAt}}', container], { seconds: 30, env }),
  ])
  if (files.status !== 0) throw new Error(`${container} has no libraries: ${files.output}`)
  return { container, sha256: files.stdout.trim(), started: state.stdout.trim() }
}

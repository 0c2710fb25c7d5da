import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { svcsplit, versionOf } from './context.mjs'
import { builtLayout } from './images.mjs'

/** @typedef {import('./context.mjs').Context} Context @typedef {import('./compete.mjs').Benchmark} Benchmark */

/** Debian's registry on a free loopback port, with an empty folder. @param {string} work @param {string} [name] */
function startRegistry(work, name = 'registry') {
  const data = join(work, name)
  const [file, logFile] = [join(work, `${name}.yml`), join(work, `${name}.log`)]
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: data } },
    http: { addr: '127.0.0.1:0' },
  }
  // YAML holds JSON.
  writeFileSync(file, JSON.stringify(config))
  const log = openSync(logFile, 'w')
  const server = spawn('docker-registry', ['serve', file], { stdio: ['ignore', log, log] })
  closeSync(log)
  for (let tries = 0; tries < 400; tries += 1) {
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(readFileSync(logFile, 'utf8'))?.[1]
    if (port !== undefined)
      return {
        host: `127.0.0.1:${port}`,
        empty: () => rmSync(join(data, 'docker'), { recursive: true, force: true }),
        stop: () => server.kill('SIGKILL'),
      }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  }
  server.kill('SIGKILL')
  throw new Error('docker-registry does not serve')
}

/** A whole image, base included, to a registry that has nothing. @param {Context} context @returns {Benchmark} */
export function pushOverSkopeo(context) {
  const layout = builtLayout(context)
  const registry = startRegistry(context.work)
  return {
    title: 'glance 2025.1 to an empty registry, and skopeo',
    own: {
      name: 'svcsplit copy',
      command: svcsplit(context, [
        ...['copy', '--plain-http', `oci:${layout}`],
        `${registry.host}/own/glance:2025.1`,
      ]),
      before: registry.empty,
    },
    peer: {
      name: 'skopeo copy',
      command: [
        ...['skopeo', 'copy', '--quiet', '--dest-tls-verify=false', `oci:${layout}`],
        `docker://${registry.host}/peer/glance:2025.1`,
      ],
      before: registry.empty,
      version: versionOf(['skopeo', '--version']),
    },
    rounds: 3,
    aims: { ratio: 1 },
    after: registry.stop,
    note: "To Debian's docker-registry on loopback; its own work, hashing above all, is not counted on either side.",
  }
}

/** A whole image from one registry to another that has nothing. @param {Context} context @returns {Benchmark} */
export function copyOverSkopeo(context) {
  const layout = builtLayout(context)
  const [from, to] = [startRegistry(context.work, 'from'), startRegistry(context.work, 'to')]
  const source = `${from.host}/glance:2025.1`
  const [program = '', ...args] = svcsplit(context, ['copy', '--plain-http', `oci:${layout}`, source])
  execFileSync(program, args, { stdio: 'ignore' })
  return {
    title: 'glance 2025.1 from one registry to another, and skopeo',
    own: {
      name: 'svcsplit copy',
      command: svcsplit(context, ['copy', '--plain-http', source, `${to.host}/own/glance:2025.1`]),
      before: to.empty,
    },
    peer: {
      name: 'skopeo copy',
      command: [
        ...['skopeo', 'copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false'],
        ...[`docker://${source}`, `docker://${to.host}/peer/glance:2025.1`],
      ],
      before: to.empty,
      version: versionOf(['skopeo', '--version']),
    },
    rounds: 3,
    aims: { ratio: 1 },
    after: () => {
      from.stop()
      to.stop()
    },
    note: "Both are Debian's docker-registry on loopback; their own work is not counted on either side.",
  }
}

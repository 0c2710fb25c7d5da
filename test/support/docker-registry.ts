import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface DockerRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly log: () => string
  /** Returns when it is gone. */
  stop(): Promise<void>
}

/** Debian's registry on a free loopback port, with a folder of its own below `dir`. */
export async function startDockerRegistry(
  dir: string,
  name = 'registry',
  extra: Readonly<Record<string, unknown>> = {},
): Promise<DockerRegistry> {
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(dir, name, 'data') }, delete: { enabled: true } },
    ...extra,
    http: { addr: '127.0.0.1:0', ...(extra.http as object | undefined) },
  }
  const file = join(dir, `${name}.yml`)
  // YAML holds JSON
  writeFileSync(file, JSON.stringify(config))
  const server = spawn('docker-registry', ['serve', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  const port = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      log += chunk
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(log)
      if (found !== null) resolve(found[1]!)
    }
    server.stdout.on('data', read)
    server.stderr.on('data', read)
    server.once('exit', () => reject(new Error(`docker-registry ended: ${log}`)))
  })
  return {
    host: `127.0.0.1:${port}`,
    log: () => log,
    async stop() {
      const ended = new Promise((resolve) => server.once('close', resolve))
      server.kill('SIGKILL')
      await ended
    },
  }
}

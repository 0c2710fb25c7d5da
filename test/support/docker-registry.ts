import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
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
  // A file and no pipe: a test that waits for a program would not empty it, and the registry would wait as well.
  const logFile = join(dir, `${name}.log`)
  const log = openSync(logFile, 'a')
  const server = spawn('docker-registry', ['serve', file], { stdio: ['ignore', log, log] })
  closeSync(log)
  let port: string | undefined
  for (let tries = 0; port === undefined; tries++) {
    const text = readFileSync(logFile, 'utf8')
    port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1]
    if (server.exitCode !== null || tries > 1200) throw new Error(`docker-registry does not serve: ${text}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    host: `127.0.0.1:${port}`,
    log: () => readFileSync(logFile, 'utf8'),
    async stop() {
      const ended = new Promise((resolve) => server.once('close', resolve))
      server.kill('SIGKILL')
      await ended
    },
  }
}

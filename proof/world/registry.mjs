import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serve, until } from './processes.mjs'

export const registryPort = 5005

/** Where the images of the cloud are. */
export const imagePattern = `127.0.0.1:${registryPort}/cloud/{service}:{release}`

/**
 * Debian's registry on loopback.
 * @param {string} work
 */
export async function startRegistry(work) {
  const config = {
    version: 0.1,
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(work, 'registry') } },
    http: { addr: `127.0.0.1:${registryPort}` },
  }
  const file = join(work, 'registry.yml')
  // YAML holds JSON.
  writeFileSync(file, JSON.stringify(config))
  const server = serve(join(work, 'logs'), 'registry', ['docker-registry', 'serve', file])
  await until('the registry serves', 60, async () => {
    const answer = await fetch(`http://127.0.0.1:${registryPort}/v2/`).catch(() => undefined)
    return answer?.status === 200
  })
  return server
}

/**
 * Bytes of blobs and manifests that the registry has given so far, by its own log.
 * @param {string} work
 */
export function bytesGiven(work) {
  let bytes = 0
  for (const line of readFileSync(join(work, 'logs/registry.log'), 'utf8').split('\n')) {
    if (!line.includes('"response completed"')) continue
    const entry = JSON.parse(line)
    if (entry['http.request.method'] === 'GET') bytes += Number(entry['http.response.written'] ?? 0)
  }
  return bytes
}

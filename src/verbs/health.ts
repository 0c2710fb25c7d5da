import type { Process } from '#inputs/profile.js'
import type { RuntimeConfig } from '#oci/config.js'

/** Nanoseconds, as Docker counts. */
const second = 1_000_000_000

/** How a runtime sees whether a process is well: it asks the path of the profile, or else only for the port. */
export function healthcheckOf(
  process: Process | undefined,
  prefix: string,
): NonNullable<RuntimeConfig['Healthcheck']> | undefined {
  if (process?.port === undefined) return undefined
  const { port, health } = process
  // The environment's Python asks: images have neither curl nor a shell to count on.
  const script =
    health === undefined
      ? `import socket; socket.create_connection(('127.0.0.1', ${port}), 5).close()`
      : `import urllib.request as r; r.urlopen('http://127.0.0.1:${port}${health}', timeout=5).read()`
  return {
    Test: ['CMD', `${prefix}/bin/python`, '-c', script],
    Interval: 30 * second,
    Timeout: 10 * second,
    StartPeriod: 30 * second,
    Retries: 3,
  }
}

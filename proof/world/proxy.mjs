import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { serve, until } from './processes.mjs'

/**
 * HAProxy in front of the replicas of each service: health checks each second; a request whose replica is gone
 * before it answered goes to the other one, where that is safe.
 * @param {string} work
 * @param {readonly { name: string, port: number, places: readonly { server: string, port: number }[] }[]} services
 */
export async function startProxy(work, services) {
  const socket = join(work, 'haproxy.sock')
  const file = join(work, 'haproxy.cfg')
  const lines = [
    'global',
    `  stats socket ${socket} mode 600 level admin`,
    '  log stdout format raw local0',
    '  maxconn 500',
    'defaults',
    '  mode http',
    '  log global',
    '  option httplog',
    '  option redispatch',
    '  retries 3',
    '  retry-on conn-failure empty-response',
    '  timeout connect 5s',
    '  timeout client 60s',
    '  timeout server 60s',
    '  timeout check 5s',
    '  default-server check inter 1s fall 2 rise 1',
    ...services.flatMap(({ name, port, places }) => [
      `listen ${name}`,
      `  bind 127.0.0.1:${port}`,
      '  option httpchk',
      '  http-check send meth GET uri /healthcheck',
      // What changes something is sent again only where no connection came about. A token more does no harm.
      '  http-request disable-l7-retry unless { method GET HEAD } || { path /v3/auth/tokens }',
      ...places.map((place) => `  server ${place.server} 127.0.0.1:${place.port}`),
    ]),
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const server = serve(join(work, 'logs'), 'haproxy', ['haproxy', '-db', '-f', file])
  await until('the proxy answers', 30, async () => (await tell(socket, 'show info').catch(() => '')) !== '')
  return { server, socket }
}

/**
 * One line to the admin socket.
 * @param {string} socket @param {string} line @returns {Promise<string>}
 */
export function tell(socket, line) {
  return new Promise((resolve, reject) => {
    const connection = connect(socket)
    let text = ''
    connection.setTimeout(5000, () => connection.destroy(new Error('the proxy does not answer')))
    connection.on('connect', () => connection.write(`${line}\n`))
    connection.on('data', (chunk) => {
      text += chunk
    })
    connection.on('end', () => resolve(text))
    connection.on('error', reject)
  })
}

/**
 * The state of each server: UP, DOWN, DRAIN, MAINT.
 * @param {string} socket
 */
export async function serverStates(socket) {
  const states = /** @type {Record<string, string>} */ ({})
  for (const line of (await tell(socket, 'show stat')).split('\n')) {
    const [group, server, ...columns] = line.split(',')
    if (group === undefined || group.startsWith('#') || server === undefined) continue
    if (server !== 'FRONTEND' && server !== 'BACKEND') states[`${group}/${server}`] = columns[15] ?? ''
  }
  return states
}

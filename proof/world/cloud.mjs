import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { databaseUrl, password } from './database.mjs'
import { mustRun } from './processes.mjs'
import { imagePattern } from './registry.mjs'

/** User and group of the images, from Kolla. */
const users = { keystone: 42425, glance: 42415 }

/** @typedef {'keystone' | 'glance'} Service */

/** What listens where: a proxy in front of two replicas each, and a spare place for each replica. */
export const services = /** @type {const} */ ([
  {
    name: 'keystone',
    port: 5000,
    places: [
      { container: 'keystone-1', server: 'k1', port: 5001 },
      { container: 'keystone-2', server: 'k2', port: 5002 },
      { container: 'keystone-3', server: 'k3', port: 5003 },
      { container: 'keystone-4', server: 'k4', port: 5004 },
    ],
  },
  {
    name: 'glance',
    port: 9292,
    places: [
      { container: 'glance-1', server: 'g1', port: 9293 },
      { container: 'glance-2', server: 'g2', port: 9294 },
      { container: 'glance-3', server: 'g3', port: 9295 },
      { container: 'glance-4', server: 'g4', port: 9296 },
    ],
  },
])

const memcached = '127.0.0.1:11211'
const identity = 'http://127.0.0.1:5000/v3'

const keystoneConfiguration = `[database]
connection = ${databaseUrl('keystone')}
max_retries = -1
[token]
provider = fernet
[cache]
enabled = true
backend = oslo_cache.memcache_pool
memcache_servers = ${memcached}
[identity]
# As few as bcrypt takes: what is measured is not how well passwords are kept.
password_hash_rounds = 4
`

const glanceConfiguration = `[DEFAULT]
bind_host = 127.0.0.1
workers = 2
enabled_backends = file:file
[glance_store]
default_backend = file
[file]
filesystem_store_datadir = /var/lib/glance/images
[database]
connection = ${databaseUrl('glance')}
max_retries = -1
[paste_deploy]
flavor = keystone
[keystone_authtoken]
www_authenticate_uri = ${identity}
auth_url = ${identity}
auth_type = password
user_domain_name = Default
project_domain_name = Default
project_name = service
username = glance
password = ${password}
memcached_servers = ${memcached}
`

/**
 * Configuration of both services, shared by all replicas and both releases.
 * @param {string} work
 */
export function writeConfiguration(work) {
  const folder = (/** @type {Service} */ service, /** @type {string} */ path) => {
    const made = join(work, service, path)
    mkdirSync(made, { recursive: true })
    chownSync(made, users[service], users[service])
    return made
  }
  writeFileSync(join(folder('keystone', '.'), 'keystone.conf'), keystoneConfiguration)
  writeFileSync(join(folder('glance', '.'), 'glance-api.conf'), glanceConfiguration)
  for (const name of ['fernet-keys', 'credential-keys']) folder('keystone', name)
  folder('glance', 'images')
}

/**
 * What runs of a service: `moved` after an odd number of upgrades to the spare places, `spares` where the upgrade
 * may use them.
 * @typedef {{ release: string, moved: boolean, spares: boolean }} Running
 */

/**
 * The fleet file: what runs, and how it is reached.
 * @param {string} work
 * @param {string} databaseOptions @param {string} proxySocket
 * @param {Readonly<Record<string, Running>>} running
 */
export function fleetFile(work, databaseOptions, proxySocket, running) {
  /** @param {string} service @param {(typeof services)[number]['places'][number]} place */
  const placed = (service, { container, server, port }) => ({
    name: container,
    port,
    backend: `${service}/${server}`,
    // oslo.config reads it as [DEFAULT] bind_port; a server that is told its port does not need it.
    ...(service === 'glance' ? { environment: { OS_DEFAULT__BIND_PORT: String(port) } } : {}),
  })
  const fleet = Object.entries(running).map(([name, { release, moved, spares }]) => {
    const places = services.find((one) => one.name === name)?.places ?? []
    const [first, second] = [places.slice(0, 2), places.slice(2)]
    const [own, spare] = moved ? [second, first] : [first, second]
    const containers = own.map((place, index) => {
      const other = spare[index]
      return {
        ...placed(name, place),
        ...(spares && other !== undefined ? { spare: placed(name, other) } : {}),
      }
    })
    return [name, { release, volumes: volumesOf(work, name), containers }]
  })
  return stringify({
    images: imagePattern,
    options: ['--network=host'],
    database: { options: databaseOptions, dumps: join(work, 'dumps') },
    proxy: { socket: proxySocket, drain: 5 },
    services: Object.fromEntries(fleet),
  })
}

/** @param {string} work @param {string} service */
function volumesOf(work, service) {
  return service === 'keystone'
    ? [
        `${work}/keystone/keystone.conf:/etc/keystone/keystone.conf:ro`,
        `${work}/keystone/fernet-keys:/etc/keystone/fernet-keys`,
        `${work}/keystone/credential-keys:/etc/keystone/credential-keys`,
      ]
    : [
        `${work}/glance/glance-api.conf:/etc/glance/glance-api.conf:ro`,
        `${work}/glance/images:/var/lib/glance/images`,
      ]
}

/**
 * The first start of a cloud: schema, keys, catalog, users. What svcsplit plans begins with a cloud that runs.
 * @param {string} work @param {NodeJS.ProcessEnv} env
 * @param {Readonly<Record<string, Running>>} running
 */
export async function firstStart(work, env, running) {
  const image = (/** @type {string} */ service) =>
    imagePattern.replace('{service}', service).replace('{release}', running[service]?.release ?? '')
  const once = (/** @type {string} */ service, /** @type {readonly (readonly string[])[]} */ commands) => {
    const volumes = volumesOf(work, service)
    // One container for all of them: each start costs more than the command in it.
    const script = commands.map((words) => words.map((word) => `'${word}'`).join(' ')).join(' && ')
    const args = ['run', '--rm', '--network=host', ...volumes.map((one) => `--volume=${one}`)]
    return mustRun('podman', [...args, image(service), 'sh', '-c', script], { seconds: 300, env })
  }
  const at = (/** @type {string} */ url) => [
    '--bootstrap-admin-url',
    url,
    '--bootstrap-public-url',
    url,
    '--bootstrap-internal-url',
    url,
  ]
  await once('keystone', [
    ['keystone-manage', 'db_sync'],
    ['keystone-manage', 'fernet_setup'],
    ['keystone-manage', 'credential_setup'],
    [
      'keystone-manage',
      'bootstrap',
      '--bootstrap-password',
      password,
      ...at(identity),
      '--bootstrap-region-id',
      'RegionOne',
    ],
  ])
  if (running.glance !== undefined) await once('glance', [['glance-manage', 'db_sync']])
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, run, serve, until } from './processes.mjs'

const port = 3306

/** Passwords of a server that ends with the run and that only this run can reach. */
export const password = 'proof'

/**
 * MariaDB with a database for each service, and an option file for those who dump and restore.
 * @param {string} work @param {readonly string[]} services
 */
export async function startDatabase(work, services) {
  const data = join(work, 'database')
  const socket = join(work, 'database.sock')
  mkdirSync(data, { recursive: true })
  await mustRun(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--user=root',
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { seconds: 120 },
  )
  const server = serve(join(work, 'logs'), 'mariadb', [
    'mariadbd',
    '--no-defaults',
    '--user=root',
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--pid-file=${join(work, 'mariadb.pid')}`,
    '--innodb-buffer-pool-size=64M',
    '--max-connections=400',
    // Schema changes are replicated in production, and then want this leave.
    '--log-bin',
    '--server-id=1',
    '--log-bin-trust-function-creators=1',
    // Nothing has to outlive the machine: no waiting for its disk.
    '--innodb-flush-log-at-trx-commit=2',
    '--sync-binlog=0',
  ])
  const options = join(work, 'database.cnf')
  writeFileSync(options, `[client]\nuser=root\nsocket=${socket}\n`, { mode: 0o600 })
  const client = (/** @type {string} */ statements) => [
    `--defaults-extra-file=${options}`,
    '--batch',
    '--execute',
    statements,
  ]
  await until(
    'the database serves',
    60,
    async () => (await run('mariadb', client('select 1'), { seconds: 10 })).status === 0,
  )
  const statements = services.flatMap((service) => [
    `create database ${service} character set utf8mb3`,
    `create user '${service}'@'127.0.0.1' identified by '${password}'`,
    `create user '${service}'@'localhost' identified by '${password}'`,
    `grant all on ${service}.* to '${service}'@'127.0.0.1'`,
    `grant all on ${service}.* to '${service}'@'localhost'`,
  ])
  await mustRun('mariadb', client(statements.join('; ')), { seconds: 60 })
  return {
    server,
    options,
    /** @param {string} statement */
    async ask(statement) {
      const { stdout } = await mustRun('mariadb', [...client(statement), '--skip-column-names'], {
        seconds: 60,
      })
      return stdout.trim()
    },
  }
}

/** @param {string} service */
export function databaseUrl(service) {
  return `mysql+pymysql://${service}:${password}@127.0.0.1:${port}/${service}`
}

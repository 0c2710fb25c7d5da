/**
 * The contrast: keystone goes up in an environment that it shares with glance, by pip. Needs a network.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun, run } from './world/processes.mjs'

/** What glance does for each request: it asks its database. */
const firstCall = `
from oslo_config import cfg
from glance.db.sqlalchemy import api
cfg.CONF([], project="glance", default_config_files=[], default_config_dirs=[])
print(api.get_engine().connect().exec_driver_sql("select 1").scalar())
`

/**
 * @typedef {{ what: string, seconds: number, status: number, conflicts: readonly string[], changed: number,
 *   ofGlance: number, glance: string }} Change `glance`: the last line of its first call of the database
 * @param {{ root: string, out: string, hop: { from: string, to: string }, say: (text: string) => void }} context
 * @returns {Promise<readonly Change[]>} also written to `shared.json`
 */
export async function upgradeShared({ root, out, hop, say }) {
  const folder = mkdtempSync(join(tmpdir(), 'svcsplit-shared-'))
  const bin = (/** @type {string} */ name) => join(folder, 'bin', name)
  try {
    say(`shared environment: keystone and glance ${hop.from}`)
    await mustRun('python3', ['-m', 'venv', folder], { seconds: 300 })
    const install = ['install', '--disable-pip-version-check', '--no-input']
    const at = (/** @type {string} */ release) => ['-c', join(root, `constraints/${release}.txt`)]
    const service = (/** @type {string} */ name, /** @type {string} */ release) =>
      `${name}==${versionOf(root, name, release)}`
    const drivers = ['PyMySQL', 'python-memcached']
    const both = [service('keystone', hop.from), service('glance', hop.from), ...drivers]
    await mustRun(bin('pip'), [...install, '--quiet', ...both, ...at(hop.from)], { seconds: 1800 })
    const demands = await closureOf(bin('python'))
    const changes = [
      await look('begin', { status: 0, seconds: 0, stdout: '', output: '' }, await freeze(bin('pip'))),
    ]

    const change = async (/** @type {string} */ what, /** @type {string} */ release) => {
      const before = await freeze(bin('pip'))
      const args = [...install, service('keystone', release), ...drivers, ...at(release)]
      const outcome = await run(bin('pip'), args, { seconds: 1800 })
      const told = await look(what, outcome, before)
      say(`  ${what}: ${told.seconds.toFixed(1)} s, glance: ${told.glance}`)
      changes.push(told)
    }
    await change(`keystone ${hop.from} -> ${hop.to}`, hop.to)
    await change('back', hop.from)
    writeFileSync(join(out, 'shared.json'), `${JSON.stringify(changes, null, 2)}\n`)
    return changes

    /**
     * @param {string} what @param {import('./world/processes.mjs').Outcome} outcome
     * @param {ReadonlyMap<string, string>} before @returns {Promise<Change>}
     */
    async function look(what, { status, seconds, output }, before) {
      const after = await freeze(bin('pip'))
      const check = await run(bin('pip'), ['check'], { seconds: 300 })
      const call = await run(bin('python'), ['-W', 'ignore', '-c', firstCall], {
        seconds: 300,
        env: { ...process.env, OS_DATABASE__CONNECTION: 'sqlite://' },
      })
      const moved = [...new Set([...before.keys(), ...after.keys()])].filter(
        (name) => before.get(name) !== after.get(name),
      )
      const said = [...output.split('\n'), ...check.output.split('\n')]
      return {
        what,
        seconds,
        status,
        conflicts: [
          ...new Set(said.filter((line) => /incompatible|which is not installed|but you have/.test(line))),
        ],
        changed: moved.length,
        ofGlance: moved.filter((name) => demands.has(name)).length,
        glance: call.status === 0 ? 'answers' : (call.output.trim().split('\n').at(-1) ?? ''),
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} root @param {string} service @param {string} release @returns {string} */
function versionOf(root, service, release) {
  return JSON.parse(readFileSync(join(root, 'constraints/releases.json'), 'utf8'))[release].services[service]
    .version
}

/** What is installed. @param {string} pip @returns {Promise<ReadonlyMap<string, string>>} */
async function freeze(pip) {
  const { stdout } = await mustRun(pip, ['list', '--format=json', '--disable-pip-version-check'], {
    seconds: 120,
  })
  const list = /** @type {{ name: string, version: string }[]} */ (JSON.parse(stdout))
  return new Map(list.map(({ name, version }) => [name, version]))
}

const closure = `
import importlib.metadata as metadata, re
names, todo = set(), ["glance"]
normal = lambda name: re.sub(r"[-_.]+", "-", name).lower()
while todo:
    name = todo.pop()
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        continue
    if normal(name) in names:
        continue
    names.add(normal(name))
    print(found.metadata["Name"])
    todo += [re.match(r"[\\w.-]+", line)[0] for line in found.requires or [] if "extra ==" not in line]
`

/** Distributions that glance's demands lead to. @param {string} python @returns {Promise<ReadonlySet<string>>} */
async function closureOf(python) {
  const { stdout } = await mustRun(python, ['-c', closure], { seconds: 120 })
  return new Set(stdout.trim().split('\n'))
}

/**
 * `npm run proof [-- --short] [-- --out DIR]`: upgrades keystone, then glance, under load, and back: see README.md.
 * Needs root on Linux, and what needed.mjs names.
 */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { needed } from './needed.mjs'
import { prepare } from './prepare.mjs'
import { writeReport } from './report/write.mjs'
import { beginResults } from './results.mjs'
import { imagesOf, long, short } from './scenarios.mjs'
import { upgradeShared } from './shared.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, out: { type: 'string', default: 'proof-results' } },
})
const say = (/** @type {string} */ text) => process.stdout.write(`         ${text}\n`)

const missing = needed.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
if (missing.length > 0 || process.getuid?.() !== 0) {
  const why = missing.length > 0 ? `${missing.join(', ')}` : 'to be run as root'
  process.stderr.write(`error: the proof needs ${why}\n`)
  process.exit(2)
}

const out = resolve(values.out)
try {
  beginResults(out)
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`)
  process.exit(2)
}

// What was started so far ends with this process.
let stop = () => void process.exit(130)
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => stop())

const cache = join(process.env.SVCSPLIT_CACHE_DIR || join(tmpdir(), 'svcsplit-proof-cache'), 'proof')
const wanted = imagesOf(values.short ? short : long)
const { layout, client } = await prepare({ root, cache, wanted, say })

if (!values.short) await upgradeShared({ root, out, hop: { from: '2025.1', to: '2026.1' }, say })

const work = mkdtempSync(join(tmpdir(), 'svcsplit-proof-'))
const order = join(out, 'order.json')
const driver = canOverlay() ? 'overlay' : 'vfs'
writeFileSync(order, JSON.stringify({ root, work, out, layout, client, driver, short: values.short }))

// Own process and network namespaces: only loopback can be reached, all ports are free, and every process of the
// run ends with the first one. The shell is that one and reaps what containers leave behind.
const inside = 'mount -t cgroup2 none /sys/fs/cgroup; ip link set lo up && "$0" "$1" "$2"; exit $?'
const namespaces = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:https?|all|no|ftp)_proxy$/i.test(name)),
)
const child = spawn(
  'unshare',
  [...namespaces, 'sh', '-c', inside, process.execPath, join(root, 'proof/inside.mjs'), order],
  { stdio: 'inherit', env: clean },
)
const late = setTimeout(() => child.kill('SIGKILL'), (values.short ? 20 : 90) * 60_000)
stop = () => void child.kill('SIGKILL')
const status = await new Promise((done) => child.once('exit', (code) => done(code ?? 1)))
clearTimeout(late)
if (existsSync(join(work, 'logs'))) cpSync(join(work, 'logs'), join(out, 'logs'), { recursive: true })
rmSync(work, { recursive: true, force: true })
process.exitCode = status
if (status === 0) process.stdout.write(`\n${writeReport(out)}\nwritten to ${out}\n`)

/** Whether this machine can lay file systems over one another, as podman likes to. */
function canOverlay() {
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-overlay-'))
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(dir, name))
  const mount = 'mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged'
  const { status: code } = spawnSync('unshare', ['--mount', 'sh', '-c', mount], { cwd: dir })
  rmSync(dir, { recursive: true, force: true })
  return code === 0
}

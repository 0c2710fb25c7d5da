import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Programs that tests of the system project drive, and the Debian package that has each. */
export const systemTools: ReadonlyMap<string, string> = new Map([
  ['buildah', 'buildah'],
  ['skopeo', 'skopeo'],
  ['umoci', 'umoci'],
  ['podman', 'podman'],
  ['runc', 'runc'],
  ['crun', 'crun'],
  ['mmdebstrap', 'mmdebstrap'],
  ['bwrap', 'bubblewrap'],
  ['unshare', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['gzip', 'gzip'],
  ['apt-get', 'apt'],
  ['apt-cache', 'apt'],
  ['python3', 'python3'],
  ['systemd-analyze', 'systemd'],
  ['docker-registry', 'docker-registry'],
  ['openssl', 'openssl'],
  // Without the packages that start it.
  ['mariadbd', 'mariadb-server-core'],
  ['mariadb-dump', 'mariadb-client'],
  ['haproxy', 'haproxy'],
  ['memcached', 'memcached'],
  ['socat', 'socat'],
  ['curl', 'curl'],
  ['ip', 'iproute2'],
  ['minisat', 'minisat'],
  ['go', 'golang-go'],
  ['dose-distcheck', 'dose-distcheck'],
  ['coinst', 'coinst'],
  ['strace', 'strace'],
  ['faketime', 'faketime'],
  ['chromium', 'chromium'],
])

/** Python that fits `debian:bookworm`, with the module venv complete, for comparisons with pip. */
export const pythonPackages = ['python3-venv', 'python3-pip']

/** Where users without a login shell lack programs of the administrator. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']

function hasTool(name: string): boolean {
  return folders.some((folder) => folder !== '' && existsSync(join(folder, name)))
}

/** The tools of a list that are not there. */
export function missingTools(...names: readonly string[]): readonly string[] {
  return names.filter((name) => !hasTool(name))
}

/**
 * For `describe.skipIf(needs.missing)(needs.title('...'))`: a suite without its tools is skipped under a title
 * that names them. With CI=true it is not skipped and fails: a green run has to have run everything.
 */
export function needs(...names: readonly string[]): {
  readonly missing: boolean
  title(text: string): string
} {
  const missing = missingTools(...names)
  return {
    missing: missing.length > 0 && process.env.CI !== 'true',
    title: (text) => (missing.length === 0 ? text : `${text} (needs ${missing.join(', ')})`),
  }
}

let driver: 'overlay' | 'vfs' | undefined

/**
 * How podman and buildah are to keep images: vfs copies all files below each layer (a dozen times for our
 * images), and machines that cannot lay file systems over one another leave no choice.
 */
export function storageDriver(): 'overlay' | 'vfs' {
  if (driver !== undefined) return driver
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-overlay-'))
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(dir, name))
  const mount = 'mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged'
  const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', mount], { cwd: dir, stdio: 'ignore' })
  rmSync(dir, { recursive: true, force: true })
  driver = status === 0 ? 'overlay' : 'vfs'
  return driver
}

/**
 * A program that only its source is published of, built by Go once for this machine.
 * @param module with its version: `example.org/project/cmd/tool@v1.2.3`
 * @returns its path
 */
export function goTool(module: string): string {
  const [path = '', version = ''] = module.split('@')
  const folder = join(tmpdir(), `svcsplit-go-tools-${process.getuid?.() ?? 0}`, version)
  const program = join(folder, path.slice(path.lastIndexOf('/') + 1))
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const { status, stderr } = spawnSync('go', ['install', module], {
    env: { ...process.env, GOBIN: folder },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`go install ${module} failed: ${stderr}`)
  return program
}

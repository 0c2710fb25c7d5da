import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse as parseToml } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.js'
import { goTool, needs, storageDriver } from '../support/tools.js'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))
const tools = needs(
  'mmdebstrap',
  'buildah',
  'skopeo',
  'umoci',
  'podman',
  'runc',
  'setpriv',
  'docker-registry',
  'go',
)

let work = ''
let registry: DockerRegistry
let images: { name: string; digest: string; layers: { digest: string; made: boolean }[] }[] = []

function svcsplit(args: readonly string[]): string {
  return execFileSync(process.execPath, [main, ...args], {
    cwd: work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
}

function build(layout: string): void {
  const args = ['build', 'keystone@2025.1', 'glance@2025.1', '-o', `oci:${layout}`, '--report', 'json']
  images = JSON.parse(svcsplit(args)).images
}

/** podman with a storage of this test's own. */
function podman(...args: readonly string[]): string {
  const storage = ['--root', join(work, 'storage'), '--runroot', join(work, 'run')]
  const engine = ['--storage-driver', storageDriver(), '--runtime', 'runc', '--cgroup-manager', 'cgroupfs']
  return execFileSync('podman', [...storage, ...engine, ...args], {
    cwd: work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a program in a container of an image that the registry has. */
function inContainer(image: string, ...command: readonly string[]): string {
  const limits = ['--network=host', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000']
  return podman('run', '--rm', '--tls-verify=false', ...limits, `${registry.host}/os/${image}`, ...command)
}

function lockedVersions(service: string): Map<string, string> {
  const lock = parseToml(svcsplit(['lock', `${service}@2025.1`, '--offline', '-o', '-'])) as unknown as {
    packages: { name: string; version: string }[]
  }
  return new Map(lock.packages.map(({ name, version }) => [name, version]))
}

const listDistributions = [
  'import importlib.metadata as m, json, re',
  'print(json.dumps({re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d.version',
  '  for d in m.distributions() if "/opt/venv/" in str(d.locate_file(""))}))',
].join('\n')

describe.skipIf(tools.missing)(tools.title('images of keystone and glance 2025.1'), () => {
  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'svcsplit-build-'))
    build('images')
    registry = await startDockerRegistry(work)
    for (const { name } of images) svcsplit(['push', `oci:images:${name}`, `${registry.host}/os/${name}`])
  })
  afterAll(async () => {
    await registry?.stop()
    rmSync(work, { recursive: true, force: true })
  })

  it('are read by skopeo, under the digest that was told', () => {
    for (const { name, digest } of images) {
      const seen = JSON.parse(
        execFileSync('skopeo', ['inspect', `oci:${join(work, 'images')}:${name}`], { encoding: 'utf8' }),
      )
      expect(seen.Digest).toBe(digest)
      expect(seen.Layers).toEqual(
        expect.arrayContaining(images.find((one) => one.name === name)!.layers.map((l) => l.digest)),
      )
    }
  })

  it('are unpacked by umoci, which checks every diffID', () => {
    const bundle = join(work, 'bundle')
    execFileSync('umoci', ['unpack', '--image', `${join(work, 'images')}:glance:2025.1`, bundle], {
      stdio: 'pipe',
    })
    const venv = join(bundle, 'rootfs/opt/venv')
    expect(readdirSync(join(venv, 'bin'))).toContain('glance-api')
    expect(readdirSync(join(venv, 'lib/python3.11/site-packages'))).not.toContain('pip')
    rmSync(bundle, { recursive: true, force: true })
  })

  it('are valid to crane, in the registry and as an archive', () => {
    const crane = goTool('github.com/google/go-containerregistry/cmd/crane@v0.22.1')
    const format = ['--format', 'docker', '--no-verify']
    svcsplit(['build', 'keystone@2025.1', ...format, '-o', 'docker-archive:keystone.tar'])
    const run = (...args: string[]) =>
      execFileSync(crane, args, { cwd: work, encoding: 'utf8', stdio: 'pipe' })
    for (const { name } of images) run('validate', '--insecure', '--remote', `${registry.host}/os/${name}`)
    run('validate', '--tarball', 'keystone.tar')
  })

  it('are loaded from a Docker archive under their name, with their health check', () => {
    const seen = JSON.parse(
      execFileSync('skopeo', ['inspect', '--config', 'docker-archive:keystone.tar'], {
        cwd: work,
        encoding: 'utf8',
      }),
    )
    podman('load', '-q', '-i', 'keystone.tar')
    const [loaded] = JSON.parse(podman('inspect', 'keystone:2025.1'))
    expect(loaded.RepoTags).toEqual(['localhost/keystone:2025.1'])
    expect(loaded.Healthcheck.Test.slice(0, 3)).toEqual(['CMD', '/opt/venv/bin/python', '-c'])
    expect(loaded.RootFS.Layers).toEqual(seen.rootfs.diff_ids)
  })

  it.each([
    ['glance', 'glance-manage', '30.2.0'],
    ['keystone', 'keystone-manage', '27.0.2'],
  ])('%s starts: %s --version', (service, program, version) => {
    expect(inContainer(`${service}:2025.1`, program, '--version').trim()).toBe(version)
  })

  it.each(['glance', 'keystone'])('%s holds exactly the distributions of its lock', (service) => {
    const inside = new Map(
      Object.entries(JSON.parse(inContainer(`${service}:2025.1`, 'python3', '-c', listDistributions))),
    )
    expect(new Map([...inside].sort())).toEqual(new Map([...lockedVersions(service)].sort()))
  })

  it('run as the user of the profile and bring its configuration', () => {
    const told = inContainer(
      'glance:2025.1',
      'sh',
      '-c',
      'id -u; stat -c %U /var/lib/glance; ls /etc/glance',
    ).split('\n')
    expect(told.slice(0, 2)).toEqual(['42415', 'glance'])
    expect(told).toContain('glance-api-paste.ini')
  })

  describe('have the same digest when their layers are made anew', () => {
    const nodes = join(tmpdir(), `svcsplit-test-nodes-${process.pid}`)
    const nodeOf = (name: string): string => join(nodes, 'node_modules', name, 'bin/node')

    beforeAll(() => {
      const binary = `node-linux-${process.arch}`
      mkdirSync(nodes, { mode: 0o755 })
      execFileSync(
        'npm',
        ['install', '--silent', '--no-save', `oldest@npm:${binary}@20`, `newest@npm:${binary}@latest`],
        { cwd: nodes, stdio: ['ignore', 'ignore', 'inherit'] },
      )
      // Other users are to read it.
      chmodSync(work, 0o755)
    })
    afterAll(() => rmSync(nodes, { recursive: true, force: true }))

    /** A cache with bases and wheels alone, linked in the opposite order; its folders belong to the user. */
    function otherCache(name: string, user: number): string {
      const from = process.env.SVCSPLIT_CACHE_DIR!
      const to = join(work, name)
      const made = new Set(images.flatMap(({ layers }) => layers.map(({ digest }) => digest.slice(7))))
      const paths = ['bases', 'wheelhouse/records', 'blobs'].flatMap((folder) =>
        readdirSync(join(from, folder), { recursive: true, encoding: 'utf8' }).map((path) =>
          join(folder, path),
        ),
      )
      for (const path of paths.sort().reverse()) {
        if (path.includes('/.svcsplit-tmp-') || made.has(basename(path))) continue
        if (!statSync(join(from, path)).isFile()) continue
        linkSync(join(from, path), join(mkdirp(join(to, dirname(path))), basename(path)))
      }
      execFileSync('find', [to, '-type', 'd', '-exec', 'chown', `${user}:${user}`, '{}', '+'])
      return to
    }

    function mkdirp(path: string): string {
      mkdirSync(path, { recursive: true })
      return path
    }

    it.each([
      {
        node: 'oldest',
        services: ['keystone', 'glance'],
        umask: '077',
        user: 0,
        env: { TZ: 'Pacific/Auckland', LC_ALL: 'C', SOURCE_DATE_EPOCH: '1' },
      },
      {
        node: 'newest',
        services: ['glance', 'keystone'],
        umask: '000',
        user: 12345,
        env: { TZ: 'Asia/Kathmandu', LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: '2000000000' },
      },
    ])('by the $node Node, as user $user, umask $umask, in $env.TZ', (run) => {
      const folder = mkdirp(join(work, `by-${run.node}`))
      chownSync(folder, run.user, run.user)
      const cache = otherCache(`cache-of-${run.node}`, run.user)
      const services = run.services.map((service) => `${service}@2025.1`)
      const args = [main, 'build', ...services, '--no-verify', '-o', 'oci:images', '--report', 'json']
      const script = 'umask "$1"; shift; exec "$@"'
      const user = ['--reuid', String(run.user), '--regid', String(run.user), '--clear-groups']
      const told = execFileSync(
        'setpriv',
        [...user, 'sh', '-c', script, 'sh', run.umask, nodeOf(run.node), ...args],
        {
          cwd: folder,
          encoding: 'utf8',
          env: { PATH: process.env.PATH, HOME: folder, SVCSPLIT_CACHE_DIR: cache, ...run.env },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const again = JSON.parse(told).images as typeof images
      const digestOf = (list: typeof images) => new Map(list.map(({ name, digest }) => [name, digest]))
      expect(digestOf(again)).toEqual(digestOf(images))
      expect(again.every(({ layers }) => layers.some(({ made }) => made))).toBe(true)
    })
  })
})

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse as parseToml } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../support/tools.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const tools = needs('mmdebstrap', 'buildah', 'skopeo', 'umoci', 'podman', 'runc')

let work = ''
let images: { name: string; digest: string; layers: { digest: string; made: boolean }[] }[] = []

function svcsplit(args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  return execFileSync(process.execPath, [main, ...args], {
    cwd: work,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
}

function digests(layout: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  const args = ['build', 'keystone@2025.1', 'glance@2025.1', '-o', `oci:${layout}`, '--report', 'json']
  images = JSON.parse(svcsplit(args, env)).images
  return images.map(({ digest }) => digest)
}

/** Runs a program in a container of an image, with a storage of this test's own. */
function inContainer(image: string, ...command: readonly string[]): string {
  const storage = ['--root', join(work, 'storage'), '--runroot', join(work, 'run'), '--storage-driver', 'vfs']
  const engine = ['--runtime', 'runc', '--cgroup-manager', 'cgroupfs']
  const limits = ['--network=host', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000']
  const args = [...storage, ...engine, 'run', '--rm', ...limits, `oci:images:${image}`, ...command]
  // podman names an image after its folder and takes lower case alone: a relative path it is.
  return execFileSync('podman', args, { cwd: work, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
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
  let first: readonly string[] = []

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'svcsplit-build-'))
    first = digests('images')
  })
  afterAll(() => rmSync(work, { recursive: true, force: true }))

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

  it('have the same digest from the same store in another time zone, locale and umask', () => {
    const umask = process.umask(0o077)
    try {
      expect(digests('again', { TZ: 'Pacific/Auckland', LC_ALL: 'C', SOURCE_DATE_EPOCH: '1' })).toEqual(first)
    } finally {
      process.umask(umask)
    }
    expect(images.flatMap(({ layers }) => layers.filter(({ made }) => made))).toEqual([])
  })

  it('have the same digest when every layer is made anew', () => {
    const cache = join(work, 'cache')
    cpSync(process.env.SVCSPLIT_CACHE_DIR!, cache, {
      recursive: true,
      filter: (path) => !path.includes('/layers'),
    })
    for (const { layers } of images)
      for (const { digest } of layers)
        rmSync(join(cache, 'blobs/sha256', digest.slice('sha256:'.length)), { force: true })
    expect(digests('anew', { SVCSPLIT_CACHE_DIR: cache })).toEqual(first)
    expect(images.every(({ layers }) => layers.some(({ made }) => made))).toBe(true)
  })
})

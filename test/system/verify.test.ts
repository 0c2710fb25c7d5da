import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BaseImage, prepareBase } from '#base/base-image.js'
import { assembleImage, type Image } from '#image/assemble.js'
import { writeLayout } from '#image/layout.js'
import { readImageFiles } from '#image/read-files.js'
import { openBlobStore } from '#io/blob-store.js'
import { cacheDir } from '#io/cache-dir.js'
import { environmentLayers } from '#layers/environment-layers.js'
import type { WheelSource } from '#layers/wheel-reader.js'
import type { Lock } from '#lock/lock.js'
import { normalizeName } from '#pep/name.js'
import { proveImage } from '#verbs/proof.js'
import type { Engine } from '#verify/engines.js'
import { startDriver } from '#verify/start-driver.js'
import { type VerifiedImage, verifyImage } from '#verify/verify-image.js'
import { needs } from '../support/tools.js'
import { saveWheel, type WrittenWheel, writeWheel } from '../support/wheel-writer.js'
import { baseLayer, soundLayers, writeSmallImage } from '../verify/small-image.js'

const main = fileURLToPath(new URL('../../dist/cli/svcsplit.cjs', import.meta.url))
const tools = needs('mmdebstrap', 'bwrap', 'podman', 'runc', 'buildah', 'unshare')
const dir = mkdtempSync(join(tmpdir(), 'svcsplit-test-verify-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const layout = join(dir, 'images')
const store = openBlobStore(join(dir, 'blobs'))
let base: BaseImage

const user = { name: 'demo', uid: 42400, gid: 42400 }

/** The service of these images: one command that works, and modules that do what its scripts and WSGI need. */
const service = {
  'demo/__init__.py': '',
  'demo/api.py': 'import os, sys\ndef main():\n    print("demo 1.0", os.getuid())\n',
  'demo/wsgi.py': 'import sys\nsys.exit("no keys in /etc/demo")\n',
  'demo/locks.py':
    'class LockError(Exception): pass\nLockError.__module__ = "tooz.coordination"\nraise LockError("no folder for locks")\n',
  'demo/root.py': 'import oslo_rootwrap\ndef main(): pass\n',
  'demo/broken.py': 'from json import absent\ndef main(): pass\n',
  'demo/dies.py': 'import os\nos._exit(0)\n',
  'demo/loud.py':
    'import sys\nwhile len(sys.argv) > 99: pass\nfor _ in range(20000): print("x" * 100)\ndef main(): pass\n',
  'demo/net.py':
    'import os, socket\nassert os.getuid() == 42400, os.getuid()\nassert [name for _, name in socket.if_nameindex() if name != "lo"] == [], socket.if_nameindex()\ndef main(): pass\n',
}

const working = ['demo-api = demo.api:main', 'demo-loud = demo.loud:main', 'demo-net = demo.net:main']

function demoWheel(scripts: readonly string[]): WrittenWheel {
  const parts = Object.entries(service).map(([name, content]) => ({ name, content }))
  return writeWheel(parts, { entryPoints: `[console_scripts]\n${scripts.join('\n')}\n` })
}

function lockOf(wheel: WrittenWheel): Lock {
  const { filename, sha256, bytes } = wheel
  const name = normalizeName('demo')
  const file = { filename, sha256, size: bytes.length }
  return {
    service: 'demo',
    root: name,
    python: base.python,
    platform: 'linux/amd64',
    glibc: base.glibc,
    distributions: [{ name, version: '1.0', wheel: file, dependencies: [] }],
  }
}

function sourceOf(wheel: WrittenWheel): WheelSource {
  const { filename, sha256 } = wheel
  const path = saveWheel(dir, wheel)
  return { name: normalizeName('demo'), version: '1.0', filename, sha256, path, requested: true }
}

async function writeImage(name: string, wheel: WrittenWheel, command: readonly string[]): Promise<Image> {
  const accounts = await readImageFiles(base.layout, base.manifest, ['etc/passwd', 'etc/group'])
  const layers = await environmentLayers({
    prefix: '/opt/venv',
    python: base.python,
    pythonPath: base.pythonPath,
    wheels: [sourceOf(wheel)],
    groups: [{ title: 'the service itself', distributions: [normalizeName('demo')] }],
    configuration: {
      user,
      directories: ['/var/lib/demo'],
      data: new Map(),
      sudoers: '',
      systemModules: [],
      passwd: accounts.get('etc/passwd')!.toString(),
      group: accounts.get('etc/group')!.toString(),
    },
    store,
    cacheDir: join(dir, 'cache'),
  })
  const image = assembleImage({
    base,
    layers,
    title: 'demo',
    version: '1.0',
    prefix: '/opt/venv',
    user,
    command,
  })
  await writeLayout(layout, [{ name, image }], sources())
  return image
}

function sources(): readonly string[] {
  return [store.dir, join(base.layout, 'blobs')]
}

async function started(
  name: string,
  wheel: WrittenWheel,
  engine: Engine | 'auto',
  wsgi?: string,
): Promise<VerifiedImage> {
  const process = { name: 'demo', command: ['demo-api'], ...(wsgi === undefined ? {} : { wsgi }) }
  return verifyImage({
    dir: layout,
    image: name,
    prefix: '/opt/venv',
    start: engine,
    expect: async () => ({ lock: lockOf(wheel), wheels: [sourceOf(wheel)], processes: [process] }),
  })
}

function told({ findings }: VerifiedImage): readonly string[] {
  return findings.map(({ level, rule, path, message }) => `${level} ${rule} ${path ?? ''} ${message}`)
}

function leftFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('svcsplit-verify-'))
}

describe.skipIf(tools.missing)(tools.title('an image that is verified'), () => {
  const good = demoWheel(working)

  beforeAll(async () => {
    base = await prepareBase({ from: 'debian:bookworm', platform: 'linux/amd64', cacheDir: cacheDir() })
    await writeImage('good:1', good, ['demo-api'])
  })

  it.each<Engine>([
    'bwrap',
    'chroot',
    'podman',
    'buildah',
  ])('is started by %s, as its user and without a network, and nothing is left behind', async (engine) => {
    if (engine === 'chroot' && process.getuid?.() !== 0) return
    const before = leftFolders()
    const verified = await started('good:1', good, engine)

    expect(told(verified)).toEqual([])
    expect(verified.start).toEqual({ engine, scripts: 3, modules: 0, commands: 1, unconfigured: [] })
    expect(verified.counts).toMatchObject({ distributions: 1, wheels: 1 })
    expect(leftFolders()).toEqual(before)
  })

  it('is found out when scripts do not load, each for its own reason', async () => {
    const scripts = [
      'demo-root = demo.root:main',
      'demo-broken = demo.broken:main',
      'demo-dies = demo.dies:main',
    ]
    const wheel = demoWheel([...working, ...scripts, 'demo-attribute = demo.api:other'])
    await writeImage('bad:1', wheel, ['demo-api'])
    const bin = '/opt/venv/bin'

    expect(told(await started('bad:1', wheel, 'auto'))).toEqual([
      `error start ${bin}/demo-attribute the command demo-attribute of demo does not load: from demo.api import other: builtins.AttributeError: module 'demo.api' has no attribute 'other'`,
      `error start ${bin}/demo-broken the command demo-broken of demo does not load: from demo.broken import main: builtins.ImportError: cannot import name 'absent' from 'json' (/usr/lib/python3.11/json/__init__.py)`,
      `error start ${bin}/demo-dies the command demo-dies of demo does not load: from demo.dies import main: died: ended the process`,
      `warning start ${bin}/demo-root the command demo-root of demo wants oslo_rootwrap, which no distribution of the lock has`,
    ])
  })

  it('is unfit when the process itself lacks what a side command may lack', async () => {
    const wheel = demoWheel(['demo-api = demo.root:main'])
    await writeImage('root:1', wheel, ['demo-api'])
    const found = told(await started('root:1', wheel, 'auto'))

    expect(found).toHaveLength(2)
    expect(found[0]).toContain('demo-api answers neither --version nor --help')
    expect(found[1]).toContain('does not load: from demo.root import main: builtins.ModuleNotFoundError')
  })

  it('may want its configuration before a WSGI module is whole', async () => {
    for (const [module, message] of [
      ['demo.wsgi', 'no keys in /etc/demo'],
      ['demo.locks', 'no folder for locks'],
    ]) {
      const verified = await started('good:1', good, 'auto', `${module}:application`)

      expect(told(verified)).toEqual([])
      expect(verified.start.unconfigured).toEqual([`the WSGI application ${module}:application: ${message}`])
    }
    expect(told(await started('good:1', good, 'auto', 'demo.absent:application'))[0]).toContain(
      "does not load: from demo.absent import application: builtins.ModuleNotFoundError: No module named 'demo.absent'",
    )
  })

  it('has the program that it says it starts', async () => {
    await writeImage('none:1', good, ['demo-serve'])
    expect(told(await started('none:1', good, 'auto'))).toEqual([
      'error start  the program demo-serve of a process is not in the image',
    ])
  })

  it.each([
    [
      'is unfit when its Python does not run, and that is not the fault of the machine',
      'amd64',
      /^error .* of the image does/,
    ],
    [
      'is not started, and not unfit, on a machine with another processor',
      'arm64',
      /^warning .* nothing can run the image here/,
    ],
  ])('%s', async (_title, architecture, finding) => {
    const files = new Map([['usr/bin/python3.11', { content: '#!/bin/false\n', mode: 0o755 }]])
    const layers = [new Map([...baseLayer(), ...files]), ...soundLayers().slice(1)]
    const path = writeSmallImage({ layers, architecture })
    const expected = async () => ({ wheels: [], processes: [] })
    const verified = await verifyImage({ dir: path, prefix: '/opt/venv', start: 'auto', expect: expected })
    rmSync(path, { recursive: true })

    expect(verified.start.engine === 'none').toBe(architecture === 'arm64')
    expect(told(verified)).toEqual([expect.stringMatching(finding)])
  })

  it('is held against its wheels: a file that was changed together with its RECORD is found out', async () => {
    const other = writeWheel(
      Object.entries(service).map(([name, content]) => ({ name, content: `${content}# more\n` })),
      { entryPoints: `[console_scripts]\n${working.join('\n')}\n` },
    )
    await writeImage('changed:1', other, ['demo-api'])
    const verified = await verifyImage({
      dir: layout,
      image: 'changed:1',
      prefix: '/opt/venv',
      start: 'none',
      expect: async () => ({ lock: lockOf(good), wheels: [sourceOf(good)], processes: [] }),
    })
    expect(told(verified)).toContain(
      `error wheel /opt/venv/lib/python3.11/site-packages/demo/api.py is not the file that ${good.filename} holds`,
    )
  })

  it('is not looked at again once it was proved', async () => {
    const request = {
      image: await writeImage('good:1', good, ['demo-api']),
      sources: sources(),
      prefix: '/opt/venv',
      lock: lockOf(good),
      wheels: [sourceOf(good)],
      processes: [{ name: 'demo', command: ['demo-api'] }],
      cacheDir: join(dir, 'proofs'),
    }
    const first = await proveImage(request)
    const second = await proveImage(request)

    expect(first).toMatchObject({ cached: false, findings: [] })
    expect(second).toEqual({ ...first, cached: true })
    const processes = [{ name: 'demo', command: ['demo-api'], wsgi: 'demo.api:main' }]
    expect(await proveImage({ ...request, processes })).toMatchObject({ cached: false })
  })

  it('gets no proof when it does not start, and leaves nothing in the cache', async () => {
    const cacheDir = join(dir, 'refused')
    const image = await writeImage('stopped:1', good, ['demo-serve'])
    const request = {
      image,
      sources: sources(),
      prefix: '/opt/venv',
      lock: lockOf(good),
      wheels: [],
      cacheDir,
    }
    await expect(proveImage({ ...request, processes: [] })).rejects.toMatchObject({
      code: 'E-IMG-UNFIT',
      message: expect.stringContaining('start: the program demo-serve of a process is not in the image'),
    })
    expect(readdirSync(cacheDir)).toEqual([])
  })
})

const python = needs('python3')

describe.skipIf(python.missing)(python.title('what is imported'), () => {
  const modules = join(dir, 'modules')
  beforeAll(() => mkdirSync(modules))

  /** The driver in this machine's Python, with two seconds for each import. */
  function drive(shared: readonly string[], alone: readonly string[]) {
    const targets = (names: readonly string[]) => names.map((name) => [name, null])
    const request = { mark: 'mark', bin: modules, seconds: 2, atOnce: 2, commands: [] }
    const input = JSON.stringify({ ...request, shared: targets(shared), alone: targets(alone) })
    const { stdout } = spawnSync('python3', ['-c', startDriver], { input, encoding: 'utf8' })
    const line = stdout.split('\n').find((text) => text.startsWith('mark'))
    return JSON.parse(line!.slice('mark'.length)).imports as ({ type: string; message: string } | null)[]
  }

  it('may hang, die, shout, or pretend to be the answer, and harms nothing but itself', () => {
    const sources = {
      fine: '',
      hangs: 'import time\ntime.sleep(600)',
      dies: 'import os\nos.kill(os.getpid(), 11)',
      shouts: 'for _ in range(200000): print("x" * 100)',
      lies: 'import os\nfor n in range(3, 20):\n  try: os.write(n, b"null\\n" * 3)\n  except OSError: pass\nprint("mark{}")',
      babbles: 'import os\nfor n in range(3, 20):\n  try: os.write(n, b"what\\n")\n  except OSError: pass',
      needs_order: 'import sys\nassert "poison" not in sys.modules',
      poison: 'import sys\nsys.modules["poison"] = sys',
    }
    for (const [name, source] of Object.entries(sources)) writeFileSync(join(modules, `${name}.py`), source)
    const from = Date.now()
    const answers = drive(['poison', 'needs_order', 'dies', 'fine'], ['hangs', 'shouts', 'lies', 'babbles'])

    expect(answers.slice(0, 2)).toEqual([null, null])
    expect(answers[2]).toMatchObject({ type: 'died', message: 'was ended by signal 11' })
    expect(answers[3]).toBeNull()
    expect(answers[4]).toMatchObject({ type: 'died', message: 'did not end within 2 s' })
    expect(answers[5]).toBeNull()
    expect(answers[7]).toMatchObject({ type: 'died' })
    expect(Date.now() - from).toBeLessThan(30_000)
  })
})

describe.skipIf(tools.missing)(tools.title('svcsplit verify'), () => {
  const images = join(dir, 'cli')
  const svcsplit = (...args: readonly string[]) =>
    spawnSync(process.execPath, [main, ...args], { cwd: images, encoding: 'utf8', maxBuffer: 1 << 26 })

  beforeAll(() => {
    mkdirSync(images)
    execFileSync(process.execPath, [main, 'build', 'keystone@2025.1', '-o', 'oci:images'], {
      cwd: images,
      stdio: 'ignore',
    })
  })

  it('proves keystone 2025.1 and exits 0', () => {
    const { status, stdout } = svcsplit('verify', 'oci:images:keystone:2025.1', '-o', 'json')
    const result = JSON.parse(stdout)

    expect(status).toBe(0)
    expect(result).toMatchObject({
      service: 'keystone',
      release: '2025.1',
      against: 'shipped facts',
      findings: [],
    })
    expect(result.start).toMatchObject({ modules: 1, commands: 1 })
    expect(result.counts.libraries).toBeGreaterThan(0)
  })

  it('exits 1 when the image is not what another lock says', () => {
    svcsplit('lock', 'glance@2025.1', '--offline')
    const { status, stdout } = svcsplit(
      'verify',
      'oci:images',
      '--lock',
      'pylock.glance.toml',
      '--start',
      'none',
    )

    expect(status).toBe(1)
    expect(stdout).toContain('error  distribution  glance 30.')
  })

  it('exits 2, with the place, for a lock that cannot be read', () => {
    writeFileSync(join(images, 'bad.toml'), 'lock-version = "1.0"\n[[packages]\n')
    const { status, stdout, stderr } = svcsplit('verify', 'oci:images', '--lock', 'bad.toml')

    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('bad.toml:2:')
  })

  it('exits 2 for a layout that is not there', () => {
    expect(svcsplit('verify', 'oci:nowhere').status).toBe(2)
  })
})

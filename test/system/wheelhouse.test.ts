import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type BaseImage, prepareBase } from '#base/base-image.js'
import { openBlobStore } from '#io/blob-store.js'
import { cacheDir } from '#io/cache-dir.js'
import type { BuildRequirements } from '#wheelhouse/build-requirements.js'
import type { Sdist } from '#wheelhouse/sdist.js'
import { openWheelhouse, type Wheelhouse } from '#wheelhouse/wheelhouse.js'
import { pinnedWheel, shippedBuildRequirements } from '../support/pinned-wheels.js'
import { needs } from '../support/tools.js'

const tools = needs('buildah', 'mmdebstrap', 'unshare', 'python3')
const at = { from: 'debian:bookworm', platform: 'linux/amd64', cacheDir: cacheDir() }

const setup = (body = '', more = '') =>
  `${body}\nfrom setuptools import setup\nsetup(name="demo", version="1.0", py_modules=["demo"], install_requires=["six"]${more})\n`

describe.skipIf(tools.missing)(tools.title('a wheelhouse'), () => {
  const dir = mkdtempSync(join(tmpdir(), 'svcsplit-wheelhouse-'))
  let base: BaseImage
  let opened: Wheelhouse | undefined

  beforeAll(async () => {
    base = await prepareBase(at)
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  /** A wheelhouse that knows nothing yet; the bases are those of the shared cache. */
  async function open(cache: string, table?: BuildRequirements): Promise<Wheelhouse> {
    opened = openWheelhouse({
      base,
      platform: at.platform,
      withPackages: (packages) => prepareBase({ ...at, packages }),
      requirements: table ?? (await shippedBuildRequirements()),
      fetch: async (wheel) => pinnedWheel(wheel),
      cacheDir: join(dir, cache),
      store: openBlobStore(join(dir, cache)),
    })
    return opened
  }

  function sdistOf(label: string, files: Readonly<Record<string, string>>): Sdist {
    const source = join(dir, 'sources', label)
    mkdirSync(join(source, 'demo-1.0'), { recursive: true })
    for (const [name, text] of Object.entries({ 'demo.py': 'x = 1\n', ...files }))
      writeFileSync(join(source, 'demo-1.0', name), text)
    const path = join(source, 'demo-1.0.tar.gz')
    execFileSync('tar', ['czf', path, '-C', source, 'demo-1.0'])
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
    return { distribution: 'demo', version: '1.0', filename: 'demo-1.0.tar.gz', path, sha256 }
  }

  it('builds the same bytes twice, and the second time from the record without a sandbox', async () => {
    const sdist = sdistOf('pure', { 'setup.py': setup() })
    const one = await (await open('a')).buildWheel(sdist)
    expect(one).toMatchObject({ filename: 'demo-1.0-py3-none-any.whl', cached: false })
    expect(await (await open('a')).findWheel(sdist)).toMatchObject({ sha256: one.sha256, cached: true })
    const shipped = await shippedBuildRequirements()
    const older = { ...shipped, wheels: shipped.wheels.filter(({ version }) => version !== '80.9.0') }
    expect(await (await open('a', older)).findWheel(sdist)).toBeUndefined()
    expect(await (await open('a', { ...shipped, wheels: [] })).findWheel(sdist)).toBeUndefined()
    const other = await (await open('b')).buildWheel(sdist)
    expect(other).toMatchObject({ sha256: one.sha256, cached: false })
  })

  it('compiles C in the base with a compiler, again the same bytes twice', async () => {
    const source =
      '#include <Python.h>\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "speed", 0, -1, 0};\nPyMODINIT_FUNC PyInit_speed(void) { return PyModule_Create(&m); }\n'
    const sdist = sdistOf('native', {
      'setup.py': setup(
        'from setuptools import Extension',
        ', ext_modules=[Extension("speed", ["speed.c"])]',
      ),
      'speed.c': source,
    })
    const one = await (await open('c')).buildWheel(sdist)
    expect(one.filename).toBe('demo-1.0-cp311-cp311-linux_x86_64.whl')
    expect((await (await open('d')).buildWheel(sdist)).sha256).toBe(one.sha256)
  })

  it('says the metadata that a wheel would have', async () => {
    const text = await (await open('a')).buildMetadata(sdistOf('metadata', { 'setup.py': setup() }))
    expect(text).toMatch(/^Name: demo$/m)
    expect(text).toMatch(/^Requires-Dist: six$/m)
  })

  it('brings what the backend asks for only when it runs', async () => {
    const sdist = sdistOf('asks', { 'setup.py': setup('', ', setup_requires=["pbr"]') })
    expect(await (await open('a')).buildWheel(sdist)).toMatchObject({ cached: false })
  })

  it('gives code of an sdist no network, no rights, and no way to the next build', async () => {
    const probe = `
import os, socket
assert os.getuid() == 65534 and os.getgid() == 65534, os.getuid()
for path in ('/usr/bin/x', '/var/lib/svcsplit/x', '/svcsplit/out/x', '/tmp/svcsplit-build/driver.py'):
    try:
        open(path, 'w')
    except OSError:
        continue
    raise SystemExit('could write ' + path)
try:
    socket.create_connection(('127.0.0.1', 1), 1)
except OSError as error:
    assert error.errno == 101, error
interfaces = [line.split(':')[0].strip() for line in open('/proc/net/dev') if ':' in line]
assert 'eth0' not in interfaces, interfaces
assert len([name for name in os.listdir('/proc') if name.isdigit()]) < 20
`
    await (await open('a')).buildWheel(sdistOf('probe', { 'setup.py': setup(probe) }))
  })

  it.each([
    ['fails', 'raise SystemExit("no luck today")', 'no luck today'],
    ['wants what is not pinned', '', 'maturin'],
  ])('tells why a build %s', async (label, body, text) => {
    const files =
      body === ''
        ? { 'pyproject.toml': '[build-system]\nrequires = ["maturin>=1"]\nbuild-backend = "maturin"\n' }
        : { 'setup.py': setup(body) }
    await expect((await open('a')).buildWheel(sdistOf(`bad-${label}`, files))).rejects.toMatchObject({
      code: 'E-SDT-BUILD',
      message: expect.stringContaining(text),
    })
  })

  it('refuses a wheel of another name than the sdist has', async () => {
    const sdist = sdistOf('liar', { 'setup.py': setup().replace('"demo"', '"other"') })
    await expect((await open('a')).buildWheel(sdist)).rejects.toMatchObject({ code: 'E-SDT-BUILD' })
  })
})

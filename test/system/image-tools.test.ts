import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeArchive } from '#image/archive.js'
import { assembleImage, type Image } from '#image/assemble.js'
import { layoutBlob, writeLayout } from '#image/layout.js'
import { openBlobStore } from '#io/blob-store.js'
import { environmentLayers } from '#layers/environment-layers.js'
import { layerTime } from '#layers/tar-header.js'
import type { WheelSource } from '#layers/wheel-reader.js'
import { sha256 } from '#oci/digest.js'
import { mediaTypes } from '#oci/media-type.js'
import { normalizeName } from '#pep/name.js'
import { needs } from '../support/tools.js'
import { validateImage } from '../support/validate-image.js'
import { saveWheel, type WrittenWheel, writeWheel } from '../support/wheel-writer.js'

const need = needs('skopeo', 'umoci', 'gzip', 'python3')
const dir = mkdtempSync(join(tmpdir(), 'svcsplit-tools-'))
const layout = join(dir, 'layout')
const site = 'opt/venv/lib/python3.11/site-packages'
let image: Image

const long = `${'deep/'.repeat(24)}${'n'.repeat(110)}.py`
const lib = writeWheel(
  [
    { name: 'lib/__init__.py', content: 'value = 42\n'.repeat(2000) },
    { name: 'lib/empty.py', content: '' },
    { name: 'lib/stored.bin', content: createHash('sha512').update('x').digest(), method: 0 },
    { name: 'lib/run.sh', content: '#!/bin/sh\n', mode: 0o100755 },
    { name: 'lib/\u00e9t\u00e9.txt', content: 'été', flags: 0x800 },
    { name: `lib/${long}`, content: 'deep\n' },
    { name: 'lib/zeros.bin', content: Buffer.alloc(3_000_000) },
  ],
  { name: 'lib' },
)
const service = writeWheel(
  [
    { name: 'demo/api.py', content: 'from lib import value\ndef main():\n    return value\n' },
    { name: 'demo-1.0.data/data/etc/demo/demo.conf', content: '[DEFAULT]\n' },
  ],
  { entryPoints: '[console_scripts]\ndemo-api = demo.api:main\n' },
)

function source(wheel: WrittenWheel): WheelSource {
  const { filename, sha256 } = wheel
  const name = normalizeName(filename.split('-')[0]!)
  return { name, version: '1.0', filename, sha256, path: saveWheel(dir, wheel), requested: false }
}

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

beforeAll(async () => {
  if (need.missing) return
  const store = openBlobStore(join(dir, 'blobs'))
  const layers = await environmentLayers({
    prefix: '/opt/venv',
    python: '3.11',
    pythonPath: '/usr/bin/python3.11',
    wheels: [source(lib), source(service)],
    groups: [
      { title: 'libraries', distributions: [normalizeName('lib')] },
      { title: 'the service itself', distributions: [normalizeName('demo')] },
    ],
    configuration: {
      user: { name: 'demo', uid: 42400, gid: 42400 },
      directories: ['/var/lib/demo'],
      data: new Map([['etc/demo', '/etc/demo']]),
      sudoers: '',
      systemModules: [],
      passwd: 'root:x:0:0:root:/root:/bin/bash\n',
      group: 'root:x:0:\n',
    },
    store,
    cacheDir: join(dir, 'cache'),
  })
  const nothing = { mediaType: mediaTypes.config, digest: sha256('{}'), size: 2 }
  image = assembleImage({
    base: {
      name: 'scratch',
      digest: sha256(''),
      manifest: { schemaVersion: 2, mediaType: mediaTypes.manifest, config: nothing, layers: [] },
      config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
    },
    layers,
    title: 'demo',
    version: '1.0',
    prefix: '/opt/venv',
    user: { uid: 42400, gid: 42400 },
    command: ['demo-api'],
  })
  await writeLayout(layout, [{ name: 'demo:2025.1', image }], [store.dir])
})

afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe.skipIf(need.missing)(
  need.title('an image that no daemon made is read by those who read images'),
  () => {
    it('by skopeo, with the same digest', () => {
      const found = JSON.parse(run('skopeo', 'inspect', `oci:${layout}:demo:2025.1`)) as Record<
        string,
        unknown
      >

      expect(found.Digest).toBe(image.descriptor.digest)
      expect(found.Layers).toEqual(image.manifest.layers.map(({ digest }) => digest))
    })

    it('by skopeo on its way into another format', () => {
      const archive = join(dir, 'demo.tar')
      run('skopeo', 'copy', '-q', `oci:${layout}:demo:2025.1`, `docker-archive:${archive}:demo:2025.1`)

      expect(run('tar', '-tf', archive)).toContain('manifest.json')
    })

    it('by skopeo as one file, which has the same bytes each time', async () => {
      const [one, two] = [join(dir, 'one.tar'), join(dir, 'two.tar')]
      await writeArchive(one, layout)
      await writeArchive(two, layout)
      const found = JSON.parse(run('skopeo', 'inspect', `oci-archive:${one}:demo:2025.1`)) as Record<
        string,
        unknown
      >

      expect(found.Digest).toBe(image.descriptor.digest)
      expect(readFileSync(two).equals(readFileSync(one))).toBe(true)
    })

    it('by gzip and by the tarfile module of Python, layer by layer', () => {
      for (const { digest } of image.manifest.layers) {
        run('gzip', '-t', layoutBlob(layout, digest))
        const script =
          'import sys, tarfile\n' +
          't = tarfile.open(sys.argv[1], "r:gz")\n' +
          'm = t.getmembers()\n' +
          'for x in m:\n if x.isfile(): t.extractfile(x).read()\n' +
          'assert len({x.name for x in m}) == len(m)\n' +
          'assert [x.name.encode() for x in m] == sorted(x.name.encode() for x in m)\n' +
          'assert all(x.mtime == int(sys.argv[2]) for x in m)\n'
        run('python3', '-c', script, layoutBlob(layout, digest), String(layerTime))
      }
    })

    it('by umoci, which unpacks the files that the wheels hold', () => {
      const bundle = join(dir, 'bundle')
      run('umoci', 'unpack', '--image', `${layout}:demo:2025.1`, bundle)
      const root = join(bundle, 'rootfs')
      const text = (path: string) => readFileSync(join(root, path), 'utf8')

      expect(text(`${site}/lib/__init__.py`)).toBe('value = 42\n'.repeat(2000))
      expect(text(`${site}/lib/${long}`)).toBe('deep\n')
      expect(text(`${site}/lib/\u00e9t\u00e9.txt`)).toBe('été')
      expect(lstatSync(join(root, site, 'lib/zeros.bin')).size).toBe(3_000_000)
      expect(lstatSync(join(root, site, 'lib/run.sh')).mode & 0o777).toBe(0o755)
      expect(lstatSync(join(root, site, 'lib/empty.py')).size).toBe(0)
      expect(readlinkSync(join(root, 'opt/venv/bin/python3.11'))).toBe('/usr/bin/python3.11')
      expect(text('etc/demo/demo.conf')).toBe('[DEFAULT]\n')
      expect(text('etc/passwd')).toContain('demo:*:42400:42400::/var/lib/demo:')
      expect(existsSync(join(root, 'opt/venv/bin/demo-api'))).toBe(true)
      expect(readdirSync(join(root, site)).sort()).toEqual([
        'demo',
        'demo-1.0.dist-info',
        'lib',
        'lib-1.0.dist-info',
      ])
    })

    it('by our own validation', async () => {
      expect((await validateImage(layout, 'demo:2025.1')).layers.length).toBe(4)
    })
  },
)

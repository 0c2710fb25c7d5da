import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openBlobStore } from '#io/blob-store.js'
import { refuseLayer } from '#io/read-layer.js'
import { type ReadTarEntry, tarWalker } from '#io/tar-reader.js'
import { type EnvironmentOptions, environmentLayers } from '#layers/environment-layers.js'
import type { Layer } from '#layers/layer.js'
import { openProvers } from '#layers/provers.js'
import { systemModulesIn, systemModulesText } from '#layers/system-modules.js'
import type { WheelSource } from '#layers/wheel-reader.js'
import { hexOf } from '#oci/digest.js'
import { normalizeName } from '#pep/name.js'
import {
  recordLine,
  saveWheel,
  type WheelShape,
  type WrittenWheel,
  writeWheel,
} from '../support/wheel-writer.js'
import type { ZipPart } from '../support/zip-writer.js'

const root = mkdtempSync(join(tmpdir(), 'svcsplit-layers-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(root, 'case-'))
})

const libs = writeWheel([{ name: 'lib/__init__.py', content: 'x = 1\n'.repeat(50) }], { name: 'lib' })
const other = writeWheel([{ name: 'other/__init__.py', content: 'y = 1\n' }], { name: 'other' })
const service = writeWheel(
  [
    { name: 'demo/api.py', content: 'def main(): pass\n' },
    { name: 'demo-1.0.data/data/etc/demo/api.conf', content: '[DEFAULT]\n' },
    { name: 'demo-1.0.data/data/etc/demo/sub/paste.ini', content: '[app]\n' },
  ],
  { entryPoints: '[console_scripts]\ndemo-api = demo.api:main\n' },
)

function source(wheel: WrittenWheel, requested = false): WheelSource {
  const { filename, sha256 } = wheel
  const [name, version] = filename.split('-') as [string, string]
  return { name: normalizeName(name), version, filename, sha256, path: saveWheel(dir, wheel), requested }
}

function options(changes: Partial<EnvironmentOptions> = {}): EnvironmentOptions {
  return {
    prefix: '/opt/venv',
    python: '3.11',
    pythonPath: '/usr/bin/python3.11',
    wheels: [source(libs), source(other), source(service, true)],
    groups: [
      { title: 'libraries', distributions: [normalizeName('lib'), normalizeName('other')] },
      { title: 'the service itself', distributions: [normalizeName('demo')] },
    ],
    configuration: {
      user: { name: 'demo', uid: 42400, gid: 42401 },
      directories: ['/var/lib/demo', '/var/run/demo'],
      data: new Map([['etc/demo', '/etc/demo']]),
      sudoers: '',
      systemModules: [],
      passwd: 'root:x:0:0:root:/root:/bin/bash\n',
      group: 'root:x:0:\n',
    },
    store: openBlobStore(join(dir, 'blobs')),
    cacheDir: join(dir, 'cache'),
    ...changes,
  }
}

function digests(layers: readonly Layer[]): readonly string[] {
  return layers.map(({ descriptor }) => descriptor.digest)
}

function list(layer: Layer, from: EnvironmentOptions): ReadonlyMap<string, ReadTarEntry> {
  const entries = new Map<string, ReadTarEntry>()
  const walker = tarWalker(
    { entry: (entry) => entries.set(entry.path, entry).size < 0 },
    refuseLayer('layer'),
  )
  walker.push(gunzipSync(readFileSync(from.store.path(hexOf(layer.descriptor.digest)))))
  walker.end()
  return entries
}

describe('the layers of an environment', () => {
  it('are the empty environment, the groups in their order, and the configuration', async () => {
    const layers = await environmentLayers(options())

    expect(layers.map(({ title }) => title)).toEqual([
      'virtual environment /opt/venv of Python 3.11',
      'libraries: lib 1.0, other 1.0',
      'the service itself: demo 1.0',
      'configuration of demo',
    ])
  })

  it('have the same digests whatever order the wheels come in', async () => {
    const given = options()
    const first = await environmentLayers(given)
    const [one, two] = given.groups
    const reversed = [{ ...one!, distributions: [...one!.distributions].reverse() }, two!]
    const again = { wheels: [...given.wheels].reverse(), groups: reversed, cacheDir: join(dir, 'other') }

    expect(digests(await environmentLayers(options(again)))).toEqual(digests(first))
  })

  it('have digests that are known: another one means that layerFormat has to be raised', async () => {
    const layers = await environmentLayers(options())

    expect(layers.map(({ diffId }) => diffId.slice(7, 19))).toEqual([
      '47e7b32f7f81',
      'c39cd94d129f',
      '147b6977fb69',
      '74e27e9c2b5f',
    ])
  })

  it('are not read again when they are there', async () => {
    const given = options()
    const first = await environmentLayers(given)
    for (const { path } of given.wheels) unlinkSync(path)

    const second = await environmentLayers(given)

    expect(digests(second)).toEqual(digests(first))
    expect(second.every(({ cached }) => cached)).toBe(true)
  })

  it('are made again, with the same digests, when a blob is gone or cut', async () => {
    const given = options()
    const first = await environmentLayers(given)
    unlinkSync(given.store.path(hexOf(first[1]!.descriptor.digest)))
    writeFileSync(given.store.path(hexOf(first[2]!.descriptor.digest)), 'cut')

    const second = await environmentLayers(given)

    expect(digests(second)).toEqual(digests(first))
    expect(second.map(({ cached }) => cached)).toEqual([true, false, false, true])
  })

  it('do not change below when the service changes', async () => {
    const newer = writeWheel([{ name: 'demo/api.py', content: 'def main(): return 1\n' }])
    const first = await environmentLayers(options())
    const second = await environmentLayers(
      options({ wheels: [source(libs), source(other), source(newer, true)] }),
    )

    expect(digests(second).slice(0, 2)).toEqual(digests(first).slice(0, 2))
    expect(second[2]!.descriptor.digest).not.toBe(first[2]!.descriptor.digest)
    expect(second.map(({ cached }) => cached)).toEqual([true, true, false, false])
  })

  it('need only the wheels that changed and those that bring data, once the others were looked at', async () => {
    const newer = writeWheel([{ name: 'other/__init__.py', content: 'y = 2\n' }], { name: 'other' })
    const groups = ['lib', 'other', 'demo'].map((name) => ({
      title: name,
      distributions: [normalizeName(name)],
    }))
    await environmentLayers(options({ groups }))
    const changed = options({ groups, wheels: [source(libs), source(newer), source(service, true)] })
    unlinkSync(changed.wheels[0]!.path)
    const asked: string[] = []
    const fetch = async (wheels: readonly WheelSource[]): Promise<void> => {
      asked.push(...wheels.map(({ name }) => name))
    }

    const layers = await environmentLayers({ ...changed, fetch })

    expect(layers.map(({ cached }) => cached)).toEqual([true, true, false, true, false])
    expect(new Set(asked)).toEqual(new Set(['other', 'demo']))
    source(libs)
    const afresh = { ...changed, cacheDir: join(dir, 'afresh') }
    expect(digests(await environmentLayers(afresh))).toEqual(digests(layers))
  })

  it('are held against wheels that were looked at before: a clash with one of them is found', async () => {
    const groups = ['lib', 'other', 'demo'].map((name) => ({
      title: 'libraries',
      distributions: [normalizeName(name)],
    }))
    const given = options({ groups })
    await environmentLayers(given)
    const clashing = writeWheel([{ name: 'lib/__init__.py', content: 'x = 2\n' }], { name: 'other' })
    const wheels = [source(libs), source(clashing), source(service, true)]
    // Its layer is there, so that nobody would fetch it.
    unlinkSync(wheels[0]!.path)

    await expect(environmentLayers({ ...given, wheels })).rejects.toMatchObject({ code: 'E-WHL-CLASH' })
  })

  it('are not made at all when two distributions clash over layers', async () => {
    const clashing = writeWheel([{ name: 'lib/__init__.py', content: 'x = 2\n' }], { name: 'other' })
    const given = options({ wheels: [source(libs), source(clashing), source(service)] })

    await expect(environmentLayers(given)).rejects.toMatchObject({ code: 'E-WHL-CLASH' })
  })

  it('are not made when a wheel is not the one of the lock', async () => {
    const given = options()
    writeFileSync(given.wheels[0]!.path, other.bytes)

    await expect(environmentLayers(given)).rejects.toMatchObject({ code: 'E-IDX-HASH' })
  })

  it('can be made after others of the same run have failed, however many', async () => {
    const provers = openProvers(false)
    const given = options()
    const [first, ...others] = given.wheels
    const broken = [{ ...first!, sha256: '0'.repeat(64) }, ...others]
    for (let time = 0; time < 3; time++)
      await expect(environmentLayers({ ...given, provers, wheels: broken })).rejects.toMatchObject({
        code: 'E-IDX-HASH',
      })

    expect(await environmentLayers({ ...given, provers })).toHaveLength(4)
  })
})

describe('a wheel that is broken inside', () => {
  const text = Buffer.from('z = 1\n'.repeat(40))
  const packed = deflateRawSync(text)
  const bad = async (part: Partial<ZipPart>, record?: WheelShape['record']) => {
    const part1 = { name: 'lib/z.py', content: text, ...part }
    const shape = { name: 'lib', ...(record === undefined ? {} : { record }) }
    const given = options({ wheels: [source(writeWheel([part1], shape)), source(other), source(service)] })
    return environmentLayers(given)
  }
  /** An empty member that ends at once, and behind its end the real one: gzip readers see one file of two members. */
  const hidden = Buffer.concat([
    Buffer.from('03000000000000000000', 'hex'),
    gzipSync(text).subarray(0, 10),
    packed,
  ])

  it.each([
    ['another CRC-32', 'E-WHL-DIFF', { local: { crc32: 1 }, central: { crc32: 1 } }],
    ['a deflate stream that breaks off', 'E-WHL-DIFF', { packed: packed.subarray(0, -2) }],
    ['bytes after a deflate stream', 'E-WHL-DIFF', { packed: Buffer.concat([packed, Buffer.from('abc')]) }],
    ['zeros after a deflate stream', 'E-WHL-DIFF', { packed: Buffer.concat([packed, Buffer.alloc(20)]) }],
    ['a gzip member hidden in a deflate stream', 'E-WHL-DIFF', { packed: hidden }],
    [
      'a stored file with another CRC-32',
      'E-WHL-DIFF',
      { method: 0, local: { crc32: 1 }, central: { crc32: 1 } },
    ],
  ])('is refused with its member: %s', async (_title, code, part) => {
    await expect(bad(part)).rejects.toMatchObject({ code, at: { member: 'lib/z.py' } })
  })

  it.each([0, 8])('is refused with its member when RECORD has another hash (method %i)', async (method) => {
    const wrong = bad({ method }, (rows) => [
      recordLine('lib/z.py', Buffer.alloc(text.length)),
      ...rows.slice(1),
    ])

    await expect(wrong).rejects.toMatchObject({ code: 'E-WHL-RECORD', at: { member: 'lib/z.py' } })
  })
})

describe('the configuration of an image', () => {
  it('adds the account, its folders and copies of the data files', async () => {
    const given = options()
    const entries = list((await environmentLayers(given)).at(-1)!, given)

    expect([...entries.keys()]).toEqual([
      'etc/demo',
      'etc/demo/api.conf',
      'etc/demo/sub',
      'etc/demo/sub/paste.ini',
      'etc/group',
      'etc/passwd',
      'var/lib/demo',
      'var/run/demo',
    ])
    expect(entries.get('var/lib/demo')).toMatchObject({ type: '5', uid: 42400, gid: 42401, mode: 0o755 })
    expect(entries.get('etc/demo/api.conf')).toMatchObject({ type: '0', uid: 0, gid: 0, mode: 0o644 })
  })

  it('lets the user run as root what the profile says, and rootwrap find the environment', async () => {
    const wheel = writeWheel([
      { name: 'demo-1.0.data/data/etc/demo/rootwrap.conf', content: '# DEFAULT\nexec_dirs = /sbin,/bin\n' },
    ])
    const { configuration } = options()
    const given = options({
      wheels: [source(wheel, true)],
      groups: [{ title: 'the service itself', distributions: [normalizeName('demo')] }],
      configuration: {
        ...configuration,
        sudoers: 'demo ALL = (root) ALL\n',
        rootwrap: '/etc/demo/rootwrap.conf',
      },
    })
    const layer = (await environmentLayers(given)).at(-1)!
    const entries = list(layer, given)
    const text = gunzipSync(readFileSync(given.store.path(hexOf(layer.descriptor.digest)))).toString('latin1')

    expect(entries.get('etc/sudoers.d/demo')).toMatchObject({ type: '0', uid: 0, gid: 0, mode: 0o440 })
    expect(entries.get('etc/demo/rootwrap.conf')).toMatchObject({ type: '0', uid: 0, gid: 0, mode: 0o644 })
    // The folder is the base's, with the mode that its sudo gave it.
    expect(entries.has('etc/sudoers.d')).toBe(false)
    expect(text).toContain('demo ALL = (root) ALL\n')
    expect(text).toContain('# DEFAULT\nexec_dirs = /opt/venv/bin,/sbin,/bin\n')
  })

  it('lets in the modules of the base that the profile says, by a file that can be told again', async () => {
    const { configuration } = options()
    const given = options({ configuration: { ...configuration, systemModules: ['rbd', 'rados'] } })
    const layer = (await environmentLayers(given)).at(-1)!
    const entries = list(layer, given)

    const path = 'opt/venv/lib/python3.11/site-packages/svcsplit-system-modules.pth'
    expect(entries.get(path)).toMatchObject({ type: '0', uid: 0, gid: 0, mode: 0o644 })
    // Its folders are those of the layers below.
    expect([...entries.keys()].filter((one) => one.startsWith('opt'))).toEqual([path])
    const text = systemModulesText(['rbd', 'rados'])
    expect(systemModulesIn(text)).toEqual(['rados', 'rbd'])
    for (const other of ['', 'import os\n', `${text}import os\n`, text.replace('dist-packages', 'evil')])
      expect(systemModulesIn(other)).toEqual([])
  })

  it.each([
    ['name', 'demo:x:7:7::/:/bin/sh\n'],
    ['number', 'games:x:42400:7::/:/bin/sh\n'],
  ])('is refused when the base has another account of that %s', async (_title, line) => {
    const { configuration } = options()
    const passwd = configuration.passwd + line

    await expect(
      environmentLayers(options({ configuration: { ...configuration, passwd } })),
    ).rejects.toMatchObject({ code: 'E-IMG-BASE' })
  })

  it.each([
    '/var/lib',
    'var/lib/demo',
    '/var/../etc',
    '/',
  ])('is refused with %s as a folder of the service', async (directory) => {
    const { configuration } = options()

    await expect(
      environmentLayers(options({ configuration: { ...configuration, directories: [directory] } })),
    ).rejects.toMatchObject({ code: 'E-IMG-FORM' })
  })
})

describe('the empty environment', () => {
  it('is a venv whose Python is the one of the base', async () => {
    const given = options()
    const entries = list((await environmentLayers(given))[0]!, given)

    expect(entries.get('opt/venv/bin/python')).toMatchObject({ type: '2', target: 'python3.11' })
    expect(entries.get('opt/venv/bin/python3.11')).toMatchObject({ type: '2', target: '/usr/bin/python3.11' })
    expect(entries.get('opt/venv/pyvenv.cfg')).toMatchObject({ type: '0' })
    expect(entries.has('opt/venv/lib/python3.11/site-packages')).toBe(true)
  })
})

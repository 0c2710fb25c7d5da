import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type ArchiveOrigin, type ErrorCode, SvcsplitError } from '#errors.js'
import { checkClashes } from '#wheels/clashes.js'
import { type InstalledWheel, installWheel, readWheel } from '#wheels/install-wheel.js'
import { unpackEntry } from '#wheels/wheel-entry.js'
import {
  recordLine,
  saveWheel,
  type WheelShape,
  type WrittenWheel,
  writeWheel,
} from '../support/wheel-writer.js'
import type { ZipPart } from '../support/zip-writer.js'

const dir = mkdtempSync(join(tmpdir(), 'svcsplit-install-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const site = 'opt/venv/lib/python3.11/site-packages'
const file: ZipPart = { name: 'demo/a.py', content: 'a = 1\n' }

function read(wheel: WrittenWheel, requested = false) {
  const { bytes, filename, sha256 } = wheel
  return readWheel(bytes, { filename, sha256, prefix: '/opt/venv', python: '3.11', requested })
}

function texts(wheel: WrittenWheel, requested = false): ReadonlyMap<string, string> {
  return new Map(
    read(wheel, requested).entries.map((entry) => [
      entry.path,
      unpackEntry(entry, wheel.bytes, wheel.filename).toString(),
    ]),
  )
}

function refusal(act: () => unknown): { code: ErrorCode; member: string | undefined } {
  try {
    act()
  } catch (error) {
    if (error instanceof SvcsplitError)
      return { code: error.code, member: (error.at as ArchiveOrigin | undefined)?.member }
    throw error
  }
  throw new Error('nothing was refused')
}

describe('the files of a wheel go where its schemes say', () => {
  const wheel = writeWheel([
    file,
    { name: 'demo-1.0.data/purelib/pure.py', content: 'p' },
    { name: 'demo-1.0.data/platlib/plat.py', content: 'q' },
    { name: 'demo-1.0.data/headers/demo.h', content: 'h' },
    { name: 'demo-1.0.data/data/etc/demo/demo.conf', content: 'c' },
    { name: 'demo-1.0.data/scripts/tool', content: '#!python -E\nprint()\n', mode: 0o100755 },
    { name: 'demo-1.0.data/scripts/shell', content: '#!/bin/sh\n', mode: 0o100755 },
    { name: 'demo/run.sh', content: '#!/bin/sh\n', mode: 0o100775 },
  ])

  it.each([
    [`${site}/demo/a.py`, 'a = 1\n'],
    [`${site}/pure.py`, 'p'],
    [`${site}/plat.py`, 'q'],
    ['opt/venv/include/site/python3.11/demo/demo.h', 'h'],
    ['opt/venv/etc/demo/demo.conf', 'c'],
    ['opt/venv/bin/tool', '#!/opt/venv/bin/python\nprint()\n'],
    ['opt/venv/bin/shell', '#!/bin/sh\n'],
  ])('%s', (path, text) => {
    expect(texts(wheel).get(path)).toBe(text)
  })

  it('and are executable when the wheel says so of a regular file, and not otherwise', () => {
    const modes = new Map(read(wheel).entries.map(({ path, mode }) => [path, mode]))

    expect(modes.get('opt/venv/bin/tool')).toBe(0o755)
    expect(modes.get(`${site}/demo/run.sh`)).toBe(0o755)
    expect(modes.get(`${site}/demo/a.py`)).toBe(0o644)
  })

  it('and RECORD says so, sorted, with the hashes of files that were changed', () => {
    const record = texts(wheel).get(`${site}/demo-1.0.dist-info/RECORD`)!
    const lines = record.trimEnd().split('\n')

    expect(lines).toEqual([...lines].sort())
    expect(lines).toContain(recordLine('../../../bin/tool', Buffer.from('#!/opt/venv/bin/python\nprint()\n')))
    expect(lines).toContain(recordLine('../../../etc/demo/demo.conf', Buffer.from('c')))
    expect(lines).toContain(recordLine('demo-1.0.dist-info/INSTALLER', Buffer.from('svcsplit\n')))
    expect(lines).toContain('demo-1.0.dist-info/RECORD,,')
  })

  it('and REQUESTED marks only what was asked for', () => {
    const path = `${site}/demo-1.0.dist-info/REQUESTED`

    expect(texts(wheel, true).get(path)).toBe('')
    expect(texts(wheel, false).has(path)).toBe(false)
  })

  it('and entries are in byte order', () => {
    const paths = read(wheel).entries.map(({ path }) => path)

    expect(paths).toEqual([...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  })
})

describe('bytecode that a wheel carries', () => {
  it('is not installed, and leaves RECORD', () => {
    const wheel = writeWheel([file, { name: 'demo/__pycache__/a.cpython-311.pyc', content: 'stale' }])
    const paths = [...texts(wheel).keys()]

    expect(paths.filter((path) => path.includes('__pycache__'))).toEqual([])
    expect(texts(wheel).get(`${site}/demo-1.0.dist-info/RECORD`)).not.toContain('__pycache__')
  })
})

describe('entry points become commands', () => {
  const entryPoints =
    '# made by hand\n[console_scripts]\ndemo = demo.cli:main\ndemo-sub = demo.cli:App.run [extra]\n\n' +
    '[gui_scripts]\ndemo-gui=demo.gui:start\n[oslo.config.opts]\nanything goes = here: even this\n'
  const wheel = writeWheel([file], { entryPoints })

  it.each([
    ['demo', 'from demo.cli import main', 'sys.exit(main())'],
    ['demo-sub', 'from demo.cli import App', 'sys.exit(App.run())'],
    ['demo-gui', 'from demo.gui import start', 'sys.exit(start())'],
  ])('%s', (name, imported, call) => {
    const text = texts(wheel).get(`opt/venv/bin/${name}`)!

    expect(text).toMatch(/^#!\/opt\/venv\/bin\/python\n/)
    expect(text).toContain(`${imported}\n`)
    expect(text).toContain(call)
    expect(read(wheel).entries.find(({ path }) => path === `opt/venv/bin/${name}`)?.mode).toBe(0o755)
  })

  it('also when the wheel brings a script of the same name', () => {
    const both = writeWheel([file, { name: 'demo-1.0.data/scripts/demo', content: '#!python\nold\n' }], {
      entryPoints,
    })

    expect(texts(both).get('opt/venv/bin/demo')).toContain('from demo.cli import main')
  })

  it.each([
    ['a path', '../../bin/x = m:f'],
    ['a slash', 'a/b = m:f'],
    ['a dot dot', '.. = m:f'],
    ['an option', '-x = m:f'],
    ['a call as its target', "x = os:system('x')"],
    ['a statement as its module', 'x = os; import sys:f'],
    ['no attribute', 'x = m'],
    ['no target', 'x'],
    ['an empty module', 'x = :f'],
    ['letters that a shell cannot type safely', 'x$y = m:f'],
    ['a second line in its target', 'x = m:f\\\n g'],
    ['a text direction override in its name', 'x\u202ey = m:f'],
    ['two meanings', 'x = m:f\nx = m:g'],
  ])('but not with %s', (_title, line) => {
    expect(refusal(() => read(writeWheel([file], { entryPoints: `[console_scripts]\n${line}\n` })))).toEqual({
      code: 'E-WHL-ENTRYPOINT',
      member: 'demo-1.0.dist-info/entry_points.txt',
    })
  })

  it.each(['python', 'python3', 'python3.11'])('but not as %s', (name) => {
    const bad = writeWheel([file], { entryPoints: `[console_scripts]\n${name} = m:f\n` })

    expect(refusal(() => read(bad)).code).toBe('E-WHL-SCHEME')
  })
})

type Case = readonly [string, ErrorCode, string | undefined, WheelShape, (readonly ZipPart[])?]
const info = 'demo-1.0.dist-info'

const refused: readonly Case[] = [
  ['no METADATA', 'E-WHL-DISTINFO', `${info}/METADATA`, { metadata: undefined }],
  [
    'METADATA without a name',
    'E-WHL-DISTINFO',
    `${info}/METADATA`,
    { metadata: 'Metadata-Version: 2.1\nVersion: 1.0\n' },
  ],
  [
    'METADATA without a version',
    'E-WHL-DISTINFO',
    `${info}/METADATA`,
    { metadata: 'Metadata-Version: 2.1\nName: demo\n' },
  ],
  [
    'METADATA of another distribution',
    'E-WHL-DISTINFO',
    `${info}/METADATA`,
    { metadata: 'Metadata-Version: 2.1\nName: other\nVersion: 1.0\n' },
  ],
  [
    'METADATA of another version',
    'E-WHL-DISTINFO',
    `${info}/METADATA`,
    { metadata: 'Metadata-Version: 2.1\nName: demo\nVersion: 1.1\n' },
  ],
  [
    'METADATA with two names',
    'E-WHL-DISTINFO',
    `${info}/METADATA`,
    { metadata: 'Metadata-Version: 2.1\nName: demo\nName: other\nVersion: 1.0\n' },
  ],
  [
    'METADATA that is not UTF-8',
    'E-WHL-DISTINFO',
    `${info}/METADATA`,
    { metadata: undefined },
    [
      file,
      {
        name: `${info}/METADATA`,
        content: Buffer.from('Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nAuthor: \xe9\n', 'latin1'),
      },
    ],
  ],
  [
    'METADATA of 50 MB',
    'E-WHL-LIMIT',
    `${info}/METADATA`,
    { metadata: `Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n\n${'x'.repeat(50_000_000)}` },
  ],
  ['no WHEEL', 'E-WHL-DISTINFO', `${info}/WHEEL`, { wheel: undefined }],
  ['WHEEL of a later format', 'E-WHL-DISTINFO', `${info}/WHEEL`, { wheel: 'Wheel-Version: 2.0\n' }],
  ['WHEEL without its version', 'E-WHL-DISTINFO', `${info}/WHEEL`, { wheel: 'Generator: x\n' }],
  [
    'a .dist-info of another name',
    'E-WHL-DISTINFO',
    'other-1.0.dist-info',
    { distInfo: 'other-1.0.dist-info' },
  ],
  [
    'a .dist-info of another version',
    'E-WHL-DISTINFO',
    'demo-2.0.dist-info',
    { distInfo: 'demo-2.0.dist-info' },
  ],
  [
    'a second .dist-info',
    'E-WHL-DISTINFO',
    info,
    {},
    [file, { name: 'other-2.0.dist-info/METADATA', content: 'x' }],
  ],
  ['no RECORD', 'E-WHL-RECORD', `${info}/RECORD`, { record: () => undefined }],
  ['a file that RECORD does not list', 'E-WHL-RECORD', 'demo/a.py', { record: (rows) => rows.slice(1) }],
  [
    'a RECORD row for an absent file',
    'E-WHL-RECORD',
    'demo/b.py',
    { record: (rows) => [...rows, recordLine('demo/b.py', Buffer.from(''))] },
  ],
  [
    'a RECORD row that leads out',
    'E-WHL-RECORD',
    `${info}/RECORD`,
    { record: (rows) => [...rows, '../../../../etc/passwd,,'] },
  ],
  [
    'an absolute RECORD row',
    'E-WHL-RECORD',
    `${info}/RECORD`,
    { record: (rows) => [...rows, '/etc/passwd,,'] },
  ],
  [
    'a RECORD with a hash of itself',
    'E-WHL-RECORD',
    `${info}/RECORD`,
    { record: (rows) => [...rows.slice(0, -1), recordLine(`${info}/RECORD`, Buffer.from(''))] },
  ],
  [
    'a RECORD by md5',
    'E-WHL-RECORD',
    `${info}/RECORD`,
    { record: (rows) => ['demo/a.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,6', ...rows.slice(1)] },
  ],
  [
    'a RECORD row without a hash',
    'E-WHL-RECORD',
    `${info}/RECORD`,
    { record: (rows) => ['demo/a.py,,', ...rows.slice(1)] },
  ],
  [
    'a RECORD that lists a file twice',
    'E-WHL-RECORD',
    `${info}/RECORD`,
    { record: (rows) => [...rows, rows[0]!] },
  ],
  [
    'a wrong size in RECORD',
    'E-WHL-RECORD',
    'demo/a.py',
    { record: (rows) => [rows[0]!.replace(/6$/, '7'), ...rows.slice(1)] },
  ],
  [
    'a quote that does not end in RECORD',
    'E-WHL-RECORD',
    `${info}/RECORD`,
    { record: (rows) => [...rows, '"demo'] },
  ],
  [
    'an unknown scheme',
    'E-WHL-SCHEME',
    'demo-1.0.data/stdlib/x',
    {},
    [file, { name: 'demo-1.0.data/stdlib/x' }],
  ],
  ['a file beside the schemes', 'E-WHL-SCHEME', 'demo-1.0.data/x', {}, [file, { name: 'demo-1.0.data/x' }]],
  [
    'the data folder of another distribution',
    'E-WHL-SCHEME',
    'other-1.0.data/data/x',
    {},
    [file, { name: 'other-1.0.data/data/x' }],
  ],
  [
    'its own pyvenv.cfg',
    'E-WHL-SCHEME',
    'demo-1.0.data/data/pyvenv.cfg',
    {},
    [file, { name: 'demo-1.0.data/data/pyvenv.cfg' }],
  ],
  [
    'its own interpreter',
    'E-WHL-SCHEME',
    'demo-1.0.data/scripts/python3',
    {},
    [file, { name: 'demo-1.0.data/scripts/python3' }],
  ],
  [
    'its own interpreter as data',
    'E-WHL-SCHEME',
    'demo-1.0.data/data/bin/python',
    {},
    [file, { name: 'demo-1.0.data/data/bin/python' }],
  ],
  [
    'two members for one place',
    'E-WHL-DUP',
    'demo-1.0.data/purelib/demo/a.py',
    {},
    [file, { name: 'demo-1.0.data/purelib/demo/a.py', content: 'b' }],
  ],
]

function full([title, code, member, shape, parts = [file]]: Case) {
  return [title, code, member, shape, parts] as const
}

describe('a wheel that does not hold what it says is refused', () => {
  it.each(refused.map(full))('%s is %s', (_title, code, member, shape, parts) => {
    const found = refusal(() => read(writeWheel(parts, shape)))

    expect(found).toEqual({ code, member })
  })

  it.each([
    ['a build number that is none', 'demo-1.0-x1-py3-none-any.whl'],
    ['more tags than any wheel has', `demo-1.0-${'py3.'.repeat(200)}py3-${'none.'.repeat(200)}none-any.whl`],
    ['a tag too few', 'demo-1.0-py3-none.whl'],
  ])('when its file name has %s', (_title, filename) => {
    expect(refusal(() => read({ ...writeWheel([file]), filename })).code).toBe('E-REQ-SYNTAX')
  })

  it('when a file is not the one of its RECORD row', () => {
    const wheel = writeWheel([file], {
      record: (rows) => [recordLine('demo/a.py', Buffer.from('a = 2\n')), ...rows.slice(1)],
    })

    expect(refusal(() => texts(wheel))).toEqual({ code: 'E-WHL-RECORD', member: 'demo/a.py' })
  })

  it('when its file is not the one of the lock', async () => {
    const wheel = writeWheel([file])
    const options = { filename: wheel.filename, prefix: '/opt/venv', python: '3.11', requested: false }

    await expect(
      installWheel(saveWheel(dir, wheel), { ...options, sha256: '0'.repeat(64) }),
    ).rejects.toMatchObject({ code: 'E-IDX-HASH' })
  })
})

describe('RECORD may vouch by any strong hash', () => {
  it.each([
    ['sha384', 'OLBgp1GsljhM2TJ-sbHjaiH9txEUvgdDTAzHv2P24donTt6_529l-9Ua0vFImLlb', ''],
    ['sha512', 'z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg_SpIdNs6c5H0NE8XYXysP-DGNKHfuwvY7kxvUdBeoGlODJ6-SfaPg', ''],
  ])('%s', (algorithm, value, content) => {
    const wheel = writeWheel([{ name: 'demo/e.py', content }], {
      record: (rows) => [`demo/e.py,${algorithm}=${value},0`, ...rows.slice(1)],
    })

    expect(texts(wheel).get(`${site}/demo/e.py`)).toBe('')
  })
})

describe('two distributions in one environment', () => {
  async function saved(name: string, part: ZipPart): Promise<InstalledWheel> {
    const wheel = writeWheel([part], { name })
    const { filename, sha256 } = wheel
    return installWheel(saveWheel(dir, wheel), {
      filename,
      sha256,
      prefix: '/opt/venv',
      python: '3.11',
      requested: false,
    })
  }
  const shared: ZipPart = { name: 'tests/__init__.py', content: 'x' }
  const contentOf = (): Buffer => {
    throw new Error('their hashes are of one algorithm')
  }

  it('may bring one file with the same bytes', async () => {
    const wheels = [await saved('one', shared), await saved('two', shared)]

    expect(() => checkClashes(wheels, contentOf)).not.toThrow()
  })

  it.each([
    ['other bytes', { ...shared, content: 'y' }],
    ['another mode', { ...shared, mode: 0o100755 }],
    ['a folder in its place', { name: 'tests/__init__.py/x', content: 'x' }],
  ])('clash with %s, and both are named', async (_title, other) => {
    const wheels = [await saved('one', shared), await saved('two', other)]

    expect(() => checkClashes(wheels, contentOf)).toThrow(
      expect.objectContaining({
        code: 'E-WHL-CLASH',
        message: expect.stringMatching(/one 1\.0.*two 1\.0|two 1\.0.*one 1\.0/),
      }),
    )
  })
})

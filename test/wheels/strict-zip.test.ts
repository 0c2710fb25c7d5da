import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type ArchiveOrigin, type ErrorCode, SvcsplitError } from '#errors.js'
import { readWheel } from '#wheels/install-wheel.js'
import { unpackEntry } from '#wheels/wheel-entry.js'
import { readZipArchive } from '#wheels/zip-archive.js'
import { type WheelShape, type WrittenWheel, writeWheel } from '../support/wheel-writer.js'
import { writeZip, type ZipPart, zip64Field } from '../support/zip-writer.js'

const file: ZipPart = { name: 'demo/a.py', content: 'a = 1\n' }

function install(wheel: WrittenWheel) {
  const { filename, sha256, bytes } = wheel
  const installed = readWheel(bytes, {
    filename,
    sha256,
    prefix: '/opt/venv',
    python: '3.11',
    requested: false,
  })
  for (const entry of installed.entries) unpackEntry(entry, bytes, filename)
  return installed
}

function refusal(act: () => unknown): {
  code: ErrorCode
  member: string | undefined
  archive: string | undefined
} {
  try {
    act()
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    const at = error.at as ArchiveOrigin | undefined
    return { code: error.code, member: at?.member, archive: at?.archive }
  }
  throw new Error('nothing was refused')
}

type Case = readonly [
  title: string,
  code: ErrorCode,
  member: string | undefined,
  parts: readonly ZipPart[],
  shape?: WheelShape,
]

const content = Buffer.from('x = 1\n'.repeat(40))
const packed = deflateRawSync(content)

const refused: readonly Case[] = [
  ['a name that leads out', 'E-WHL-PATH', '../evil', [{ name: '../evil' }]],
  ['a name that leads out on the way', 'E-WHL-PATH', 'a/../../b', [{ name: 'a/../../b' }]],
  ['an absolute name', 'E-WHL-PATH', '/abs', [{ name: '/abs' }]],
  ['a drive letter', 'E-WHL-PATH', 'C:/x', [{ name: 'C:/x' }]],
  ['a backslash', 'E-WHL-PATH', '..\\evil', [{ name: '..\\evil' }]],
  ['a share of another host', 'E-WHL-PATH', '\\\\host\\x', [{ name: '\\\\host\\x' }]],
  ['a name with an empty part', 'E-WHL-PATH', 'a//b', [{ name: 'a//b' }]],
  ['a name with a dot part', 'E-WHL-PATH', 'a/./b', [{ name: 'a/./b' }]],
  [
    'a script that leads out of bin',
    'E-WHL-PATH',
    'demo-1.0.data/scripts/../x',
    [{ name: 'demo-1.0.data/scripts/../x' }],
  ],
  ['a symbolic link', 'E-WHL-LINK', 'demo/l', [{ name: 'demo/l', content: '/etc/passwd', mode: 0o120777 }]],
  ['a character device', 'E-WHL-LINK', 'demo/d', [{ name: 'demo/d', mode: 0o020644 }]],
  ['a folder whose name is a file', 'E-WHL-LINK', 'demo/d', [{ name: 'demo/d', mode: 0o040755 }]],
  ['set-uid', 'E-WHL-MODE', 'demo/s', [{ name: 'demo/s', mode: 0o104755 }]],
  ['set-gid', 'E-WHL-MODE', 'demo/s', [{ name: 'demo/s', mode: 0o102755 }]],
  ['the sticky bit', 'E-WHL-MODE', 'demo/s', [{ name: 'demo/s', mode: 0o101644 }]],
  ['a name twice with one content', 'E-WHL-DUP', 'demo/a.py', [file, file]],
  ['a name twice with two contents', 'E-WHL-DUP', 'demo/a.py', [file, { ...file, content: 'a = 2\n' }]],
  ['names that differ by case', 'E-WHL-DUP', 'foo/x', [{ name: 'Foo/x' }, { name: 'foo/x' }]],
  [
    'names that differ by normal form',
    'E-WHL-DUP',
    'e\u0301.py',
    [
      { name: '\u00e9.py', flags: 0x800 },
      { name: 'e\u0301.py', flags: 0x800 },
    ],
  ],
  ['a file where another needs a folder', 'E-WHL-DUP', 'demo/a.py/b', [file, { name: 'demo/a.py/b' }]],
  ['a part that ends in a dot', 'E-WHL-NAME', 'demo./a', [{ name: 'demo./a' }]],
  ['a part that ends in a blank', 'E-WHL-NAME', 'demo/a ', [{ name: 'demo/a ' }]],
  ['an escape sequence in a name', 'E-WHL-NAME', 'demo/\u001b[2J', [{ name: 'demo/\u001b[2J' }]],
  ['a line break in a name', 'E-WHL-NAME', 'demo/a\nb', [{ name: 'demo/a\nb' }]],
  [
    'a text direction override in a name',
    'E-WHL-NAME',
    'demo/\u202ea',
    [{ name: 'demo/\u202ea', flags: 0x800 }],
  ],
  ['an empty name', 'E-WHL-NAME', '', [{ name: '' }]],
  [
    'a name longer than a path may be',
    'E-WHL-NAME',
    `${'a/'.repeat(2100)}b`,
    [{ name: `${'a/'.repeat(2100)}b` }],
  ],
  [
    'a part longer than a name may be',
    'E-WHL-NAME',
    `demo/${'a'.repeat(256)}`,
    [{ name: `demo/${'a'.repeat(256)}` }],
  ],
  [
    'a name that is not UTF-8',
    'E-WHL-NAME',
    'demo/\u00ff',
    [{ name: Buffer.from('64656d6f2fff', 'hex'), flags: 0x800 }],
  ],
  ['a name that two code pages read two ways', 'E-WHL-NAME', undefined, [{ name: '\u00e9.py' }]],
  ['another local name', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, local: { name: 'demo/b.py' } }]],
  ['another local size', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, local: { size: 7 } }]],
  ['another local packed size', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, local: { packedSize: 3 } }]],
  ['another local CRC-32', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, local: { crc32: 1 } }]],
  ['another local method', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, local: { method: 0 } }]],
  ['other local flags', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, local: { flags: 0x800 } }]],
  [
    'a CRC-32 that is wrong in both places',
    'E-WHL-DIFF',
    'demo/a.py',
    [{ ...file, local: { crc32: 1 }, central: { crc32: 1 } }],
  ],
  [
    'a member only in the central directory',
    'E-WHL-DIFF',
    undefined,
    [file, { name: 'demo/ghost.py', onlyCentral: true }],
  ],
  [
    'a member without an entry in the central directory',
    'E-WHL-DIFF',
    undefined,
    [file, { name: 'demo/hidden.py', content: 'x', onlyLocal: true }],
  ],
  [
    'members that share their bytes',
    'E-WHL-DIFF',
    undefined,
    [file, { name: 'demo/b.py', content: 'a = 1\n', central: { offset: 0 } }],
  ],
  ['bytes before the first member', 'E-WHL-DIFF', undefined, [file], { before: Buffer.from('#!/bin/sh\n') }],
  ['bytes between members', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, after: Buffer.from('hidden') }]],
  [
    'bytes before the central directory',
    'E-WHL-DIFF',
    'demo-1.0.dist-info/RECORD',
    [file],
    { beforeDirectory: Buffer.from('hidden') },
  ],
  ['bytes after the end record', 'E-WHL-DIFF', undefined, [file], { after: Buffer.from('hidden') }],
  ['an archive after the archive', 'E-WHL-DIFF', undefined, [file], { after: writeZip([file]) }],
  ['an archive in the comment', 'E-WHL-DIFF', undefined, [file], { comment: writeZip([file]) }],
  ['a comment that is not text', 'E-WHL-DIFF', undefined, [file], { comment: Buffer.from([0xe9]) }],
  ['an archive that is split over disks', 'E-WHL-DIFF', undefined, [file], { disk: 1 }],
  ['a member of another disk', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, central: { disk: 1 } }]],
  ['a count that is too high', 'E-WHL-TRUNC', undefined, [file], { extraCount: 1 }],
  ['a count that is too low', 'E-WHL-DIFF', undefined, [file], { extraCount: -1 }],
  ['a zip64 field that is too long', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, extra: zip64Field([1]) }]],
  [
    'a zip64 field that is too long in the local header',
    'E-WHL-DIFF',
    'demo/a.py',
    [{ ...file, localExtra: zip64Field([1]) }],
  ],
  ['a zip64 field that is missing', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, central: { size: 0xffffffff } }]],
  [
    'a zip64 field that contradicts the local header',
    'E-WHL-DIFF',
    'demo/a.py',
    [{ ...file, method: 0, localExtra: zip64Field([6, 7]) }],
  ],
  ['two zip64 fields', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, zip64: true, extra: zip64Field([]) }]],
  [
    'an extra field that is cut',
    'E-WHL-DIFF',
    'demo/a.py',
    [{ ...file, extra: Buffer.from([1, 2, 9, 0, 1]) }],
  ],
  [
    'a second name in an extra field',
    'E-WHL-DIFF',
    'demo/a.py',
    [{ ...file, extra: Buffer.from('75700500000000000000', 'hex').subarray(0, 9) }],
  ],
  [
    'a zip64 end record with extensible data',
    'E-WHL-DIFF',
    undefined,
    [file],
    { zip64: { data: Buffer.from('data') } },
  ],
  ['a zip64 end record of an odd size', 'E-WHL-DIFF', undefined, [file], { zip64: { size: 45 } }],
  ['a zip64 locator that points elsewhere', 'E-WHL-DIFF', undefined, [file], { zip64: { locatorOffset: 0 } }],
  ['a zip64 end record with another count', 'E-WHL-TRUNC', undefined, [file], { zip64: { entries: 9 } }],
  [
    'a data descriptor with another CRC-32',
    'E-WHL-DIFF',
    'demo/a.py',
    [{ ...file, descriptor: { crc32: 1 } }],
  ],
  ['a data descriptor with another size', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, descriptor: { size: 1 } }]],
  ['a data descriptor that is missing', 'E-WHL-DIFF', 'demo/a.py', [{ ...file, descriptor: { omit: true } }]],
  [
    'a stored member whose end is told later',
    'E-WHL-DIFF',
    'demo/a.py',
    [{ ...file, method: 0, descriptor: {} }],
  ],
  ['an encrypted member', 'E-WHL-METHOD', 'demo/a.py', [{ ...file, flags: 1 }]],
  ['a patch instead of data', 'E-WHL-METHOD', 'demo/a.py', [{ ...file, flags: 0x20 }]],
  ['bzip2', 'E-WHL-METHOD', 'demo/a.py', [{ ...file, method: 12 }]],
  ['lzma', 'E-WHL-METHOD', 'demo/a.py', [{ ...file, method: 14 }]],
  ['an unknown method', 'E-WHL-METHOD', 'demo/a.py', [{ ...file, method: 99 }]],
  [
    'bytes after the end of a deflate stream',
    'E-WHL-DIFF',
    'demo/z.py',
    [{ name: 'demo/z.py', content, packed: Buffer.concat([packed, Buffer.from('more')]) }],
  ],
  [
    'a deflate stream that breaks off',
    'E-WHL-DIFF',
    'demo/z.py',
    [{ name: 'demo/z.py', content, packed: packed.subarray(0, -3) }],
  ],
  [
    'a deflate stream that is longer than announced',
    'E-WHL-DIFF',
    'demo/z.py',
    [{ name: 'demo/z.py', content: 'x = 1\n', packed }],
  ],
  ['a folder with content', 'E-WHL-DIFF', 'demo/d/', [{ name: 'demo/d/', content: 'x', mode: 0o040755 }]],
]

function full([title, code, member, parts, shape = {}]: Case) {
  return [title, code, member, parts, shape] as const
}

describe('a wheel that two readers could read two ways is refused', () => {
  it.each(refused.map(full))('%s is %s', (_title, code, member, parts, shape) => {
    const wheel = writeWheel(parts, shape)

    const found = refusal(() => install(wheel))

    expect(found.code).toBe(code)
    expect(found.archive).toBe(wheel.filename)
    if (member !== undefined) expect(found.member).toBe(member)
  })

  it('is refused wherever it breaks off', () => {
    const wheel = writeWheel([{ name: 'demo/z.py', content }, file])
    for (let percent = 0; percent < 100; percent++) {
      const bytes = wheel.bytes.subarray(0, Math.floor((wheel.bytes.length * percent) / 100))

      const { code } = refusal(() => install({ ...wheel, bytes }))

      expect(['E-WHL-TRUNC', 'E-WHL-KIND']).toContain(code)
    }
  })

  it.each([
    ['text', Buffer.from('hello, this is not a wheel at all')],
    ['nothing', Buffer.alloc(0)],
    ['a gzip file', Buffer.from('1f8b0800000000000003030000000000', 'hex')],
  ])('is not a zip archive when it is %s', (_title, bytes) => {
    expect(refusal(() => readZipArchive(bytes, 'x.whl')).code).toBe('E-WHL-KIND')
  })

  it('is refused when a tar reader would find an archive too', () => {
    const tar = Buffer.alloc(512 - 31)
    const zip = writeZip([{ name: 'x', content: tar, method: 0 }])
    zip.write('ustar\x0000', 257, 'latin1')
    let sum = 8 * 0x20
    for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += zip[i]!
    zip.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')

    expect(refusal(() => readZipArchive(zip, 'x.whl')).code).toBe('E-WHL-KIND')
  })

  it('is refused with more members than any wheel has, before they are looked at', () => {
    const limits = { members: 3, size: 1e9, bombSize: 1e9, ratio: 50 }

    expect(
      refusal(() => readZipArchive(writeZip([1, 2, 3, 4].map((n) => ({ name: `f${n}` }))), 'x.whl', limits)),
    ).toEqual({ code: 'E-WHL-LIMIT', archive: 'x.whl', member: undefined })
  })

  it('is refused as a bomb by its own words, before anything is unpacked', () => {
    const zeros = Buffer.alloc(65 * 1024 ** 2)

    const { code, member } = refusal(() => install(writeWheel([{ name: 'demo/zeros', content: zeros }])))

    expect([code, member]).toEqual(['E-WHL-LIMIT', 'demo/zeros'])
  })

  it('is refused as a bomb that lies about its size, without unpacking more than it announced', () => {
    const packedZeros = deflateRawSync(Buffer.alloc(200 * 1024 ** 2))
    const before = process.memoryUsage().arrayBuffers

    const { code, member } = refusal(() =>
      install(writeWheel([{ name: 'demo/zeros', content: Buffer.alloc(10), packed: packedZeros }])),
    )

    expect([code, member]).toEqual(['E-WHL-DIFF', 'demo/zeros'])
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 ** 2)
  })

  it('is refused when all members together are larger than allowed', () => {
    const limits = { members: 10, size: 100, bombSize: 1e9, ratio: 50 }
    const bytes = writeZip([
      { name: 'a', content: 'x'.repeat(60) },
      { name: 'b', content: 'x'.repeat(60) },
    ])

    expect(refusal(() => readZipArchive(bytes, 'x.whl', limits)).code).toBe('E-WHL-LIMIT')
  })
})

const accepted: readonly (readonly [string, readonly ZipPart[], WheelShape?])[] = [
  ['stored members', [{ ...file, method: 0 }]],
  ['a data descriptor', [{ ...file, descriptor: {} }]],
  ['a data descriptor with wide sizes', [{ ...file, descriptor: { wide: true } }]],
  ['a data descriptor beside a full local header', [{ ...file, descriptor: {}, local: { size: 6 } }]],
  ['zip64 sizes', [{ ...file, zip64: true }]],
  [
    'a zip64 field that repeats the local header',
    [{ ...file, method: 0, localExtra: zip64Field([file.content!.length, file.content!.length]) }],
  ],
  ['a zip64 end record', [file], { zip64: true }],
  ['a comment that is plain text', [file], { comment: Buffer.from('built by hand') }],
  [
    'an unknown extra field',
    [{ ...file, extra: Buffer.from('fecaf00102000000', 'hex').subarray(0, 8) }].map((part) => ({
      ...part,
      extra: Buffer.from('feca02000102', 'hex'),
    })),
  ],
  ['folders of their own', [{ name: 'demo/', mode: 0o040755, method: 0 }, file]],
  ['a folder with set-gid, which is not installed', [{ name: 'demo/', mode: 0o042755, method: 0 }, file]],
  ['no file-type bits', [{ ...file, mode: 0o644 }]],
  ['no mode at all', [{ ...file, mode: 0 }]],
  ['how hard deflate tried', [{ ...file, flags: 0x2 }]],
  ['a name in UTF-8', [file, { name: 'demo/\u00e9t\u00e9.txt', content: 'x', flags: 0x800 }]],
  ['a name with a comma', [file, { name: 'demo/a,b.txt', content: 'x' }]],
  ['a name with blanks inside', [file, { name: 'demo/a b.txt', content: 'x' }]],
  ['an empty file', [file, { name: 'demo/empty.py', content: '' }]],
  ['a vendored .dist-info', [file, { name: 'demo/_vendor/other-2.0.dist-info/RECORD', content: 'x' }]],
]

describe('a wheel that is odd and legal is read', () => {
  it.each(
    accepted.map(([title, parts, shape = {}]) => [title, parts, shape] as const),
  )('with %s', (_title, parts, shape) => {
    const installed = install(writeWheel(parts, shape))

    const places = installed.entries.map(({ path }) => path)
    expect(places).toContain('opt/venv/lib/python3.11/site-packages/demo/a.py')
    expect(installed.name).toBe('demo')
  })
})

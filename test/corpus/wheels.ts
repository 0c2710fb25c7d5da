import { deflateRawSync } from 'node:zlib'
import type { ErrorCode } from '#errors.js'
import { writeTar } from '../support/tar-writer.js'
import { recordLine, type WheelShape, writeWheel } from '../support/wheel-writer.js'
import { writeZip, type ZipPart, zip64Field } from '../support/zip-writer.js'
import { buildAnswer, buildRow } from './build-row.js'
import { lockOf } from './locks.js'
import { made, type Row } from './row.js'

const file: ZipPart = { name: 'glance/a.py', content: 'a = 1\n' }
const shape: WheelShape = { name: 'glance', version: '30.0.0' }
const info = 'glance-30.0.0.dist-info'
const metadata = (rest: string): string => `Metadata-Version: 2.1\n${rest}`

/** Builds an image from a lock with one wheel, whose bytes are those that the lock names. */
function built(
  id: string,
  given: string,
  filename: string,
  bytesOf: () => Buffer,
  answer: Pick<Row, 'exit'> & Partial<Row>,
): Row {
  const files = () => [{ filename, bytes: bytesOf() }]
  return buildRow(
    id,
    given,
    { files: () => ({ 'pylock.toml': lockOf(files()) }), index: () => ({ files: files() }) },
    answer,
  )
}

const filename = 'glance-30.0.0-py3-none-any.whl'
const bytesOf = (parts: () => readonly ZipPart[], bent: () => WheelShape) => (): Buffer =>
  writeWheel(parts(), { ...shape, ...bent() }).bytes

function refused(
  id: string,
  given: string,
  code: ErrorCode,
  member: string | undefined,
  parts: readonly ZipPart[] | (() => readonly ZipPart[]),
  bent: WheelShape | (() => WheelShape) = {},
): Row {
  return built(
    id,
    given,
    filename,
    bytesOf(
      () => made(parts),
      () => made(bent),
    ),
    {
      exit: 4,
      code,
      at: member === undefined ? filename : `${filename}!${member}`,
    },
  )
}

function accepted(id: string, given: string, parts: readonly ZipPart[], bent: WheelShape = {}): Row {
  return built(
    id,
    given,
    filename,
    bytesOf(
      () => parts,
      () => bent,
    ),
    buildAnswer(undefined),
  )
}

const whole = writeWheel([file], shape).bytes
/** 47 of them in each of the three places make a hundred thousand. */
const manyTags = (fits: string): string => [fits, ...Array.from({ length: 46 }, (_, i) => `x${i}`)].join('.')
const pathRows = [
  ['up', '../evil'],
  ['up later', 'a/../../b'],
  ['absolute', '/svcsplit-corpus-evil'],
  ['drive', 'C:/x'],
  ['backslash', '..\\evil'],
  ['share', '\\\\host\\x'],
] as const

export const wheelRows: readonly Row[] = [
  accepted('43 none', 'a wheel that is as it should be', [file]),
  ...pathRows.map(([name, path]) =>
    refused(`43 ${name}`, `a member of a wheel with the name ${path}`, 'E-WHL-PATH', path, [
      file,
      { name: path },
    ]),
  ),
  refused('44', 'a symbolic link in a wheel', 'E-WHL-LINK', 'glance/l', [
    file,
    { name: 'glance/l', content: '/etc/passwd', mode: 0o120777 },
  ]),
  refused('45', 'a member with set-uid', 'E-WHL-MODE', 'glance/s', [
    file,
    { name: 'glance/s', mode: 0o104755 },
  ]),
  refused('46 same', 'two members of one name', 'E-WHL-DUP', 'glance/a.py', [file, file]),
  refused('46 other', 'two members of one name with different content', 'E-WHL-DUP', 'glance/a.py', [
    file,
    { ...file, content: 'a = 2\n' },
  ]),
  refused('47 case', 'names that differ by case alone', 'E-WHL-DUP', 'glance/a.py', [
    { name: 'Glance/a.py' },
    file,
  ]),
  refused('47 dot', 'a folder whose name ends in a dot', 'E-WHL-NAME', 'glance./a', [
    file,
    { name: 'glance./a' },
  ]),
  refused('48 escape', 'an escape sequence in a name', 'E-WHL-NAME', 'glance/\\u{1b}[2J', [
    file,
    { name: 'glance/\u001b[2J' },
  ]),
  refused('48 line', 'a line break in a name', 'E-WHL-NAME', 'glance/a\\u{0a}b', [
    file,
    { name: 'glance/a\nb' },
  ]),
  refused('48 override', 'a text direction override in a name', 'E-WHL-NAME', 'glance/\\u{202e}a', [
    file,
    { name: 'glance/\u202ea', flags: 0x800 },
  ]),
  refused('49 empty', 'an empty name', 'E-WHL-NAME', '', [file, { name: '' }]),
  refused('50 name', 'a local header with another name', 'E-WHL-DIFF', 'glance/a.py', [
    { ...file, local: { name: 'glance/b.py' } },
  ]),
  refused('50 size', 'a local header with another size', 'E-WHL-DIFF', 'glance/a.py', [
    { ...file, local: { size: 7 } },
  ]),
  refused('50 crc', 'a wrong CRC-32', 'E-WHL-DIFF', 'glance/a.py', [
    { ...file, local: { crc32: 1 }, central: { crc32: 1 } },
  ]),
  refused('50 method', 'a local header with another method', 'E-WHL-DIFF', 'glance/a.py', [
    { ...file, local: { method: 0 } },
  ]),
  refused('51 central', 'a member that only the directory has', 'E-WHL-DIFF', 'glance/ghost.py', [
    file,
    { name: 'glance/ghost.py', onlyCentral: true },
  ]),
  refused('51 local', 'a member that the directory does not have', 'E-WHL-DIFF', 'glance/a.py', [
    file,
    { name: 'glance/hidden.py', content: 'x', onlyLocal: true },
  ]),
  refused('52', 'two members that share their bytes', 'E-WHL-DIFF', 'glance/a.py', [
    file,
    { name: 'glance/b.py', content: 'a = 1\n', central: { offset: 0 } },
  ]),
  refused('53 before', 'bytes before the archive', 'E-WHL-DIFF', undefined, [file], {
    before: Buffer.from('#!/bin/sh\n'),
  }),
  refused('53 after', 'bytes behind the archive', 'E-WHL-DIFF', undefined, [file], {
    after: Buffer.from('hidden'),
  }),
  refused('53 comment', 'an archive in the comment of the archive', 'E-WHL-DIFF', undefined, [file], {
    comment: writeZip([file]),
  }),
  accepted('54 valid', 'zip64 where it is not needed', [{ ...file, zip64: true }], { zip64: true }),
  refused('54 long', 'a zip64 field that is too long', 'E-WHL-DIFF', 'glance/a.py', [
    { ...file, extra: zip64Field([1]) },
  ]),
  refused('54 locator', 'a zip64 locator that points elsewhere', 'E-WHL-DIFF', undefined, [file], {
    zip64: { locatorOffset: 0 },
  }),
  refused('55 crc', 'a data descriptor with another CRC-32', 'E-WHL-DIFF', 'glance/a.py', [
    { ...file, descriptor: { crc32: 1 } },
  ]),
  refused('55 missing', 'a data descriptor that is missing', 'E-WHL-DIFF', 'glance/a.py', [
    { ...file, descriptor: { omit: true } },
  ]),
  refused('56 encrypted', 'an encrypted member', 'E-WHL-METHOD', 'glance/a.py', [{ ...file, flags: 1 }]),
  refused('56 bzip2', 'a member packed with bzip2', 'E-WHL-METHOD', 'glance/a.py', [{ ...file, method: 12 }]),
  refused(
    '57 count',
    'a directory that announces more members than it has',
    'E-WHL-TRUNC',
    undefined,
    [file],
    {
      extraCount: 1,
    },
  ),
  ...[1, 25, 50, 75, 99].map((percent) =>
    built(
      `57 ${percent}`,
      `a wheel of which ${percent} % are there`,
      filename,
      () => whole.subarray(0, Math.floor((whole.length * percent) / 100)),
      { exit: 4, at: filename, code: 'E-WHL-TRUNC' },
    ),
  ),
  refused('58 honest', 'two hundred megabytes of zeros in one member', 'E-WHL-LIMIT', 'glance/zeros', () => [
    file,
    { name: 'glance/zeros', content: Buffer.alloc(200 * 1024 ** 2) },
  ]),
  refused(
    '58 lie',
    'two hundred megabytes of zeros that are announced as ten',
    'E-WHL-DIFF',
    'glance/zeros',
    () => [
      file,
      {
        name: 'glance/zeros',
        content: Buffer.alloc(10),
        packed: deflateRawSync(Buffer.alloc(200 * 1024 ** 2)),
      },
    ],
  ),
  built(
    '59',
    'a wheel of two hundred thousand empty members',
    filename,
    () =>
      writeZip(
        Array.from({ length: 200_000 }, (_, i) => ({ name: `f${i}`, method: 0 })),
        { zip64: true },
      ),
    { exit: 4, code: 'E-WHL-LIMIT', at: filename },
  ),
  built(
    '60 text',
    'a web page with the name of a wheel',
    filename,
    () => Buffer.from('<html>sign in</html>'),
    {
      exit: 4,
      code: 'E-WHL-KIND',
      at: filename,
    },
  ),
  built(
    '60 tar',
    'a tar archive with the name of a wheel',
    filename,
    () => writeTar([{ name: 'a', content: 'b' }]),
    {
      exit: 4,
      code: 'E-WHL-KIND',
      at: filename,
    },
  ),
  refused('61 none', 'a wheel without METADATA', 'E-WHL-DISTINFO', `${info}/METADATA`, [file], {
    metadata: undefined,
  }),
  refused('61 name', 'METADATA without a name', 'E-WHL-DISTINFO', `${info}/METADATA`, [file], {
    metadata: metadata('Version: 30.0.0\n'),
  }),
  refused('61 two', 'METADATA with two names', 'E-WHL-DISTINFO', `${info}/METADATA`, [file], {
    metadata: metadata('Name: glance\nName: other\nVersion: 30.0.0\n'),
  }),
  refused('61 huge', 'METADATA of fifty megabytes', 'E-WHL-LIMIT', `${info}/METADATA`, [file], () => ({
    metadata: metadata(`Name: glance\nVersion: 30.0.0\n\n${'x'.repeat(50_000_000)}`),
  })),
  refused(
    '61 latin',
    'METADATA that is not UTF-8',
    'E-WHL-DISTINFO',
    `${info}/METADATA`,
    [
      file,
      {
        name: `${info}/METADATA`,
        content: Buffer.from(
          'Metadata-Version: 2.1\nName: glance\nVersion: 30.0.0\nAuthor: \xe9\n',
          'latin1',
        ),
      },
    ],
    { metadata: undefined },
  ),
  refused('62 two', 'a second .dist-info', 'E-WHL-DISTINFO', info, [
    file,
    { name: 'other-2.0.dist-info/METADATA', content: 'x' },
  ]),
  refused('62 version', 'a .dist-info of another version', 'E-WHL-DISTINFO', 'glance-2.0.dist-info', [file], {
    distInfo: 'glance-2.0.dist-info',
  }),
  refused('64 none', 'a wheel without RECORD', 'E-WHL-RECORD', `${info}/RECORD`, [file], {
    record: () => undefined,
  }),
  refused('64 hash', 'a file that is not the one of its RECORD row', 'E-WHL-RECORD', 'glance/a.py', [file], {
    record: (rows) => [recordLine('glance/a.py', Buffer.from('a = 2\n')), ...rows.slice(1)],
  }),
  refused('64 unlisted', 'a file that RECORD does not list', 'E-WHL-RECORD', 'glance/a.py', [file], {
    record: (rows) => rows.slice(1),
  }),
  refused('64 absent', 'a RECORD row for a file that is not there', 'E-WHL-RECORD', 'glance/b.py', [file], {
    record: (rows) => [...rows, recordLine('glance/b.py', Buffer.from(''))],
  }),
  refused('64 md5', 'a RECORD that vouches by MD5', 'E-WHL-RECORD', `${info}/RECORD`, [file], {
    record: (rows) => ['glance/a.py,md5=1B2M2Y8AsgTpgAmY7PhCfg,6', ...rows.slice(1)],
  }),
  refused('65', 'a RECORD row that leads out', 'E-WHL-RECORD', `${info}/RECORD`, [file], {
    record: (rows) => [...rows, '../../../../etc/passwd,,'],
  }),
  ...[
    ['path', '../../bin/x = m:f'],
    ['slash', 'a/b = m:f'],
    ['call', "x = os:system('x')"],
    ['override', 'x\u202ey = m:f'],
  ].map(([name, line]) =>
    refused(
      `66 ${name}`,
      `an entry point that is ${name === 'call' ? 'a call' : 'not a file name'}`,
      'E-WHL-ENTRYPOINT',
      `${info}/entry_points.txt`,
      [file],
      {
        entryPoints: `[console_scripts]\n${line}\n`,
      },
    ),
  ),
  refused('67 up', 'a script that leads out of its folder', 'E-WHL-PATH', 'glance-30.0.0.data/scripts/../x', [
    file,
    { name: 'glance-30.0.0.data/scripts/../x' },
  ]),
  refused('67 scheme', 'files for a place that is not known', 'E-WHL-SCHEME', 'glance-30.0.0.data/stdlib/x', [
    file,
    { name: 'glance-30.0.0.data/stdlib/x' },
  ]),
  refused('67 python', 'an interpreter of its own', 'E-WHL-SCHEME', 'glance-30.0.0.data/scripts/python3', [
    file,
    { name: 'glance-30.0.0.data/scripts/python3' },
  ]),
  built(
    '68 tags',
    'a file name with a hundred thousand tags',
    `glance-30.0.0-${manyTags('py3')}-${manyTags('none')}-${manyTags('any')}.whl`,
    () => whole,
    { exit: 4, code: 'E-IDX-NOTFOUND' },
  ),
  built('68 build', 'a build number that is none', 'glance-30.0.0-x1-py3-none-any.whl', () => whole, {
    exit: 2,
    code: 'E-REQ-SYNTAX',
  }),
]

import { gzipSync } from 'node:zlib'
import type { ErrorCode } from '#errors.js'
import { metadataOf } from '../support/package-index.js'
import { paxRecord, type TarPart, writeTar } from '../support/tar-writer.js'
import { layout } from './base-image.js'
import { buildAnswer, buildRow, leastWheel } from './build-row.js'
import { lockOf } from './locks.js'
import type { Row } from './row.js'

const info: TarPart = {
  name: 'lib-1.0/PKG-INFO',
  content: metadataOf('lib', '1.0', { metadataVersion: '2.2' }),
}
const setup: TarPart = { name: 'lib-1.0/setup.py', content: 'from setuptools import setup\nsetup()\n' }

/** Asks an index that has one sdist, and nothing else, for its metadata. */
function sdist(id: string, given: string, bytes: () => Buffer, rest: Partial<Row> = {}): Row {
  return {
    id: `${id} sdist`,
    given: `an sdist: ${given}`,
    index: () => ({ files: [{ filename: 'lib-1.0.tar.gz', bytes: bytes() }] }),
    args: ['resolve', '--index-url', '{index}', '--no-progress', 'lib'],
    exit: 3,
    says: 'lib 1.0',
    ...rest,
  }
}

const tar = (parts: readonly TarPart[], end?: Buffer) => (): Buffer => gzipSync(writeTar(parts, end))
const read = { exit: 0, says: 'lib==1.0' }
const damaged = { exit: 1, says: 'lib-1.0.tar.gz is damaged' }

/** Builds on a base of one layer. */
function base(
  id: string,
  given: string,
  layer: () => Buffer,
  code: ErrorCode | undefined,
  says?: string,
): Row {
  return buildRow(
    `${id} base`,
    `the layer of a base image: ${given}`,
    {
      files: () => ({ base: layout({ layer: layer() }), 'pylock.toml': lockOf([leastWheel]) }),
      index: { files: [leastWheel] },
    },
    { ...buildAnswer(code), ...(says === undefined ? {} : { says }) },
  )
}

const rootfs: readonly TarPart[] = [
  { name: 'etc/group', content: 'root:x:0:\n' },
  { name: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
  { name: 'usr/bin/python3.11', content: 'ELF', mode: 0o755 },
  { name: 'var/lib/dpkg/status', content: 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n' },
]
const rest =
  (...parts: readonly TarPart[]) =>
  (): Buffer =>
    writeTar([...parts, ...rootfs])
const nullSize = Buffer.concat([Buffer.from([0x90]), Buffer.alloc(11)])

export const archiveRows: readonly Row[] = [
  sdist(
    '69 python',
    'its Requires-Python is garbage',
    tar([
      setup,
      { ...info, content: metadataOf('lib', '1.0', { metadataVersion: '2.2', requiresPython: 'three' }) },
    ]),
    { exit: 1 },
  ),
  sdist(
    '69 demand',
    'one of its demands is garbage',
    tar([
      setup,
      { ...info, content: metadataOf('lib', '1.0', { metadataVersion: '2.2', requires: ['other >= '] }) },
    ]),
    { exit: 1 },
  ),
  sdist(
    '70 up',
    'members that would be written outside, which reading does not write',
    tar([
      { name: '../../../../svcsplit-corpus-evil', content: 'x' },
      { name: '/svcsplit-corpus-evil', content: 'x' },
      info,
    ]),
    read,
  ),
  sdist(
    '70 link',
    'a link to outside and a member through it',
    tar([
      { name: 'lib-1.0/l', kind: '2', link: '/tmp' },
      { name: 'lib-1.0/l/svcsplit-corpus-evil', content: 'x' },
      info,
    ]),
    read,
  ),
  sdist('71 device', 'a device', tar([{ name: 'lib-1.0/d', kind: '3' }, info]), read),
  sdist(
    '71 unknown',
    'an entry of no known type',
    tar([{ name: 'lib-1.0/d', kind: 'Z', content: 'x' }, info]),
    damaged,
  ),
  sdist(
    '72',
    'PAX and ustar give two sizes',
    tar([
      { name: 'x', kind: 'x', content: paxRecord('size', String(info.content!.length)) },
      { ...info, size: '00000000000' },
    ]),
    read,
  ),
  sdist(
    '73',
    'a PAX size before a GNU long name',
    tar([
      { name: 'x', kind: 'x', content: paxRecord('size', '0') },
      { name: '././@LongLink', kind: 'L', content: 'lib-1.0/PKG-INFO\0' },
      { ...info, name: 'cut' },
    ]),
    damaged,
  ),
  sdist(
    '74',
    'a path for all entries',
    tar([{ name: 'g', kind: 'g', content: paxRecord('path', 'lib-1.0/PKG-INFO') }, info]),
    damaged,
  ),
  sdist(
    '75 folder',
    'a folder with content',
    tar([{ name: 'lib-1.0/', kind: '5', content: 'x' }, info]),
    damaged,
  ),
  sdist(
    '75 null',
    'a size that no reader knows',
    tar([{ name: 'lib-1.0/x', size: nullSize }, info]),
    damaged,
  ),
  sdist(
    '75 negative',
    'a size below zero',
    tar([{ name: 'lib-1.0/x', size: '-0000000001\0' }, info]),
    damaged,
  ),
  sdist(
    '76',
    'a link whose content is another entry',
    tar([
      { name: 'lib-1.0/l', kind: '1', link: 'lib-1.0/x', content: writeTar([info], Buffer.alloc(0)) },
      info,
    ]),
    damaged,
  ),
  sdist(
    '77',
    'an entry after the end',
    tar([setup], Buffer.concat([Buffer.alloc(1024), writeTar([info])])),
    damaged,
  ),
  sdist(
    '78 length',
    'a PAX record of a wrong length',
    tar([{ name: 'x', kind: 'x', content: '99 path=y\n' }, info]),
    damaged,
  ),
  sdist(
    '78 nul',
    'a NUL byte in a PAX path',
    tar([{ name: 'x', kind: 'x', content: paxRecord('path', 'lib-1.0/a\0b') }, setup, info]),
    damaged,
  ),
  sdist(
    '78 proto',
    'a PAX key that JavaScript gives a meaning',
    tar([{ name: 'x', kind: 'x', content: paxRecord('__proto__', 'x') }, info]),
    read,
  ),
  sdist(
    '79',
    'a PAX header of sixty megabytes',
    () =>
      gzipSync(
        writeTar([{ name: 'x', kind: 'x', content: paxRecord('comment', 'x'.repeat(60_000_000)) }, info]),
      ),
    damaged,
  ),
  sdist('80 checksum', 'a wrong checksum', tar([{ ...info, checksum: 1 }]), damaged),
  sdist('80 number', 'a time that is no number', tar([setup, { ...info, mtime: '0000000oops' }]), damaged),
  sdist('80 below', 'a time before 1970', tar([setup, { ...info, mtime: Buffer.alloc(12, 0xff) }]), read),
  sdist('80 none', 'no PKG-INFO', tar([setup]), { exit: 3, says: 'does not state its metadata' }),
  sdist('81 bomb', 'a gigabyte of zeros in a megabyte', () => gzipSync(Buffer.alloc(1_000_000_000)), {
    exit: 1,
    says: 'more than anything legitimate',
    long: true,
  }),
  sdist('81 cut', 'a gzip stream that breaks off', () => tar([setup, info])().subarray(0, -12), {
    exit: 1,
    says: 'no gzip archive, or it breaks off',
  }),
  sdist('81 text', 'a web page', () => Buffer.from('<html>'), {
    exit: 1,
    says: 'no gzip archive, or it breaks off',
  }),

  base('75 none', 'nothing is wrong', () => writeTar(rootfs), undefined),
  base('75 folder', 'a folder with content', rest({ name: 'opt/', kind: '5', content: 'x' }), 'E-IMG-BASE'),
  base(
    '75 null',
    'a size that no reader knows',
    rest({ name: 'opt/x', size: nullSize }),
    'E-IMG-BASE',
    'impossible size',
  ),
  base(
    '75 huge',
    'a file of eight exabytes',
    rest({ name: 'opt/x', size: Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0x7f]), Buffer.alloc(7, 0xff)]) }),
    'E-IMG-BASE',
  ),
  base(
    '76',
    'a link whose content is another entry',
    rest({
      name: 'opt/l',
      kind: '1',
      link: 'opt/x',
      content: writeTar([{ name: 'usr/bin/python3.12', content: 'ELF' }], Buffer.alloc(0)),
    }),
    'E-IMG-BASE',
  ),
  base(
    '77',
    'an entry after the end',
    () => Buffer.concat([writeTar(rootfs), writeTar([{ name: 'usr/bin/python3.12', content: 'ELF' }])]),
    'E-IMG-BASE',
  ),
  base(
    '78 nul',
    'a NUL byte in a path',
    rest({ name: 'x', kind: 'x', content: paxRecord('path', 'opt/a\0b') }, { name: 'a' }),
    'E-IMG-BASE',
  ),
  base(
    '79',
    'a PAX header of two megabytes',
    rest({ name: 'x', kind: 'x', content: paxRecord('comment', 'x'.repeat(2_000_000)) }, { name: 'a' }),
    'E-IMG-BASE',
  ),
  base(
    '80 number',
    'a time that is no number',
    rest({ name: 'opt/x', mtime: '0000000oops' }),
    'E-IMG-BASE',
    'a number is none',
  ),
  base('80', 'a wrong checksum', rest({ name: 'a', checksum: 1 }), 'E-IMG-BASE'),
  base(
    '97',
    'a whiteout of what the same layer brings, which hides layers below alone',
    () => writeTar([...rootfs, { name: 'usr/.wh..wh..opq' }]),
    undefined,
  ),
  base(
    '98 python',
    'no Python',
    () => writeTar(rootfs.filter(({ name }) => !String(name).includes('python'))),
    'E-IMG-BASE',
    'python3',
  ),
]

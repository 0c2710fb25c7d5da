import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readSdistMetadata } from '#catalog/sdist-facts.js'
import { tarEnd } from '#layers/tar-header.js'

interface TarPart {
  readonly name: string
  readonly content?: string
  readonly kind?: string
  /** What the header says of the size, in octal digits; else the true one. */
  readonly size?: string
  readonly checksum?: number
}

function block({ name, content = '', kind = '0', size, checksum }: TarPart): Buffer {
  const body = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(name, 0, 100, 'utf8')
  header.write('0000644\0', 100)
  header.write((size ?? body.length.toString(8).padStart(11, '0')).slice(0, 12), 124, 'latin1')
  header.write(kind, 156, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  header.fill(0x20, 148, 156)
  const sum = checksum ?? header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}

function sdist(parts: readonly TarPart[], end: Buffer = tarEnd): Buffer {
  return gzipSync(Buffer.concat([...parts.map(block), end]))
}

function pax(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = rest.length
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length
  return `${length}${rest}`
}

const info: TarPart = { name: 'demo-1.0/PKG-INFO', content: 'Name: demo\n' }
const read = (bytes: Buffer) => readSdistMetadata(bytes, 'demo-1.0.tar.gz', 1_000_000)

describe('the metadata of an sdist', () => {
  it.each<[string, readonly TarPart[]]>([
    ['as it is', [info]],
    ['behind other files', [{ name: 'demo-1.0/setup.py', content: 'x'.repeat(2000) }, info]],
    [
      'under a name of PAX',
      [
        { name: 'x', kind: 'x', content: pax('path', 'demo-1.0/PKG-INFO') },
        { ...info, name: 'cut' },
      ],
    ],
    [
      'under a long name of GNU',
      [
        { name: '././@LongLink', kind: 'L', content: 'demo-1.0/PKG-INFO\0' },
        { ...info, name: 'cut' },
      ],
    ],
    [
      'in the size that PAX says, as Python reads it',
      [
        { name: 'x', kind: 'x', content: pax('size', String(info.content!.length)) },
        { ...info, size: '00000000000' },
      ],
    ],
    ['behind a comment for all', [{ name: 'g', kind: 'g', content: pax('comment', 'of git') }, info]],
  ])('is read %s', async (_title, parts) => {
    expect(await read(sdist(parts))).toBe(info.content)
  })

  it.each<[string, readonly TarPart[]]>([
    ['a link', [{ ...info, kind: '2', content: '' }]],
    ['a device', [{ ...info, kind: '3', content: '' }]],
    ['a folder', [{ name: 'demo-1.0/PKG-INFO/', kind: '5' }]],
    ['deeper than the top', [{ name: 'demo-1.0/a/PKG-INFO', content: 'x' }]],
  ])('is not taken from %s', async (_title, parts) => {
    expect(await read(sdist(parts))).toBeUndefined()
  })

  it.each<[string, Buffer]>([
    ['a wrong checksum', sdist([{ ...info, checksum: 1 }])],
    ['a size below zero', sdist([{ ...info, size: '-0000000001' }])],
    ['a size that is no number', sdist([{ ...info, size: 'many' }])],
    ['a size beyond all', sdist([{ ...info, size: '77777777777' }])],
    ['a PAX record of a wrong length', sdist([{ name: 'x', kind: 'x', content: '99 path=y\n' }, info])],
    ['a PAX size that is none', sdist([{ name: 'x', kind: 'x', content: pax('size', 'much') }, info])],
    [
      'a PAX path for all, which readers read in two ways',
      sdist([{ name: 'g', kind: 'g', content: pax('path', 'demo-1.0/PKG-INFO') }, info]),
    ],
    ['a break in the middle', sdist([info]).subarray(0, -12)],
    ['another format', Buffer.from('not gzip at all')],
    ['a bad CRC-32', Buffer.concat([sdist([info]).subarray(0, -8), Buffer.alloc(8)])],
    ['more than anything legitimate', gzipSync(Buffer.alloc(1_000_001))],
  ])('is refused with %s', async (_title, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: 'E-SDT-FORM' })
  })
})

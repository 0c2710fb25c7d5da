import { describe, expect, it } from 'vitest'
import { refuseLayer } from '#io/read-layer.js'
import { type ReadTarEntry, tarWalker } from '#io/tar-reader.js'
import { type TarEntry, tarHeader } from '#layers/tar-header.js'

const plain: TarEntry = { type: 'file', path: 'opt/venv/x.py', mode: 0o644, uid: 0, gid: 0, size: 0 }

function readBack(header: Buffer): ReadTarEntry {
  let found: ReadTarEntry | undefined
  const walker = tarWalker(
    {
      entry(entry) {
        found = entry
        return false
      },
    },
    refuseLayer('test'),
  )
  walker.push(header)
  walker.end()
  return found!
}

describe('a tar header', () => {
  it('is one ustar block where ustar is large enough', () => {
    const header = tarHeader(plain)

    expect(header.length).toBe(512)
    expect(header.toString('latin1', 257, 265)).toBe('ustar\x0000')
    expect(header.toString('latin1', 136, 148)).toBe('02263523000\0')
  })

  it.each([
    ['a name of 100 bytes', 'a'.repeat(100), 512],
    ['a name that splits at a slash', `${'d'.repeat(155)}/${'f'.repeat(100)}`, 512],
    ['a name that splits nowhere', 'a'.repeat(101), 1536],
    ['a folder part that is too long', `${'d'.repeat(156)}/f`, 1536],
    ['letters beyond ASCII', 'opt/é.py', 1536],
  ])('keeps %s', (_title, path, length) => {
    const header = tarHeader({ ...plain, path })

    expect(header.length).toBe(length)
    expect(readBack(header).path).toBe(path)
  })

  it('keeps a folder whose name fills its field only without the slash', () => {
    const header = tarHeader({ ...plain, type: 'folder', path: 'a'.repeat(100) })

    expect(readBack(header)).toMatchObject({ path: 'a'.repeat(100), type: '5' })
  })

  it('keeps where a link points, however far', () => {
    const target = `/${'t'.repeat(150)}`

    expect(readBack(tarHeader({ ...plain, type: 'link', target }))).toMatchObject({ type: '2', target })
  })

  it('keeps the ids of a service', () => {
    expect(readBack(tarHeader({ ...plain, uid: 42415, gid: 42415 }))).toMatchObject({
      uid: 42415,
      gid: 42415,
    })
  })
})

describe('a tar archive that two readers would read two ways is refused', () => {
  const header = tarHeader({ ...plain, size: 3 })
  const body = Buffer.from('abc'.padEnd(512, '\0'))
  const end = Buffer.alloc(1024)
  const read = (tar: Buffer) => {
    const walker = tarWalker({ entry: () => false }, refuseLayer('test'))
    walker.push(tar)
    walker.end()
  }
  const bent = (change: (bytes: Buffer) => void, entry: TarEntry = plain) => {
    const bytes = Buffer.from(tarHeader(entry))
    change(bytes)
    bytes.write('        ', 148)
    const sum = bytes.reduce((total, byte) => total + byte, 0)
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    return bytes
  }

  /** The record of a PAX header: its own length comes first, and counts itself. */
  const record = (text: string) => {
    const length = text.length + 2 + (text.length + 3 < 10 ? 1 : 2)
    return `${length} ${text}\n`
  }
  /** A header of this type for the next entry, with its text. */
  const extended = (type: string, text: string) =>
    Buffer.concat([
      bent((bytes) => bytes.write(type, 156), { ...plain, size: text.length }),
      Buffer.from(text.padEnd(512, '\0')),
    ])
  const one = record('path=opt/one')
  const two = record('path=opt/two')

  it.each([
    ['one', Buffer.concat([header, body, end])],
    ['one with an extended header', Buffer.concat([extended('x', one), header, body, end])],
    [
      'one with long names of GNU',
      Buffer.concat([extended('K', 'a\0'), extended('L', 'b\0'), header, body, end]),
    ],
    [
      'one with keys of others, twice',
      Buffer.concat([extended('x', record('GNU.sparse=1').repeat(2)), header, body, end]),
    ],
    [
      'one that says more of an entry than of all',
      Buffer.concat([
        extended('g', record('uid=100000')),
        extended('x', record('uid=200000')),
        header,
        body,
        end,
      ]),
    ],
  ])('and a right one is read: %s', (_title, tar) => {
    expect(() => read(tar)).not.toThrow()
  })

  it.each(['uid', 'gid'])('and a right %s counts', (key) => {
    expect(readBack(Buffer.concat([extended('x', record(`${key}=300000`)), tarHeader(plain)]))).toMatchObject(
      { [key]: 300000 },
    )
  })

  it.each([
    ['a file that breaks off', Buffer.concat([header, body.subarray(0, 100)])],
    ['a header that breaks off', header.subarray(0, 511)],
    ['a wrong checksum', Buffer.concat([bent(() => {}).fill('x', 0, 1), end])],
    ['an entry after the end', Buffer.concat([header, body, end, header, body])],
    [
      'a folder with bytes',
      Buffer.concat([bent((bytes) => bytes.write('5', 156), { ...plain, size: 3 }), body, end]),
    ],
    ['an unknown type', Buffer.concat([bent((bytes) => bytes.write('Z', 156)), end])],
    ['a size that is no number', Buffer.concat([bent((bytes) => bytes.write('9z', 124)), end])],
    ['a size beyond all files', Buffer.concat([bent((bytes) => bytes.fill(0xff, 124, 136)), end])],
    [
      'an extended header of a gigabyte',
      Buffer.concat([bent((bytes) => bytes.write('x', 156), { ...plain, size: 2 ** 30 }), end]),
    ],
    [
      'an extended header with a wrong length',
      Buffer.concat([
        bent((bytes) => bytes.write('x', 156), { ...plain, size: 12 }),
        Buffer.from('99 path=abc\n'.padEnd(512, '\0')),
        header,
        body,
        end,
      ]),
    ],
    ['two names in one extended header', Buffer.concat([extended('x', one + two), header, body, end])],
    ['two extended headers', Buffer.concat([extended('x', one), extended('x', two), header, body, end])],
    [
      'a name of GNU and one of POSIX',
      Buffer.concat([extended('L', 'opt/one\0'), extended('x', two), header, body, end]),
    ],
    [
      'a name of POSIX and one of GNU',
      Buffer.concat([extended('x', two), extended('L', 'opt/one\0'), header, body, end]),
    ],
    ['two names of GNU', Buffer.concat([extended('L', 'a\0'), extended('L', 'b\0'), header, body, end])],
    ['a size in hex', Buffer.concat([extended('x', record('size=0x003')), header, body, end])],
    ['a negative size', Buffer.concat([extended('x', record('size=-0003')), header, body, end])],
    ['an owner that is no number', Buffer.concat([extended('x', record('uid=abcdefg')), header, body, end])],
    ['a group that is no number', Buffer.concat([extended('x', record('gid=1e3')), header, body, end])],
    [
      'an owner of all that is no number',
      Buffer.concat([extended('g', record('uid=zz')), header, body, end]),
    ],
  ])('%s', (_title, tar) => {
    expect(() => read(tar)).toThrow(expect.objectContaining({ code: 'E-IMG-FORM' }))
  })
})

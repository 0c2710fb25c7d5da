import { describe, expect, it } from 'vitest'
import { directFile } from '#catalog/direct-file.js'
import { normalizeName } from '#pep/name.js'

const digest = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73'
const file = 'https://files.example/thing-1.0.tar.gz'

describe('the hash in a direct URL', () => {
  it.each([
    `sha256=${digest}`,
    `SHA256=${digest}`,
    `Sha256=${digest.toUpperCase()}`,
  ])('is held against the file: #%s', (fragment) => {
    expect(directFile(normalizeName('thing'), `${file}#${fragment}`).sha256).toEqual([digest])
  })

  it.each([
    'md5=0123',
    'MD5=0123',
    'SHA1=0123',
    'sha256=0123',
  ])('is refused if it cannot vouch for it: #%s', (fragment) => {
    expect(() => directFile(normalizeName('thing'), `${file}#${fragment}`)).toThrow(
      expect.objectContaining({ code: 'E-REQ-HASH' }),
    )
  })
})

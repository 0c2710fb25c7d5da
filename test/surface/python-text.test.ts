import { describe, expect, it } from 'vitest'
import { decodePython } from '#surface/python-text.js'

const latin = (text: string): Buffer => Buffer.from(text, 'latin1')

describe('the text of a Python source (PEP 263)', () => {
  it.each([
    ['UTF-8 if nothing is said', Buffer.from('x = "é"'), 'x = "é"'],
    ['UTF-8 after a byte order mark, which is dropped', Buffer.from('\uFEFFx = 1'), 'x = 1'],
    [
      'the encoding of the first line',
      latin('# -*- coding: latin-1 -*-\nx = "\xe9"'),
      '# -*- coding: latin-1 -*-\nx = "é"',
    ],
    [
      'the encoding of the second line',
      latin('#!/usr/bin/python\n# vim: set fileencoding=iso-8859-1 :\n\xe9'),
      '#!/usr/bin/python\n# vim: set fileencoding=iso-8859-1 :\né',
    ],
    ['nothing from the third line', Buffer.from('\n\n# coding: latin-1\né'), '\n\n# coding: latin-1\né'],
    ['nothing after code', Buffer.from('x = 1\n# coding: latin-1\né'), 'x = 1\n# coding: latin-1\né'],
    ['UTF-8 as editors spell it', Buffer.from('# coding: utf_8-unix\né'), '# coding: utf_8-unix\né'],
    ['a Chinese encoding', Buffer.from([...latin('# coding: gbk\n'), 0xc4, 0xe3]), '# coding: gbk\n你'],
    ['one kind of line end', Buffer.from('a\r\nb\rc\n'), 'a\nb\nc\n'],
    ['form feeds as they are', Buffer.from('\fx = 1'), '\fx = 1'],
  ])('takes %s', (_, bytes, text) => {
    expect(decodePython(bytes)).toEqual({ text })
  })

  it.each([
    [
      'an encoding that nobody knows',
      Buffer.from('# coding: klingon\n'),
      { problem: 'the encoding klingon', line: 1 },
    ],
    [
      'an encoding that contradicts the mark',
      Buffer.from('\uFEFF# coding: latin-1\n'),
      { problem: 'the encoding latin-1', line: 1 },
    ],
    ['bytes that are not UTF-8', latin('\xe9'), { problem: 'bytes that are not utf-8', line: 1 }],
    ['a null byte', Buffer.from('a\nb\0'), { problem: 'a null byte', line: 2 }],
  ])('refuses %s', (_, bytes, problem) => {
    expect(decodePython(bytes)).toEqual(problem)
  })
})

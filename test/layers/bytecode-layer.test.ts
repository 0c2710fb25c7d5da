import { describe, expect, it } from 'vitest'
import { bytecodeEntries, bytecodePath } from '#layers/bytecode-layer.js'

describe('a layer of bytecode', () => {
  it('has each file where Python looks for it', () => {
    expect(bytecodePath('opt/venv/lib/python3.11/site-packages/six.py', '3.11')).toBe(
      'opt/venv/lib/python3.11/site-packages/__pycache__/six.cpython-311.pyc',
    )
    expect(bytecodePath('a/b.c.py', '3.13')).toBe('a/__pycache__/b.c.cpython-313.pyc')
  })

  it('has folders before files, in byte order, and asks for bytes when their turn has come', () => {
    const asked: string[] = []
    const files = ['a/z/__pycache__/x.cpython-311.pyc', 'a/__pycache__/y.cpython-311.pyc'].map((path) => ({
      path,
      size: 1,
      sha256: '',
    }))
    const entries = bytecodeEntries(files, ({ path }) => {
      asked.push(path)
      return Buffer.from('p')
    })

    expect(entries.map(({ path }) => path)).toEqual([
      'a',
      'a/__pycache__',
      'a/__pycache__/y.cpython-311.pyc',
      'a/z',
      'a/z/__pycache__',
      'a/z/__pycache__/x.cpython-311.pyc',
    ])
    expect(asked).toEqual([])
    expect(entries[2]!.content!()).toEqual({ bytes: Buffer.from('p') })
    expect(entries.every(({ uid, gid }) => uid === 0 && gid === 0)).toBe(true)
  })
})

import { describe, expect, it } from 'vitest'
import { readSetupCall } from '#surface/setup-call.js'

async function read(text: string) {
  const { stated, computed } = await readSetupCall(Buffer.from(text))
  return { stated: Object.fromEntries(stated), computed: Object.fromEntries(computed) }
}

describe('A setup.py', () => {
  it('states what is written out: texts, lists, tables, and names that are given once', async () => {
    const text = `
from setuptools import setup
NAME = "shop"
needs = ['a>=1',
         "b" "c"]
setup(name=NAME, version=r'1.0', install_requires=needs, extras_require={'pg': ('psycopg',)}, zip_safe=False,
      entry_points="""
      [console_scripts]
      shop = shop:main
      """)
`
    expect(await read(text)).toEqual({
      stated: {
        name: 'shop',
        version: '1.0',
        install_requires: ['a>=1', 'bc'],
        extras_require: { pg: ['psycopg'] },
        zip_safe: false,
        entry_points: expect.stringContaining('shop = shop:main'),
      },
      computed: {},
    })
  })

  it.each<[string, string, object]>([
    ['a call', 'install_requires=read()', { install_requires: 2 }],
    ['a formatted text', "name=f'shop{x}'", { name: 2 }],
    ['an escape', "name='sh\\\\x6fp'", { name: 2 }],
    ['a list with something worked out', "install_requires=['a', b]", { install_requires: 2 }],
    ['sums', "install_requires=['a'] + more", { install_requires: 2 }],
    ['a table that takes in another', 'extras_require={**more}', { extras_require: 2 }],
    ['anything by keyword', "name='x', **about", { '*': 2 }],
  ])('works out %s', async (_, call, computed) => {
    expect((await read(`import setuptools\nsetuptools.setup(${call})\n`)).computed).toEqual(computed)
  })

  it.each([
    ['is added to', "needs = ['a']\nneeds.append('b')\nsetup(install_requires=needs)\n"],
    ['is given twice', "needs = ['a']\nif x:\n    needs = ['b']\nsetup(install_requires=needs)\n"],
    ['is given only sometimes', "if x:\n    needs = ['b']\nsetup(install_requires=needs)\n"],
    [
      'is given something that itself is named',
      "other = ['a']\nneeds = other\nsetup(install_requires=needs)\n",
    ],
  ])('does not state a name that %s', async (_, text) => {
    expect(await read(text)).toEqual({
      stated: {},
      computed: { install_requires: text.split('\n').length - 1 },
    })
  })

  it.each([
    ['calls setup() twice', "if x:\n    setup(name='a')\nelse:\n    setup(name='b')\n", 4],
    ['calls it nowhere', 'import sys\n', 1],
    ['is of Python 2', 'import x\nprint "x"\n', 2],
    ['is no text', '\0', 1],
  ])('that %s states nothing', async (_, text, line) => {
    expect(await read(text)).toEqual({ stated: {}, computed: { '*': line } })
  })
})

import { describe, expect, it } from 'vitest'
import type { UseFact } from '#surface/module-facts.js'
import { readTexts } from './sources.js'

async function usesOf(text: string): Promise<readonly UseFact[]> {
  const facts = await readTexts({ 'own/__init__.py': '', 'own/mod.py': text })
  expect(facts.unread).toEqual([])
  return facts.modules['own.mod']!.uses
}

/** `kind name moment guard? likely?`, without the modules of from-imports. */
async function shown(text: string): Promise<readonly string[]> {
  const uses = await usesOf(text)
  return uses.map(({ kind, name, moment, guard, certain }) =>
    [kind, name, moment, ...(guard === undefined ? [] : [guard]), ...(certain ? [] : ['likely'])].join(' '),
  )
}

describe('uses of other distributions', () => {
  it.each([
    ['a module', 'import ext.a, ext.b as b', ['module ext.a import', 'module ext.b import']],
    ['a name', 'from ext.a import x as y', ['module ext.a import', 'name ext.a.x import']],
    ['all names', 'from ext.a import *', ['module ext.a import']],
    [
      'nothing of its own, relative or absolute',
      'from . import x\nfrom .. import y\nimport own.b\nown.b.c()',
      [],
    ],
    ['nothing of the standard library', 'import os\nfrom sys import path\nos.path.join()', []],
    ['an attribute', 'import ext\next.a.b', ['module ext import', 'attribute ext.a.b import']],
    [
      'an attribute through an alias',
      'from ext import a as z\nz.b()',
      ['module ext import', 'name ext.a import', 'attribute ext.a.b import'],
    ],
    [
      'a call inside a function',
      'import ext\ndef f():\n    return ext.a',
      ['module ext import', 'attribute ext.a call'],
    ],
    [
      'an import inside a function',
      'def f():\n    import ext\n    ext.a',
      ['module ext call', 'attribute ext.a call'],
    ],
    [
      'defaults and decorators run on import',
      'import ext\n@ext.d\ndef f(a=ext.a): pass',
      ['module ext import', 'attribute ext.d import', 'attribute ext.a import'],
    ],
    [
      'an option that another module is to define',
      'CONF.import_opt("auth-url", "ext.opts", group="g")',
      ['module ext.opts import', 'option ext.opts[auth_url] import'],
    ],
    [
      'an option by keywords, when it is called',
      'def f():\n    CONF.import_opt(module_str="ext.opts", name="a")',
      ['module ext.opts call', 'option ext.opts[a] call'],
    ],
    ['a group of options', 'cfg.CONF.import_group("g", "ext.opts")', ['module ext.opts import']],
    ['no option under a name that is put together', 'CONF.import_opt(a, b)', []],
    [
      'annotations run on import',
      'import ext\ndef f(a: ext.a) -> ext.b: pass',
      ['module ext import', 'attribute ext.a import', 'attribute ext.b import'],
    ],
    [
      'annotations do not run where they are put off',
      'from __future__ import annotations\nimport ext\ndef f(a: ext.a): pass',
      ['module ext import', 'attribute ext.a import typing'],
    ],
    ['annotations of local names never run', 'import ext\ndef f():\n    x: ext.a = 1', ['module ext import']],
    [
      'class bodies and bases run on import',
      'import ext\nclass A(ext.B):\n    x = ext.c',
      ['module ext import', 'attribute ext.B import', 'attribute ext.c import'],
    ],
    [
      'lambdas run when called',
      'import ext\nf = lambda x=ext.a: ext.b',
      ['module ext import', 'attribute ext.a import', 'attribute ext.b call'],
    ],
    [
      'expressions in strings',
      'import ext\nf"{ext.a:>{ext.b}}"',
      ['module ext import', 'attribute ext.a import', 'attribute ext.b import'],
    ],
    [
      'keyword arguments',
      'from ext import f\nf(1, x=2)',
      ['module ext import', 'name ext.f import', 'keyword ext.f(x) import'],
    ],
    [
      'modules imported by name',
      'import importlib\nimportlib.import_module("ext.a")',
      ['module ext.a import'],
    ],
  ])('reads %s', async (_, text, expected) => {
    expect(await shown(text)).toEqual(expected)
  })

  it.each([
    ['a parameter', 'import ext\ndef f(ext): ext.a'],
    ['a local name', 'import ext\ndef f():\n    ext = 1\n    ext.a'],
    ['a name bound later in the function', 'import ext\ndef f():\n    ext.a\n    for ext in (): pass'],
    ['the target of a comprehension', 'import ext\n[ext.a for ext in ()]'],
    ['what a pattern captures', 'import ext\ndef f(x):\n    match x:\n        case [ext, *_]: ext.a'],
    ['a deleted name', 'import ext\ndel ext\ndef f(): ext.a'],
    ['an attribute that is set', 'import ext\next.a = 1'],
    ['an attribute that is deleted', 'import ext\ndel ext.a'],
  ])('takes %s for no use of the module', async (_, text) => {
    expect(await shown(text)).toEqual(['module ext import'])
  })

  it('does not look up names of a class body from its methods', async () => {
    expect(await shown('import ext\nclass A:\n    ext = 1\n    def f(self): ext.a')).toContain(
      'attribute ext.a call',
    )
  })

  it('finds a name that a function declares global', async () => {
    expect(await shown('import ext\ndef f():\n    global ext\n    ext.a')).toContain('attribute ext.a call')
  })

  it('is not certain of a name that is bound in several ways', async () => {
    const uses = await shown('try:\n    import ext\nexcept ImportError:\n    ext = None\next.a')
    expect(uses).toEqual(['module ext import import-error', 'attribute ext.a import import-error likely'])
  })

  it.each([
    ['try:\n    from ext import a\nexcept ImportError:\n    a = None', 'name ext.a import import-error'],
    [
      'try:\n    from ext import a\nexcept (ValueError, ModuleNotFoundError):\n    a = None',
      'name ext.a import import-error',
    ],
    ['try:\n    from ext import a\nexcept Exception:\n    a = None', 'name ext.a import any-error'],
    ['try:\n    from ext import a\nexcept:\n    a = None', 'name ext.a import any-error'],
    ['try:\n    from ext import a\nexcept ImportError:\n    raise SystemExit(1)', 'name ext.a import'],
    ['try:\n    from ext import a\nexcept ValueError:\n    pass', 'name ext.a import'],
    ['try:\n    pass\nexcept ImportError:\n    from ext import a', 'name ext.a import import-error'],
    ['try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    from ext import a', 'name ext.a import'],
    [
      'import contextlib\nwith contextlib.suppress(ImportError):\n    from ext import a',
      'name ext.a import import-error',
    ],
    [
      'import ext\ntry:\n    ext.a\nexcept AttributeError:\n    pass',
      'attribute ext.a import attribute-error',
    ],
    ['import ext\ntry:\n    ext.a\nexcept ImportError:\n    pass', 'attribute ext.a import'],
    ['import ext\nif hasattr(ext, "a"):\n    ext.a', 'attribute ext.a import hasattr'],
    ['import ext\nhasattr(ext, "a") and ext.a', 'attribute ext.a import'],
    ['import sys\nif sys.version_info < (3, 8):\n    from ext import a', 'name ext.a import version'],
    ['import typing\nif typing.TYPE_CHECKING:\n    from ext import a', 'name ext.a import typing'],
    ['if __name__ == "__main__":\n    from ext import a', 'name ext.a import condition'],
    ['def f(x):\n    if x:\n        from ext import a', 'name ext.a call'],
    ['try:\n    def f():\n        from ext import a\nexcept ImportError:\n    pass', 'name ext.a call'],
  ])('tells the guard in %j', async (text, expected) => {
    expect(await shown(text)).toContain(expected)
  })

  it('gives the first line of a name and counts the rest', async () => {
    const uses = await usesOf('\n\nimport ext\n\next.a\next.a\n\n\ndef f():\n    ext.a\n')
    expect(uses.filter(({ kind }) => kind === 'attribute')).toMatchObject([
      { line: 5, moment: 'import', count: 2 },
      { line: 10, moment: 'call', count: 1 },
    ])
  })
})

it('A wheel without sources has its modules all the same: what they bind cannot be told', async () => {
  const { opaque } = await readTexts({
    'shop/__init__.pyc': '',
    'shop/api.pyc': '',
    'shop/fast.cpython-311-x86_64-linux-gnu.so': '',
    'shop/__pycache__/gone.cpython-311.pyc': '',
  })
  expect(opaque).toEqual({ shop: 'compiled', 'shop.api': 'compiled', 'shop.fast': 'compiled' })
})

import { describe, expect, it } from 'vitest'
import { Resolver } from '#surface/resolve.js'
import { readTexts } from './sources.js'

async function stateOf(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const { entity } = new Resolver(await readTexts(files)).follow(name)
  if (entity.is === 'unknown') return `unknown ${entity.reason}`
  return entity.is === 'gone' ? `gone ${entity.missing}` : 'bound'
}

const module = (text: string) => ({ 'p/__init__.py': text })

describe('names that a module binds', () => {
  it.each([
    ['x = 1'],
    ['x: int = 1'],
    ['a = (b, [x, *c]) = q'],
    ['x += 1'],
    ['def x(): pass'],
    ['async def x(): pass'],
    ['class x: pass'],
    ['@d\nclass x: pass'],
    ['import x'],
    ['import x.y'],
    ['import y as x'],
    ['from y import x'],
    ['from y import z as x'],
    ['from .q import x'],
    ['for a, x in q: pass'],
    ['with q as x: pass'],
    ['with q as (a, x), r: pass'],
    ['with (q as a, r as x): pass'],
    ['if (x := 1): pass'],
    ['[(x := i) for i in q]'],
    ['try:\n    import x\nexcept ImportError:\n    pass'],
    ['try: pass\nexcept E: x = 1'],
    ['if a: pass\nelif b: pass\nelse:\n    x = 1'],
    ['while a:\n    x = 1'],
    ['match q:\n    case {"k": x}: pass'],
    ['match q:\n    case C(k=x): pass'],
    ['match q:\n    case [_, *x]: pass'],
    ['match q:\n    case int() as x: pass'],
    ['type x = int'],
    ['from __future__ import annotations as x'],
    ['del x\nx = 1'],
  ])('binds x by %j', async (text) => {
    expect(await stateOf('p.x', module(text))).toBe('bound')
  })

  it.each([
    ['x: int'],
    ['q.x = 1'],
    ['x[0]'],
    ['def f(x): pass'],
    ['def f():\n    x = 1'],
    ['class A:\n    x = 1'],
    ['[x for x in q]'],
    ['lambda x: x'],
    ['f(x=1)'],
    ['x = 1\ndel x'],
    ['try: pass\nexcept E as x: pass'],
    ['from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from q import x'],
    ['import a.x'],
  ])('does not bind x by %j', async (text) => {
    expect(await stateOf('p.x', module(text))).toBe('gone p.x')
  })

  it.each([
    ['a module that answers for any name', 'def __getattr__(name): pass'],
    ['a loader that answers for any name', '__getattr__, __dir__, __all__ = lazy.attach(__name__)'],
    ['names put into globals()', 'globals()["x"] = 1'],
    ['names put into the module by its own entry', 'import sys\nsys.modules[__name__] = object()'],
    ['code that is executed', 'exec("x = 1")'],
    ['a name that a function makes global', 'def f():\n    global x\n    x = 1'],
    ['a name that is deleted under a condition', 'x = 1\nif a:\n    del x'],
    ['a star import from another distribution', 'from ext import *'],
  ])('does not know of %s', async (_, text) => {
    expect(await stateOf('p.x', module(text))).toMatch(/^unknown /)
  })

  it.each([
    ['follows a star import', { 'p/__init__.py': 'from .q import *', 'p/q.py': 'x = 1' }, 'bound'],
    [
      'leaves out private names of a star import',
      { 'p/__init__.py': 'from .q import *', 'p/q.py': '_x = 1' },
      'gone p._x',
    ],
    [
      'obeys __all__',
      { 'p/__init__.py': 'from .q import *', 'p/q.py': '__all__ = ["y"]\nx = y = 1' },
      'gone p.x',
    ],
    [
      'obeys __all__ that is added to',
      { 'p/__init__.py': 'from .q import *', 'p/q.py': '__all__ = ["y"]\n__all__ += ("x",)\nx = 1' },
      'bound',
    ],
    [
      'doubts an __all__ that is put together',
      { 'p/__init__.py': 'from .q import *', 'p/q.py': '__all__ = f()\nx = 1' },
      'unknown dynamic',
    ],
    [
      'follows star imports in a circle',
      { 'p/__init__.py': 'from .q import *', 'p/q.py': 'from . import *' },
      'unknown dynamic',
    ],
    ['finds a submodule', { 'p/__init__.py': '', 'p/x.py': '' }, 'bound'],
    ['finds a submodule that is a namespace', { 'p/__init__.py': '', 'p/x/y.py': '' }, 'bound'],
    [
      'finds a name that another module sets',
      { 'p/__init__.py': '', 'p/q.py': 'import p\np.x = 1' },
      'bound',
    ],
    [
      'does not know what another module sets by computed names',
      { 'p/__init__.py': '', 'p/q.py': 'import p\nsetattr(p, n, 1)' },
      'unknown dynamic',
    ],
    [
      'does not know what is set in modules that are found by computed names',
      {
        'p/__init__.py': '',
        'p/q.py': 'import sys\ndef f(m, n):\n    found = sys.modules[m]\n    setattr(found, n, 1)',
      },
      'unknown dynamic',
    ],
    [
      'does not know what is set in whatever module calls',
      {
        'p/__init__.py': '',
        'p/q.py': 'import inspect\ndef f(frame):\n    m = inspect.getmodule(frame)\n    m.x = 1',
      },
      'unknown dynamic',
    ],
    [
      'knows what is set on anything where no module is looked up',
      { 'p/__init__.py': '', 'p/q.py': 'def f(m, n):\n    setattr(m, n, 1)\n    m.x = 1' },
      'gone p.x',
    ],
    [
      'does not know a module made by hand',
      { 'p/__init__.py': '', 'p/q.py': 'import sys\nsys.modules["p.x"] = 1' },
      'unknown dynamic',
    ],
    [
      'does not know modules of a finder of its own',
      { 'p/__init__.py': '', 'p/q.py': 'import sys\nsys.meta_path.append(f)' },
      'unknown dynamic',
    ],
    [
      'does not know what is compiled',
      { 'p/__init__.cpython-311-x86_64-linux-gnu.so': '' },
      'unknown compiled',
    ],
    ['does not know what does not parse', { 'p/__init__.py': 'print "x"' }, 'unknown unparsed'],
    ['ignores stubs', { 'p/__init__.py': '', 'p/__init__.pyi': 'x: int' }, 'gone p.x'],
  ] as [string, Record<string, string>, string][])('%s', async (_, files, expected) => {
    expect(await stateOf(expected.includes('_x') ? 'p._x' : 'p.x', files)).toBe(expected)
  })

  it('goes on through names that are modules', async () => {
    const files = { 'p/__init__.py': 'from .a import b as c', 'p/a/__init__.py': '', 'p/a/b.py': 'x = 1' }
    expect(await stateOf('p.c.x', files)).toBe('bound')
    expect(await stateOf('p.c.y', files)).toBe('gone p.c.y')
  })

  it('looks into a submodule whose name its package binds to another module', async () => {
    const files = {
      'p/__init__.py': 'from .db import api',
      'p/db/__init__.py': '',
      'p/db/api.py': 'y = 1',
      'p/api.py': 'x = 1',
    }
    expect(await stateOf('p.api.x', files)).toBe('bound')
    expect(await stateOf('p.api.y', files)).toBe('bound')
    expect(await stateOf('p.api.z', files)).toBe('gone p.api.z')
  })

  it('tells the module that is missing, not the name in it', async () => {
    expect(await stateOf('p.q.x', module(''))).toBe('gone p.q')
    expect(await stateOf('z.x', module(''))).toBe('gone z')
  })
})

describe('members of a class', () => {
  const member = async (name: string, text: string) =>
    new Resolver(await readTexts(module(text))).member({ module: 'p', name: 'C' }, name).is

  it.each([
    ['class C:\n    x = 1', 'value'],
    ['class C:\n    def f(self): self.x = 1', 'value'],
    ['class B:\n    x = 1\nclass C(B): pass', 'value'],
    ['class C: pass', 'gone'],
    ['class B(object): pass\nclass C(B): pass', 'gone'],
    ['class C(Exception): pass', 'unknown'],
    ['from ext import B\nclass C(B): pass', 'unknown'],
    ['class C(f()): pass', 'unknown'],
    ['class C(metaclass=M): pass', 'unknown'],
    ['@d\nclass C: pass', 'unknown'],
    ['class C:\n    def __getattr__(self, n): pass', 'unknown'],
    ['class C:\n    def f(self): setattr(self, n, 1)', 'unknown'],
    ['class C: pass\nsetattr(C, n, 1)', 'unknown'],
    ['class C: pass\nC.x = 1', 'value'],
    ['class C(C): pass', 'unknown'],
  ])('is x one of %j: %s', async (text, expected) => {
    expect(await member('x', text)).toBe(expected)
  })
})

describe('options that a distribution defines', () => {
  const option = async (name: string, files: Readonly<Record<string, string>>) =>
    new Resolver(await readTexts({ 'p/__init__.py': '', ...files })).option('p.opts', name).is

  it.each([
    ['one that the module defines', { 'p/opts.py': 'O = [cfg.StrOpt("max-retries", default=1)]' }, 'module'],
    ['one named by keyword', { 'p/opts.py': 'O = cfg.IntOpt(name="max_retries")' }, 'module'],
    [
      'one that another module defines, and this may register',
      { 'p/opts.py': '', 'p/q.py': 'cfg.Opt("max_retries")' },
      'module',
    ],
    ['one that nothing defines', { 'p/opts.py': 'cfg.StrOpt("other")' }, 'gone'],
    ['one of a module that is gone', { 'p/other.py': 'cfg.StrOpt("max_retries")' }, 'gone'],
    ['any where some are put together', { 'p/opts.py': 'cfg.StrOpt(prefix + "retries")' }, 'unknown'],
    ['any where a module cannot be read', { 'p/opts.py': '', 'p/q.py': 'print 1' }, 'unknown'],
  ])('%s', async (_, files, expected) => {
    expect(await option('max_retries', files)).toBe(expected)
  })
})

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { ensureDir } from '#io/files.js'
import { tempDir } from '#io/temp-dir.js'
import { Resolver } from '#surface/resolve.js'
import { readTexts } from './sources.js'

/** A package of ways to bind names, each in a module of its own. */
const files: Readonly<Record<string, string>> = {
  'trick/__init__.py': 'from . import stars, private as hidden\nfrom .defs import *\nimport trick.sub.leaf\n',
  'trick/defs.py':
    'from __future__ import annotations\n__all__ = ["one", "Two"]\n__all__ += ["three"]\none = three = four = 1\nclass Two: pass\ndef five(): pass\n',
  'trick/stars.py': 'from .defs import *\nfrom .private import *\nfrom os.path import join as joined, sep\n',
  'trick/private.py': '_a = 1\nb: int = 2\nc: str\nd = e, (f, *g) = (1, (2, 3))\ndel g\n',
  'trick/flow.py':
    'import sys\nfor i, j in [(1, 2)]: pass\nwith open(__file__) as k: pass\nif (l := 1): m = 1\nelse: n = 1\nwhile True:\n    o = 1\n    break\ntry:\n    import nothing_at_all\nexcept ImportError as p:\n    q = 1\nelse:\n    r = 1\nfinally:\n    s = 1\n[t for t in "ab"]\n[(u := v) for v in "ab"]\ndel i\nmatch [1, 2]:\n    case [w, *x]: pass\nlambda y: y\n',
  'trick/deleted.py': 'a = b = 1\ndel a\nb = 2\nc = 1\ndel (c)\n',
  'trick/lazy.py':
    'def __getattr__(name):\n    if name == "later": return 1\n    raise AttributeError(name)\n',
  'trick/computed.py': 'for name in ("x", "y"):\n    globals()[name] = 1\n',
  'trick/setter.py': 'from . import plain, target\ntarget.given = 1\nsetattr(plain, "p", 1)\n',
  'trick/target.py': '',
  'trick/plain.py': '',
  'trick/typed.py':
    'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from os import path\nelse:\n    path = None\n',
  'trick/made.py': 'import sys, types\nsys.modules["trick.made.up"] = types.ModuleType("trick.made.up")\n',
  'trick/function.py':
    'def f():\n    global later, never\n    later = 1\nf()\nclass C:\n    inside = 1\n    def g(self): local = 1\n',
  'trick/latin.py': '# -*- coding: latin-1 -*-\ngr\u00fc\u00df = 1\n',
  'trick/feed.py': '\fx = 1\n\tdef_ = 1\n'.replace('\n\t', '\n'),
  'trick/sub/leaf.py': 'value = 1\n',
}

const ask = `
import importlib, json, sys
names = {}
for module in sys.argv[1:]:
    importlib.import_module(module)
for module in sys.argv[1:]:
    names[module] = sorted(vars(sys.modules[module]))
print(json.dumps(names))
`

it('agrees with CPython on every name of a package that binds names in every way', async () => {
  await tempDir('svcsplit-trick-', async (folder) => {
    const content = (path: string) => Buffer.from(files[path]!, path.endsWith('latin.py') ? 'latin1' : 'utf8')
    for (const path of Object.keys(files)) {
      await ensureDir(join(folder, dirname(path)))
      writeFileSync(join(folder, path), content(path))
    }
    const modules = Object.keys(files).map((path) =>
      path.replace(/(\/__init__)?\.py$/, '').replaceAll('/', '.'),
    )
    const said = JSON.parse(
      execFileSync('python3', ['-c', ask, ...modules], { cwd: folder, encoding: 'utf8' }),
    ) as Record<string, string[]>
    const facts = await readTexts(Object.fromEntries(Object.keys(files).map((path) => [path, content(path)])))
    expect(facts.unread).toEqual([])
    const resolver = new Resolver(facts)
    const stateOf = (name: string): string => {
      const { is } = resolver.follow(name).entity
      return is === 'gone' || is === 'unknown' ? is : 'bound'
    }
    // what the interpreter itself gives to modules is no matter of reading
    const known = new Set(
      Object.values(said)
        .flat()
        .filter((name) => !/^__\w+__$/.test(name) || name === '__all__'),
    )
    const disagree = modules.flatMap((module) =>
      [...known].flatMap((name) => {
        const state = stateOf(`${module}.${name}`)
        const there = said[module]!.includes(name)
        return state === 'unknown' || (state === 'bound') === there ? [] : [`${module}.${name} is ${state}`]
      }),
    )
    expect(disagree).toEqual([])
    const unknown = said['trick.flow']!.filter((name) => stateOf(`trick.flow.${name}`) === 'unknown')
    expect(unknown).toEqual([])
  })
})

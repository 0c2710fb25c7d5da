import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { Language, Parser, type TreeCursor } from 'web-tree-sitter'
import { grammarTables, viewsOf, visitTree } from '#surface/tree-memory.js'

declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
}

type Told = readonly [depth: number, symbol: number, field: number, start: number, end: number]

const memory = new WebAssembly.Memory({ initial: 512, maximum: 32_768 })
let parser: Parser

beforeAll(async () => {
  const { resolve } = createRequire(import.meta.url)
  await Parser.init({
    locateFile: () => resolve('web-tree-sitter/web-tree-sitter.wasm'),
    ...({ wasmMemory: memory } as object),
  })
  parser = new Parser()
  parser.setLanguage(await Language.load(resolve('tree-sitter-python/tree-sitter-python.wasm')))
})

/** All nodes but the root, as they lie in memory and as the library's cursor gives them. */
function bothWays(text: string): { readonly read: readonly Told[]; readonly asked: readonly Told[] } {
  const tree = parser.parse(text)!
  const read: Told[] = []
  let depth = 0
  const addressOf = (handle: object) => (handle as { readonly 0: number })[0]
  const views = viewsOf(memory.buffer)
  visitTree(views, grammarTables(views, addressOf(parser.language!)), addressOf(tree), {
    enter: (symbol, field, start, end, hasChildren) => {
      read.push([depth, symbol, field, start, end])
      if (hasChildren) depth++
      return true
    },
    leave: () => {
      depth--
    },
  })
  const asked: Told[] = []
  const ask = (cursor: TreeCursor): void => {
    if (!cursor.gotoFirstChild()) return
    do {
      const { currentDepth, nodeTypeId, currentFieldId, startIndex, endIndex } = cursor
      asked.push([currentDepth - 1, nodeTypeId, currentFieldId, startIndex, endIndex])
      ask(cursor)
    } while (cursor.gotoNextSibling())
    cursor.gotoParent()
  }
  ask(tree.walk())
  tree.delete()
  return { read, asked }
}

const sample = `
# a comment before all else
from __future__ import annotations
from . import (a as b,  # one between names
    c)
import é.ü as ö, d
@e.f(1)
class C(D, metaclass=E):
    "doc"
    x: int = 1; y = z = None
    async def f(self, /, a, b: int = 2, *args, c=3, **kw) -> str:
        # a comment first
        with open(a) as g, h as (i, j): return await g.read()
        try:
            yield f"{a!r:>{b}} {{}} \\N{DASH} {c['d']}" "joined" b'bytes'
        except (A, B) as e: raise X from e
        except* C: pass
        else: del a[0], b.c
        finally: global g
        return lambda *k: k if k else \\
            not k
match x, y:
    case [A(b=1, c=_), *rest] if rest: pass
    case {"k": v, **kw} | None: pass
type T[U] = list[U]
if (n := len(a)) > 1 < 2 is not 3 not in 4: print(n)
elif [x async for x in y if x for z in x]: exec("a")
else: a[1:2, ::3] += -b ** ~c
for i, in j: continue
while True: break
"""\u{1F40D} ends""" ; a . b . c
`

describe('trees in memory', () => {
  it.each([
    ['of every kind of statement', sample],
    ['of nothing', ''],
    ['of comments alone', '\n\n# one\n\n   # two\n'],
    ['of a long list', `x = [${Array.from({ length: 5000 }, (_, index) => `"n${index}"`).join(', ')}]\n`],
    ['of many statements', 'a.b(c=1)\n'.repeat(3000)],
  ])('are those %s that the library tells of', (_, text) => {
    const { read, asked } = bothWays(text)
    expect(read).toEqual(asked)
  })

  it('are those of a program that the library tells of', async () => {
    const { read, asked } = bothWays(await readFile('bench/measure.py', 'utf8'))
    expect(read.length).toBeGreaterThan(100)
    expect(read).toEqual(asked)
  })
})

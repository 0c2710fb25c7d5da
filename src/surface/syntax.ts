import { createRequire } from 'node:module'
import type { TreeCursor, Parser as TreeSitter } from 'web-tree-sitter'

/** A node of the syntax tree; punctuation and keywords are left out. Types and fields are those of tree-sitter-python. */
export interface Node {
  readonly type: string
  /** What the node is to its parent; empty if the grammar has no word for it. */
  readonly field: string
  /** Offsets into the text. */
  readonly start: number
  readonly end: number
  readonly children: readonly Node[]
}

export interface SyntaxProblem {
  readonly problem: string
  /** Counted from 1. */
  readonly line: number
}

export interface PythonParser {
  parse(text: string): Node | SyntaxProblem
}

/** Code that a person could read is nested a tenth as deep; the readers of the tree recurse. */
const maxDepth = 1000

let opened: Promise<PythonParser> | undefined

/** The parser is a megabyte of WebAssembly: it is loaded when the first source is read, and not before. */
export function openPythonParser(): Promise<PythonParser> {
  opened ??= load()
  return opened
}

async function load(): Promise<PythonParser> {
  const { Parser, Language } = await import('web-tree-sitter')
  const { resolve } = createRequire(import.meta.url)
  // `npm run build` puts both beside the program, so that the package needs no other one.
  await Parser.init({ locateFile: () => resolve('#wasm/web-tree-sitter.wasm') })
  const language = await Language.load(resolve('#wasm/tree-sitter-python.wasm'))
  const parser = new Parser()
  parser.setLanguage(language)
  // Each question to the cursor is a call into WebAssembly, so what follows from the type is asked once.
  const kinds: NodeKind[] = []
  for (let id = 0; id < language.nodeTypeCount; id++) {
    const type = language.nodeTypeForId(id) ?? ''
    kinds.push({ type, kept: language.nodeTypeIsNamed(id) && type !== 'comment', leaf: leaves.has(type) })
  }
  const fields = language.fields.map((field) => field ?? '')
  return { parse: (text) => parseWith(parser, kinds, fields, text) }
}

interface NodeKind {
  readonly type: string
  readonly kept: boolean
  readonly leaf: boolean
}

const leaves = new Set([
  'identifier',
  'integer',
  'float',
  'true',
  'false',
  'none',
  'ellipsis',
  'pass_statement',
])

/** Python 2 statements that the grammar knows and CPython 3 does not. */
const python2 = new Set(['print_statement', 'exec_statement'])

interface Building {
  readonly type: string
  readonly field: string
  readonly start: number
  readonly end: number
  readonly children: Building[]
}

function parseWith(
  parser: TreeSitter,
  kinds: readonly NodeKind[],
  fields: readonly string[],
  text: string,
): Node | SyntaxProblem {
  const tree = parser.parse(text)
  if (tree === null) return { problem: 'no syntax tree', line: 1 }
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length
  const cursor = tree.walk()
  try {
    if (tree.rootNode.hasError) return { problem: 'a syntax error', line: lineOf(errorIn(cursor)) }
    const root: Building = { type: 'module', field: '', start: 0, end: text.length, children: [] }
    const stack = [root]
    // Depth first, without recursion: hostile text must not overflow the stack here either.
    let down = cursor.gotoFirstChild()
    while (stack.length > 0) {
      if (!down) {
        cursor.gotoParent()
        stack.pop()
        down = stack.length > 0 && cursor.gotoNextSibling()
        continue
      }
      const { type, kept, leaf } = kinds[cursor.nodeTypeId]!
      if (!kept) {
        down = cursor.gotoNextSibling()
        continue
      }
      const { startIndex: start, endIndex: end } = cursor
      const node: Building = { type, field: fields[cursor.currentFieldId] ?? '', start, end, children: [] }
      if (python2.has(type) && !/^(?:print|exec)\s*\(/.test(text.slice(start, start + 20)))
        return { problem: 'a statement of Python 2', line: lineOf(start) }
      stack.at(-1)!.children.push(node)
      if (!leaf && (type !== 'string' || isFormatted(text, start)) && cursor.gotoFirstChild()) {
        stack.push(node)
        if (stack.length > maxDepth) return { problem: `nested deeper than ${maxDepth}`, line: lineOf(start) }
        down = true
      } else down = cursor.gotoNextSibling()
    }
    return root
  } finally {
    cursor.delete()
    tree.delete()
  }
}

/** Offset of the first error, which is known to be there. */
function errorIn(cursor: TreeCursor): number {
  for (;;) {
    if (cursor.nodeType === 'ERROR' || cursor.nodeIsMissing) return cursor.startIndex
    if (cursor.currentNode.hasError && cursor.gotoFirstChild()) continue
    if (!cursor.gotoNextSibling()) return cursor.startIndex
  }
}

/** Only strings with expressions in them are worth entering. */
function isFormatted(text: string, start: number): boolean {
  for (let at = start; at < start + 3; at++) {
    const letter = text[at]!
    if (letter === '"' || letter === "'") return false
    if ('fFtT'.includes(letter)) return true
  }
  return false
}

export function childOf(node: Node, field: string): Node | undefined {
  return node.children.find((child) => child.field === field)
}

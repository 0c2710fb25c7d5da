import { createRequire } from 'node:module'
import type { TreeCursor } from 'web-tree-sitter'
import { grammarTables, type TreeVisitor, viewsOf, visitTree } from './tree-memory.js'

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

/** In neither the types of Node nor those of the language. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
}

let opened: Promise<PythonParser> | undefined

/** The parser is a megabyte of WebAssembly: it is loaded when the first source is read, and not before. */
export function openPythonParser(): Promise<PythonParser> {
  opened ??= load()
  return opened
}

async function load(): Promise<PythonParser> {
  const { Parser, Language } = await import('web-tree-sitter')
  const { resolve } = createRequire(import.meta.url)
  // As large as the library makes it itself, at first and at most.
  const memory = new WebAssembly.Memory({ initial: 512, maximum: 32_768 })
  // `npm run build` puts both beside the program, so that the package needs no other one.
  await Parser.init({
    locateFile: () => resolve('#wasm/web-tree-sitter.wasm'),
    ...({ wasmMemory: memory } as object),
  })
  const language = await Language.load(resolve('#wasm/tree-sitter-python.wasm'))
  const parser = new Parser()
  parser.setLanguage(language)
  const kinds: NodeKind[] = []
  for (let id = 0; id < language.nodeTypeCount; id++) {
    const type = language.nodeTypeForId(id) ?? ''
    kinds.push({
      type,
      kept: language.nodeTypeIsNamed(id) && type !== 'comment',
      leaf: leaves.has(type),
      python2: python2.has(type),
    })
  }
  const fields = language.fields.map((field) => field ?? '')
  let views = viewsOf(memory.buffer)
  const tables = grammarTables(views, addressOf(language))
  return {
    parse: (text) => {
      const tree = parser.parse(text)
      if (tree === null) return { problem: 'no syntax tree', line: 1 }
      try {
        if (tree.rootNode.hasError)
          return { problem: 'a syntax error', line: lineAt(text, errorIn(tree.walk())) }
        if (views.bytes.buffer !== memory.buffer) views = viewsOf(memory.buffer)
        const copy = new TreeCopy(text, kinds, fields)
        visitTree(views, tables, addressOf(tree), copy)
        return copy.problem ?? copy.root()
      } finally {
        tree.delete()
      }
    },
  }
}

/** Of what the library has in the memory of its WebAssembly. */
function addressOf(handle: object): number {
  return (handle as { readonly 0: number })[0]
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** What follows from the type of a node. */
interface NodeKind {
  readonly type: string
  readonly kept: boolean
  readonly leaf: boolean
  readonly python2: boolean
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

interface Building extends Node {
  children: readonly Node[]
}

const noChildren: readonly Node[] = []

/** Makes plain objects of a tree, up to the first problem. */
class TreeCopy implements TreeVisitor {
  problem: SyntaxProblem | undefined
  readonly #text: string
  readonly #kinds: readonly NodeKind[]
  readonly #fields: readonly string[]
  /** Nodes whose parent is still open; the list of a parent's children is made when their number is known. */
  readonly #waiting: Building[] = []
  #count = 0
  /** Of the open nodes, where their children begin in those that wait. */
  readonly #open: number[] = [0]

  constructor(text: string, kinds: readonly NodeKind[], fields: readonly string[]) {
    this.#text = text
    this.#kinds = kinds
    this.#fields = fields
  }

  root(): Node {
    const children = this.#waiting.slice(0, this.#count)
    return { type: 'module', field: '', start: 0, end: this.#text.length, children }
  }

  enter(symbol: number, field: number, start: number, end: number, hasChildren: boolean): boolean {
    const { type, kept, leaf, python2 } = this.#kinds[symbol]!
    if (!kept || this.problem !== undefined) return false
    if (python2 && !/^(?:print|exec)\s*\(/.test(this.#text.slice(start, start + 20)))
      return this.#fail('a statement of Python 2', start)
    const entered = hasChildren && !leaf && (type !== 'string' || isFormatted(this.#text, start))
    if (entered && this.#open.length === maxDepth) return this.#fail(`nested deeper than ${maxDepth}`, start)
    this.#waiting[this.#count++] = { type, field: this.#fields[field]!, start, end, children: noChildren }
    if (entered) this.#open.push(this.#count)
    return entered
  }

  leave(): void {
    const first = this.#open.pop()!
    if (this.#count > first) this.#waiting[first - 1]!.children = this.#waiting.slice(first, this.#count)
    this.#count = first
  }

  #fail(problem: string, start: number): false {
    this.problem = { problem, line: lineAt(this.#text, start) }
    return false
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
  // asked so often that a function for each question would be felt
  for (const child of node.children) if (child.field === field) return child
  return undefined
}

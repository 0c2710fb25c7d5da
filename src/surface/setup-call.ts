import type { SetupCall, SetupValue } from '#pep/setup-call.js'
import { decodePython } from './python-text.js'
import { childOf, type Node, openPythonParser, type SyntaxProblem } from './syntax.js'

/** `setup(...)`, `setuptools.setup(...)` and the like. */
const setupName = /^(?:[A-Za-z_][\w.]*\.)?setup$/

interface Source {
  readonly text: string
  readonly root: Node
  /** The call itself: what is changed outside it is not what is written out. */
  readonly call: Node
}

/** Reads what a `setup.py` gives to `setup()`, without running it. */
export async function readSetupCall(bytes: Uint8Array): Promise<SetupCall> {
  const decoded = decodePython(bytes)
  if (!('text' in decoded)) return nothingTold(decoded)
  const { text } = decoded
  const root = (await openPythonParser()).parse(text)
  if ('problem' in root) return nothingTold(root)
  const calls = [...nodesOf(root)].filter(
    (node) => node.type === 'call' && setupName.test(textIn(text, childOf(node, 'function'))),
  )
  const [call, another] = calls
  if (call === undefined) return nothingTold({ problem: 'nothing calls setup()', line: 1 })
  if (another !== undefined)
    return nothingTold({ problem: 'setup() is called twice', line: lineIn(text, another) })
  const stated = new Map<string, SetupValue>()
  const computed = new Map<string, number>()
  for (const argument of childOf(call, 'arguments')?.children ?? []) {
    const name = textIn(text, childOf(argument, 'name'))
    const value = childOf(argument, 'value')
    // what is not by keyword, `**about` above all, may be anything
    if (argument.type !== 'keyword_argument' || value === undefined) {
      computed.set('*', lineIn(text, argument))
      continue
    }
    const written = writtenValue({ text, root, call }, value)
    if (written === undefined) computed.set(name, lineIn(text, argument))
    else stated.set(name, written)
  }
  return { stated, computed }
}

function nothingTold({ line }: SyntaxProblem): SetupCall {
  return { stated: new Map(), computed: new Map([['*', line]]) }
}

function textIn(text: string, node: Node | undefined): string {
  return node === undefined ? '' : text.slice(node.start, node.end)
}

function lineIn(text: string, node: Node): number {
  return text.slice(0, node.start).split('\n').length
}

function* nodesOf(root: Node): Iterable<Node> {
  const open = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node
    open.push(...node.children.toReversed())
  }
}

/** A value that is written out: text, truth, lists and tables of them; undefined where it is worked out. */
function writtenValue(source: Source, node: Node, isNamed = false): SetupValue | undefined {
  const { text } = source
  switch (node.type) {
    case 'string':
      return stringOf(textIn(text, node))
    case 'concatenated_string': {
      const parts = node.children.map((part) => stringOf(textIn(text, part)))
      return parts.includes(undefined) ? undefined : parts.join('')
    }
    case 'true':
      return true
    case 'false':
    case 'none':
      return false
    case 'parenthesized_expression':
      return node.children.length === 1 ? writtenValue(source, node.children[0]!, isNamed) : undefined
    case 'list':
    case 'tuple': {
      const values = node.children.map((child) => writtenValue(source, child, isNamed))
      return values.every((value) => value !== undefined) ? values : undefined
    }
    case 'dictionary': {
      const table: Record<string, SetupValue> = {}
      for (const pair of node.children) {
        const [key, value] = [childOf(pair, 'key'), childOf(pair, 'value')]
        if (pair.type !== 'pair' || key === undefined || value === undefined) return undefined
        const [name, written] = [writtenValue(source, key, isNamed), writtenValue(source, value, isNamed)]
        if (typeof name !== 'string' || written === undefined) return undefined
        table[name] = written
      }
      return table
    }
    case 'identifier':
      return isNamed ? undefined : namedValue(source, textIn(text, node))
    default:
      return undefined
  }
}

/** What a name stands for that is given one value at the top of the file and is then only handed to `setup()`. */
function namedValue(source: Source, name: string): SetupValue | undefined {
  const { text, root, call } = source
  const given = root.children
    .flatMap((statement) => statement.children)
    .filter((node) => node.type === 'assignment' && textIn(text, childOf(node, 'left')) === name)
  const value = given.length === 1 ? childOf(given[0]!, 'right') : undefined
  if (value === undefined) return undefined
  const elsewhere = [...nodesOf(root)].filter(
    (node) =>
      node.type === 'identifier' &&
      textIn(text, node) === name &&
      (node.start < call.start || node.end > call.end),
  )
  return elsewhere.length === 1 ? writtenValue(source, value, true) : undefined
}

/** The text of a string without escapes and expressions. */
function stringOf(literal: string): string | undefined {
  const found = /^[uUrR]?("""|'''|"|')([\s\S]*)\1$/.exec(literal)
  return found === null || found[2]!.includes('\\') ? undefined : found[2]
}

import { createRequire } from 'node:module'
import type { ErrorObject } from 'ajv'
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml'
import { type ErrorCode, type FileOrigin, SvcsplitError } from '#errors.js'
import { nearestNames } from './nearest-name.js'

/** What a YAML file is for, and the codes of its errors. */
export interface YamlKind {
  /** With its article: `the profile`. */
  readonly what: string
  readonly syntax: ErrorCode
  readonly schema: ErrorCode
}

/** One YAML document with its places. */
export interface YamlFile {
  readonly kind: YamlKind
  readonly path: string
  readonly lines: readonly string[]
  readonly counter: LineCounter
  readonly document: Document.Parsed
}

const deepest = 20

function originOf(parsed: YamlFile, node: Node | null | undefined): FileOrigin {
  const offset = node?.range?.[0] ?? 0
  const { line, col } = parsed.counter.linePos(offset)
  const text = parsed.lines[line - 1]
  return {
    path: parsed.path,
    line: Math.max(1, line),
    column: Math.max(1, col),
    ...(text === undefined ? {} : { text }),
  }
}

/** YAML with its places. Whatever the parser only warns of (unknown tags) is an error here. */
export function parseYaml(text: string, path: string, kind: YamlKind): YamlFile {
  const counter = new LineCounter()
  const lines = text.split(/\r\n|\n|\r/)
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, merge: false })
  const [document] = documents
  const problem = documents.flatMap((one) => [...one.errors, ...one.warnings])[0]
  if (problem !== undefined) {
    const { line, col } = counter.linePos(problem.pos[0])
    const at = { path, line: Math.max(1, line), column: Math.max(1, col), text: lines[line - 1] ?? '' }
    throw new SvcsplitError(kind.syntax, problem.message, { at })
  }
  if (document === undefined || !('contents' in document) || document.contents === null)
    throw new SvcsplitError(kind.syntax, `${kind.what} is empty`, { at: { path, line: 1 } })
  if (documents.length > 1)
    throw new SvcsplitError(kind.syntax, `${kind.what} has more than one document`, { at: { path, line: 1 } })
  return { kind, path, lines, counter, document: document as Document.Parsed }
}

/** Refuses what such files have no use for and what could blow them up: anchors, deep nesting, odd keys. */
export function refuseOddYaml(parsed: YamlFile): void {
  const open: { node: unknown; depth: number }[] = [{ node: parsed.document.contents, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next
    if (!isNode(node)) continue
    const { syntax } = parsed.kind
    const anchored = 'anchor' in node && node.anchor !== undefined
    if (anchored || (!isScalar(node) && !isCollection(node)))
      throw new SvcsplitError(syntax, 'anchors and aliases are not used here', {
        at: originOf(parsed, node),
      })
    if (depth > deepest) throw new SvcsplitError(syntax, 'nested too deeply', { at: originOf(parsed, node) })
    if (isMap(node))
      for (const pair of node.items) {
        if (!isScalar(pair.key) || typeof pair.key.value !== 'string')
          throw new SvcsplitError(syntax, 'a key that is not text', { at: originOf(parsed, node) })
        open.push({ node: pair.key, depth: depth + 1 }, { node: pair.value, depth: depth + 1 })
      }
    else if (isCollection(node)) for (const item of node.items) open.push({ node: item, depth: depth + 1 })
  }
}

/** The node at a JSON pointer, or the nearest one above it. */
function nodeAt(parsed: YamlFile, pointer: string): Node | null {
  let node: Node | null = parsed.document.contents
  for (const part of pointer.split('/').slice(1)) {
    if (!isCollection(node)) break
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    const child = node.get(isMap(node) ? key : Number(key), true)
    if (!isNode(child)) break
    node = child
  }
  return node
}

function keyNode(map: Node | null, key: string): Node | null {
  if (!isMap(map)) return map
  const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key)
  return isNode(pair?.key) ? pair.key : map
}

function knownKeys(error: ErrorObject): readonly string[] {
  const { parentSchema } = error as { parentSchema?: { properties?: object } }
  return Object.keys(parentSchema?.properties ?? {})
}

function schemaError(parsed: YamlFile, error: ErrorObject): SvcsplitError {
  const where = error.instancePath === '' ? parsed.kind.what : error.instancePath.slice(1)
  const node = nodeAt(parsed, error.instancePath)
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params.additionalProperty)
    const near = nearestNames(key, knownKeys(error))
    return new SvcsplitError(parsed.kind.schema, `${where} has the unknown key ${JSON.stringify(key)}`, {
      at: originOf(parsed, keyNode(node, key)),
      hint: near.length > 0 ? `did you mean ${near[0]}?` : `known are ${knownKeys(error).join(', ')}`,
    })
  }
  const unquoted = error.keyword === 'type' && error.params.type === 'string' && isScalar(node)
  return new SvcsplitError(parsed.kind.schema, `${where} ${error.message ?? 'does not fit'}`, {
    at: originOf(parsed, node),
    ...(unquoted ? { hint: 'put it in quotes' } : {}),
  })
}

/** Fails at the first place where the document does not fit a JSON Schema (draft 2020-12). */
export function checkSchema(parsed: YamlFile, schema: object): void {
  // Loaded only here: the shipped profiles, which every run reads, are not validated at run time.
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const validate = new Ajv2020({ verbose: true, strict: true }).compile(schema)
  if (validate(plainData(parsed))) return
  throw schemaError(parsed, validate.errors![0]!)
}

/** The document as plain data. */
export function plainData(parsed: YamlFile): unknown {
  return parsed.document.toJS({ maxAliasCount: 0 })
}

/** Where the value at a JSON pointer stands, or the nearest one above it. */
export function placeAt(parsed: YamlFile, pointer: string): FileOrigin {
  return originOf(parsed, nodeAt(parsed, pointer))
}

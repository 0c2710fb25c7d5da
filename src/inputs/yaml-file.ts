import { createRequire } from 'node:module'
import type { ErrorObject } from 'ajv'
import type { Document, LineCounter, Node } from 'yaml'
import { type ErrorCode, type FileOrigin, SvcsplitError } from '#errors.js'
import { schemaValidator } from './json-schema.js'
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

/** Depth at which text is not even parsed: the parser's time grows with its square, and its stack ends. */
const hopeless = 100

let library: typeof import('yaml') | undefined

/** Loaded when the first file is read: seventy modules that a run over shipped profiles has no use for. */
function yaml(): typeof import('yaml') {
  library ??= createRequire(import.meta.url)('yaml') as typeof import('yaml')
  return library
}

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

/** What to do about the parser's errors, by their codes. */
const syntaxHints: ReadonlyMap<string, string> = new Map([
  ['DUPLICATE_KEY', 'the same key stands further up: keep one of the two'],
  ['TAB_AS_INDENT', 'indent by spaces'],
  ['BAD_INDENT', 'keys of one map begin in one column, entries of one list too'],
  ['MULTILINE_IMPLICIT_KEY', 'a colon is missing further up, or quotes are'],
  ['TAG_RESOLVE_FAILED', 'tags (!, !!) are not used here'],
])

/** YAML with its places. Whatever the parser only warns of (unknown tags) is an error here. */
export function parseYaml(text: string, path: string, kind: YamlKind): YamlFile {
  const counter = new (yaml().LineCounter)()
  const lines = text.split(/\r\n|\n|\r/)
  refuseReplacement(lines, path, kind)
  refuseHopeless(lines, path, kind)
  const documents = documentsOf(text, counter, path, kind)
  const [document] = documents
  const problem = documents.flatMap((one) => [...one.errors, ...one.warnings])[0]
  if (problem !== undefined) {
    const { line, col } = counter.linePos(problem.pos[0])
    const at = { path, line: Math.max(1, line), column: Math.max(1, col), text: lines[line - 1] ?? '' }
    const hint =
      syntaxHints.get(problem.code) ?? 'text with a colon, #, quotes or brackets in it goes in quotes'
    throw new SvcsplitError(kind.syntax, problem.message, { at, hint })
  }
  if (document === undefined || !('contents' in document) || document.contents === null)
    throw new SvcsplitError(kind.syntax, `${kind.what} is empty`, { at: { path, line: 1 } })
  if (documents.length > 1)
    throw new SvcsplitError(kind.syntax, `${kind.what} has more than one document`, {
      at: { path, line: Math.max(1, counter.linePos(document.range[2]).line) },
      hint: 'take out the line --- and what follows it',
    })
  return { kind, path, lines, counter, document: document as Document.Parsed }
}

function documentsOf(text: string, lineCounter: LineCounter, path: string, { syntax }: YamlKind) {
  try {
    return yaml().parseAllDocuments(text, { lineCounter, prettyErrors: false, merge: false })
  } catch (error) {
    // A stack that is full: lines indented a thousand times.
    if (!(error instanceof RangeError)) throw error
    throw new SvcsplitError(syntax, 'nested too deeply', { at: { path } })
  }
}

/** What a byte that is not UTF-8 was read as. Written to a report or an image, it would stand there as something else. */
function refuseReplacement(lines: readonly string[], path: string, { syntax }: YamlKind): void {
  for (const [index, line] of lines.entries()) {
    const column = line.indexOf('\ufffd') + 1
    if (column === 0) continue
    const at = { path, line: index + 1, column, text: line }
    throw new SvcsplitError(syntax, 'a byte that is not UTF-8', { at, hint: 'save the file as UTF-8' })
  }
}

/** More brackets open, or more indicators (`- - -`, `? ? ?`) at the start of a line, than any nesting that is meant. */
function refuseHopeless(lines: readonly string[], path: string, { syntax }: YamlKind): void {
  let open = 0
  for (const [index, line] of lines.entries()) {
    for (const character of line)
      if (character === '[' || character === '{') open += 1
      else if (character === ']' || character === '}') open -= 1
    const indicators = /^(?:[ \t]*[?:-](?=[ \t]|$))*/.exec(line)![0].replace(/[ \t]+/g, '').length
    if (Math.max(open, indicators) > hopeless)
      throw new SvcsplitError(syntax, 'nested too deeply', { at: { path, line: index + 1, column: 1 } })
  }
}

/** Refuses what such files have no use for and what could blow them up: anchors, deep nesting, odd keys. */
export function refuseOddYaml(parsed: YamlFile): void {
  const open: { node: unknown; depth: number }[] = [{ node: parsed.document.contents, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next
    if (!yaml().isNode(node)) continue
    const { syntax } = parsed.kind
    const anchored = 'anchor' in node && node.anchor !== undefined
    if (anchored || (!yaml().isScalar(node) && !yaml().isCollection(node)))
      throw new SvcsplitError(syntax, 'anchors and aliases are not used here', {
        at: originOf(parsed, node),
      })
    if (depth > deepest) throw new SvcsplitError(syntax, 'nested too deeply', { at: originOf(parsed, node) })
    if (yaml().isMap(node))
      for (const pair of node.items) {
        if (!yaml().isScalar(pair.key) || typeof pair.key.value !== 'string')
          throw new SvcsplitError(syntax, 'a key that is not text', { at: originOf(parsed, node) })
        open.push({ node: pair.key, depth: depth + 1 }, { node: pair.value, depth: depth + 1 })
      }
    else if (yaml().isCollection(node))
      for (const item of node.items) open.push({ node: item, depth: depth + 1 })
  }
}

/** The node at a JSON pointer, or the nearest one above it. */
function nodeAt(parsed: YamlFile, pointer: string): Node | null {
  let node: Node | null = parsed.document.contents
  for (const part of pointer.split('/').slice(1)) {
    if (!yaml().isCollection(node)) break
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    const child = node.get(yaml().isMap(node) ? key : Number(key), true)
    if (!yaml().isNode(child)) break
    node = child
  }
  return node
}

function keyNode(map: Node | null, key: string): Node | null {
  if (!yaml().isMap(map)) return map
  const pair = map.items.find((item) => yaml().isScalar(item.key) && item.key.value === key)
  return yaml().isNode(pair?.key) ? pair.key : map
}

interface SchemaPart {
  readonly description?: string
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>
}

function schemaOf(error: ErrorObject): SchemaPart {
  return (error as { parentSchema?: SchemaPart }).parentSchema ?? {}
}

/** What the types of JSON Schema are called in YAML. */
const typeWords: ReadonlyMap<string, string> = new Map([
  ['array', 'a list'],
  ['object', 'a map of keys and values'],
  ['string', 'text'],
  ['integer', 'a whole number'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
])

/** As it stands in the file, cut to a length that fits a message. */
function shownValue(node: Node | null): string {
  const text = yaml().isScalar(node) ? (node.source ?? String(node.value)) : ''
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text)
}

interface Told {
  readonly message: string
  readonly hint?: string
  readonly node: Node | null
}

function unknownKey(where: string, node: Node | null, error: ErrorObject): Told {
  const key = String(error.params.additionalProperty)
  const known = Object.keys(schemaOf(error).properties ?? {})
  const near = nearestNames(key, known)
  return {
    message: `${where} has the unknown key ${JSON.stringify(key)}`,
    hint: near.length > 0 ? `did you mean ${near[0]}?` : `known are ${known.join(', ')}`,
    node: keyNode(node, key),
  }
}

function missingKey(where: string, node: Node | null, error: ErrorObject): Told {
  const key = String(error.params.missingProperty)
  const hint = described(key, schemaOf(error).properties?.[key] ?? {})
  return { message: `${where} lacks ${key}`, ...(hint === undefined ? {} : { hint }), node }
}

/** What the schema says of a place, as a hint. */
function described(where: string, { description }: SchemaPart): string | undefined {
  return description === undefined ? undefined : `${where}: ${description}`
}

function wrongType(where: string, node: Node | null, error: ErrorObject): Told {
  const types = [error.params.type as string | readonly string[]].flat()
  const wanted = types.map((type) => typeWords.get(type) ?? type).join(' or ')
  const unquoted = types.includes('string') && yaml().isScalar(node) ? 'put it in quotes' : undefined
  const hint = unquoted ?? described(where, schemaOf(error))
  const is = yaml().isCollection(node) ? (yaml().isMap(node) ? 'a map' : 'a list') : shownValue(node)
  return {
    message: `${where} must be ${wanted}, and is ${is}`,
    ...(hint === undefined ? {} : { hint }),
    node,
  }
}

/** A schema's error in the words of who wrote the file. */
function told(parsed: YamlFile, error: ErrorObject): Told {
  const where = error.instancePath === '' ? parsed.kind.what : error.instancePath.slice(1)
  const node = nodeAt(parsed, error.instancePath)
  const text = described(where, schemaOf(error))
  const hint = text === undefined ? {} : { hint: text }
  const { params } = error
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(where, node, error)
    case 'type':
      return wrongType(where, node, error)
    case 'required':
      return missingKey(where, node, error)
    case 'pattern':
      if (error.propertyName !== undefined) {
        const message = `${where} has the key ${JSON.stringify(error.propertyName)}, which does not fit`
        return { message, ...hint, node: keyNode(node, error.propertyName) }
      }
      return { message: `${where} does not take ${shownValue(node)}`, ...hint, node }
    case 'enum':
      return {
        message: `${where} does not take ${shownValue(node)}`,
        hint: `known are ${(params.allowedValues as readonly unknown[]).join(', ')}`,
        node,
      }
    case 'minItems':
      return { message: `${where} has fewer entries than ${params.limit}`, ...hint, node }
    case 'minimum':
    case 'maximum':
      return { message: `${where} must be ${params.comparison} ${params.limit}`, ...hint, node }
    default:
      return { message: `${where} ${error.message ?? 'does not fit'}`, ...hint, node }
  }
}

function schemaError(parsed: YamlFile, error: ErrorObject): SvcsplitError {
  const { message, hint, node } = told(parsed, error)
  return new SvcsplitError(parsed.kind.schema, message, {
    at: originOf(parsed, node),
    ...(hint === undefined ? {} : { hint }),
  })
}

/**
 * Fails at the first place where the document does not fit a JSON Schema (draft 2020-12). The shipped profiles, which
 * every run reads, are not validated at run time.
 */
export function checkSchema(parsed: YamlFile, schema: object): void {
  const validate = schemaValidator(schema)
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

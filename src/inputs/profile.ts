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
import { type FileOrigin, SvcsplitError } from '#errors.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { nearestNames } from './nearest-name.js'
import { profileSchema } from './profile-schema.js'
import { readInput } from './requirements-file.js'
import { decodeText } from './text-lines.js'

export interface Process {
  readonly name: string
  /** Program and arguments; no shell. */
  readonly command: readonly string[]
  /** `module:name` of the WSGI application that it serves. */
  readonly wsgi?: string
  readonly port?: number
  /** What answers with a success on that port while the process is well: `/healthcheck`. */
  readonly health?: string
  /** The releases that have it, as `>=2023.1,<2026.1`; all if left out. */
  readonly releases?: string
}

/** What one service needs to run. */
export interface Profile {
  readonly service: string
  readonly distribution: string
  readonly extras: readonly string[]
  /** Requirement strings: demands by the profile, not by the service. */
  readonly additions: readonly string[]
  readonly user: { readonly name: string; readonly uid: number; readonly gid: number }
  readonly processes: readonly Process[]
  /** Packages of the base, by its suite (`bookworm`). */
  readonly systemPackages: {
    readonly run: ReadonlyMap<string, readonly string[]>
    readonly build: ReadonlyMap<string, readonly string[]>
  }
  /** Folders that belong to the user. */
  readonly directories: readonly string[]
  /** A folder of the environment -> where the service looks for it (`etc/glance` -> `/etc/glance`). */
  readonly data: ReadonlyMap<string, string>
  readonly origin: FileOrigin
  /** The lines of the extras and additions, for the demands that they make. */
  readonly places: ReadonlyMap<string, FileOrigin>
}

interface Parsed {
  readonly path: string
  readonly lines: readonly string[]
  readonly counter: LineCounter
  readonly document: Document.Parsed
}

const deepest = 20

function originOf(parsed: Parsed, node: Node | null | undefined): FileOrigin {
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
function parseYaml(text: string, path: string): Parsed {
  const counter = new LineCounter()
  const lines = text.split(/\r\n|\n|\r/)
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, merge: false })
  const [document] = documents
  const problem = documents.flatMap((one) => [...one.errors, ...one.warnings])[0]
  if (problem !== undefined) {
    const { line, col } = counter.linePos(problem.pos[0])
    const at = { path, line: Math.max(1, line), column: Math.max(1, col), text: lines[line - 1] ?? '' }
    throw new SvcsplitError('E-PRF-SYNTAX', problem.message, { at })
  }
  if (document === undefined || !('contents' in document) || document.contents === null)
    throw new SvcsplitError('E-PRF-SYNTAX', 'the profile is empty', { at: { path, line: 1 } })
  if (documents.length > 1)
    throw new SvcsplitError('E-PRF-SYNTAX', 'more than one document in a profile', { at: { path, line: 1 } })
  return { path, lines, counter, document: document as Document.Parsed }
}

/** Refuses what a profile has no use for and what could blow it up: anchors, deep nesting, odd keys. */
function refuseOddYaml(parsed: Parsed): void {
  const open: { node: unknown; depth: number }[] = [{ node: parsed.document.contents, depth: 0 }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, depth } = next
    if (!isNode(node)) continue
    const anchored = 'anchor' in node && node.anchor !== undefined
    if (anchored || (!isScalar(node) && !isCollection(node)))
      throw new SvcsplitError('E-PRF-SYNTAX', 'anchors and aliases are not used in profiles', {
        at: originOf(parsed, node),
      })
    if (depth > deepest)
      throw new SvcsplitError('E-PRF-SYNTAX', 'nested too deeply', { at: originOf(parsed, node) })
    if (isMap(node))
      for (const pair of node.items) {
        if (!isScalar(pair.key) || typeof pair.key.value !== 'string')
          throw new SvcsplitError('E-PRF-SYNTAX', 'a key that is not text', { at: originOf(parsed, node) })
        open.push({ node: pair.key, depth: depth + 1 }, { node: pair.value, depth: depth + 1 })
      }
    else if (isCollection(node)) for (const item of node.items) open.push({ node: item, depth: depth + 1 })
  }
}

/** The node at a JSON pointer, or the nearest one above it. */
function nodeAt(parsed: Parsed, pointer: string): Node | null {
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

function schemaError(parsed: Parsed, error: ErrorObject): SvcsplitError {
  const where = error.instancePath === '' ? 'the profile' : error.instancePath.slice(1)
  const node = nodeAt(parsed, error.instancePath)
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params.additionalProperty)
    const near = nearestNames(key, knownKeys(error))
    return new SvcsplitError('E-PRF-SCHEMA', `${where} has the unknown key ${JSON.stringify(key)}`, {
      at: originOf(parsed, keyNode(node, key)),
      hint: near.length > 0 ? `did you mean ${near[0]}?` : `known are ${knownKeys(error).join(', ')}`,
    })
  }
  const unquoted = error.keyword === 'type' && error.params.type === 'string' && isScalar(node)
  return new SvcsplitError('E-PRF-SCHEMA', `${where} ${error.message ?? 'does not fit'}`, {
    at: originOf(parsed, node),
    ...(unquoted ? { hint: 'put it in quotes' } : {}),
  })
}

async function checkSchema(parsed: Parsed): Promise<void> {
  const { Ajv2020 } = await import('ajv/dist/2020.js')
  const validate = new Ajv2020({ verbose: true, strict: true }).compile(profileSchema)
  if (validate(parsed.document.toJS({ maxAliasCount: 0 }))) return
  throw schemaError(parsed, validate.errors![0]!)
}

interface RawProfile {
  readonly service: string
  readonly distribution: string
  readonly extras?: readonly string[]
  readonly additions?: readonly string[]
  readonly user: Profile['user']
  readonly processes?: readonly Process[]
  readonly systemPackages?: {
    readonly run?: Readonly<Record<string, readonly string[]>>
    readonly build?: Readonly<Record<string, readonly string[]>>
  }
  readonly directories?: readonly string[]
  readonly data?: Readonly<Record<string, string>>
}

/** Where each entry of a list stands in the file. */
function placesOf(parsed: Parsed, key: string, entries: readonly string[]): [string, FileOrigin][] {
  return entries.map((entry, index) => [entry, originOf(parsed, nodeAt(parsed, `/${key}/${index}`))])
}

function toProfile(parsed: Parsed): Profile {
  const raw = parsed.document.toJS({ maxAliasCount: 0 }) as RawProfile
  const { extras = [], additions = [] } = raw
  return {
    service: raw.service,
    distribution: raw.distribution,
    extras,
    additions,
    user: raw.user,
    processes: raw.processes ?? [],
    systemPackages: {
      run: new Map(Object.entries(raw.systemPackages?.run ?? {})),
      build: new Map(Object.entries(raw.systemPackages?.build ?? {})),
    },
    directories: raw.directories ?? [],
    data: new Map(Object.entries(raw.data ?? {})),
    origin: { path: parsed.path, line: 1 },
    places: new Map([...placesOf(parsed, 'extras', extras), ...placesOf(parsed, 'additions', additions)]),
  }
}

/** Fails with the place of the first addition that is not a requirement. */
function checkAdditions(profile: Profile): void {
  for (const addition of profile.additions) additionOf(profile, addition)
}

/** An addition as a requirement. */
export function additionOf(profile: Profile, addition: string): Requirement {
  try {
    return parseRequirement(addition)
  } catch (error) {
    if (!(error instanceof SvcsplitError)) throw error
    const at = profile.places.get(addition) ?? profile.origin
    throw new SvcsplitError(error.code, error.message, { at, cause: error })
  }
}

/** A profile from text that tests have checked already (the shipped ones): no schema is compiled. */
export function parseCheckedProfile(text: string, path: string): Profile {
  return toProfile(parseYaml(text, path))
}

/** A profile from text; `E-PRF-SYNTAX` and `E-PRF-SCHEMA` with line and column. */
export async function parseProfile(text: string, path: string): Promise<Profile> {
  const parsed = parseYaml(text, path)
  refuseOddYaml(parsed)
  await checkSchema(parsed)
  const profile = toProfile(parsed)
  checkAdditions(profile)
  return profile
}

export async function readProfile(path: string): Promise<Profile> {
  return parseProfile(decodeText(await readInput(path), path), path)
}

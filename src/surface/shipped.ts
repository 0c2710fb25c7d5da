import { readFromSet } from '#io/file-set.js'
import type { DistributionName } from '#pep/name.js'
import { type Block, readBlocks } from './blocks.js'
import { type BoundBlock, type BoundRow, parseBoundBlock } from './bound-block.js'
import { surfaceFiles, surfaceHeaders } from './headers.js'
import { parseImportBlock } from './import-block.js'
import type { Binding, ImportGraph, Surface, UndeclaredModule, UsedName, UseKind } from './surface.js'
import { parseUsedBlock, type UsedBlock } from './used-block.js'

/** Facts that can also be asked which names they hold. */
interface KeptSurface extends Surface {
  /** The names of a library that anybody uses. */
  keptNames(library: DistributionName): readonly Pick<UsedName, 'name' | 'kind'>[]
}

/**
 * Opens the facts in a folder. Nothing is read before it is asked for: uses, names and imports are files of their own,
 * and a distribution's part of a file is parsed when it is first needed. A file that does not exist is empty.
 * @throws E-CAT-FORM, E-FS-*
 */
export function loadSurface(dir: string): KeptSurface {
  const used = openFile(dir, 'used', parseUsedBlock)
  const bound = openFile(dir, 'bound', parseBoundBlock)
  const imports = openFile(dir, 'imports', parseImportBlock)
  const uses = new Map<string, readonly UsedName[]>()
  const users = new Map<DistributionName, ReadonlySet<DistributionName>>()
  const undeclared = new Map<string, readonly UndeclaredModule[]>()
  const graphs = new Map<string, ImportGraph>()

  const usedNames = (user: DistributionName, version: string): readonly UsedName[] | undefined => {
    const found = placed(used.of(user), version)
    if (found === undefined) return undefined
    return remember(uses, `${user} ${found.position}`, () => usesAt(found.block, found.position))
  }
  const bindings: Surface['bindings'] = (library, name, kind) => {
    const parsed = bound.of(library)
    if (parsed === undefined) return () => noSources
    const { header, value } = parsed
    const row = rowOf(value, name, kind)
    const outer = outerModules(value, name)
    const gone: Binding = { state: 'gone', missing: name }
    return (version) => {
      const position = header.positionOf(version)
      if (position === undefined) return noSources
      return bindingAt(row, position, gone, outer)
    }
  }

  return {
    usedNames,
    usersOf: (library) =>
      remember(users, library, () => {
        const found = new Set<DistributionName>()
        // Most blocks are never asked for anything else.
        for (const [name, { text }] of used.blocks())
          if (text.startsWith(` ${library} `) || text.includes(`\n ${library} `)) found.add(name)
        return found
      }),
    bindings,
    undeclared(user, version) {
      const found = placed(used.of(user), version)
      if (found === undefined) return undefined
      return remember(undeclared, `${user} ${found.position}`, () =>
        found.block.undeclared.flatMap(({ module, providers, places }) => {
          const here = places(found.position)
          return here.length === 0 ? [] : [{ module, providers, places: here }]
        }),
      )
    },
    unread(user, version) {
      const found = placed(used.of(user), version)
      return found?.block.unread.flatMap(({ problem, places }) =>
        places(found.position).map(({ file, line }) => ({ problem, file, line })),
      )
    },
    modules(distribution, version) {
      const found = placed(bound.of(distribution), version)
      return found?.block.tops.flatMap(({ module, positions }) =>
        positions[found.position] === 1 ? [module] : [],
      )
    },
    keptNames: (library) => bound.of(library)?.value.all() ?? [],
    importGraph(distribution, version) {
      const found = placed(imports.of(distribution), version)
      if (found === undefined) return undefined
      return remember(graphs, `${distribution} ${found.position}`, () => found.block.graphAt(found.position))
    },
  }
}

function remember<K extends string, T>(map: Map<K, T>, key: K, make: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

interface Parsed<T> {
  readonly header: Block
  readonly value: T
}

function placed<T>(
  parsed: Parsed<T> | undefined,
  version: string,
): { readonly block: T; readonly position: number } | undefined {
  const position = parsed?.header.positionOf(version)
  return position === undefined ? undefined : { block: parsed!.value, position }
}

interface OpenFile<T> {
  of(name: DistributionName): Parsed<T> | undefined
  blocks(): ReadonlyMap<DistributionName, Block>
}

function openFile<T>(dir: string, kind: keyof typeof surfaceFiles, parse: (block: Block) => T): OpenFile<T> {
  let known: ReadonlyMap<DistributionName, Block> | undefined
  const parsed = new Map<string, Parsed<T>>()
  const blocks = (): ReadonlyMap<DistributionName, Block> => {
    if (known !== undefined) return known
    const found = readFromSet(dir, surfaceFiles[kind])
    known = found === undefined ? new Map() : readBlocks(found.text, found.path, surfaceHeaders[kind])
    return known
  }
  return {
    blocks,
    of(name) {
      const before = parsed.get(name)
      if (before !== undefined) return before
      const header = blocks().get(name)
      if (header === undefined) return undefined
      const made = { header, value: parse(header) }
      parsed.set(name, made)
      return made
    },
  }
}

function usesAt(block: UsedBlock, position: number): readonly UsedName[] {
  return block.names.flatMap(({ library, name, kind, confidence, places }) => {
    const here = places(position)
    return here.length === 0 ? [] : [{ library, name, kind, confidence, places: here }]
  })
}

const noSources: Binding = { state: 'unknown', reason: 'no-sources' }
const notKept: Binding = { state: 'unknown', reason: 'not-kept' }
const isBound: Binding = { state: 'bound' }

/** `from a import b` and `a.b` look for the same thing. */
function rowOf(block: BoundBlock, name: string, kind: UseKind): BoundRow | undefined {
  const found = block.row(kind, name)
  if (found !== undefined || (kind !== 'name' && kind !== 'attribute')) return found
  return block.row(kind === 'name' ? 'attribute' : 'name', name)
}

function bindingAt(
  row: BoundRow | undefined,
  position: number,
  gone: Binding,
  outer: () => readonly OuterModule[],
): Binding {
  if (row === undefined) return notKept
  if (row.gone?.[position] === 1) {
    const module = outer().find((one) => one.gone[position] === 1)
    return module === undefined ? gone : { state: 'gone', missing: module.name }
  }
  const doubt = row.unknown.find(({ positions }) => positions[position] === 1)
  return doubt === undefined ? isBound : { state: 'unknown', reason: doubt.reason }
}

interface OuterModule {
  readonly name: string
  readonly gone: Uint8Array
}

/** Modules that a name lies in and that some version lacks, shortest first. */
function outerModules(block: BoundBlock, name: string): () => readonly OuterModule[] {
  let found: OuterModule[] | undefined
  return () => {
    if (found !== undefined) return found
    found = []
    for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
      const module = name.slice(0, dot)
      const gone = block.row('module', module)?.gone
      if (gone !== undefined) found.push({ name: module, gone })
    }
    return found
  }
}

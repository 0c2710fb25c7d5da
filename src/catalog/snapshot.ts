import { join } from 'node:path'
import { existsSync, readTextSync } from '#io/files.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, parseVersion } from '#pep/version.js'
import type { Catalog, DistributionFile, Metadata } from './catalog.js'
import {
  keyOfLine,
  linesAfterHeader,
  parseEntryPointsLine,
  parseFilesBlock,
  parseMetadataLine,
  parseUnpinned,
  snapshotFiles,
  startOfBlocks,
  type Unpinned,
} from './snapshot-format.js'
import type { EntryPoints } from './wheel-facts.js'

/**
 * Facts of the index kept in a folder. Names and versions are known at once; a line of facts is parsed when it is
 * first asked for, and the files are read when the first file is asked for. Versions are looked up by PEP 440.
 */
export interface Snapshot {
  readonly dirs: readonly string[]
  /** Sorted. */
  names(): readonly DistributionName[]
  /** Oldest first; empty if the name is unknown. */
  versions(name: DistributionName): readonly string[]
  metadata(name: DistributionName, version: string): Metadata | undefined
  files(name: DistributionName, version: string): readonly DistributionFile[]
  /** Only for the services' own distributions. */
  entryPoints(name: DistributionName, version: string): EntryPoints | undefined
  /** Names that no release pins: Python -> the newest version for it. */
  unpinned(): Unpinned
}

/** Lines of one file by name and canonical version. */
interface LineIndex<T> {
  readonly names: ReadonlyMap<DistributionName, ReadonlyMap<string, { readonly version: string; get(): T }>>
}

/**
 * Opens one folder, or several of which an earlier one hides what later ones say of the same distribution version:
 * a user's own facts go first, the shipped ones last. A folder that does not exist is empty.
 * @throws E-CAT-FORM, E-FS-*
 */
export function loadSnapshot(...dirs: readonly [string, ...string[]]): Snapshot {
  const parts = dirs.map(openPart)
  const merged = new Map<DistributionName, readonly string[]>()

  return {
    dirs,

    names() {
      return [...new Set(parts.flatMap((part) => [...part.metadata().names.keys()]))].sort()
    },

    versions(name) {
      const known = merged.get(name)
      if (known !== undefined) return known
      const versions = new Map<string, string>()
      for (const part of parts)
        for (const [canonical, { version }] of part.metadata().names.get(name) ?? [])
          if (!versions.has(canonical)) versions.set(canonical, version)
      const ordered = [...versions.values()].sort((a, b) => compareVersions(parseVersion(a), parseVersion(b)))
      merged.set(name, ordered)
      return ordered
    },

    metadata: (name, version) => lookUp(parts, 'metadata', name, version),
    entryPoints: (name, version) => lookUp(parts, 'entryPoints', name, version),
    files: (name, version) => lookUp(parts, 'files', name, version) ?? [],

    unpinned() {
      const [first, ...rest] = parts.map((part) => part.unpinned()).reverse()
      return rest.reduce((all, next) => {
        const asOf = next.asOf ?? all.asOf
        return {
          ...(asOf === undefined ? {} : { asOf }),
          versions: new Map([...all.versions, ...next.versions]),
        }
      }, first!)
    },
  }
}

/** The snapshot as a `Catalog`, for whoever asks an index otherwise. */
export function snapshotCatalog(snapshot: Snapshot): Catalog {
  return {
    versions: async (name) => snapshot.versions(name),
    metadata: async (name, version) => snapshot.metadata(name, version),
    files: async (name, version) => snapshot.files(name, version),
  }
}

interface Part {
  metadata(): LineIndex<Metadata>
  files(): LineIndex<readonly DistributionFile[]>
  entryPoints(): LineIndex<EntryPoints>
  unpinned(): Unpinned
}

function openPart(dir: string): Part {
  const load = <T>(file: string, parse: (text: string, path: string) => T, empty: T): (() => T) => {
    const path = join(dir, file)
    return once(() => (existsSync(path) ? parse(readTextSync(path), path) : empty))
  }
  const nothing = { names: new Map<DistributionName, never>() }
  return {
    metadata: load(
      snapshotFiles.metadata,
      (text, path) => indexLines(linesAfterHeader(text, path, 'metadata'), path, parseMetadataLine),
      nothing,
    ),
    entryPoints: load(
      snapshotFiles.entryPoints,
      (text, path) => indexLines(linesAfterHeader(text, path, 'entryPoints'), path, parseEntryPointsLine),
      nothing,
    ),
    files: load(snapshotFiles.files, indexBlocks, nothing),
    unpinned: load(snapshotFiles.unpinned, parseUnpinned, { versions: new Map() }),
  }
}

function lookUp<K extends 'metadata' | 'files' | 'entryPoints'>(
  parts: readonly Part[],
  kind: K,
  name: DistributionName,
  version: string,
): (ReturnType<Part[K]> extends LineIndex<infer T> ? T : never) | undefined {
  for (const part of parts) {
    const versions = part[kind]().names.get(name)
    if (versions === undefined) continue
    // the spelling asked for is nearly always the canonical one
    const found = versions.get(version) ?? versions.get(parseVersion(version).text)
    if (found !== undefined) return found.get() as never
  }
  return undefined
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

type Names<T> = Map<DistributionName, Map<string, { readonly version: string; get(): T }>>

function indexLines<T>(
  lines: readonly string[],
  path: string,
  parse: (line: string, path: string, number: number) => T,
): LineIndex<T> {
  const names: Names<T> = new Map()
  for (const [index, line] of lines.entries()) {
    const { name, version } = keyOfLine(line, path, index + 2)
    add(names, name, version, () => parse(line, path, index + 2))
  }
  return { names }
}

function indexBlocks(text: string, path: string): LineIndex<readonly DistributionFile[]> {
  const names: Names<readonly DistributionFile[]> = new Map()
  const header = /\n([a-z0-9][a-z0-9._-]*) (\S+)\n/g
  header.lastIndex = startOfBlocks(text, path)
  let open: { name: DistributionName; version: string; from: number } | undefined
  const close = (to: number): void => {
    if (open === undefined) return
    const { name, version, from } = open
    add(names, name, version, () => parseFilesBlock(text.slice(from, to), path))
  }
  for (let found = header.exec(text); found !== null; found = header.exec(text)) {
    close(found.index)
    header.lastIndex -= 1
    open = { name: found[1] as DistributionName, version: found[2]!, from: header.lastIndex }
  }
  close(text.length)
  return { names }
}

function add<T>(names: Names<T>, name: DistributionName, version: string, get: () => T): void {
  const versions = names.get(name) ?? new Map()
  names.set(name, versions)
  versions.set(parseVersion(version).text, { version, get: once(get) })
}

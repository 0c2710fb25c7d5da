import { readFromSet } from '#io/file-set.js'
import type { DistributionName } from '#pep/name.js'
import { compareVersions, parseVersion, tryParseVersion } from '#pep/version.js'
import type { DistributionFile, Metadata } from './catalog.js'
import { parseSharedPaths, type SharedPath } from './shared-paths.js'
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
  /** Undefined, too, for a version that is none by PEP 440, as `===` may name. */
  metadata(name: DistributionName, version: string): Metadata | undefined
  files(name: DistributionName, version: string): readonly DistributionFile[]
  /** Only for the services' own distributions. */
  entryPoints(name: DistributionName, version: string): EntryPoints | undefined
  /** Names that no release pins: Python -> the newest version for it. */
  unpinned(): Unpinned
  /** Paths that distributions install with different bytes; undefined where nobody has looked for them. */
  sharedPaths(): readonly SharedPath[] | undefined
}

interface Row<T> {
  readonly version: string
  get(): T
}

/** One file by name; the versions of a name, by their keys (PEP 440 equality), are put in order when the name is first asked for. */
type Rows<T> = ReadonlyMap<DistributionName, () => ReadonlyMap<string, Row<T>>>

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
      return [...new Set(parts.flatMap((part) => [...part.metadata().keys()]))].sort()
    },

    versions(name) {
      const known = merged.get(name)
      if (known !== undefined) return known
      const versions = new Map<string, string>()
      for (const part of parts)
        for (const [key, { version }] of part.metadata().get(name)?.() ?? [])
          if (!versions.has(key)) versions.set(key, version)
      const ordered = [...versions.values()].sort((a, b) => compareVersions(parseVersion(a), parseVersion(b)))
      merged.set(name, ordered)
      return ordered
    },

    metadata: (name, version) => lookUp(parts, 'metadata', name, version),
    entryPoints: (name, version) => lookUp(parts, 'entryPoints', name, version),
    files: (name, version) => lookUp(parts, 'files', name, version) ?? [],

    sharedPaths() {
      const known = parts.flatMap((part) => part.sharedPaths() ?? [])
      return parts.some((part) => part.sharedPaths() !== undefined) ? known : undefined
    },

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

interface Part {
  metadata(): Rows<Metadata>
  files(): Rows<readonly DistributionFile[]>
  entryPoints(): Rows<EntryPoints>
  unpinned(): Unpinned
  sharedPaths(): readonly SharedPath[] | undefined
}

function openPart(dir: string): Part {
  const load = <T>(file: string, parse: (text: string, path: string) => T, empty: T): (() => T) => {
    return once(() => {
      const found = readFromSet(dir, file)
      return found === undefined ? empty : parse(found.text, found.path)
    })
  }
  const nothing = new Map<DistributionName, never>()
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
    sharedPaths: load<readonly SharedPath[] | undefined>(
      snapshotFiles.sharedPaths,
      parseSharedPaths,
      undefined,
    ),
  }
}

function lookUp<K extends 'metadata' | 'files' | 'entryPoints'>(
  parts: readonly Part[],
  kind: K,
  name: DistributionName,
  version: string,
): (ReturnType<Part[K]> extends Rows<infer T> ? T : never) | undefined {
  const key = tryParseVersion(version)?.key
  if (key === undefined) return undefined
  for (const part of parts) {
    const found = part[kind]().get(name)?.().get(key)
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

function indexLines<T>(
  lines: readonly string[],
  path: string,
  parse: (line: string, path: string, number: number) => T,
): Rows<T> {
  return grouped(
    lines.map((line, index) => ({
      ...keyOfLine(line, path, index + 2),
      get: once(() => parse(line, path, index + 2)),
    })),
  )
}

function indexBlocks(text: string, path: string): Rows<readonly DistributionFile[]> {
  const header = /^([a-z0-9][a-z0-9._-]*) (\S+)$/gm
  header.lastIndex = startOfBlocks(text, path)
  const found = [...text.matchAll(header)]
  return grouped(
    found.map(({ 0: line, 1: name, 2: version, index }, position) => ({
      name: name as DistributionName,
      version: version!,
      get: once(() => parseFilesBlock(text.slice(index + line.length, found[position + 1]?.index), path)),
    })),
  )
}

function grouped<T>(rows: readonly (Row<T> & { readonly name: DistributionName })[]): Rows<T> {
  const groups = new Map<DistributionName, Row<T>[]>()
  for (const row of rows) {
    const group = groups.get(row.name)
    if (group === undefined) groups.set(row.name, [row])
    else group.push(row)
  }
  const lazily = (group: readonly Row<T>[]): (() => ReadonlyMap<string, Row<T>>) =>
    once(() => new Map(group.map((row) => [parseVersion(row.version).key, row])))
  return new Map([...groups].map(([name, group]) => [name, lazily(group)]))
}

import { SvcsplitError } from '#errors.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { compareVersions, parseVersion } from '#pep/version.js'
import type { DistributionFile, Metadata } from './catalog.js'
import { parseUploadTime } from './upload-time.js'
import { type EntryPoints, entryPointsFromJson, entryPointsToJson } from './wheel-facts.js'

/** The files of a snapshot. Each is text, sorted by name and then by PEP 440, one fact set a line. */
export const snapshotFiles = {
  metadata: 'metadata.jsonl',
  files: 'files.txt',
  entryPoints: 'entry-points.jsonl',
  unpinned: 'unpinned.jsonl',
  sharedPaths: 'shared-paths.jsonl',
} as const

/** First line of each file: a reader refuses what it does not know. */
const headers = {
  metadata: '{"format":"svcsplit metadata 1","made":"svcsplit catalog update"}',
  entryPoints: '{"format":"svcsplit entry-points 1","made":"svcsplit catalog update"}',
  unpinned: '{"format":"svcsplit unpinned 1","made":"svcsplit catalog update"}',
  files: [
    '# svcsplit files 1, made by: svcsplit catalog update',
    '# Under "name version": FILENAME SIZE SHA256 UPLOADED [python:REQUIRES-PYTHON] [yanked[:REASON]], spaces as %20.',
    '# Kept: sdists, and wheels for Linux (glibc) on amd64 and arm64 with CPython 3.9 to 3.14.',
  ].join('\n'),
} as const

export interface VersionFacts<T> {
  readonly name: DistributionName
  readonly version: string
  readonly facts: T
}

function compareFacts(a: VersionFacts<unknown>, b: VersionFacts<unknown>): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return compareVersions(parseVersion(a.version), parseVersion(b.version))
}

export function formatMetadata(rows: readonly Metadata[]): string {
  const sorted = rows
    .map((facts) => ({ name: facts.distribution, version: facts.version, facts }))
    .sort(compareFacts)
    .map(({ name, version, facts: { from, requiresPython, requires, extras } }) =>
      JSON.stringify({ name, version, from, requiresPython, requires, extras }),
    )
  return `${[headers.metadata, ...sorted].join('\n')}\n`
}

/** Ends of the two fields that every line begins with; the lines are written by `formatMetadata` alone. */
const lineStart = /^\{"name":"([a-z0-9._-]+)","version":"([^"\\]+)"/

/** The name and version of a line of JSON without parsing the rest of it. */
export function keyOfLine(
  line: string,
  path: string,
  number: number,
): { name: DistributionName; version: string } {
  const found = lineStart.exec(line)
  if (found === null) throw formError(path, number, 'a line that does not begin with name and version')
  return { name: found[1] as DistributionName, version: found[2]! }
}

export function parseMetadataLine(line: string, path: string, number: number): Metadata {
  const raw = parseJson(line, path, number)
  const { name, version, from, requiresPython, requires, extras } = raw
  if (
    typeof name !== 'string' ||
    typeof version !== 'string' ||
    (from !== 'wheel' && from !== 'sdist' && from !== 'build') ||
    !isTexts(requires) ||
    !isTexts(extras) ||
    (requiresPython !== undefined && typeof requiresPython !== 'string')
  )
    throw formError(path, number, 'a line whose fields are not those of metadata')
  return {
    distribution: normalizeName(name),
    version,
    from,
    requires,
    extras,
    ...(requiresPython === undefined ? {} : { requiresPython }),
  }
}

export function formatEntryPoints(rows: readonly VersionFacts<EntryPoints>[]): string {
  const lines = rows
    .toSorted(compareFacts)
    .map(
      ({ name, version, facts }) =>
        `${JSON.stringify({ name, version }).slice(0, -1)},${entryPointsToJson(facts).slice(1)}`,
    )
  return `${[headers.entryPoints, ...lines].join('\n')}\n`
}

export function parseEntryPointsLine(line: string, path: string, number: number): EntryPoints {
  try {
    return entryPointsFromJson(line)
  } catch (cause) {
    throw formError(path, number, 'a line whose fields are not those of entry points', cause)
  }
}

/** The newest version for each Python of distributions that no release pins. */
export interface Unpinned {
  /** Upload time of the newest file in the snapshot: the index was as it was then or later. */
  readonly asOf?: string
  readonly versions: ReadonlyMap<DistributionName, ReadonlyMap<string, string>>
}

export function formatUnpinned({ asOf, versions }: Unpinned): string {
  const header = asOf === undefined ? headers.unpinned : `${headers.unpinned.slice(0, -1)},"asOf":"${asOf}"}`
  const lines = [...versions]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, pythons]) => JSON.stringify({ name, versions: Object.fromEntries(pythons) }))
  return `${[header, ...lines].join('\n')}\n`
}

export function parseUnpinned(text: string, path: string): Unpinned {
  const lines = linesAfterHeader(text, path, 'unpinned')
  const header = parseJson(text.slice(0, text.indexOf('\n')), path, 1)
  const versions = new Map<DistributionName, ReadonlyMap<string, string>>()
  for (const [index, line] of lines.entries()) {
    const { name, versions: pythons } = parseJson(line, path, index + 2)
    const entries = typeof pythons === 'object' && pythons !== null ? Object.entries(pythons) : undefined
    if (typeof name !== 'string' || entries === undefined || !isTexts(entries.map(([, version]) => version)))
      throw formError(path, index + 2, 'a line whose fields are not name and versions')
    versions.set(normalizeName(name), new Map(entries as [string, string][]))
  }
  return typeof header.asOf === 'string' ? { asOf: header.asOf, versions } : { versions }
}

export function formatFiles(rows: readonly VersionFacts<readonly DistributionFile[]>[]): string {
  const blocks = rows.toSorted(compareFacts).map(({ name, version, facts }) => {
    const lines = facts
      .toSorted((a, b) => (a.filename < b.filename ? -1 : 1))
      .map(({ filename, size, sha256, uploadTime, requiresPython, yanked }) =>
        [
          ` ${filename}`,
          size,
          sha256,
          uploadTime ?? '-',
          ...(requiresPython === undefined ? [] : [`python:${escapeWord(requiresPython)}`]),
          ...(yanked === undefined || yanked === false
            ? []
            : [yanked === true ? 'yanked' : `yanked:${escapeWord(yanked)}`]),
        ].join(' '),
      )
    return [`${name} ${version}`, ...lines].join('\n')
  })
  return `${[headers.files, ...blocks].join('\n')}\n`
}

/** One word that still reads well: white space, control characters and `%` as in URLs. */
function escapeWord(text: string): string {
  return text.replace(/[%\s\p{C}]/gu, (character) => encodeURIComponent(character))
}

/** Bytes of one block: the lines under `name version`. */
export function parseFilesBlock(block: string, path: string): readonly DistributionFile[] {
  return block
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, filename, size, sha256, uploaded = '-', ...rest] = line.split(' ')
      const uploadTime = parseUploadTime(uploaded)
      if (
        !/^[0-9a-f]{64}$/.test(sha256 ?? '') ||
        !/^\d+$/.test(size ?? '') ||
        (uploadTime === undefined && uploaded !== '-')
      )
        throw formError(path, undefined, `a line that is not of a file: ${line.trim().slice(0, 80)}`)
      const python = rest.find((word) => word.startsWith('python:'))
      const yanked = rest.find((word) => word.startsWith('yanked'))
      return {
        filename: filename!,
        sha256: sha256!,
        size: Number(size),
        ...(uploadTime === undefined ? {} : { uploadTime }),
        ...(python === undefined ? {} : { requiresPython: decodeURIComponent(python.slice(7)) }),
        ...(yanked === undefined
          ? {}
          : { yanked: yanked === 'yanked' ? true : decodeURIComponent(yanked.slice(7)) }),
      }
    })
}

/** The lines after a header that fits. @throws E-CAT-FORM */
export function linesAfterHeader(
  text: string,
  path: string,
  kind: Exclude<keyof typeof headers, 'files'>,
): readonly string[] {
  const lines = text.split('\n')
  const expected = headers[kind].slice(0, headers[kind].indexOf(',') + 1)
  if (!lines[0]!.startsWith(expected)) throw formError(path, 1, 'a header that is not known')
  if (lines.at(-1) !== '') throw formError(path, lines.length, 'a last line that is cut off')
  return lines.slice(1, -1)
}

/** Where the blocks begin in `files.txt`. @throws E-CAT-FORM */
export function startOfBlocks(text: string, path: string): number {
  if (!text.startsWith('# svcsplit files 1,')) throw formError(path, 1, 'a header that is not known')
  if (!text.endsWith('\n')) throw formError(path, undefined, 'a last line that is cut off')
  return headers.files.length
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function parseJson(line: string, path: string, number: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw formError(path, number, 'a line that is not JSON', cause)
  }
  throw formError(path, number, 'a line that is not a JSON object')
}

function formError(path: string, line: number | undefined, what: string, cause?: unknown): SvcsplitError {
  return new SvcsplitError('E-CAT-FORM', `shipped facts cannot be read: ${what}`, {
    at: line === undefined ? { path } : { path, line },
    hint: 'svcsplit catalog update makes them anew',
    cause,
  })
}

import { SvcsplitError, visible } from '#errors.js'
import { normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import { type ByteSource, readZipDirectory, readZipMember, type ZipMember } from './zip-directory.js'

/** What a service's wheel offers to be started; group -> name -> object reference (entry points specification). */
export interface EntryPoints {
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Files that are installed to `bin/` as they are (pbr's wsgi_scripts among them) -> `module:object` where it can be read. */
  readonly scripts: ReadonlyMap<string, string | undefined>
  /**
   * Paths of files that a WSGI server can be pointed at, sorted: `<package>/wsgi.py`, `<package>/wsgi/*.py` and
   * `*.wsgi`, as far as they bind the name that servers look for, `application` (PEP 3333 leaves it to the server).
   */
  readonly wsgi: readonly string[]
}

/** The text of METADATA of a wheel. @throws E-IDX-METADATA */
export async function readWheelMetadata(source: ByteSource, filename: string): Promise<string> {
  const members = await readZipDirectory(source)
  const member = inDistInfo(members, filename, 'METADATA')
  if (member === undefined) throw new SvcsplitError('E-IDX-METADATA', `${filename} has no METADATA`)
  return (await readZipMember(source, member)).toString('utf8')
}

/** @throws E-IDX-METADATA */
export async function readWheelEntryPoints(source: ByteSource, filename: string): Promise<EntryPoints> {
  const members = await readZipDirectory(source)
  const listed = inDistInfo(members, filename, 'entry_points.txt')
  const groups =
    listed === undefined
      ? new Map<string, Map<string, string>>()
      : parseEntryPoints((await readZipMember(source, listed)).toString('utf8'), filename)
  const scripts = new Map<string, string | undefined>()
  for (const member of sortedByName(members)) {
    const name = /^[^/]+\.data\/scripts\/([^/]+)$/.exec(member.name)?.[1]
    if (name !== undefined)
      scripts.set(name, referenceIn((await readZipMember(source, member)).toString('utf8')))
  }
  const wsgi: string[] = []
  for (const member of sortedByName(members))
    if (mayServe(member.name) && bindsApplication((await readZipMember(source, member)).toString('utf8')))
      wsgi.push(member.name)
  return { groups, scripts, wsgi }
}

function sortedByName(members: readonly ZipMember[]): readonly ZipMember[] {
  return members.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** The one `.dist-info` that has the name and version of the wheel (binary distribution format, "File contents"). */
function inDistInfo(members: readonly ZipMember[], filename: string, file: string): ZipMember | undefined {
  const [name = '', version = ''] = filename.split('-')
  const found = members.filter((member) => {
    const folder = /^([^/]+)-([^-/]+)\.dist-info\/([^/]+)$/.exec(member.name)
    return (
      folder !== null &&
      folder[3] === file &&
      normalizeName(folder[1]!) === normalizeName(name) &&
      sameVersion(folder[2]!, version)
    )
  })
  if (found.length > 1) throw new SvcsplitError('E-IDX-METADATA', `${filename} has more than one ${file}`)
  return found[0]
}

function sameVersion(one: string, other: string): boolean {
  return (
    one === other ||
    tryParseVersion(one.replaceAll('_', '-'))?.key === tryParseVersion(other.replaceAll('_', '-'))?.key
  )
}

/** entry_points.txt: case-sensitive, `=` as only delimiter. @throws E-IDX-METADATA */
function parseEntryPoints(text: string, filename: string): Map<string, Map<string, string>> {
  const groups = new Map<string, Map<string, string>>()
  let group: Map<string, string> | undefined
  for (const raw of text.split(/\r\n|[\r\n]/)) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    const header = /^\[(.+)\]$/.exec(line)
    const equals = line.indexOf('=')
    if (header !== null) {
      group = groups.get(header[1]!.trim()) ?? new Map()
      groups.set(header[1]!.trim(), group)
    } else if (group !== undefined && equals > 0)
      group.set(
        line.slice(0, equals).trim(),
        line
          .slice(equals + 1)
          .trim()
          .replace(/\s+/g, ' '),
      )
    else
      throw new SvcsplitError(
        'E-IDX-METADATA',
        `a line of entry_points.txt cannot be parsed: ${visible(line, 80)}`,
        {
          at: { archive: filename, member: 'entry_points.txt' },
        },
      )
  }
  return groups
}

/** pbr writes a WSGI script as `from MODULE import OBJECT` followed by a server for trying it out. */
function referenceIn(script: string): string | undefined {
  if (!script.includes("PBR Generated from 'wsgi_scripts'")) return undefined
  const found = /^from ([\w.]+) import (\w+)\s*$/m.exec(script)
  return found === null ? undefined : `${found[1]}:${found[2]}`
}

function mayServe(path: string): boolean {
  if (!/^\w+\/(?:[\w-]+\/)*[\w.-]+$/.test(path) || /\/tests?\//.test(path)) return false
  return (
    path.endsWith('.wsgi') || /^\w+\/wsgi(?:\/__init__)?\.py$/.test(path) || /\/wsgi\/\w+\.py$/.test(path)
  )
}

/** As an assignment, or as an import by that name; what is written on the way to it does not matter. */
function bindsApplication(text: string): boolean {
  return /^[ \t]*application[ \t]*(?::[^=\n]+)?=(?!=)|^from [\w.]+ import .*\bapplication\b/m.test(text)
}

/** `nova/wsgi/metadata.py` as `nova.wsgi.metadata`; none for a file that is no module. */
export function moduleOfPath(path: string): string | undefined {
  const found = /^([\w/]+?)(?:\/__init__)?\.py$/.exec(path)
  return found?.[1]?.replaceAll('/', '.')
}

/** Sorted keys; the form in which entry points are kept. */
export function entryPointsToJson(entryPoints: EntryPoints): string {
  const sorted = <V, W>(map: ReadonlyMap<string, V>, value: (item: V) => W): Record<string, W> =>
    Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, value(item)]))
  return JSON.stringify({
    groups: sorted(entryPoints.groups, (group) => sorted(group, (reference) => reference)),
    scripts: sorted(entryPoints.scripts, (reference) => reference ?? null),
    wsgi: entryPoints.wsgi,
  })
}

/** @throws E-CAT-FORM if the text is not of `entryPointsToJson` */
export function entryPointsFromJson(text: string): EntryPoints {
  const form = (): SvcsplitError => new SvcsplitError('E-CAT-FORM', 'entry points cannot be read')
  const record = (value: unknown): readonly [string, unknown][] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw form()
    return Object.entries(value)
  }
  const string = (value: unknown): string => {
    if (typeof value !== 'string') throw form()
    return value
  }
  const { groups, scripts, wsgi } = JSON.parse(text) as Record<string, unknown>
  if (!Array.isArray(wsgi)) throw form()
  return {
    groups: new Map(
      record(groups).map(([group, points]) => [
        group,
        new Map(record(points).map(([name, reference]) => [name, string(reference)])),
      ]),
    ),
    scripts: new Map(
      record(scripts).map(([name, reference]) => [name, reference === null ? undefined : string(reference)]),
    ),
    wsgi: wsgi.map(string),
  }
}

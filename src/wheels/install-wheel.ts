import { hash as hashBytes } from 'node:crypto'
import { SvcsplitError } from '#errors.js'
import { readBytesSync } from '#io/files.js'
import type { DistributionName } from '#pep/name.js'
import { type DistInfo, readDistInfo } from './dist-info.js'
import { parseScriptEntryPoints, type ScriptEntryPoint, scriptWrapper } from './entry-points.js'
import { formatRecord, hashOf, isUnhashed, parseRecord, type RecordRow } from './record.js'
import { destinationOf, type Environment, isReserved, recordPath, type Scheme, schemeOf } from './scheme.js'
import { unpackMember } from './unpack-member.js'
import { verifyHash, type WheelEntry } from './wheel-entry.js'
import { readZipArchive, wheelLimits, type ZipMember } from './zip-archive.js'

export interface InstallOptions extends Environment {
  /** Hex, of the wheel's file; another file is refused. */
  readonly sha256: string
  /** The wheel's name, which a store by digest does not keep. */
  readonly filename: string
  /** Whether somebody asked for this distribution, rather than another one needing it (PEP 376, REQUESTED). */
  readonly requested: boolean
}

/** What a wheel puts into an environment. The bytes stay in its file until they are written to a layer. */
export interface InstalledWheel {
  readonly name: DistributionName
  readonly version: string
  readonly sha256: string
  readonly filename: string
  /** Where its file lies. */
  readonly path: string
  /** In byte order of their paths. */
  readonly entries: readonly WheelEntry[]
  readonly scripts: readonly ScriptEntryPoint[]
}

/** What RECORD.INSTALLER says of files that svcsplit placed. */
const installer = 'svcsplit\n'

/** Larger files cannot be read in one piece. */
const maxWheelBytes = wheelLimits.size - 1

/**
 * Reads a wheel as strictly as `readZipArchive` does and says which files it installs where (binary
 * distribution format, "Installing a wheel"). Contents of members are held against RECORD by `unpackEntry`,
 * when they are needed.
 * @throws SvcsplitError E-FS-*, E-IDX-HASH, E-WHL-* with archive and member
 */
export async function installWheel(path: string, options: InstallOptions): Promise<InstalledWheel> {
  return installWheelBytes(readWheelFile(path), path, options)
}

/** As `installWheel`, for a file that was read already. */
export function installWheelBytes(bytes: Buffer, path: string, options: InstallOptions): InstalledWheel {
  const sha256 = hashBytes('sha256', bytes)
  if (sha256 !== options.sha256)
    throw new SvcsplitError(
      'E-IDX-HASH',
      `${options.filename} has the sha256 ${sha256}, not ${options.sha256}`,
      {
        at: { archive: options.filename },
        hint: 'remove the file and let it be fetched again; if it stays so, the source serves another file',
      },
    )
  return { ...readWheel(bytes, options), path }
}

/**
 * The bytes of a wheel's file. Read in one go: what follows is bound by the processor, and a hundred small
 * reads through the thread pool cost more than they let overlap.
 */
export function readWheelFile(path: string): Buffer {
  return readBytesSync(path, { maxBytes: maxWheelBytes })
}

/** As `installWheel`, for bytes whose hash is known. */
export function readWheel(bytes: Buffer, options: InstallOptions): Omit<InstalledWheel, 'path'> {
  const { filename } = options
  const members = readZipArchive(bytes, filename)
  const info = readDistInfo(bytes, new Map(members.map((member) => [member.name, member])), filename)
  const scheme = schemeOf(options, info.name)
  const rows = checkRecord(members, info, filename)
  const scripts =
    info.entryPoints === undefined
      ? []
      : parseScriptEntryPoints(info.entryPoints, filename, `${info.folder}/entry_points.txt`)

  const wrapped = new Set(scripts.map(({ name }) => name))
  const placed: WheelEntry[] = []
  for (const member of members) {
    if (isLeftOut(member, info)) continue
    const entry = placeMember(bytes, member, info, scheme, rows, filename, wrapped)
    if (entry !== undefined) placed.push(entry)
  }
  for (const script of scripts)
    placed.push(made(`${scheme.scripts}/${script.name}`, scriptWrapper(script, scheme.interpreter), 0o755))
  placed.push(made(`${scheme.sitePackages}/${info.folder}/INSTALLER`, Buffer.from(installer)))
  if (options.requested) placed.push(made(`${scheme.sitePackages}/${info.folder}/REQUESTED`, Buffer.alloc(0)))
  // What is nearly in order is soon sorted again: the rows of RECORD, and all with RECORD among them.
  const sorted = sortEntries(placed)
  const entries = sortEntries([...sorted, newRecord(sorted, rows, info, scheme)])
  checkPlaces(entries, scheme, filename, `${info.folder}/entry_points.txt`)
  const { name, version } = info
  return { name, version, sha256: options.sha256, filename, entries, scripts }
}

/** Byte order, which is the order of layers on every machine; code units differ from it beyond the BMP. */
export function sortEntries<Entry extends { readonly path: string }>(entries: readonly Entry[]): Entry[] {
  if (entries.every(({ path }) => /^[\x20-\x7e]*$/.test(path)))
    return [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return entries
    .map((entry) => ({ entry, key: Buffer.from(entry.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry)
}

/**
 * RECORD must list every file, and nothing else. Bytecode that a wheel carries is not installed, so it counts
 * for neither.
 */
function checkRecord(
  members: readonly ZipMember[],
  info: DistInfo,
  archive: string,
): ReadonlyMap<string, RecordRow> {
  const rows = parseRecord(info.record, info.folder, archive)
  const files = new Set<string>()
  const refuse = (member: string, problem: string): never => {
    throw new SvcsplitError('E-WHL-RECORD', problem, { at: { archive, member } })
  }
  for (const { name, directory, size } of members) {
    if (directory) continue
    files.add(name)
    const row = rows.get(name)
    if (row === undefined) {
      if (!isUnhashed(name, info.folder) && !isBytecode(name)) refuse(name, 'RECORD does not list the file')
    } else if (row.size !== undefined && row.size !== size && !isUnhashed(name, info.folder))
      refuse(name, `RECORD says ${row.size} bytes where there are ${size}`)
  }
  for (const path of rows.keys())
    if (!files.has(path) && !isBytecode(path))
      refuse(path, 'RECORD lists a file that the wheel does not hold')
  return rows
}

function isBytecode(path: string): boolean {
  return path.includes('__pycache__/') && /(?:^|\/)__pycache__\//.test(path)
}

function isLeftOut(member: ZipMember, { folder }: DistInfo): boolean {
  const { name } = member
  if (member.directory || isBytecode(name)) return true
  return name === `${folder}/RECORD` || name === `${folder}/INSTALLER` || name === `${folder}/REQUESTED`
}

function placeMember(
  bytes: Buffer,
  member: ZipMember,
  info: DistInfo,
  scheme: Scheme,
  rows: ReadonlyMap<string, RecordRow>,
  archive: string,
  wrapped: ReadonlySet<string>,
): WheelEntry | undefined {
  const place = destinationOf(member.name, info.dataFolder, scheme)
  if (place === undefined)
    throw new SvcsplitError('E-WHL-SCHEME', 'the file belongs to no install scheme that wheels have', {
      at: { archive, member: member.name },
    })
  const { path } = place
  if (isReserved(path, scheme))
    throw new SvcsplitError('E-WHL-SCHEME', 'the file would replace a part of the environment itself', {
      at: { archive, member: member.name },
    })
  // As pip has it: only a regular file that says so is executable.
  const mode = (member.mode & 0o170000) === 0o100000 && (member.mode & 0o111) !== 0 ? 0o755 : 0o644
  const hash = rows.get(member.name)?.hash ?? hashOf(unpackMember(bytes, member, archive))
  const entry: WheelEntry = { path, mode, size: member.size, hash, content: { member } }
  if (!place.script) return entry
  if (wrapped.has(scriptBase(path.slice(path.lastIndexOf('/') + 1)))) return undefined
  const content = unpackMember(bytes, member, archive)
  if (!content.subarray(0, 8).equals(Buffer.from('#!python'))) return entry
  verifyHash(content, hash, member.name, archive)
  return made(path, withInterpreter(content, scheme.interpreter), mode)
}

/** Setuptools once shipped the wrappers of entry points as scripts; the entry point wins, as in pip. */
function scriptBase(name: string): string {
  return name.replace(/(?:\.exe|-script\.pyw?|\.pya)$/i, '')
}

/** `#!python` with whatever follows it on the line stands for the environment's own interpreter. */
function withInterpreter(content: Buffer, interpreter: string): Buffer {
  const newline = content.indexOf(0x0a)
  const rest = newline < 0 ? Buffer.alloc(0) : content.subarray(newline + 1)
  return Buffer.concat([Buffer.from(`#!${interpreter}\n`), rest])
}

function made(path: string, bytes: Buffer, mode: 0o644 | 0o755 = 0o644): WheelEntry {
  return { path, mode, size: bytes.length, hash: hashOf(bytes), content: { bytes } }
}

/** RECORD as installed: where each file went, with the hashes of those that were made or changed. */
function newRecord(
  placed: readonly WheelEntry[],
  rows: ReadonlyMap<string, RecordRow>,
  info: DistInfo,
  scheme: Scheme,
): WheelEntry {
  const installed: RecordRow[] = placed.map((entry) => {
    const path = recordPath(entry.path, scheme)
    const old = 'member' in entry.content ? rows.get(entry.content.member.name) : undefined
    if (old?.hash !== undefined && old.size !== undefined) return { path, hash: old.hash, size: old.size }
    if (old !== undefined) return { ...old, path }
    return { path, hash: entry.hash, size: entry.size }
  })
  installed.push({ path: `${info.folder}/RECORD` })
  return made(`${scheme.sitePackages}/${info.folder}/RECORD`, formatRecord(installed))
}

/** Members of different schemes may meet at one path, and a file may stand where another needs a folder. */
function checkPlaces(
  placed: readonly WheelEntry[],
  scheme: Scheme,
  archive: string,
  entryPointsMember: string,
): void {
  const files = new Set<string>()
  const nameOf = (entry: WheelEntry): string =>
    'member' in entry.content ? entry.content.member.name : entryPointsMember
  for (const entry of placed) {
    if (isReserved(entry.path, scheme))
      throw new SvcsplitError('E-WHL-SCHEME', `${entry.path} is a part of the environment itself`, {
        at: { archive, member: nameOf(entry) },
      })
    if (files.has(entry.path))
      throw new SvcsplitError('E-WHL-DUP', `a second file for ${entry.path}`, {
        at: { archive, member: nameOf(entry) },
      })
    files.add(entry.path)
  }
  const folders = new Set<string>()
  for (const entry of placed) {
    let end = entry.path.lastIndexOf('/')
    while (end > 0) {
      const folder = entry.path.slice(0, end)
      if (folders.has(folder)) break
      if (files.has(folder))
        throw new SvcsplitError('E-WHL-DUP', `${folder} is a file and a folder`, {
          at: { archive, member: nameOf(entry) },
        })
      folders.add(folder)
      end = folder.lastIndexOf('/')
    }
  }
}

import { type ErrorCode, SvcsplitError } from '#errors.js'
import { parseCoreMetadata } from '#pep/core-metadata.js'
import { type DistributionName, normalizeName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import { parseWheelFilename } from '#pep/wheel-filename.js'
import { unpackMember } from './unpack-member.js'
import type { ZipMember } from './zip-archive.js'

/** What the `.dist-info` folder of a wheel says about it. */
export interface DistInfo {
  readonly name: DistributionName
  /** As METADATA spells it. */
  readonly version: string
  /** `NAME-VERSION.dist-info`, as written. */
  readonly folder: string
  /** `NAME-VERSION.data`: where other schemes than site-packages lie. */
  readonly dataFolder: string
  readonly record: string
  readonly entryPoints?: string
}

/** METADATA holds a readme, RECORD a line per file; the rest is a few lines. */
const maxMetadata = 16 * 1024 ** 2
const maxRecord = 64 * 1024 ** 2
const maxSmall = 1024 ** 2

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Finds the one `.dist-info` at the top and holds it against the filename. Folders of that name further down
 * are files of vendored distributions.
 * @throws SvcsplitError E-WHL-DISTINFO, E-WHL-LIMIT with archive and member
 */
export function readDistInfo(
  bytes: Buffer,
  members: ReadonlyMap<string, ZipMember>,
  filename: string,
): DistInfo {
  const folder = findFolder(members, filename)
  const refuse = (problem: string, member?: string, code: ErrorCode = 'E-WHL-DISTINFO'): never => {
    throw new SvcsplitError(code, problem, {
      at: { archive: filename, ...(member === undefined ? {} : { member }) },
    })
  }
  const read = (file: string, limit: number): string | undefined => {
    const member = members.get(`${folder}/${file}`)
    if (member === undefined) return undefined
    if (member.size > limit) refuse(`larger than ${limit} bytes`, member.name, 'E-WHL-LIMIT')
    const content = unpackMember(bytes, member, filename)
    try {
      return utf8.decode(content)
    } catch {
      return refuse('not UTF-8', member.name)
    }
  }
  const required = (file: string, limit: number): string =>
    read(file, limit) ?? refuse(`the wheel has no ${file}`, `${folder}/${file}`)

  const expected = parseWheelFilename(filename)
  const stem = folder.slice(0, -'.dist-info'.length)
  const dash = stem.lastIndexOf('-')
  if (
    dash < 0 ||
    normalizeName(stem.slice(0, dash)) !== normalizeName(expected.name) ||
    !sameVersion(stem.slice(dash + 1), expected.version)
  )
    refuse(`${folder} does not belong to a wheel of this name and version`, folder)
  checkWheelFile(required('WHEEL', maxSmall), (problem) => refuse(problem, `${folder}/WHEEL`))

  const metadata = parseMetadata(required('METADATA', maxMetadata), (problem) =>
    refuse(problem, `${folder}/METADATA`),
  )
  if (normalizeName(metadata.name) !== normalizeName(expected.name))
    refuse('METADATA is of another distribution than the filename', `${folder}/METADATA`)
  if (!sameVersion(metadata.version, expected.version))
    refuse('METADATA is of another version than the filename', `${folder}/METADATA`)
  const record = members.has(`${folder}/RECORD`)
    ? required('RECORD', maxRecord)
    : refuse('the wheel has no RECORD', `${folder}/RECORD`, 'E-WHL-RECORD')
  const entryPoints = read('entry_points.txt', maxSmall)
  return {
    name: normalizeName(metadata.name),
    version: metadata.version,
    folder,
    dataFolder: `${stem}.data`,
    record,
    ...(entryPoints === undefined ? {} : { entryPoints }),
  }
}

function findFolder(members: ReadonlyMap<string, ZipMember>, archive: string): string {
  const folders = new Set<string>()
  for (const name of members.keys()) {
    const slash = name.indexOf('/')
    if (slash > 0 && name.startsWith('.dist-info', slash - '.dist-info'.length))
      folders.add(name.slice(0, slash))
  }
  const [folder, second] = folders
  if (folder === undefined)
    throw new SvcsplitError('E-WHL-DISTINFO', 'the wheel has no .dist-info folder', { at: { archive } })
  if (second !== undefined)
    throw new SvcsplitError('E-WHL-DISTINFO', `the wheel has a second .dist-info folder beside ${folder}`, {
      at: { archive, member: second },
    })
  return folder
}

/** Spellings of one version by PEP 440; what is no version must be spelled alike. */
function sameVersion(a: string, b: string): boolean {
  // Filenames and folders escape "-" as "_".
  const plain = (text: string) => tryParseVersion(text.replaceAll('_', '-'))?.text ?? text
  return plain(a) === plain(b)
}

function checkWheelFile(text: string, refuse: (problem: string) => never): void {
  const version = /^Wheel-Version:[ \t]*([0-9]+)\.[0-9]+[ \t]*\r?$/im.exec(text)
  if (version === null) refuse('WHEEL has no Wheel-Version')
  else if (version[1] !== '1') refuse(`WHEEL has version ${version[1]} of the format, and only 1 is known`)
}

function parseMetadata(
  text: string,
  refuse: (problem: string) => never,
): { readonly name: string; readonly version: string } {
  try {
    return parseCoreMetadata(text)
  } catch (error) {
    if (error instanceof SvcsplitError) return refuse(error.message)
    throw error
  }
}

import { dirname, join, resolve } from 'node:path'
import { type FileOrigin, SvcsplitError } from '#errors.js'
import { linkTarget, readBytes, statusOf } from '#io/files.js'
import { fillVariables, parseRequirementLine, type RequirementLine } from './requirement-line.js'
import { decodeText, type LogicalLine, logicalLines, placeIn } from './text-lines.js'

/** `-r FILE` or `-c FILE`; `path` is relative to the file that says so, as pip has it. */
interface Include {
  readonly kind: 'requirements' | 'constraints'
  readonly path: string
  readonly at: FileOrigin
}

interface RequirementsFile {
  readonly path: string
  /** In the order of the file, those of an included file in its place. */
  readonly requirements: readonly RequirementLine[]
  /** Constraints files that it names (`-c`), not read here. */
  readonly includes: readonly Include[]
  /** The files that were read, itself first. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[]
}

/** Reads a file that a user named: of the disk, or as a revision had it. */
export type ReadInput = (path: string, at?: FileOrigin) => Promise<Uint8Array>

export interface RequirementsOptions {
  /** Where `${NAME}` is looked up; the process's own environment if left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Default: `readInput`. */
  readonly read?: ReadInput
}

type Item = { readonly line: RequirementLine } | { readonly include: Include }

const includeOptions: ReadonlyMap<string, Include['kind']> = new Map([
  ['-r', 'requirements'],
  ['--requirement', 'requirements'],
  ['-c', 'constraints'],
  ['--constraint', 'constraints'],
])

const largestFile = 16 * 1024 * 1024
const deepestInclude = 64
const mostFiles = 1000

function parseOption(line: LogicalLine, path: string, text: string): Item {
  const at = placeIn(path, line)
  const found = /^(--[a-z-]+|-[a-z])(?:\s*=\s*|\s*)(.*)$/is.exec(text)
  const option = found?.[1] ?? text
  const value = found?.[2] ?? ''
  const kind = includeOptions.get(option)
  if (kind !== undefined) {
    if (value === '') throw new SvcsplitError('E-REQ-SYNTAX', `${option} needs a file`, { at })
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value))
      throw new SvcsplitError('E-REQ-URL', `${option} names a URL; only files are included`, {
        at,
        hint: 'fetch it first, so that what is analysed is what you can look at',
      })
    return { include: { kind, path: value, at } }
  }
  if (option === '-e' || option === '--editable')
    return { line: parseRequirementLine(line, path, value, true) }
  throw new SvcsplitError('E-REQ-OPTION', `the option ${option} may not stand in a requirements file`, {
    at,
    hint: 'a file must not choose the index or how files are taken from it: say so on the command line',
  })
}

function parseItems(text: string, path: string, options: RequirementsOptions): readonly Item[] {
  const environment = options.environment ?? process.env
  return logicalLines(text, path).map((line) => {
    const filled = fillVariables(line, path, environment)
    return filled.startsWith('-')
      ? parseOption(line, path, filled)
      : { line: parseRequirementLine(line, path, filled) }
  })
}

/** A requirements file from its text alone; `-r` files are named in `includes`, like `-c` files, and not read. */
export function parseRequirementsText(
  text: string,
  path: string,
  options: RequirementsOptions = {},
): Omit<RequirementsFile, 'files'> {
  const items = parseItems(text.replace(/^\ufeff/, ''), path, options)
  return {
    path,
    requirements: items.flatMap((item) => ('line' in item ? [item.line] : [])),
    includes: items.flatMap((item) => ('include' in item ? [item.include] : [])),
  }
}

/** Reads what a user named: a regular file, or a pipe under /dev; any other kind could block for ever. */
export async function readInput(path: string, at?: FileOrigin): Promise<Uint8Array> {
  const status = await statusOf(path, { follow: true })
  const place = at === undefined ? {} : { at }
  if (status === undefined) throw new SvcsplitError('E-FS-NOTFOUND', `there is no file ${path}`, place)
  if (status.kind !== 'file' && !path.startsWith('/dev/'))
    throw new SvcsplitError('E-FS-KIND', `${path} is not a file`, place)
  return readBytes(path, { maxBytes: largestFile })
}

/** The file that a path means in the end, so that a cycle by way of links is seen too. */
async function finalPath(path: string): Promise<string> {
  let current = resolve(path)
  for (let hops = 0; hops < deepestInclude; hops += 1) {
    if ((await statusOf(current))?.kind !== 'link') return current
    current = resolve(dirname(current), await linkTarget(current))
  }
  return current
}

/**
 * A requirements file with all files that it includes by `-r`. One file included twice is fine, a file that
 * includes itself is `E-REQ-CYCLE`.
 */
export async function parseRequirementsFile(
  path: string,
  options: RequirementsOptions = {},
): Promise<RequirementsFile> {
  const requirements: RequirementLine[] = []
  const includes: Include[] = []
  const files: { path: string; bytes: Uint8Array }[] = []

  async function read(file: string, chain: readonly string[], at: FileOrigin | undefined): Promise<void> {
    const place = at === undefined ? {} : { at }
    const final = await finalPath(file)
    if (chain.includes(final)) {
      const cycle = [...chain.slice(chain.indexOf(final)), final].map((name) => name.split('/').at(-1))
      throw new SvcsplitError('E-REQ-CYCLE', `the files include one another: ${cycle.join(' > ')}`, place)
    }
    if (chain.length >= deepestInclude || files.length >= mostFiles)
      throw new SvcsplitError(
        'E-REQ-LIMIT',
        `more than ${deepestInclude} files deep or ${mostFiles} in all`,
        place,
      )
    const bytes = await (options.read ?? readInput)(file, at)
    files.push({ path: file, bytes })
    for (const item of parseItems(decodeText(bytes, file), file, options)) {
      if ('line' in item) requirements.push(item.line)
      else {
        const target = item.include.path.startsWith('/')
          ? item.include.path
          : join(dirname(file), item.include.path)
        if (item.include.kind === 'constraints') includes.push({ ...item.include, path: target })
        else await read(target, [...chain, final], item.include.at)
      }
    }
  }

  await read(path, [], undefined)
  return { path, requirements, includes, files }
}

import { SvcsplitError } from '#errors.js'
import { tryParseVersion } from '#pep/version.js'

/** One distribution in a file: the text under its header, and where each of its versions stands. */
export interface Block {
  readonly path: string
  /** Line of the header, counted from 1. */
  readonly line: number
  /** As they stand in the header. */
  readonly versions: readonly string[]
  readonly lines: readonly string[]
  /** By the key of PEP 440 equality. */
  positionOf(version: string): number | undefined
}

/** The blocks of a file by name. @throws E-CAT-FORM */
export function readBlocks(text: string, path: string, header: string): ReadonlyMap<string, Block> {
  const [first = ''] = header.split(',', 1)
  if (!text.startsWith(`${first},`)) throw formError(path, 1, 'a header that is not known')
  if (!text.endsWith('\n')) throw formError(path, undefined, 'a last line that is cut off')
  const lines = text.split('\n')
  lines.pop()
  const blocks = new Map<string, Block>()
  let at = 0
  while (lines[at]?.startsWith('#') === true) at++
  while (at < lines.length) {
    const [name = '', ...versions] = lines[at]!.split(' ')
    if (name === '' || versions.length === 0) throw formError(path, at + 1, 'a line that names no versions')
    let end = at + 1
    while (end < lines.length && lines[end]!.startsWith(' ')) end++
    blocks.set(name, blockOf(path, at, versions, lines.slice(at + 1, end)))
    at = end
  }
  return blocks
}

function blockOf(path: string, at: number, versions: readonly string[], lines: readonly string[]): Block {
  let positions: ReadonlyMap<string, number> | undefined
  return {
    path,
    line: at + 1,
    versions,
    lines,
    positionOf(version) {
      const direct = versions.indexOf(version)
      if (direct >= 0) return direct
      positions ??= new Map(
        versions.map((text, position) => [tryParseVersion(text)?.key ?? text, position] as const),
      )
      return positions.get(tryParseVersion(version)?.key ?? version)
    },
  }
}

export function formError(path: string, line: number | undefined, what: string): SvcsplitError {
  return new SvcsplitError('E-CAT-FORM', `shipped facts cannot be read: ${what}`, {
    at: line === undefined ? { path } : { path, line },
    hint: 'svcsplit catalog update makes them anew',
  })
}

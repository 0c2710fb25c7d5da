import { SvcsplitError } from '#errors.js'
import { tryParseVersion } from '#pep/version.js'
import { parseVersionSet } from './version-sets.js'

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
  /** A set of versions as it is written, one byte for each version; the same sets come again and again. */
  positionsIn(text: string): Uint8Array | undefined
}

/** The blocks of a file by name. @throws E-CAT-FORM */
export function readBlocks(text: string, path: string, header: string): ReadonlyMap<string, Block> {
  const [first = ''] = header.split(',', 1)
  if (!text.startsWith(`${first},`)) throw formError(path, 1, 'a header that is not known')
  if (!text.endsWith('\n')) throw formError(path, undefined, 'a last line that is cut off')
  const blocks = new Map<string, Block>()
  let begun: { readonly words: readonly string[]; readonly line: number; readonly from: number } | undefined
  const finish = (end: number): void => {
    if (begun === undefined) return
    const [name = '', ...versions] = begun.words
    blocks.set(name, blockOf(path, begun.line, versions, text.slice(begun.from, end)))
  }
  let line = 0
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\n', at)
    const isHeader = text.charCodeAt(at) !== space && (begun !== undefined || text.charCodeAt(at) !== hash)
    line++
    // Lines of blocks that nobody asks for are looked at for where they end, and no more.
    if (isHeader) {
      finish(at)
      const words = text.slice(at, end).split(' ')
      if (words[0] === '' || words.length < 2) throw formError(path, line, 'a line that names no versions')
      begun = { words, line, from: end + 1 }
    } else if (begun === undefined && text.charCodeAt(at) === space)
      throw formError(path, line, 'a line that names no versions')
    at = end + 1
  }
  finish(text.length)
  return blocks
}

const space = 32
const hash = 35

function blockOf(path: string, line: number, versions: readonly string[], text: string): Block {
  let lines: readonly string[] | undefined
  let byKey: ReadonlyMap<string, number> | undefined
  const byText = new Map(versions.map((version, position) => [version, position] as const))
  const sets = new Map<string, Uint8Array>()
  return {
    path,
    line,
    versions,
    get lines() {
      lines ??= text === '' ? [] : text.slice(0, -1).split('\n')
      return lines
    },
    positionOf(version) {
      const known = byText.get(version)
      if (known !== undefined) return known
      byKey ??= new Map([...byText].map(([one, position]) => [keyOf(one), position] as const))
      return byKey.get(keyOf(version))
    },
    positionsIn(set) {
      const known = sets.get(set)
      if (known !== undefined) return known
      const positions = parseVersionSet(set, versions.length)
      if (positions !== undefined) sets.set(set, positions)
      return positions
    },
  }
}

function keyOf(version: string): string {
  return tryParseVersion(version)?.key ?? version
}

export function formError(path: string, line: number | undefined, what: string): SvcsplitError {
  return new SvcsplitError('E-CAT-FORM', `shipped facts cannot be read: ${what}`, {
    at: line === undefined ? { path } : { path, line },
    hint: 'svcsplit catalog update makes them anew',
  })
}

import { SvcsplitError } from '#errors.js'
import type { DistributionName } from '#pep/name.js'
import { tryParseVersion } from '#pep/version.js'
import { parseVersionSet } from './version-sets.js'

/** The blocks of a file by name. @throws E-CAT-FORM */
export function readBlocks(text: string, path: string, header: string): ReadonlyMap<DistributionName, Block> {
  const [first = ''] = header.split(',', 1)
  if (!text.startsWith(`${first},`)) throw formError(path, 1, 'a header that is not known')
  if (!text.endsWith('\n')) throw formError(path, undefined, 'a last line that is cut off')
  const blocks = new Map<DistributionName, Block>()
  let line = 1
  let at = 0
  for (; text[at] === '#'; line++) at = text.indexOf('\n', at) + 1
  while (at < text.length) {
    const space = text.indexOf(' ', at)
    const from = text.indexOf('\n', at) + 1
    if (space <= at || space >= from) throw formError(path, line, 'a line that names no versions')
    // Of blocks that nobody asks for only the end is looked for.
    let end = from
    let lines = 0
    for (; text.charCodeAt(end) === blank; lines++) end = text.indexOf('\n', end) + 1
    blocks.set(
      text.slice(at, space) as DistributionName,
      new Block(path, line, text.slice(space + 1, from - 1), text.slice(from, end)),
    )
    line += 1 + lines
    at = end
  }
  return blocks
}

const blank = 32

/** One distribution in a file: the text under its header, and where each of its versions stands. */
export class Block {
  #versions: readonly string[] | undefined
  #lines: readonly string[] | undefined
  #byText: ReadonlyMap<string, number> | undefined
  #byKey: ReadonlyMap<string, number> | undefined
  readonly #sets = new Map<string, Uint8Array>()

  constructor(
    readonly path: string,
    /** Of the header, counted from 1. */
    readonly line: number,
    private readonly header: string,
    /** Whole lines; none if empty. */
    readonly text: string,
  ) {}

  /** As they stand in the header. */
  get versions(): readonly string[] {
    this.#versions ??= this.header.split(' ')
    return this.#versions
  }

  get lines(): readonly string[] {
    this.#lines ??= this.text === '' ? [] : this.text.slice(0, -1).split('\n')
    return this.#lines
  }

  /** By the key of PEP 440 equality. */
  positionOf(version: string): number | undefined {
    this.#byText ??= new Map(this.versions.map((one, position) => [one, position] as const))
    const known = this.#byText.get(version)
    if (known !== undefined) return known
    this.#byKey ??= new Map([...this.#byText].map(([one, position]) => [keyOf(one), position] as const))
    return this.#byKey.get(keyOf(version))
  }

  /** A set of versions as it is written, one byte for each version; the same sets come again and again. */
  positionsIn(text: string): Uint8Array | undefined {
    const known = this.#sets.get(text)
    if (known !== undefined) return known
    const positions = parseVersionSet(text, this.versions.length)
    if (positions !== undefined) this.#sets.set(text, positions)
    return positions
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

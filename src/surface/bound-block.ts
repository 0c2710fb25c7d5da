import { type Block, formError } from './blocks.js'
import { type UnknownReason, type UseKind, unknownReasons, useKinds } from './surface.js'
import { parseVersionSet } from './version-sets.js'

export interface BoundRow {
  /** One byte for each version; undefined if none lacks it. */
  readonly gone?: Uint8Array
  readonly unknown: readonly { readonly reason: UnknownReason; readonly positions: Uint8Array }[]
}

/** What is known of the names of one library. */
export interface BoundBlock {
  readonly tops: readonly { readonly module: string; readonly positions: Uint8Array }[]
  /** By `kind name`. */
  readonly names: ReadonlyMap<string, BoundRow>
}

const kinds: ReadonlySet<string> = new Set<UseKind>(useKinds)
const reasons: ReadonlySet<string> = new Set<UnknownReason>(unknownReasons)
const everywhere: BoundRow = { unknown: [] }

export function parseBoundBlock({ path, line, versions, lines }: Block): BoundBlock {
  const tops: { module: string; positions: Uint8Array }[] = []
  const names = new Map<string, BoundRow>()
  let owner: string | undefined
  for (const [index, text] of lines.entries()) {
    const refuse = (what: string) => formError(path, line + index + 1, what)
    const set = (word: string): Uint8Array => {
      const positions = parseVersionSet(word, versions.length)
      if (positions === undefined) throw refuse('a set of versions that is none')
      return positions
    }
    if (text.startsWith(' @ ')) {
      const [module = '', positions = ''] = text.slice(3).split(' ')
      tops.push({ module, positions: set(positions) })
    } else if (!text.startsWith('  ')) owner = text.slice(1)
    else {
      const [kind = '', last = '', ...words] = text.slice(2).split(' ')
      if (owner === undefined || !kinds.has(kind) || last === '') throw refuse('a line that is not of a name')
      const name = owner === '-' ? last : `${owner}.${last}`
      names.set(`${kind} ${name}`, words.length === 0 ? everywhere : rowOf(words, set, refuse))
    }
  }
  return { tops, names }
}

function rowOf(
  words: readonly string[],
  set: (word: string) => Uint8Array,
  refuse: (what: string) => Error,
): BoundRow {
  const gone = words[0]!.startsWith('?') ? undefined : set(words[0]!)
  const unknown = words.slice(gone === undefined ? 0 : 1).map((word) => {
    const [reason = '', positions = ''] = word.slice(1).split(':')
    if (!word.startsWith('?') || !reasons.has(reason)) throw refuse('a reason that is not known')
    return { reason: reason as UnknownReason, positions: set(positions) }
  })
  return { ...(gone === undefined ? {} : { gone }), unknown }
}

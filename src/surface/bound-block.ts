import { type Block, formError } from './blocks.js'
import { type UnknownReason, type UsedName, type UseKind, unknownReasons, useKinds } from './surface.js'

export interface BoundRow {
  /** One byte for each version; undefined if none lacks it. */
  readonly gone?: Uint8Array
  readonly unknown: readonly { readonly reason: UnknownReason; readonly positions: Uint8Array }[]
}

/** What is known of the names of one library. */
export interface BoundBlock {
  readonly tops: readonly { readonly module: string; readonly positions: Uint8Array }[]
  /** @throws E-CAT-FORM */
  row(kind: UseKind, name: string): BoundRow | undefined
  /** All names. Parses what is otherwise parsed when it is asked for. @throws E-CAT-FORM */
  all(): readonly Pick<UsedName, 'name' | 'kind'>[]
}

const kinds: ReadonlySet<string> = new Set<UseKind>(useKinds)
const reasons: ReadonlySet<string> = new Set<UnknownReason>(unknownReasons)
const everywhere: BoundRow = { unknown: [] }

/** Positions of the first line of an owner's names and of the line after its last. */
interface Span {
  readonly first: number
  end: number
}

export function parseBoundBlock(block: Block): BoundBlock {
  const tops: { module: string; positions: Uint8Array }[] = []
  const owners = new Map<string, Span>()
  let owner: Span | undefined
  for (let index = 0; index < block.lines.length; index++) {
    const text = block.lines[index]!
    if (text.startsWith('  ')) {
      if (owner === undefined) throw refusal(block, index, 'a line that is not of a name')
      owner.end = index + 1
    } else if (text.startsWith(' @ ')) {
      const [module = '', positions = ''] = text.slice(3).split(' ')
      tops.push({ module, positions: setOf(block, index, positions) })
    } else {
      owner = { first: index + 1, end: index + 1 }
      owners.set(text.slice(1), owner)
    }
  }
  return {
    tops,
    row(kind, name) {
      const [ownerName, last] = splitName(name)
      const span = owners.get(ownerName)
      if (span === undefined) return undefined
      const start = `  ${kind} ${last}`
      for (let index = span.first; index < span.end; index++) {
        const text = block.lines[index]!
        if (!text.startsWith(start)) continue
        if (text.length === start.length) return everywhere
        if (text[start.length] === ' ') return rowOf(block, index, text.slice(start.length + 1).split(' '))
      }
      return undefined
    },
    all: () =>
      [...owners].flatMap(([ownerName, { first, end }]) =>
        block.lines.slice(first, end).map((text, at) => {
          const [kind = '', last = '', ...words] = text.slice(2).split(' ')
          if (!kinds.has(kind) || last === '')
            throw refusal(block, first + at, 'a line that is not of a name')
          if (words.length > 0) rowOf(block, first + at, words)
          return { kind: kind as UseKind, name: ownerName === '-' ? last : `${ownerName}.${last}` }
        }),
      ),
  }
}

/** `a.b.f(x)` as `a.b` and `f(x)`; the owner of a name without dots is `-`. */
export function splitName(name: string): readonly [string, string] {
  const bracket = name.indexOf('(')
  const dot = name.lastIndexOf('.', bracket < 0 ? undefined : bracket)
  return dot < 0 ? ['-', name] : [name.slice(0, dot), name.slice(dot + 1)]
}

function rowOf(block: Block, index: number, words: readonly string[]): BoundRow {
  const gone = words[0]!.startsWith('?') ? undefined : setOf(block, index, words[0]!)
  const unknown = words.slice(gone === undefined ? 0 : 1).map((word) => {
    const [reason = '', positions = ''] = word.slice(1).split(':')
    if (!word.startsWith('?') || !reasons.has(reason))
      throw refusal(block, index, 'a reason that is not known')
    return { reason: reason as UnknownReason, positions: setOf(block, index, positions) }
  })
  return { ...(gone === undefined ? {} : { gone }), unknown }
}

function setOf(block: Block, index: number, text: string): Uint8Array {
  const positions = block.positionsIn(text)
  if (positions === undefined) throw refusal(block, index, 'a set of versions that is none')
  return positions
}

function refusal({ path, line }: Block, index: number, what: string): Error {
  return formError(path, line + index + 1, what)
}

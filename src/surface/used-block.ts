import type { DistributionName } from '#pep/name.js'
import { type Block, formError } from './blocks.js'
import { type Guard, guards, type UseKind, type UsePlace, useKinds } from './surface.js'
import { parseVersionSet } from './version-sets.js'

export interface UsedNameRow {
  readonly library: DistributionName
  readonly name: string
  readonly kind: UseKind
  readonly confidence: 'certain' | 'likely'
  places(position: number): readonly UsePlace[]
}

export interface UndeclaredRow {
  readonly module: string
  readonly providers: readonly DistributionName[]
  places(position: number): readonly UsePlace[]
}

/** What is known of the uses of one distribution. */
export interface UsedBlock {
  readonly names: readonly UsedNameRow[]
  readonly undeclared: readonly UndeclaredRow[]
}

const kinds: ReadonlySet<string> = new Set<UseKind>(useKinds)
const knownGuards: ReadonlySet<string> = new Set<Guard>(guards)

export function parseUsedBlock(block: Block): UsedBlock {
  const names: UsedNameRow[] = []
  const undeclared: UndeclaredRow[] = []
  const { lines, path, line } = block
  for (let at = 0; at < lines.length; ) {
    const head = lines[at]!.slice(1).split(' ')
    const first = at + 1
    at = first
    while (lines[at]?.startsWith('  ') === true) at++
    const places = placesOf(block, first, at)
    if (head[0] === 'undeclared')
      undeclared.push({ module: head[1] ?? '', providers: head.slice(2) as DistributionName[], places })
    else {
      const [library = '', kind = '', name = '', confidence = 'certain'] = head
      if (!kinds.has(kind) || name === '' || (confidence !== 'certain' && confidence !== 'likely'))
        throw formError(path, line + first, 'a line that is not of a used name')
      names.push({ library: library as DistributionName, kind: kind as UseKind, name, confidence, places })
    }
  }
  return { names, undeclared }
}

/** The places of one row, parsed when they are first asked for. */
function placesOf(block: Block, first: number, end: number): (position: number) => readonly UsePlace[] {
  let parsed: readonly { readonly positions: Uint8Array; readonly place: UsePlace }[] | undefined
  return (position) => {
    parsed ??= block.lines.slice(first, end).map((text, index) => {
      const [set = '', at = '', ...words] = text.slice(2).split(' ')
      const positions = parseVersionSet(set, block.versions.length)
      const place = placeOf(at, words)
      if (positions === undefined || place === undefined)
        throw formError(block.path, block.line + first + index + 1, 'a line that is not of a place')
      return { positions, place }
    })
    return parsed.flatMap(({ positions, place }) => (positions[position] === 1 ? [place] : []))
  }
}

function placeOf(at: string, words: readonly string[]): UsePlace | undefined {
  const found = /^(.+):(\d+)(?:\*(\d+))?$/.exec(at)
  if (found === null) return undefined
  const moment = words[0] === 'call' ? 'call' : 'import'
  const guard = words[moment === 'call' ? 1 : 0]
  if (guard !== undefined && !knownGuards.has(guard)) return undefined
  return {
    file: found[1]!.replaceAll('%20', ' '),
    line: Number(found[2]),
    moment,
    ...(guard === undefined ? {} : { guard: guard as Guard }),
    count: Number(found[3] ?? 1),
  }
}

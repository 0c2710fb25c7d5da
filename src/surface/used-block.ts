import type { DistributionName } from '#pep/name.js'
import { type Block, formError } from './blocks.js'
import { type Guard, guards, type UseKind, type UsePlace, useKinds } from './surface.js'

interface UsedNameRow {
  readonly library: DistributionName
  readonly name: string
  readonly kind: UseKind
  readonly confidence: 'certain' | 'likely'
  places(position: number): readonly UsePlace[]
}

interface UndeclaredRow {
  readonly module: string
  readonly providers: readonly DistributionName[]
  places(position: number): readonly UsePlace[]
}

interface UnreadRow {
  readonly problem: string
  places(position: number): readonly UsePlace[]
}

/** What is known of the uses of one distribution. */
export interface UsedBlock {
  readonly names: readonly UsedNameRow[]
  readonly undeclared: readonly UndeclaredRow[]
  readonly unread: readonly UnreadRow[]
}

const kinds: ReadonlySet<string> = new Set<UseKind>(useKinds)
const knownGuards: ReadonlySet<string> = new Set<Guard>(guards)

export function parseUsedBlock(block: Block): UsedBlock {
  const names: UsedNameRow[] = []
  const undeclared: UndeclaredRow[] = []
  const unread: UnreadRow[] = []
  const { lines, path, line } = block
  for (let at = 0; at < lines.length; ) {
    const head = lines[at]!.slice(1).split(' ')
    const first = at + 1
    at = first
    while (lines[at]?.startsWith('  ') === true) at++
    const places = placesOf(block, first, at)
    if (head[0] === '!') unread.push({ problem: head.slice(1).join(' '), places })
    else if (head[0] === 'undeclared')
      undeclared.push({ module: head[1] ?? '', providers: head.slice(2) as DistributionName[], places })
    else {
      const [library = '', kind = '', name = '', confidence = 'certain'] = head
      if (!kinds.has(kind) || name === '' || (confidence !== 'certain' && confidence !== 'likely'))
        throw formError(path, line + first, 'a line that is not of a used name')
      names.push({ library: library as DistributionName, kind: kind as UseKind, name, confidence, places })
    }
  }
  return { names, undeclared, unread }
}

/** The places of one row: the versions of each are known at once, the rest when a place is first told. */
function placesOf(block: Block, first: number, end: number): (position: number) => readonly UsePlace[] {
  const places = new Array<UsePlace | undefined>(end - first)
  return (position) => {
    const here: UsePlace[] = []
    for (let index = first; index < end; index++) {
      const text = block.lines[index]!
      const space = text.indexOf(' ', 2)
      const positions = space < 0 ? undefined : block.positionsIn(text.slice(2, space))
      if (positions === undefined) throw refusal(block, index)
      if (positions[position] !== 1) continue
      const place = places[index - first] ?? placeOf(text.slice(space + 1))
      if (place === undefined) throw refusal(block, index)
      places[index - first] = place
      here.push(place)
    }
    return here
  }
}

function refusal({ path, line }: Block, index: number): Error {
  return formError(path, line + index + 1, 'a line that is not of a place')
}

function placeOf(text: string): UsePlace | undefined {
  const [at = '', ...words] = text.split(' ')
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

import type { FindingDocument, HeldDocument } from './result-document.js'

/** A line of the graph: who demands the library, and which of the host's services have the one who demands. */
interface GraphRow {
  readonly y: number
  readonly who: string
  readonly specifier: string
  readonly refused: boolean
  /** Numbers of columns of services; none for one that is not on the host. */
  readonly dots: readonly number[]
}

/** What the library demands in turn. */
interface GraphLeaf {
  readonly y: number
  readonly text: string
  readonly version: string
}

/** The graph around a library on a host, laid out: all measures in pixels. */
export interface LibraryGraph {
  readonly host: string
  readonly to: string
  readonly distribution: string
  readonly version: string
  readonly width: number
  readonly height: number
  /** The services that have the library, one column each. */
  readonly services: readonly string[]
  readonly rows: readonly GraphRow[]
  /** Demands that are accepted and not drawn; the table has them. */
  readonly more: number
  /** Top of the library's own box. */
  readonly boxY: number
  readonly leaves: readonly GraphLeaf[]
  readonly moreLeaves: number
}

/** Where the columns are: dots of services, names, specifiers, the library, what it demands. */
export const columns = {
  dots: 14,
  name: 176,
  specifier: 150,
  gap: 84,
  box: 176,
  leafGap: 48,
  leaf: 250,
} as const
export const rowHeight = 24
export const headHeight = 84
export const boxHeight = 64

const mostRows = 24
const mostLeaves = 14

/** The own distribution of a service is nearest to it, then whoever most services have. */
function byReach(one: HeldDocument['demandedBy'][number], other: HeldDocument['demandedBy'][number]): number {
  return (
    Number(other.refused) - Number(one.refused) ||
    other.services.length - one.services.length ||
    (one.by < other.by ? -1 : 1)
  )
}

/**
 * Lays out a graph of three layers: who demands, the library, what it demands. With the layers given and every edge
 * ending in the one box, no two edges can be made to cross less: the rows are sorted by meaning instead.
 */
function layOut(held: HeldDocument, refusals: readonly FindingDocument[], to: string): LibraryGraph {
  const refused = refusals
    .map(({ demand }) => ({
      who: demand.release === undefined ? demand.service : `${demand.service}@${demand.release}`,
      specifier: demand.specifier,
    }))
    .sort((one, other) => (one.who < other.who ? -1 : 1))
  const holding = [...held.demandedBy].sort(byReach)
  const shown = holding.slice(0, Math.max(4, mostRows - refused.length))
  const rowY = (index: number): number => headHeight + index * rowHeight
  const rows: readonly GraphRow[] = [
    ...refused.map(({ who, specifier }, index) => ({
      y: rowY(index),
      who,
      specifier,
      refused: true,
      dots: [],
    })),
    ...shown.map(({ by, specifier, refused: isRefused, services }, index) => ({
      y: rowY(refused.length + index),
      who: by,
      specifier,
      refused: isRefused,
      dots: services.map((service) => held.services.indexOf(service)).filter((column) => column >= 0),
    })),
  ]
  const leaves = held.demands.slice(0, mostLeaves)
  const lines = Math.max(rows.length, leaves.length + 1, 3)
  const middle = headHeight + (rows.length * rowHeight) / 2
  const boxY = Math.max(headHeight, middle - boxHeight / 2)
  const leavesTop = Math.max(headHeight, boxY + boxHeight / 2 - (leaves.length * rowHeight) / 2)
  const { name, specifier, gap, box, leafGap, leaf, dots } = columns
  return {
    host: held.host,
    to,
    distribution: held.distribution,
    version: held.version,
    width:
      held.services.length * dots + name + specifier + gap + box + (leaves.length === 0 ? 0 : leafGap + leaf),
    height:
      Math.max(
        headHeight + lines * rowHeight,
        leavesTop + (leaves.length + (held.demands.length > leaves.length ? 1 : 0)) * rowHeight,
      ) + rowHeight,
    services: held.services,
    rows,
    more: holding.length - shown.length,
    boxY,
    leaves: leaves.map((demand, index) => ({
      y: leavesTop + index * rowHeight,
      text: `${demand.distribution} ${demand.specifier}`.trim(),
      version: demand.version ?? '',
    })),
    moreLeaves: held.demands.length - leaves.length,
  }
}

/** A graph for each library, host and release whose services the host's pin refuses or that warnings speak of. */
export function libraryGraphs(
  held: readonly HeldDocument[],
  findings: readonly FindingDocument[],
): readonly LibraryGraph[] {
  const byPlace = new Map<string, Map<string, FindingDocument[]>>()
  for (const finding of findings) {
    if (finding.level === 'note') continue
    const key = JSON.stringify([finding.host ?? '', finding.distribution])
    const byRelease = byPlace.get(key) ?? new Map<string, FindingDocument[]>()
    byPlace.set(key, byRelease)
    const to = finding.demand.release ?? ''
    byRelease.set(to, [...(byRelease.get(to) ?? []), finding])
  }
  return held.flatMap((one) => {
    const byRelease = byPlace.get(JSON.stringify([one.host, one.distribution])) ?? new Map([['', []]])
    return [...byRelease].map(([to, ones]) =>
      layOut(
        one,
        ones.filter(({ level }) => level === 'error'),
        to,
      ),
    )
  })
}

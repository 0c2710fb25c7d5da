import type {
  CellDocument,
  FindingDocument,
  Level,
  RadiusDocument,
  ResultDocument,
} from '../result-document.js'

export interface Hop {
  readonly from: string
  /** None for a user's own requirements. */
  readonly to: string | null
}

export interface Cell extends Hop {
  readonly service: string
  readonly errors: number
  readonly warnings: number
  readonly undecided: number
  readonly document: CellDocument
}

/** What a page asks of a result again and again, worked out once. */
export interface Model {
  readonly result: ResultDocument
  readonly levels: ReadonlyMap<string, Level>
  readonly services: readonly string[]
  readonly cells: readonly Cell[]
  cell(service: string, hop: Hop): Cell | undefined
  /** Between neighbours, then between SLURP releases that are none; all of them where there is no such hop. */
  readonly hops: readonly Hop[]
  /** How many of `hops` are between neighbours. */
  readonly near: number
  readonly allHops: readonly Hop[]
  readonly byHop: ReadonlyMap<string, readonly FindingDocument[]>
  readonly byLibrary: ReadonlyMap<string, readonly FindingDocument[]>
}

export function hopKey({ from, to }: Hop): string {
  return JSON.stringify([from, to])
}

/** `nova@2026.1`, or the name of a user's own list. */
export function releaseName(service: string, release: string | null | undefined): string {
  return release === undefined || release === null || release === '' ? service : `${service}@${release}`
}

/** What a finding is about: a host or an environment, by name. */
export function placeOf({ host, environment }: FindingDocument): string {
  return host ?? environment ?? ''
}

export function hopOf(finding: FindingDocument): Hop {
  return { from: placeOf(finding), to: finding.demand.release ?? null }
}

/** From the least. */
export const graver: readonly Level[] = ['note', 'warning', 'error']

/** How grave each rule is, as its findings say. Of rules without a finding nothing is known, nor is it needed. */
function levelsOf({ findings, rules }: ResultDocument): ReadonlyMap<string, Level> {
  const levels = new Map<string, Level>(rules.map((rule) => [rule, 'note']))
  for (const { rule, level } of findings)
    if (graver.indexOf(level) > graver.indexOf(levels.get(rule) ?? 'note')) levels.set(rule, level)
  return levels
}

function cellKey(service: string, { from, to }: Hop): string {
  return JSON.stringify([service, from, to])
}

/**
 * Errors or warnings by cell. All of them are among the findings, and a rule may have both: what the summary counts
 * of a rule does not say which.
 */
function countAt({ findings }: ResultDocument, level: Level): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const finding of findings) {
    if (finding.level !== level) continue
    const key = cellKey(finding.demand.service, hopOf(finding))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function hopsOf(result: ResultDocument, all: readonly Hop[]): { hops: readonly Hop[]; near: number } {
  const there = new Set(all.map(hopKey))
  const pairs = (names: readonly string[]): readonly Hop[] =>
    names
      .slice(1)
      .map((to, index) => ({ from: names[index]!, to }))
      .filter((hop) => there.has(hopKey(hop)))
  const near = pairs(result.releases.map(({ name }) => name))
  const known = new Set(near.map(hopKey))
  const slurp = pairs(result.releases.filter((one) => one.slurp).map(({ name }) => name))
  const far = slurp.filter((hop) => !known.has(hopKey(hop)))
  const hosts = new Set(all.map(({ from }) => from))
  return near.length === 0 || hosts.size === 1
    ? { hops: all, near: all.length }
    : { hops: [...near, ...far], near: near.length }
}

function grouped(
  findings: readonly FindingDocument[],
  keyOf: (finding: FindingDocument) => string,
): ReadonlyMap<string, readonly FindingDocument[]> {
  const groups = new Map<string, FindingDocument[]>()
  for (const finding of findings) {
    const key = keyOf(finding)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [finding])
    else group.push(finding)
  }
  return groups
}

/** Who of a hop has to move pins, and which: cells with a known smallest change. */
export function movesOf(radius: RadiusDocument | undefined): NonNullable<RadiusDocument['changes']> {
  return radius?.changes ?? []
}

export function modelOf(result: ResultDocument): Model {
  const levels = levelsOf(result)
  const errors = countAt(result, 'error')
  const warnings = countAt(result, 'warning')
  const cells = result.cells.map((document): Cell => {
    const { service, from, to } = document
    const key = cellKey(service, document)
    return {
      service,
      from,
      to,
      errors: errors.get(key) ?? 0,
      warnings: warnings.get(key) ?? 0,
      undecided: document.summary.undecided ?? 0,
      document,
    }
  })
  const byCell = new Map(cells.map((cell) => [cellKey(cell.service, cell), cell]))
  const order = new Map(result.releases.map(({ name }, index) => [name, index]))
  const rank = (name: string | null): number => order.get(name ?? '') ?? order.size
  const allHops = [
    ...new Map(cells.map(({ from, to }) => [hopKey({ from, to }), { from, to }])).values(),
  ].sort((one, other) => rank(one.from) - rank(other.from) || rank(one.to) - rank(other.to))
  const { hops, near } = hopsOf(result, allHops)
  return {
    result,
    levels,
    services: [...new Set(cells.map(({ service }) => service))],
    cells,
    cell: (service, hop) => byCell.get(cellKey(service, hop)),
    hops,
    near,
    allHops,
    byHop: grouped(result.findings, (finding) => hopKey(hopOf(finding))),
    byLibrary: grouped(result.findings, ({ distribution }) => distribution),
  }
}

/** Whether a cell takes an older service to a newer host. */
export function goesBack({ result }: Model, { from, to }: Hop): boolean {
  const names = result.releases.map(({ name }) => name)
  return to !== null && names.indexOf(from) > names.indexOf(to) && names.includes(to)
}

/** The hop that most people are about to take: to the newest release, from as far as its SLURP hop, with errors. */
export function worstHop(model: Model): Hop | undefined {
  const withErrors = model.hops.filter((hop) =>
    (model.byHop.get(hopKey(hop)) ?? []).some(({ level }) => level === 'error'),
  )
  const newest = withErrors.toSorted((one, other) =>
    one.to === other.to
      ? (one.from ?? '') < (other.from ?? '')
        ? -1
        : 1
      : (one.to ?? '') < (other.to ?? '')
        ? 1
        : -1,
  )
  return newest[0]
}

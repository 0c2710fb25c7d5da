import type { Finding } from '#collisions/finding.js'
import type { AnalysisResult, ResultCell } from '#collisions/result.js'
import { brokenIn, causeLines } from './broken-import-text.js'
import { placeOf, radiusOfHop, shortId } from './radius-text.js'
import { count, cutTo, nextCommands, painter, plural, type TextOptions, wrapTo } from './terminal.js'

/** The part of a heading that says what does not count, if anything. */
export function leftOutText({ excludeNewer }: AnalysisResult): string {
  return excludeNewer === undefined ? '' : `without uploads since ${excludeNewer} · `
}

interface Hop {
  readonly from: string
  readonly to: string
}

/** Hops between neighbours, and between SLURP releases that are not neighbours. */
function hopsOf(releases: AnalysisResult['releases']): { neighbours: readonly Hop[]; slurp: readonly Hop[] } {
  const pairs = (names: readonly string[]): readonly Hop[] =>
    names.slice(1).map((to, index) => ({ from: names[index]!, to }))
  const neighbours = pairs(releases.map(({ name }) => name))
  const slurp = pairs(releases.filter((release) => release.slurp).map(({ name }) => name))
  const near = new Set(neighbours.map(({ from, to }) => `${from} ${to}`))
  return { neighbours, slurp: slurp.filter(({ from, to }) => !near.has(`${from} ${to}`)) }
}

function errorsIn(cell: ResultCell | undefined): number | undefined {
  return cell === undefined
    ? undefined
    : cell.summary.findings.collision + cell.summary.findings['python-floor']
}

/** A table whose first column is a name; numbers to the right. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  '),
  )
}

/** A heading with what is to be known to read what follows: beside it, or below where there is no room. */
function titled(title: string, note: string, options: TextOptions): readonly string[] {
  const bold = painter(options)('bold', title)
  if (note === '') return [bold]
  if (title.length + 3 + note.length <= options.width) return [`${bold}   ${note}`]
  return [bold, `  ${wrapTo(note, options.width, 2)}`]
}

/** Service by hop: what breaks when that service alone moves. */
function hopTable(result: AnalysisResult, options: TextOptions): readonly string[] {
  const paint = painter(options)
  const { neighbours, slurp } = hopsOf(result.releases)
  const byKey = new Map(
    result.cells.map((cell) => [
      `${cell.candidate.service} ${cell.host.label} ${cell.candidate.release}`,
      cell,
    ]),
  )
  const services = [...new Set(result.cells.map(({ candidate }) => candidate.service))]
  const hops = [...neighbours, ...slurp].filter(({ from, to }) =>
    services.some((service) => byKey.has(`${service} ${from} ${to}`)),
  )
  if (hops.length === 0) return []
  const rows = services
    .map((service) => {
      const numbers = hops.map(({ from, to }) => errorsIn(byKey.get(`${service} ${from} ${to}`)))
      return { service, numbers, sum: numbers.reduce<number>((sum, one) => sum + (one ?? 0), 0) }
    })
    .sort((one, other) => other.sum - one.sum || (one.service < other.service ? -1 : 1))
  const totals = hops.map((_, column) => rows.reduce((sum, { numbers }) => sum + (numbers[column] ?? 0), 0))
  const near = hops.filter((hop) => neighbours.includes(hop)).length
  const split = (cells: readonly string[]): readonly string[] =>
    near === hops.length ? cells : [...cells.slice(0, near + 1), '│', ...cells.slice(near + 1)]
  const head = split(['  to release', ...hops.map(({ to }, index) => (index < near ? to : `${to}`))])
  const body = rows.map(({ service, numbers }) =>
    split([`  ${service}`, ...numbers.map((one) => (one === undefined ? '' : count(one)))]),
  )
  const lines = table([head, ...body, split(['  all', ...totals.map(count)])])
  return [
    ...titled(
      'ONE SERVICE MOVES, THE HOST STAYS',
      `demands that the host's older pins refuse${near === hops.length ? '' : '; right of │ SLURP hops'}`,
      options,
    ),
    paint('dim', lines[0]!),
    ...lines.slice(1, -1),
    paint('bold', lines.at(-1)!),
    ...notYetLines(result, options),
    '',
  ]
}

/** What new code misses on older libraries: how often, and how often nothing declared refuses it. */
function notYetLines(result: AnalysisResult, options: TextOptions): readonly string[] {
  if (!result.rules.includes('broken-import')) return []
  const order = new Map(result.releases.map(({ name }, index) => [name, index]))
  const broken = result.cells.filter(
    (cell) =>
      (order.get(cell.host.label) ?? Infinity) < (order.get(cell.candidate.release ?? '') ?? -1) &&
      brokenIn(cell) > 0,
  )
  if (broken.length === 0) return []
  const alone = broken.filter((cell) => errorsIn(cell) === 0).length
  const declared = alone === 0 ? 'each of them is refused as declared, too' : `${alone} of them only as run`
  return [
    `  ${wrapTo(`as run: names that new code needs have not come yet in ${plural(broken.length, 'cell')}; ${declared}`, options.width, 2)}`,
  ]
}

/** Older services on newer hosts: what metadata says of it, and what it does not. */
function backLines(result: AnalysisResult, options: TextOptions): readonly string[] {
  const order = new Map(result.releases.map(({ name }, index) => [name, index]))
  const back = result.cells.filter(
    ({ host, candidate }) => (order.get(host.label) ?? -1) > (order.get(candidate.release ?? '') ?? Infinity),
  )
  if (back.length === 0) return []
  const refused = back.filter((cell) => errorsIn(cell)! > 0)
  const total = refused.reduce((sum, cell) => sum + errorsIn(cell)!, 0)
  const who = [...new Set(refused.map(({ candidate }) => `${candidate.service}@${candidate.release}`))]
  const drift = back.reduce((sum, { summary }) => sum + summary.findings.drift, 0)
  const declared = `${plural(total, 'collision')} in ${plural(back.length, 'cell')}${who.length === 0 ? '' : `, all of ${who.join(' and ')}`}`
  return [
    ...titled('THE HOST MOVES, ONE SERVICE STAYS', '', options),
    `  ${wrapTo(`as declared: ${declared}: metadata has lower bounds only`, options.width, 2)}`,
    ...goneLines(result, back, options),
    `  never tested: ${plural(Math.round(drift / back.length), 'demand')} a cell, each met by a version that it was not run with`,
    '',
  ]
}

/** What old code misses on newer libraries: from each release to the newest, and how often in all. */
function goneLines(
  result: AnalysisResult,
  back: readonly ResultCell[],
  options: TextOptions,
): readonly string[] {
  if (!result.rules.includes('broken-import')) return []
  const paint = painter(options)
  const newest = result.releases.at(-1)?.name
  const broken = back.filter((cell) => brokenIn(cell) > 0)
  if (broken.length === 0) return ['  as run: no name that certain code needs at import is gone']
  const onNewest = broken.filter(({ host }) => host.label === newest)
  return [
    `  ${paint('red', 'as run: names that its code needs are gone')} in ${plural(broken.length, 'cell')}${onNewest.length === 0 ? '' : `; on ${newest}:`}`,
    ...causeLines(onNewest, result.releases, options),
  ]
}

function worst(result: AnalysisResult): { hop: Hop; findings: readonly Finding[] } | undefined {
  const { neighbours, slurp } = hopsOf(result.releases)
  const newest = [...slurp, ...neighbours]
    .toReversed()
    .toSorted((a, b) => (a.to < b.to ? 1 : a.to > b.to ? -1 : 0))
  const wide = newest.toSorted((a, b) => (a.to === b.to ? (a.from < b.from ? -1 : 1) : 0))
  for (const hop of wide) {
    const findings = result.cells
      .filter(({ host, candidate }) => host.label === hop.from && candidate.release === hop.to)
      .flatMap((cell) => cell.findings.filter(({ rule }) => rule === 'collision'))
    if (findings.length > 0) return { hop, findings }
  }
  return undefined
}

/** The distributions that most services of the newest hop collide on, with both sides and their places. */
function worstLines(result: AnalysisResult, options: TextOptions): readonly string[] {
  const found = worst(result)
  if (found === undefined) return []
  const paint = painter(options)
  const { hop, findings } = found
  const byName = new Map<string, Finding[]>()
  for (const finding of findings) {
    const list = byName.get(finding.distribution) ?? []
    list.push(finding)
    byName.set(finding.distribution, list)
  }
  const top = [...byName]
    .sort(([name, one], [otherName, other]) => other.length - one.length || (name < otherName ? -1 : 1))
    .slice(0, 2)
  const lines = top.flatMap(([name, ones]) => {
    const first = ones.find(({ demand }) => 'path' in demand.at) ?? ones[0]!
    const wanting = ones.map(({ demand }) => `${demand.service} ${demand.specifier}`).join(', ')
    const source = 'path' in first.demand.at ? (first.demand.at.text ?? '').trim() : ''
    const pin =
      first.supply?.at !== undefined && 'path' in first.supply.at ? (first.supply.at.text ?? '').trim() : ''
    return [
      `  ${wrapTo(`${name}: refused by ${hop.from}'s ${first.supply?.version}: ${wanting}`, options.width, 2, 6)}`,
      cutTo(`      ${placeOf(first.demand.at)}  ${source}`.trimEnd(), options.width - 11) +
        `   ${shortId(first)}`,
      cutTo(
        `      ${first.supply?.at === undefined ? '' : placeOf(first.supply.at)}  ${pin}`.trimEnd(),
        options.width,
      ),
    ]
  })
  return [`${paint('bold', `WORST OF ${hop.from} → ${hop.to}`)}`, ...lines, '']
}

/** Hop by hop what raising the host's pins would take, where that was worked out. */
function raiseLines(result: AnalysisResult, options: TextOptions): readonly string[] {
  const { neighbours, slurp } = hopsOf(result.releases)
  const lines = [...neighbours, ...slurp].flatMap(({ from, to }) => {
    const cells = result.cells.filter(
      ({ host, candidate }) => host.release === from && candidate.release === to,
    )
    const text = radiusOfHop(cells)
    return text === undefined ? [] : [`  ${wrapTo(`${from} → ${to}: ${text}`, options.width, 2, 4)}`]
  })
  if (lines.length === 0) return []
  const isProved = result.cells.every(({ radius }) => radius?.kind !== 'moves' || radius.exact)
  return [
    ...titled(
      'RAISE THE PINS INSTEAD',
      `the fewest${isProved ? ', proved' : ', as far as found'}; who else holds one is disturbed`,
      options,
    ),
    ...lines,
    '',
  ]
}

function separationLines(result: AnalysisResult, options: TextOptions): readonly string[] {
  const { sound, of } = result.separate
  if (of === 0) return []
  const paint = painter(options)
  const sure = `${sound} of ${plural(of, 'service release')} without an error under their own pins (checked)`
  return [
    ...titled('WITH SEPARATION', '0 services disturbed, whichever moves', options),
    `  ${paint(sound === of ? 'green' : 'yellow', sure)}`,
    '',
  ]
}

function nextLine(result: AnalysisResult, columns: number): string {
  const found = worst(result)
  if (found === undefined) return 'next   svcsplit analyze nova@2026.1 --host 2025.1'
  const { hop, findings } = found
  const services = new Map<string, number>()
  for (const { demand } of findings) services.set(demand.service, (services.get(demand.service) ?? 0) + 1)
  const name = [...services].sort(([, one], [, other]) => other - one)[0]![0]
  const service = `${name}@${hop.to}`
  return nextCommands(
    [
      `svcsplit analyze ${service} --host ${hop.from}`,
      `svcsplit build ${service} -o oci:images`,
      `svcsplit plan ${service} --from ${hop.from}`,
    ],
    columns,
  )
}

/** Many cells at a glance. */
export function matrixText(
  result: AnalysisResult,
  undecided: readonly string[],
  options: TextOptions,
): readonly string[] {
  const paint = painter(options)
  const { findings } = result.summary
  const services = new Set(result.cells.map(({ candidate }) => candidate.service))
  const releases = new Set(result.cells.flatMap(({ candidate }) => candidate.release ?? []))
  const host = result.host?.release ?? result.host?.constraints
  const hops = hopTable(result, options)
  return [
    paint(
      'bold',
      `${plural(services.size, 'service')} · ${releases.size === 0 ? '' : `${plural(releases.size, 'release')} · `}Python ${result.python} · ${result.platform} · ${leftOutText(result)}` +
        `${host === undefined ? '' : `host ${host} · `}${plural(result.cells.length, 'cell')}`,
    ),
    '',
    ...(hops.length > 0 ? hops : cellList(result, options)),
    ...backLines(result, options),
    ...separationLines(result, options),
    ...worstLines(result, options),
    ...raiseLines(result, options),
    ...undecided,
    wrapTo(
      `in all  ${plural(findings.collision, 'collision')}, ${plural(findings['python-floor'], 'Python floor')}, ` +
        `${findings.missing} missing, ${plural(findings['entry-point'], 'entry point')} gone, ` +
        `${plural(findings['broken-import'], 'broken import')}, ${plural(findings.drift, 'drifting demand')}`,
      options.width,
      0,
      8,
    ),
    nextLine(result, options.width),
  ]
}

/** One line a cell, where there are no hops to make a table of: a host of the user's own. */
function cellList(result: AnalysisResult, options: TextOptions): readonly string[] {
  const paint = painter(options)
  const manyHosts = result.host === undefined
  const rows = result.cells.map(({ candidate, host, summary: { findings } }) => [
    `  ${candidate.service}${candidate.release === undefined ? '' : `@${candidate.release}`}${manyHosts ? ` on ${host.label}` : ''}`,
    count(findings.collision),
    count(findings['python-floor']),
    count(findings['broken-import']),
    count(findings.missing),
    count(findings['entry-point']),
    count(findings.drift),
  ])
  const head = ['  service', 'collision', 'floor', 'broken-import', 'missing', 'entry-point', 'drift']
  const lines = table([head, ...rows])
  return [paint('dim', lines[0]!), ...lines.slice(1), '']
}

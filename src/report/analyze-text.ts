import type { Finding, Rule } from '#collisions/finding.js'
import type { AnalysisResult, ResultCell } from '#collisions/result.js'
import type { Origin } from '#errors.js'
import { brokenIn, brokenLines, brokenWarnings, fictionLines } from './broken-import-text.js'
import { gateText } from './gate-text.js'
import { leftOutText, matrixText } from './matrix-text.js'
import { placeOf, radiusLines, shortId } from './radius-text.js'
import { cutTo, nextCommands, painter, plural, type TextOptions, wrapTo } from './terminal.js'
import { sentence } from './told.js'
import { verdictLine } from './verdict-text.js'

/** Most lines of one rule that a first screen shows; JSON has them all. */
const mostLines = 12

function sourceLine(at: Origin | undefined): string {
  return at !== undefined && 'path' in at ? (at.text ?? '').trim() : ''
}

/** Both sides of a collision: what is demanded and where, what the host gives and where. */
function bothSides(finding: Finding, columns: number): readonly string[] {
  const { demand, supply, distribution, rule } = finding
  const wants =
    rule === 'python-floor'
      ? `${demand.by} wants Python ${demand.specifier}`
      : `${demand.by} wants ${demand.specifier}`
  const has =
    rule === 'python-floor' ? `the host has Python ${supply?.version}` : `the host has ${supply?.version}`
  const rows = [
    [wants, placeOf(demand.at), sourceLine(demand.at)],
    [has, placeOf(supply?.at), sourceLine(supply?.at)],
  ]
  const wide = Math.max(...rows.map(([text]) => text!.length), 24)
  const placeWide = Math.max(...rows.map(([, at]) => at!.length))
  return [
    `  ${distribution}   ${shortId(finding)}`,
    ...rows.map(([text, at, line]) =>
      cutTo(`    ${text!.padEnd(wide)}  ${at!.padEnd(placeWide)}  ${line}`.trimEnd(), columns),
    ),
  ]
}

function of(findings: readonly Finding[], rule: Rule): readonly Finding[] {
  return findings.filter((finding) => finding.rule === rule)
}

function more(total: number, shown: number): readonly string[] {
  return total > shown ? [`  … ${total - shown} more: -o json has them all`] : []
}

function errorLines(findings: readonly Finding[], rule: Rule, title: string, options: TextOptions): string[] {
  const found = of(findings, rule)
  if (found.length === 0) return []
  const paint = painter(options)
  return [
    paint('red', paint('bold', title)),
    ...found.slice(0, mostLines).flatMap((finding) => bothSides(finding, options.width)),
    ...more(found.length, mostLines),
    '',
  ]
}

/** One line a distribution: who demands it, and what each side has. */
function briefLines(findings: readonly Finding[], options: TextOptions): readonly string[] {
  const names = [...new Set(findings.map(({ distribution }) => distribution))]
  const wide = Math.max(...names.map((name) => name.length))
  return names.map((name) => {
    const ones = findings.filter(({ distribution }) => distribution === name)
    const first = ones[0]!
    const others = ones.length > 1 ? ` and ${plural(ones.length - 1, 'other')}` : ''
    const tested = first.tested === undefined ? '' : `, tested with ${first.tested.version}`
    const specifier = first.demand.specifier === '' ? '' : ` ${first.demand.specifier}`
    return cutTo(
      `  ${name.padEnd(wide)}  ${first.demand.by} wants it${specifier}${others}${tested}   ${shortId(first)}`,
      options.width,
    )
  })
}

/** What takes the place of scripts that are gone, a line for each process. */
function insteadLines(gone: readonly Finding[], options: TextOptions): string[] {
  const heirs = new Map(
    gone.flatMap(({ instead }) => (instead === undefined ? [] : [[instead.process, instead.starts]])),
  )
  return [...heirs].map(([process, starts]) =>
    cutTo(
      `${' '.repeat(13)}instead  ${process}: ${starts === process ? 'its own script' : starts}`,
      options.width,
    ),
  )
}

/** Rules that have lines of their own kind; every other one is told as its sentence. */
const inOwnWords: ReadonlySet<string> = new Set([
  'collision',
  'python-floor',
  'broken-import',
  'missing',
  'missing-extra',
  'entry-point',
  'system-package',
])

function warningLines(cell: ResultCell, options: TextOptions): string[] {
  const { findings, host } = cell
  const paint = painter(options)
  const lines: string[] = [...brokenWarnings(cell, options)]
  const gone = of(findings, 'entry-point')
  if (gone.length > 0) {
    const names = gone.map(({ demand }) => demand.specifier).join(', ')
    const to = gone[0]!.supply?.version
    lines.push(
      `${paint('yellow', 'entry-point')}  ${wrapTo(`${gone[0]!.demand.by} has them, ${to} has not: ${names}`, options.width, 13)}`,
      ...insteadLines(gone, options),
    )
  }
  for (const { demand, distribution, supply } of of(findings, 'system-package')) {
    const floor = demand.specifier === '' ? '' : ` ${demand.specifier}`
    lines.push(
      `${paint('yellow', 'system-package')}  ${wrapTo(`${demand.by} takes ${distribution}${floor} from the system, and there is ${supply?.version}`, options.width, 16)}`,
    )
  }
  for (const one of findings.filter(({ rule, level }) => level !== 'note' && !inOwnWords.has(rule)))
    lines.push(cutTo(`${paint('yellow', one.rule)}  ${sentence(one)}   ${shortId(one)}`, options.width))
  const missing = of(findings, 'missing')
  if (missing.length > 0)
    lines.push(
      `${paint('yellow', 'missing')}  ${host.label} does not pin ${plural(new Set(missing.map((one) => one.distribution)).size, 'distribution')}`,
      ...briefLines(missing, options),
    )
  const extras = of(findings, 'missing-extra')
  for (const extra of extras) {
    const { distribution, demand, supply } = extra
    lines.push(
      `${paint('yellow', 'missing-extra')}  ${wrapTo(`${distribution} ${supply?.version ?? ''} has no extra ${demand.specifier}, ${demand.by} wants it (${placeOf(demand.at)})   ${shortId(extra)}`, options.width, 15)}`,
    )
  }
  return lines.length === 0 ? [] : [...lines, '']
}

/** Of what drifts, what is proven to break the service as run; of the others nothing is known. */
function evidenceLines(
  { findings }: ResultCell,
  drift: readonly Finding[],
  options: TextOptions,
): readonly string[] {
  const drifting = new Set(drift.map(({ distribution }) => distribution))
  const broken = findings.filter(
    ({ rule, distribution }) => rule === 'broken-import' && drifting.has(distribution),
  )
  if (broken.length === 0) return []
  const breaks = new Set(broken.map(({ distribution }) => distribution))
  const text = `of these ${plural(breaks.size, 'lacks', 'lack')} names that the code needs: ${[...breaks].join(', ')}; the other ${drifting.size - breaks.size} are untested`
  return [`       ${wrapTo(text, options.width, 7)}`]
}

function driftLines(cell: ResultCell, options: TextOptions): string[] {
  const paint = painter(options)
  const drift = of(cell.findings, 'drift')
  const { findings, distributions } = cell.summary
  const lines: string[] = []
  if (findings.drift > 0) {
    const jumps = new Map<string, Set<string>>()
    for (const { jump, distribution } of drift) {
      const names = jumps.get(jump!) ?? new Set()
      jumps.set(jump!, names.add(distribution))
    }
    const parts = ['major', 'minor', 'patch']
      .filter((jump) => jumps.has(jump))
      .map((jump) => `${jumps.get(jump)!.size} ${jump}`)
    lines.push(
      `${paint('cyan', 'drift')}  ${plural(findings.drift, 'demand')} accepted at a version that was not tested: ` +
        `${plural(distributions.drift, 'distribution')}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`,
      ...evidenceLines(cell, drift, options),
    )
    const major = drift.filter(({ jump }) => jump === 'major')
    const names = new Map(
      major.map((one) => [
        one.distribution,
        `${one.distribution} ${one.tested?.version} → ${one.supply?.version}`,
      ]),
    )
    if (names.size > 0)
      lines.push(
        `       ${wrapTo(`major, tested → host: ${[...names.values()].join(', ')}`, options.width, 7)}`,
      )
  }
  if (findings.unpinned > 0) {
    const names = new Set(of(cell.findings, 'unpinned').map(({ distribution }) => distribution))
    lines.push(
      `${paint('cyan', 'unpinned')}  ${wrapTo(`pinned by nobody: ${[...names].join(', ')}`, options.width, 10)}`,
    )
  }
  return lines.length === 0 ? [] : [...lines, '']
}

function cellText(cell: ResultCell, result: AnalysisResult, options: TextOptions): readonly string[] {
  const paint = painter(options)
  const { candidate, host, findings, summary } = cell
  const name =
    candidate.release === undefined ? candidate.service : `${candidate.service}@${candidate.release}`
  const collisions = summary.findings.collision
  const floors = summary.findings['python-floor']
  const broken = brokenIn(cell)
  const verdict =
    cell.undecided.length > 0
      ? paint('yellow', 'undecided: facts are missing')
      : collisions + floors + broken === 0
        ? paint('green', 'no declared demand is refused')
        : paint(
            'red',
            [
              ...(collisions + floors === 0 ? [] : [`${plural(collisions + floors, 'demand')} refused`]),
              ...(broken === 0 ? [] : [`${plural(broken, 'broken import')} as run`]),
            ].join(', '),
          )
  const separate = findings.flatMap(({ fixes }) => fixes).some(({ kind }) => kind === 'separate')
  return [
    `${paint('bold', name)} on host ${paint('bold', host.label)} · Python ${result.python} · ${result.platform} · ${leftOutText(result)}` +
      `${plural(cell.size, 'distribution')} · ${verdict}`,
    '',
    ...errorLines(
      findings,
      'collision',
      `${plural(collisions, 'COLLISION', 'COLLISIONS')}  the host's pins refuse what is demanded`,
      options,
    ),
    ...errorLines(
      findings,
      'python-floor',
      `${plural(floors, 'PYTHON FLOOR', 'PYTHON FLOORS')}  the host's Python is refused`,
      options,
    ),
    ...brokenLines(cell, options),
    ...radiusLines(cell, options),
    ...(separate
      ? [
          `${paint('green', paint('bold', 'SEPARATE'))}  ${name} under the pins of its own release: no error (checked), 0 services disturbed`,
          '',
        ]
      : []),
    ...warningLines(cell, options),
    ...driftLines(cell, options),
    ...fictionLines(cell, options),
  ]
}

function undecidedLines(result: AnalysisResult, options: TextOptions): readonly string[] {
  if (result.undecided.length === 0) return []
  const paint = painter(options)
  return [
    paint(
      'yellow',
      `UNDECIDED  ${plural(result.undecided.length, 'fact')} not known, so this is not the whole answer`,
    ),
    ...result.undecided
      .slice(0, mostLines)
      .map(({ distribution, version, reason, at }) =>
        cutTo(
          `  ${distribution}${version === undefined ? '' : ` ${version}`}: ${reason}  ${placeOf(at)}`.trimEnd(),
          options.width,
        ),
      ),
    ...more(result.undecided.length, mostLines),
    '',
  ]
}

/** Ids hold for one Python and one state of the index, and commands look on the usual ones. */
function sameQuestion({ python, excludeNewer }: AnalysisResult): string {
  return (
    (python === '3.11' ? '' : ` --python ${python}`) +
    (excludeNewer === undefined ? '' : ` --exclude-newer ${excludeNewer}`)
  )
}

function nextLine(result: AnalysisResult, columns: number): string {
  const [cell] = result.cells
  const release = cell?.candidate.release
  const error = cell?.findings.find(({ level }) => level === 'error')
  const explain = error === undefined ? [] : [`svcsplit explain ${shortId(error)}${sameQuestion(result)}`]
  if (cell === undefined || release === undefined) return 'next   svcsplit resolve -r FILE -c FILE'
  const name = `${cell.candidate.service}@${release}`
  const build = `svcsplit build ${name} -o oci:images`
  const rest = cell.host.release === release ? 'svcsplit analyze' : `svcsplit dockerfile ${name}`
  return nextCommands([...explain, build, rest], columns)
}

/** The result of `analyze` for a person: one block for each cell, or the matrix when every host was asked. */
export function analysisText(result: AnalysisResult, options: TextOptions): string {
  if (result.verdict !== undefined) return gateText(result, options)
  const one = result.host !== undefined && result.notesTold
  const lines = one
    ? [
        ...result.cells.flatMap((cell) => cellText(cell, result, options)),
        ...undecidedLines(result, options),
        nextLine(result, options.width),
      ]
    : matrixText(result, undecidedLines(result, options), options)
  return `${[...lines, verdictLine(result)].join('\n')}\n`
}

import type { Finding, Fix } from '#collisions/finding.js'
import type { Origin } from '#errors.js'
import type { ExplainResult } from '#verbs/explain.js'
import { historyOf } from './broken-import-text.js'
import { findingJson, originJson, radiusJson } from './json.js'
import { placeOf } from './radius-text.js'
import { wordsOf } from './rule-words.js'
import { cutTo, nextCommands, painter, plural, type TextOptions, withPlace, wrapTo } from './terminal.js'

/** Other demands that are listed; JSON has them all. */
const mostDemands = 8

function sourceOf(at: Origin | undefined): string {
  return at !== undefined && 'path' in at ? (at.text ?? '').trim() : ''
}

type Row = readonly [label: string, text: string, place?: string]

function withSource(label: string, text: string, at: Origin | undefined): readonly Row[] {
  const source = sourceOf(at)
  return [[label, text, placeOf(at)], ...(source === '' ? [] : [['', source] satisfies Row])]
}

/** From the process to the module that needs the name, and what the library had when. */
function brokenSides(result: ExplainResult): readonly Row[] {
  const { finding, cell, imports } = result
  const { demand, supply, missing } = finding
  const { start, modules = [] } = imports ?? {}
  const first =
    start === undefined ? (modules.length === 0 ? [] : ['loaded by name']) : [`${start.kind} ${start.name}`]
  const moment =
    missing!.moment === 'import' ? 'as the module is imported' : 'in a function, when it is called'
  return [
    ['needed', `${missing!.name} by ${demand.by}, ${moment}`, placeOf(demand.at)],
    ...(missing!.gone === missing!.name ? [] : [['gone', missing!.gone] satisfies Row]),
    [`host ${cell.host.label}`, historyOf(finding), placeOf(supply?.at)],
    ...declaredRows(result),
    ...(first.length === 0
      ? []
      : [['chain', [...first, ...modules, missing!.name].join(' → ')] satisfies Row]),
    ...(missing!.uses < 2
      ? []
      : [
          [
            'uses',
            `${missing!.uses}: ${missing!.places.map(placeOf).join(', ')}${missing!.uses > missing!.places.length ? ' …' : ''}`,
          ] satisfies Row,
        ]),
  ]
}

/** What the same distribution declares of the library: a bound that takes what the code cannot use is fiction. */
function declaredRows({ finding: { demand, distribution, supply }, demands }: ExplainResult): readonly Row[] {
  if (supply === undefined) return []
  const own = demands.filter((one) => one.demand.by === demand.by)
  if (own.length === 0) return [['declared', `nothing: ${demand.by} has no demand on ${distribution}`]]
  return own.map(({ demand: { specifier, origin }, isMet }) => [
    'declared',
    `${specifier === '' ? 'any version' : specifier}, which ${isMet ? `accepts ${supply.version} all the same` : `refuses ${supply.version}, too`}`,
    placeOf(origin),
  ])
}

function sides(result: ExplainResult): readonly Row[] {
  const { finding, cell, via } = result
  if (finding.missing !== undefined) return brokenSides(result)
  const { rule, demand, supply, tested, jump } = finding
  const wanted = demand.specifier === '' ? 'any version' : demand.specifier
  const what =
    rule === 'entry-point'
      ? `${demand.specifier}, which ${demand.by} has`
      : rule === 'same-file'
        ? `${demand.specifier}, by ${demand.by}`
        : `${wanted} by ${demand.by}`
  const has =
    rule === 'python-floor'
      ? `Python ${supply?.version}`
      : rule === 'entry-point'
        ? `${supply?.version} has no such command`
        : rule === 'same-file'
          ? `${finding.distribution} ${supply?.version} installs it too, with other bytes`
          : (supply?.version ?? 'nothing: no constraint is on it')
  const chain = via.map(({ name, version }) => `${name} ${version}`)
  return [
    ...withSource(
      rule === 'entry-point' ? 'started' : rule === 'same-file' ? 'installed' : 'demanded',
      what,
      demand.at,
    ),
    ...withSource(
      rule === 'entry-point' || rule === 'same-file' ? 'but' : `host ${cell.host.label}`,
      has,
      supply?.at,
    ),
    ...(tested === undefined
      ? []
      : withSource(
          'tested',
          `${tested.version}${jump === undefined ? '' : `: a ${jump} jump away`}`,
          tested.at,
        )),
    ...(chain.length < 2 || rule === 'entry-point' ? [] : [['chain', chain.join(' → ')] satisfies Row]),
  ]
}

function demandLines({ demands, finding }: ExplainResult, options: TextOptions): readonly string[] {
  if (demands.length < 2) return []
  const shown = demands.slice(0, mostDemands)
  const rows = shown.map(({ demand, isMet }) => [
    demand.by,
    demand.specifier === '' ? 'any version' : demand.specifier,
    isMet ? 'met' : 'refused',
    placeOf(demand.origin),
  ])
  const wide = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  const rest = demands.length - shown.length
  return [
    painter(options)('bold', `ALL ${demands.length} DEMANDS`) +
      `   of this service on ${finding.distribution}`,
    ...rows.map((row) =>
      cutTo(
        `  ${row.map((text, column) => text.padEnd(wide[column] ?? 0)).join('  ')}`.trimEnd(),
        options.width,
      ),
    ),
    ...(rest === 0 ? [] : [`  … ${rest} more: -o json has them all`]),
    '',
  ]
}

function fixText(fix: Fix, { cell, finding }: ExplainResult): string {
  const { candidate } = cell
  const id = candidate.release === undefined ? candidate.service : `${candidate.service}@${candidate.release}`
  if (fix.kind === 'separate')
    return `separate: give ${id} an environment of its own, with the pins of its own release. No error there, and 0 services disturbed`
  const moves = cell.radius?.kind === 'moves' ? cell.radius.moves : []
  const pins = [...fix.pins].map(([name, to]) => {
    const from = moves.find(({ distribution }) => distribution === name)?.from
    return `${name} ${from === undefined ? '' : `${from} → `}${to}`
  })
  const others = cell.radius?.kind === 'moves' && cell.radius.moves.length > fix.pins.size
  const torn = (cell.radius?.kind === 'moves' ? (cell.radius.disturbs ?? []) : [])
    .filter(({ refused, service }) => refused.length > 0 && fix.disturbs?.includes(service))
    .map(({ service }) => service)
  const turn = torn.length === 0 ? '' : `. Then ${torn.join(', ')} would break in turn`
  const disturbs =
    fix.disturbs === undefined
      ? 'who else is on the host is not known'
      : fix.disturbs.length === 0
        ? 'no other service disturbed'
        : `${plural(fix.disturbs.length, 'other service')} disturbed: ${fix.disturbs.join(', ')}${turn}`
  if (fix.pins.size === 0 && cell.radius?.kind === 'moves') {
    const added = [...cell.radius.adds].map(([name, version]) => `${name} ${version}`).join(', ')
    return `add ${added} on the host, which it does not pin. This ${finding.rule} goes and no other error comes; no pin moves`
  }
  const isDown = moves.some(({ distribution, up }) => fix.pins.has(distribution) && !up)
  return `${isDown ? 'move' : 'raise'} ${pins.join(', ')} on the host. This ${finding.rule} goes and no other error comes${others ? ' (the other errors of this service stay)' : ''}; ${disturbs}`
}

function fixLines(result: ExplainResult, options: TextOptions): readonly string[] {
  const { finding, cell } = result
  if (finding.level !== 'error') return []
  const { fixes } = finding
  const { radius } = cell
  const paint = painter(options)
  const none =
    radius?.kind === 'none'
      ? ['  moving the host’s pins does not help: no versions known of them will do']
      : radius?.kind === 'undecided'
        ? ['  whether moving pins of the host helps was not decided within the budget of the search']
        : []
  return [
    paint(
      'bold',
      fixes.length === 0 ? 'FIXES   none is known' : 'FIXES   each checked by walking everything again',
    ),
    ...fixes.map((fix) => `  ${wrapTo(fixText(fix, result), options.width, 2, 4)}`),
    ...none,
    '',
  ]
}

function nextLine({ finding, cell }: ExplainResult, columns: number): string {
  const { candidate, host } = cell
  const parts: string[] = []
  if (candidate.release !== undefined) {
    const id = `${candidate.service}@${candidate.release}`
    if (finding.level === 'error') parts.push(`svcsplit build ${id} -o oci:images`)
    if (host.release !== undefined) {
      if (finding.rule !== 'entry-point' && finding.rule !== 'python-floor')
        parts.push(`svcsplit why ${id} ${finding.distribution} --host ${host.release} --full`)
      parts.push(`svcsplit analyze ${id} --host ${host.release}`)
    }
  }
  return nextCommands(parts.length === 0 ? ['svcsplit analyze'] : parts, columns)
}

/** One finding for a person: what it says, both sides with their lines, who else demands, what to do. */
export function explainText(result: ExplainResult, options: TextOptions): string {
  const { finding, cell, python, platform } = result
  const paint = painter(options)
  const { candidate, host } = cell
  const name =
    candidate.release === undefined ? candidate.service : `${candidate.service}@${candidate.release}`
  const color = { error: 'red', warning: 'yellow', note: 'cyan' } as const
  const rows = sides(result)
  const wide = Math.max(...rows.map(([label]) => label.length))
  const lines = [
    `${paint(color[finding.level], `${finding.rule} ${finding.id}`)}   ${paint('bold', finding.distribution)} for ${paint('bold', name)} on host ${paint('bold', host.label)} · Python ${python} · ${platform}`,
    wrapTo(wordsOf(finding.rule).meaning, options.width, 0),
    '',
    ...rows.map(
      ([label, text, place = '']) =>
        `${paint('bold', label.padEnd(wide))}  ${withPlace(text, place, options.width, wide + 2)}`,
    ),
    '',
    ...demandLines(result, options),
    ...fixLines(result, options),
    nextLine(result, options.width),
  ]
  return `${lines.join('\n')}\n`
}

/** The finding as in `analyze -o json`, and what it rests on. */
export function explainJson(result: ExplainResult): string {
  const { finding, cell, via, demands, imports } = result
  const { candidate, host, radius } = cell
  const document = {
    schemaVersion: '1.0',
    tool: { name: 'svcsplit', version: result.toolVersion },
    inputs: result.inputs,
    target: {
      host: {
        ...(host.release === undefined ? { constraints: host.label } : { release: host.release }),
        python: result.python,
        platform: result.platform,
      },
      services: [
        {
          name: candidate.service,
          ...(candidate.release === undefined ? {} : { release: candidate.release }),
          ...(candidate.version === undefined ? {} : { version: candidate.version }),
        },
      ],
    },
    finding: findingJson(finding satisfies Finding, { host: cell.host.label }),
    meaning: wordsOf(finding.rule).meaning,
    chain: via.map(({ name, version }) => ({ distribution: name, version })),
    ...(imports === undefined ? {} : { imports: { start: imports.start ?? null, modules: imports.modules } }),
    demands: demands.map(({ demand, isMet }) => ({
      by: demand.by,
      specifier: demand.specifier,
      direct: demand.direct,
      met: isMet,
      at: originJson(demand.origin),
    })),
    ...(radius === undefined ? {} : { radius: radiusJson(radius) }),
  }
  return `${JSON.stringify(document, undefined, 1)}\n`
}

import type { Disturbed } from '#collisions/disturbed.js'
import type { Finding } from '#collisions/finding.js'
import type { Radius } from '#collisions/radius.js'
import type { ResultCell } from '#collisions/result.js'
import { formatOrigin, type Origin } from '#errors.js'
import { cutTo, painter, plural, type TextOptions, wrapTo } from './terminal.js'

/** Moved pins, and refused demands, that a first screen shows; JSON has them all. */
const mostMoves = 20
const mostRefused = 6

type Moves = Extract<Radius, { readonly kind: 'moves' }>

/** Path and line: what a person opens. */
export function placeOf(at: Origin | undefined): string {
  if (at === undefined) return ''
  return formatOrigin('path' in at ? { path: at.path, ...(at.line && { line: at.line }) } : at)
}

/** How much of an id is shown: of the 170,000 findings of the shipped fleet, two share so much once in 25,000 times. */
export function shortId({ id }: Finding): string {
  return id.slice(0, 8)
}

function headline({ moves, exact, atLeast, disturbs }: Moves): string {
  const proof = exact ? 'no fewer will do' : `the fewest found; ${atLeast} have to in any case`
  const others =
    disturbs === undefined
      ? 'who else is on the host and disturbed is not known'
      : `${plural(disturbs.length, 'other service')} of the host ${disturbs.length === 1 ? 'is' : 'are'} disturbed`
  if (moves.length === 0)
    return 'no pin of the host has to move; what it does not pin has to come in these versions'
  return `${plural(moves.length, 'pin')} of the host ${moves.length === 1 ? 'moves' : 'move'} (${proof}), ${others}; with separation none is`
}

/** Who holds one of the moved pins: by name where that is short. */
function holders(name: string, disturbs: readonly Disturbed[]): string {
  const services = disturbs
    .filter(({ holds }) => holds.some((one) => one === name))
    .map(({ service }) => service)
  if (services.length === 0) return 'nobody else has it'
  return services.length > 5
    ? `${services.length} others have it`
    : `${services.join(', ')} ${services.length === 1 ? 'has' : 'have'} it`
}

function moveLines({ moves, adds, disturbs }: Moves, options: TextOptions): readonly string[] {
  const shown = moves.slice(0, mostMoves)
  const rows = shown.map(({ distribution, from, to, jump, at }) => [
    distribution,
    `${from} → ${to}`,
    jump,
    disturbs === undefined ? '' : holders(distribution, disturbs),
    placeOf(at),
  ])
  const wide = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return [
    ...rows.map((row) =>
      cutTo(
        `  ${row.map((text, column) => text.padEnd(wide[column] ?? 0)).join('  ')}`.trimEnd(),
        options.width,
      ),
    ),
    ...(moves.length > shown.length ? [`  … ${moves.length - shown.length} more: -o json has them all`] : []),
    ...[...adds].map(([name, version]) => `  ${name} ${version} has to come, which the host does not pin`),
  ]
}

function disturbedLines({ disturbs }: Moves, options: TextOptions): readonly string[] {
  if (disturbs === undefined || disturbs.length === 0) return []
  const paint = painter(options)
  const named = (list: readonly Disturbed[]): string => list.map(({ service }) => service).join(', ')
  const kept = disturbs.filter(({ refused }) => refused.length === 0)
  const broken = disturbs.filter(({ refused }) => refused.length > 0)
  const refused = new Map<string, string[]>()
  for (const { service, refused: findings } of broken)
    for (const { demand, distribution, supply, missing } of findings) {
      const text =
        missing === undefined
          ? `${demand.by} wants ${distribution} ${demand.specifier}, the host would have ${supply?.version}`
          : `${demand.by} needs ${missing.gone} (${placeOf(demand.at)}), gone from ${distribution} ${supply?.version}`
      const services = refused.get(text) ?? []
      services.push(service)
      refused.set(text, services)
    }
  const shown = [...refused].slice(0, mostRefused)
  return [
    ...(kept.length === 0
      ? []
      : [`  ${wrapTo(`untested, nothing known breaks: ${named(kept)}`, options.width, 2, 4)}`]),
    ...(broken.length === 0
      ? []
      : [`  ${paint('red', 'proven to break in turn')}: ${wrapTo(named(broken), options.width, 27, 4)}`]),
    ...shown.map(
      ([text, services]) => `    ${wrapTo(`${text} (${services.join(', ')})`, options.width, 4, 6)}`,
    ),
    ...(refused.size > shown.length
      ? [`    … ${refused.size - shown.length} more: -o json has them all`]
      : []),
  ]
}

/** What to hold back so that the code of nobody else breaks. */
function sparingLines(radius: Moves, options: TextOptions): readonly string[] {
  if (!('sparing' in radius)) return []
  const { sparing, moves } = radius
  if (sparing === undefined) return ['  no versions known spare them all: separate']
  const usual = new Map(moves.map(({ distribution, to }) => [distribution, to]))
  const other = sparing
    .filter(({ distribution, to }) => usual.get(distribution) !== to)
    .map(({ distribution, to }) => {
      const instead = usual.get(distribution)
      return `${distribution} ${to}${instead === undefined ? '' : ` and not ${instead}`}`
    })
  const stay = moves.filter(({ distribution }) => !sparing.some((one) => one.distribution === distribution))
  const text = [...other, ...stay.map(({ distribution, from }) => `${distribution} stays at ${from}`)].join(
    ', ',
  )
  return [`  ${wrapTo(`hold back, and their code keeps running: ${text}`, options.width, 2, 4)}`]
}

/** Which way the pins move. */
function titleOf(radius: Radius): string {
  if (radius.kind !== 'moves') return 'MOVE PINS INSTEAD'
  if (radius.moves.length === 0) return 'ADD INSTEAD'
  const ups = radius.moves.filter(({ up }) => up).length
  return ups === radius.moves.length ? 'RAISE INSTEAD' : ups === 0 ? 'HOLD BACK INSTEAD' : 'MOVE PINS INSTEAD'
}

/** Question 2 for one cell: what would have to move on the host, and whom that disturbs. */
export function radiusLines({ radius }: ResultCell, options: TextOptions): readonly string[] {
  if (radius === undefined) return []
  const paint = painter(options)
  const name = titleOf(radius)
  const title = paint('yellow', paint('bold', name))
  if (radius.kind === 'none') {
    const { by } = radius
    const why =
      by === undefined
        ? ''
        : by.missing === undefined
          ? `: ${by.demand.by} wants ${by.rule === 'python-floor' ? 'Python' : by.distribution} ${by.demand.specifier}`
          : `: ${by.demand.by} needs ${by.missing.gone} of ${by.distribution}`
    return [
      `${title}  ${wrapTo(`not possible: no versions known of the host's pins will do${why}`, options.width, name.length + 2)}`,
      '',
    ]
  }
  if (radius.kind === 'undecided')
    return [
      `${title}  ${wrapTo(`not decided within the budget of the search: at least ${plural(radius.atLeast, 'pin')} would have to move`, options.width, name.length + 2)}`,
      '',
    ]
  return [
    `${title}  ${wrapTo(headline(radius), options.width, name.length + 2)}`,
    ...moveLines(radius, options),
    ...disturbedLines(radius, options),
    ...sparingLines(radius, options),
    '',
  ]
}

/** Question 2 for all services of a hop, in one line; nothing where no service has to move a pin. */
export function radiusOfHop(cells: readonly ResultCell[]): string | undefined {
  const known = cells.flatMap(({ candidate, radius }) =>
    radius?.kind === 'moves' && radius.disturbs !== undefined
      ? [{ service: candidate.service, pins: radius.moves.length, disturbs: radius.disturbs }]
      : [],
  )
  if (known.length === 0) return undefined
  const pins = known.map((one) => one.pins)
  const least = Math.min(...pins)
  const most = Math.max(...pins)
  const mean = Math.round(known.reduce((sum, { disturbs }) => sum + disturbs.length, 0) / known.length)
  const [worst] = [...known].sort(
    (one, other) => other.disturbs.length - one.disturbs.length || other.pins - one.pins,
  )
  const breaking = known
    .filter(({ disturbs }) => disturbs.some(({ refused }) => refused.length > 0))
    .map(({ service }) => service)
  return (
    `${known.length} of ${plural(cells.length, 'service')} ${known.length === 1 ? 'wants' : 'want'} ` +
    `${least === most ? plural(least, 'pin') : `${least} to ${most} pins`} moved, each disturbing ${mean} others on average, ` +
    `${worst!.disturbs.length} at worst (${worst!.service})` +
    (breaking.length === 0
      ? ''
      : `; what ${breaking.join(', ')} ${breaking.length === 1 ? 'wants' : 'want'} makes others break in turn`)
  )
}

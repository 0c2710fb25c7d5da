import type { Origin } from '#errors.js'
import type { Link } from '#solver/chains.js'
import type { Bound } from '#verbs/strictest-bounds.js'
import type { WhyResult } from '#verbs/why.js'
import { placeOf } from './radius-text.js'
import { cutTo, painter, plural, type TextOptions, withPlace, wrapTo } from './terminal.js'

/** Names that are listed before the rest is only counted. */
const mostNames = 8

type Line = readonly [label: string, text: string, at?: Origin | undefined]

/** `nova → oslo-messaging >=14.1.0 → oslo-service >=1.24.0`: each name with what the one before asks of it. */
function chainText(chain: readonly Link[]): string {
  const [first] = chain
  const start = first!.member.name ?? first!.demands[0]!.by
  const steps = chain.map(({ demands }) => {
    const specifiers = [...new Set(demands.map(({ specifier }) => specifier))].filter((one) => one !== '')
    const extras = [...new Set(demands.flatMap(({ requirement }) => requirement.extras))]
    const name = `${demands[0]!.target}${extras.length === 0 ? '' : `[${extras.join(',')}]`}`
    return specifiers.length === 0 ? name : `${name} ${specifiers.join(' and ')}`
  })
  return [start, ...steps].join(' → ')
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNames)
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ')
}

function versionLine({ member, pin, release, host, wanted }: WhyResult): Line {
  const { version, reason } = member!
  const refused = wanted.filter(({ isMet }) => !isMet)
  const but =
    refused.length === 0
      ? ''
      : `, refused by ${listed(refused.map(({ demand }) => `${demand.by} (${demand.specifier})`))}`
  if (pin !== undefined) {
    const source = pin.at !== undefined && 'path' in pin.at ? (pin.at.text ?? '').trim() : ''
    return ['version', `${version}: the constraint ${source} decides${but}`, pin.at]
  }
  if (reason === 'missing')
    return ['version', `${version}, as ${release} was tested: no constraint of ${host} is on it`, member!.at]
  return ['version', `${version}, the newest known: no constraint is on it`]
}

function boundLine(label: string, bound: Bound | undefined, what: string, none: string): Line {
  if (bound === undefined) return [label, none]
  return [label, `${bound.specifier} by ${bound.demand.by} ${what}`, bound.demand.origin]
}

/** One digit and zeros: what was counted until a limit was met says no more. */
function roundedDown(number: number): number {
  const unit = 10 ** Math.max(0, String(number).length - 1)
  return Math.floor(number / unit) * unit
}

function factLines(result: WhyResult): readonly Line[] {
  const { chains, wanted, bounds, member, service } = result
  if (member!.reason === 'service')
    return [
      [
        'version',
        `${member!.version}: this is the distribution of ${service} itself, nothing has to demand it`,
      ],
    ]
  const [shortest] = chains.chains
  const by = [...new Set(wanted.map(({ demand }) => demand.by))]
  const many = chains.isAll
    ? plural(chains.chains.length, 'chain')
    : `more than ${roundedDown(chains.chains.length).toLocaleString('en-US')} chains`
  return [
    ...(shortest === undefined
      ? []
      : [['shortest', chainText(shortest), shortest.at(-1)!.demands[0]!.origin] satisfies Line]),
    ['demands', `${plural(wanted.length, 'demand')} on ${many}, by ${listed(by)}`],
    versionLine(result),
    boundLine('at least', bounds.lower, 'is the highest lower bound', 'no demand sets a lower bound'),
    boundLine('at most', bounds.upper, 'is the lowest upper bound', 'no demand sets an upper bound'),
  ]
}

function aligned(lines: readonly Line[], options: TextOptions): readonly string[] {
  const paint = painter(options)
  const wide = Math.max(...lines.map(([label]) => label.length))
  return lines.map(([label, text, at]) => {
    return `${paint('bold', label.padEnd(wide))}  ${withPlace(text, placeOf(at), options.width, wide + 2)}`
  })
}

function fullLines({ wanted, chains }: WhyResult, options: TextOptions): readonly string[] {
  const paint = painter(options)
  const rows = wanted.map(({ demand, isMet }) => [
    demand.by,
    `${demand.specifier === '' ? 'any version' : demand.specifier}${isMet ? '' : '  refused'}`,
    placeOf(demand.origin),
  ])
  const wide = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return [
    '',
    paint('bold', 'DEMANDS'),
    ...rows.map((row) =>
      cutTo(
        `  ${row.map((text, column) => text.padEnd(wide[column] ?? 0)).join('  ')}`.trimEnd(),
        options.width,
      ),
    ),
    '',
    paint(
      'bold',
      chains.isAll
        ? 'CHAINS'
        : `CHAINS   the first ${chains.chains.length.toLocaleString('en-US')}, shortest first`,
    ),
    ...chains.chains.map((chain) => `  ${wrapTo(chainText(chain), options.width, 2, 6)}`),
  ]
}

function absentLines({ service, release, host, distribution, pin }: WhyResult): readonly Line[] {
  const where = host === release ? '' : ` on host ${host}`
  return [
    ['absent', `nothing that ${service}@${release} needs${where} demands ${distribution}`],
    ...(pin === undefined
      ? []
      : [
          [
            'constraint',
            `${distribution} would be at ${pin.version} if something demanded it; a constraint demands nothing`,
            pin.at,
          ] satisfies Line,
        ]),
  ]
}

/** Question 7 for a person: a few lines of fact, and with `full` every demand and every chain. */
export function whyText(result: WhyResult, options: TextOptions & { readonly full: boolean }): string {
  const { service, release, host, distribution, python, platform, member, wanted, chains } = result
  const paint = painter(options)
  const id = `${service}@${release}`
  const onHost = host === release ? '' : ` --host ${host}`
  const isFull = options.full || (wanted.length <= 1 && chains.chains.length <= 1)
  const next =
    member === undefined
      ? `next   svcsplit analyze ${id} --host ${host}`
      : isFull
        ? `next   svcsplit analyze ${id} --host ${host}   ·   svcsplit share ${id}`
        : `next   svcsplit why ${id} ${distribution}${onHost} --full   ·   svcsplit analyze ${id} --host ${host}`
  const lines = [
    `${paint('bold', distribution)} in ${paint('bold', id)} on host ${host} · Python ${python} · ${platform}`,
    '',
    ...aligned(member === undefined ? absentLines(result) : factLines(result), options),
    ...(options.full && member !== undefined ? fullLines(result, options) : []),
    '',
    next,
  ]
  return `${lines.join('\n')}\n`
}

function placed(at: Origin | undefined): object | null {
  if (at === undefined) return null
  if (!('path' in at)) return at
  return at.line === undefined ? { path: at.path } : { path: at.path, line: at.line }
}

/** Question 7 as JSON: names fixed, keys in a fixed order, no clock and no absolute path. */
export function whyJson(result: WhyResult): string {
  const { member, pin, wanted, bounds, chains } = result
  const boundJson = (bound: Bound | undefined) =>
    bound === undefined
      ? null
      : { by: bound.demand.by, specifier: bound.specifier, at: placed(bound.demand.origin) }
  const document = {
    schemaVersion: '1.0',
    tool: { name: 'svcsplit', version: result.toolVersion },
    inputs: result.inputs,
    target: {
      host: { release: result.host, python: result.python, platform: result.platform },
      services: [{ name: result.service, release: result.release }],
    },
    distribution: result.distribution,
    present: member !== undefined,
    version: member?.version ?? null,
    reason: member?.reason ?? null,
    constraint: pin === undefined ? null : { version: pin.version, at: placed(pin.at) },
    demands: wanted.map(({ demand, isMet }) => ({
      by: demand.by,
      specifier: demand.specifier,
      extras: demand.requirement.extras,
      direct: demand.direct,
      met: isMet,
      at: placed(demand.origin),
    })),
    binding: {
      decides: member === undefined ? null : pin === undefined ? member.reason : 'constraint',
      lower: boundJson(bounds.lower),
      upper: boundJson(bounds.upper),
    },
    chains: {
      count: chains.chains.length,
      complete: chains.isAll,
      chains: chains.chains.map((chain) =>
        chain.map(({ member: { name }, demands }) => ({
          by: demands[0]!.by,
          ...(name === undefined ? {} : { distribution: name }),
          demands: demands.map(({ target, specifier, origin }) => ({
            distribution: target,
            specifier,
            at: placed(origin),
          })),
        })),
      ),
    },
  }
  return `${JSON.stringify(document, undefined, 1)}\n`
}

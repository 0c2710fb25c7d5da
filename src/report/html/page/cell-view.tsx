import type { JSX } from 'preact'
import type { FictionalBoundDocument, RadiusDocument } from '../result-document.js'
import type { Location } from './hash.js'
import { type Cell, hopKey, type Model, movesOf, releaseName } from './model.js'
import { BriefFindings, Causes } from './root-cause.js'
import { Tones } from './verdict.js'
import { Command, listed, PinChange, plural, Where } from './words.js'

/** Which way the pins of the host move. */
function wayOf(radius: RadiusDocument | undefined): 'Raise' | 'Hold back' | 'Move' {
  const moves = movesOf(radius)
  if (moves.every(({ up }) => up)) return moves.length === 0 ? 'Move' : 'Raise'
  return moves.some(({ up }) => up) ? 'Move' : 'Hold back'
}

function raiseTone(radius: RadiusDocument | undefined) {
  const title = `${wayOf(radius)} the host’s pins`
  if (radius === undefined)
    return {
      level: 'warning' as const,
      title,
      figure: 'not asked',
      text: 'The command below works out which pins move.',
    }
  if (radius.pins === null)
    return radius.exact
      ? {
          level: 'error' as const,
          title,
          figure: 'not possible',
          text: 'No versions known of the host’s pins will do.',
        }
      : {
          level: 'warning' as const,
          title,
          figure: `at least ${plural(radius.atLeast ?? 1, 'pin')}`,
          text: 'The search ended before the answer was known.',
        }
  const pins = plural(radius.moves ?? 0, 'pin')
  const { disturbs, refused = [] } = radius
  const others =
    disturbs === null
      ? 'Who else is on the host is not known.'
      : `${plural(disturbs.length, 'other service')} hold one and ${disturbs.length === 1 ? 'is' : 'are'} disturbed: ${listed(disturbs, 20)}.`
  const torn =
    refused.length === 0
      ? ''
      : ` ${listed([...new Set(refused.map(({ service }) => service))])} would ${refused.some(({ missing }) => missing !== undefined) ? 'break' : 'be refused'} in turn.`
  return {
    level: 'warning' as const,
    title,
    figure: disturbs === null ? pins : `${pins}, ${disturbs.length} disturbed`,
    text: `${radius.exact ? 'No fewer pins will do.' : `At least ${radius.atLeast ?? 1} have to move.`} ${others}${torn}`,
  }
}

/** Declared bounds that the code contradicts. */
function Fictions({ bounds }: { readonly bounds: readonly FictionalBoundDocument[] }): JSX.Element | null {
  if (bounds.length === 0) return null
  return (
    <section aria-labelledby="fictions">
      <h2 id="fictions" tabIndex={-1}>
        Declared bounds that are fiction
      </h2>
      <div class="scroll">
        <table class="demands">
          <thead>
            <tr>
              <th scope="col">library</th>
              <th scope="col">declared</th>
              <th scope="col">takes</th>
              <th scope="col">lacks</th>
              <th scope="col">first with it</th>
              <th scope="col">where the code needs it</th>
            </tr>
          </thead>
          <tbody>
            {bounds.map(({ distribution, specifier, at, lowest, name, needsFrom, usedAt, level }) => (
              <tr key={distribution}>
                <th scope="row">{distribution}</th>
                <td>
                  <b class="version">{specifier}</b> <Where place={at} />
                </td>
                <td class="version">{lowest}</td>
                <td class="version">{name}</td>
                <td class="version">{needsFrom}</td>
                <td>
                  <Where place={usedAt} />{' '}
                  <span class="muted">{level === 'warning' ? 'when called' : 'at import'}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function headline(cell: Cell, host: string): string {
  const name = releaseName(cell.service, cell.to)
  if (cell.undecided > 0) return `${name} on host ${host}: not decided, facts are missing.`
  if (cell.errors > 0) return `${name} does not fit host ${host}: ${plural(cell.errors, 'error')}.`
  return `${name} on host ${host}: no error.`
}

/** Everything about one service release on one host. */
export function CellView(props: {
  readonly model: Model
  readonly cell: Cell
  readonly location: Location
}): JSX.Element {
  const { model, cell, location } = props
  const { result } = model
  const { radius, summary, distributions, size } = cell.document
  const findings = (model.byHop.get(hopKey(cell)) ?? []).filter(
    ({ demand }) => demand.service === cell.service,
  )
  const errors = findings.filter(({ level }) => level === 'error')
  const warnings = findings.filter(({ level }) => level === 'warning')
  const notes = findings.filter(({ level }) => level === 'note')
  const noteRules = result.rules.filter((rule) => model.levels.get(rule) === 'note')
  const name = releaseName(cell.service, cell.to)
  const moves = movesOf(radius)
  const isShipped = cell.to !== null && result.releases.some((release) => release.name === cell.from)
  const python = result.target.host.python === '3.11' ? '' : ` --python ${result.target.host.python}`
  const isSound =
    errors.some(({ fixes }) => fixes.some(({ kind }) => kind === 'separate')) ||
    (result.separate.of > 0 && result.separate.sound === result.separate.of)
  const drifting = noteRules
    .filter((rule) => (summary[rule] ?? 0) > 0)
    .map(
      (rule) =>
        `${rule}: ${plural(summary[rule] ?? 0, 'demand')}, ${plural(distributions[rule] ?? 0, 'library', 'libraries')}`,
    )
  return (
    <>
      <section class="verdict">
        <h1 tabIndex={-1}>{headline(cell, cell.from)}</h1>
        {errors.length === 0 ? null : (
          <Tones
            tones={[
              {
                level: 'error',
                title: 'As it is',
                figure: plural(errors.length, 'error'),
                text:
                  size === undefined
                    ? ''
                    : `in ${plural(size, 'library', 'libraries')} that it needs on the host.`,
              },
              raiseTone(radius),
              ...(isSound
                ? [
                    {
                      level: 'fine' as const,
                      title: 'Separate',
                      figure: '0 disturbed',
                      text: `${name} in its own image, under the pins of its own release: no error (checked).`,
                    },
                  ]
                : []),
            ]}
          />
        )}
        {isShipped ? (
          <p class="next">
            <Command>{`svcsplit build ${name} -o oci:images`}</Command>
            {radius === undefined && errors.length > 0 ? (
              <Command>{`svcsplit analyze ${name} --host ${cell.from}${python}`}</Command>
            ) : errors.length > 0 ? (
              <Command>{`svcsplit explain ${errors[0]!.id.slice(0, 8)}${python}`}</Command>
            ) : null}
          </p>
        ) : null}
      </section>
      {errors.length === 0 ? null : (
        <section aria-labelledby="refused">
          <h2 id="refused" tabIndex={-1}>
            What breaks, and where it says so
          </h2>
          <Causes model={model} hop={cell} findings={errors} location={location} most={200} alone />
        </section>
      )}
      {moves.length === 0 ? null : (
        <section aria-labelledby="raise">
          <h2 id="raise" tabIndex={-1}>
            The lines to change, to {wayOf(radius).toLowerCase()} the pins instead
          </h2>
          <div class="changes">
            {moves.map(({ distribution, from, to, at }) => {
              const holders = result.held?.find(
                (one) => one.host === cell.from && one.distribution === distribution,
              )
              const others =
                radius?.disturbs === null
                  ? undefined
                  : holders?.services.filter((service) => service !== cell.service)
              return (
                <PinChange
                  key={distribution}
                  distribution={distribution}
                  from={from}
                  to={to}
                  place={at}
                  {...(others === undefined
                    ? {}
                    : {
                        note:
                          others.length === 0
                            ? 'nobody else has it'
                            : `${plural(others.length, 'other')}: ${listed(others, 4)}`,
                      })}
                />
              )
            })}
          </div>
          {Object.entries(radius?.adds ?? {}).map(([added, version]) => (
            <p key={added}>
              {added} {version} has to come, which the host does not pin.
            </p>
          ))}
          {(radius?.refused ?? []).length === 0 ? (
            <p class="muted small">
              Nothing new is refused after the change, as declared
              {result.rules.includes('broken-import')
                ? ', and no name is gone that code needs at import'
                : ''}
              ; nobody has tested it.
            </p>
          ) : (
            <ul>
              {(radius?.refused ?? []).map((one) => (
                <li key={`${one.service} ${one.distribution} ${one.by}`}>
                  {one.service}: {one.by} {one.missing === undefined ? `wants ${one.distribution}` : 'needs'}{' '}
                  <span class="version">{one.specifier}</span>, the host would have{' '}
                  {one.missing === undefined ? '' : `${one.distribution} `}
                  {one.version ?? 'nothing'}
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
      <Fictions bounds={cell.document.fictionalBounds ?? []} />
      {warnings.length + notes.length + drifting.length === 0 ? null : (
        <section aria-labelledby="rest">
          <h2 id="rest" tabIndex={-1}>
            Warnings and notes
          </h2>
          <BriefFindings findings={[...warnings, ...notes]} />
          {notes.length > 0
            ? null
            : drifting.map((text) => (
                <p key={text} class="muted">
                  {text}
                </p>
              ))}
        </section>
      )}
    </>
  )
}

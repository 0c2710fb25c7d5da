import type { JSX } from 'preact'
import { useGrid } from './grid.js'
import { formatHash, type Location } from './hash.js'
import { type Cell, type Hop, hopKey, type Model, releaseName } from './model.js'
import { plural } from './words.js'

const shades = 5

/** 0 for nothing, then evenly over the root of the number: one collision is to be seen beside ten. */
export function shadeOf(number: number, most: number): number {
  return number === 0 || most === 0 ? 0 : Math.max(1, Math.ceil(shades * Math.sqrt(number / most)))
}

function metricOf(model: Model, show: string): (cell: Cell) => number | undefined {
  if (show === 'errors') return ({ errors }) => errors
  if (show === 'warnings') return ({ warnings }) => warnings
  const { rules } = model.result
  return ({ document }) => (rules.includes(show) ? (document.summary[show] ?? undefined) : undefined)
}

function describe(cell: Cell, number: number | undefined, show: string): string {
  const what =
    cell.undecided > 0
      ? `undecided, ${plural(cell.undecided, 'fact')} missing`
      : number === undefined
        ? `${show}: not worked out`
        : `${number === 0 ? 'no' : number.toLocaleString('en-US')} ${show}`
  return `${releaseName(cell.service, cell.to)} on host ${cell.from}: ${what}`
}

interface HeatMapProps {
  readonly model: Model
  readonly location: Location
  readonly go: (next: Location, how?: 'push' | 'replace') => void
}

/** Service by release hop: how much breaks when that service alone moves. */
export function HeatMap({ model, location, go }: HeatMapProps): JSX.Element {
  const grid = useGrid()
  const { query } = location
  const { result } = model
  const show = query.show ?? 'errors'
  const isAll = query.hops === 'all' && model.allHops.length > model.hops.length
  const scale =
    show === 'errors' ? 'error' : show === 'warnings' ? 'warning' : (model.levels.get(show) ?? 'note')
  const hops = isAll ? model.allHops : model.hops
  const metric = metricOf(model, show)
  const numberAt = (service: string, hop: Hop): number => {
    const cell = model.cell(service, hop)
    return cell === undefined ? 0 : (metric(cell) ?? 0)
  }
  const sums = new Map(
    model.services.map((service) => [service, hops.reduce((sum, hop) => sum + numberAt(service, hop), 0)]),
  )
  const services = [...model.services].sort(
    (one, other) => sums.get(other)! - sums.get(one)! || (one < other ? -1 : 1),
  )
  const most = Math.max(0, ...services.flatMap((service) => hops.map((hop) => numberAt(service, hop))))
  const set = (change: Readonly<Record<string, string>>) =>
    go({ path: [], query: { ...query, ...change } }, 'replace')
  const isSplit = (index: number) => !isAll && index === model.near && model.near < hops.length
  const total = (hop: Hop) => services.reduce((sum, service) => sum + numberAt(service, hop), 0)
  return (
    <section id="map" aria-labelledby="map-title">
      <h2 id="map-title" tabIndex={-1}>
        Service by release hop
      </h2>
      <div class="controls">
        <label>
          Show{' '}
          <select
            value={show}
            onChange={({ currentTarget }) =>
              set({ show: currentTarget.value === 'errors' ? '' : currentTarget.value })
            }
          >
            <option value="errors">errors</option>
            <option value="warnings">warnings</option>
            {result.rules.map((rule) => (
              <option key={rule} value={rule}>
                {rule} ({model.levels.get(rule)})
              </option>
            ))}
          </select>
        </label>
        {model.allHops.length > model.hops.length ? (
          <label>
            <input
              type="checkbox"
              checked={isAll}
              onChange={({ currentTarget }) => set({ hops: currentTarget.checked ? 'all' : '' })}
            />{' '}
            all {model.allHops.length} pairs of releases
          </label>
        ) : null}
        <span class={`legend ${scale}`} aria-hidden="true" hidden={most === 0}>
          · none{' '}
          {[1, 2, 3, 4, 5].map((shade) => (
            <i key={shade} class={`shade-${shade}`} />
          ))}{' '}
          {most.toLocaleString('en-US')}
        </span>
      </div>
      <div class="scroll">
        <table
          class={`heat ${scale}${isAll ? ' all' : hops.length < 5 ? ' few' : ''}`}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: cells that are walked with arrows make a grid
          role="grid"
          aria-labelledby="map-title"
          ref={grid.ref}
          onKeyDown={grid.onKeyDown}
        >
          <thead>
            <tr>
              <th scope="col">
                <span class="muted">service</span>
              </th>
              {hops.map((hop, index) => (
                <th key={hopKey(hop)} scope="col" class={isSplit(index) ? 'split' : undefined}>
                  <span class="muted">{hop.from} →</span>
                  <br />
                  {hop.to ?? 'own file'}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {services.map((service, row) => (
              <tr key={service}>
                <th scope="row">{service}</th>
                {hops.map((hop, column) => {
                  const cell = model.cell(service, hop)
                  const split = isSplit(column) ? ' split' : ''
                  if (cell === undefined)
                    return <td key={hopKey(hop)} class={`absent${split}`} aria-label="no such cell" />
                  const number = metric(cell)
                  const text =
                    cell.undecided > 0
                      ? '?'
                      : number === undefined
                        ? '–'
                        : number === 0
                          ? '·'
                          : number.toLocaleString('en-US')
                  return (
                    <td key={hopKey(hop)} class={`shade-${shadeOf(number ?? 0, most)}${split}`}>
                      <a
                        href={formatHash({ path: ['cell', service, cell.from, cell.to ?? ''], query })}
                        tabIndex={grid.tabIndex(row, column)}
                        data-row={row}
                        data-column={column}
                        onFocus={() => grid.onFocus(row, column)}
                        aria-label={describe(cell, number, show)}
                        title={describe(cell, number, show)}
                      >
                        {text}
                      </a>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">all</th>
              {hops.map((hop, index) => (
                <td key={hopKey(hop)} class={isSplit(index) ? 'split' : undefined}>
                  {total(hop).toLocaleString('en-US')}
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
      {!isAll && model.near < hops.length ? (
        <p class="muted small">
          Right of the gap: hops between SLURP releases. Every number opens its evidence.
        </p>
      ) : (
        <p class="muted small">Every number opens its evidence.</p>
      )}
    </section>
  )
}

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { LibraryGraph } from '../library-graph.js'
import type { ResultDocument } from '../result-document.js'
import { CellView } from './cell-view.js'
import { Frame } from './frame.js'
import { Environments, GateVerdict } from './gate.js'
import type { Location } from './hash.js'
import { HeatMap } from './heat-map.js'
import { Images } from './images.js'
import { LibraryCard } from './library-card.js'
import { LibraryTable } from './library-table.js'
import { useLocation } from './location.js'
import { hopKey, type Model, modelOf, worstHop } from './model.js'
import { Causes } from './root-cause.js'
import { FleetVerdict } from './verdict.js'
import { placeText, plural } from './words.js'

export interface AnalysisData {
  readonly result: ResultDocument
  readonly graphs: readonly LibraryGraph[]
}

interface ViewProps {
  readonly model: Model
  readonly location: Location
  readonly go: (next: Location, how?: 'push' | 'replace') => void
  readonly printing: boolean
}

function WorstHop({ model, location, printing }: ViewProps): JSX.Element | null {
  const hop = worstHop(model)
  if (hop === undefined) return null
  const errors = (model.byHop.get(hopKey(hop)) ?? []).filter(({ level }) => level === 'error')
  return (
    <section id="worst" aria-labelledby="worst-title">
      <h2 id="worst-title" tabIndex={-1}>
        What {hop.from}{' '}
        {errors.some(({ rule }) => rule === 'broken-import') ? 'refuses or breaks' : 'refuses'} on the way to{' '}
        {hop.to ?? 'them'}
      </h2>
      <Causes model={model} hop={hop} findings={errors} location={location} most={printing ? 500 : 3} />
    </section>
  )
}

function Undecided({ result }: { readonly result: ResultDocument }): JSX.Element | null {
  const { undecided } = result
  if (undecided.length === 0) return null
  return (
    <section id="undecided" aria-labelledby="undecided-title">
      <h2 id="undecided-title" tabIndex={-1}>
        Not decided: {plural(undecided.length, 'fact')} missing
      </h2>
      <ul>
        {undecided.slice(0, 100).map(({ distribution, version, reason, at }) => (
          <li key={`${distribution} ${version ?? ''} ${reason}`}>
            <b>{distribution}</b> {version}: {reason} <span class="place">{placeText(at)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Overview(props: ViewProps): JSX.Element {
  const { model, location } = props
  const { result } = model
  const [only, ...others] = model.cells
  const { environments = [], verdict } = result
  return (
    <>
      {verdict === undefined ? null : <GateVerdict verdict={verdict} />}
      {only !== undefined && others.length === 0 ? (
        <CellView model={model} cell={only} location={location} />
      ) : (
        <>
          <FleetVerdict model={model} />
          <Undecided result={result} />
          {model.cells.length === 0 ? null : <HeatMap {...props} />}
          <WorstHop {...props} />
        </>
      )}
      {others.length === 0 ? <Undecided result={result} /> : null}
      {environments.length === 0 ? null : (
        <Environments environments={environments} findings={result.findings} />
      )}
      <LibraryTable {...props} />
      {result.images === undefined ? null : <Images images={result.images} />}
    </>
  )
}

function View(props: ViewProps & { readonly graphs: readonly LibraryGraph[] }): JSX.Element {
  const { model, location, graphs } = props
  const [view, ...names] = location.path
  if (view === 'library' && names[0] !== undefined)
    return <LibraryCard model={model} graphs={graphs} distribution={names[0]} location={location} />
  if (view === 'cell' && names[0] !== undefined && names[1] !== undefined) {
    const to = names[2] === undefined || names[2] === '' ? null : names[2]
    const cell = model.cell(names[0], { from: names[1], to })
    if (cell !== undefined) return <CellView model={model} cell={cell} location={location} />
  }
  if (view !== undefined)
    return (
      <section class="verdict">
        <h1 tabIndex={-1}>This report has no such page</h1>
        <p>The link may come from another report.</p>
      </section>
    )
  return <Overview {...props} />
}

/** The report of `analyze` and `gate`. */
export function Analysis({
  data,
  printing,
}: {
  readonly data: AnalysisData
  readonly printing: boolean
}): JSX.Element {
  const { result, graphs } = data
  const model = useMemo(() => modelOf(result), [result])
  const [location, go] = useLocation()
  const { host } = result.target
  const releases = new Set(result.target.services.map(({ release }) => release)).size
  const about = [
    model.services.length > 1 ? plural(model.services.length, 'service') : model.services[0],
    releases > 1 ? plural(releases, 'release') : undefined,
    host.release === undefined ? host.constraints : `host ${host.release}`,
    `Python ${host.python}`,
    host.platform,
  ]
  const isMap = model.cells.length > 1
  const sections: (readonly [string, string])[] = [
    ...(isMap ? [['map', 'Map'] as const] : []),
    ['libraries', 'Libraries'],
    ...(result.images === undefined ? [] : [['images', 'Images'] as const]),
  ]
  return (
    <Frame
      location={location}
      go={go}
      about={about.filter((part) => part !== undefined).join(' · ')}
      sections={sections}
      footer={
        <>
          <p>
            {result.tool.name} {result.tool.version}. Rules worked out: {result.rules.join(', ')}. What is
            declared and what was tested is not all that can go wrong.
          </p>
          <details>
            <summary>{plural(result.inputs.length, 'input file')}</summary>
            <ul class="inputs">
              {result.inputs.map(({ path, sha256 }) => (
                <li key={path}>
                  {path} <span>sha256:{sha256}</span>
                </li>
              ))}
            </ul>
          </details>
        </>
      }
    >
      <View model={model} graphs={graphs} location={location} go={go} printing={printing} />
    </Frame>
  )
}

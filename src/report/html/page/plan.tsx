import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { BookService, BookStage, BookUntouched, RunBook } from '../run-book.js'
import { Frame } from './frame.js'
import { useLocation } from './location.js'
import { StepView } from './plan-step.js'
import { goToStep, Timeline } from './plan-timeline.js'
import { PlanVerdict } from './plan-verdict.js'
import { formatTicks, parseTicks } from './ticks.js'
import { plural } from './words.js'

interface Ticking {
  readonly anchorOf: (id: string) => string
  readonly isTicked: (id: string) => boolean
  readonly next: string | undefined
  readonly tick: (id: string, ticked: boolean) => void
  readonly printing: boolean
}

function Steps(props: Ticking & { readonly stage: BookStage }): JSX.Element {
  const { stage, anchorOf, isTicked, next, tick, printing } = props
  const isPlanned = stage.key !== 'restore'
  return (
    <ol class="steps">
      {stage.steps.map((step) => (
        <StepView
          key={step.id}
          step={step}
          isTicked={isPlanned && isTicked(step.id)}
          isNext={step.id === next}
          printing={printing}
          {...(isPlanned
            ? { anchor: anchorOf(step.id), tick: (ticked: boolean) => tick(step.id, ticked) }
            : {})}
        />
      ))}
    </ol>
  )
}

interface ServiceProps extends Ticking {
  readonly service: BookService
  readonly number: number
  readonly isOnly: boolean
}

function Service(props: ServiceProps): JSX.Element {
  const { service, number, isOnly, printing } = props
  const { stages, processes, images, versions, sources } = service
  const anchor = `service-${number}`
  return (
    <section class="service" id={anchor} aria-labelledby={`${anchor}-title`}>
      <h2 id={`${anchor}-title`} tabIndex={-1}>
        {isOnly ? '' : `Window ${number}: `}
        {service.service} {service.from} → {service.to}
      </h2>
      <dl class="facts">
        <dt>version</dt>
        <dd>
          {versions[0]} → {versions[1]}, {service.hop}
        </dd>
        <dt>from</dt>
        <dd>
          <code>{images[0]}</code>
        </dd>
        <dt>to</dt>
        <dd>
          <code>{images[1]}</code>
        </dd>
        <dt>moves</dt>
        <dd>{service.moves}</dd>
        {processes.length === 0 ? null : (
          <>
            <dt>processes</dt>
            {processes.map((line) => (
              <dd key={line}>{line}</dd>
            ))}
          </>
        )}
      </dl>
      {stages.map((stage) => {
        const title = (
          <h3 id={`${anchor}-${stage.key}`}>
            {stage.title} <span>{stage.about}</span>
          </h3>
        )
        return (
          <section key={stage.key} class={`stage ${stage.key}`} aria-labelledby={`${anchor}-${stage.key}`}>
            {stage.key === 'restore' ? (
              // the last way out: there when it is looked for, and in nobody's way until then
              <details open={printing}>
                <summary>{title}</summary>
                <Steps {...props} stage={stage} />
              </details>
            ) : (
              <>
                {title}
                <Steps {...props} stage={stage} />
              </>
            )}
          </section>
        )
      })}
      {sources.length === 0 ? null : <p class="small muted">Written down in: {sources.join('; ')}.</p>}
    </section>
  )
}

function Untouched({ untouched }: { readonly untouched: readonly BookUntouched[] }): JSX.Element | null {
  if (untouched.length === 0) return null
  return (
    <section id="untouched" aria-labelledby="untouched-title">
      <h2 id="untouched-title" tabIndex={-1}>
        Not touched: {plural(untouched.length, 'service')}
      </h2>
      <p>
        No step of this plan names their images. The hash is that of the sorted names and versions of their
        libraries: it is the same after as before.
      </p>
      <div class="scroll">
        <table class="untouched">
          <thead>
            <tr>
              <th scope="col">service</th>
              <th scope="col">release</th>
              <th scope="col">image</th>
              <th scope="col" class="number">
                libraries
              </th>
              <th scope="col">sha256 of them</th>
            </tr>
          </thead>
          <tbody>
            {untouched.map(({ service, release, where, libraries, sha256 }) => (
              <tr key={`${service} ${where}`}>
                <th scope="row">{service}</th>
                <td>{release}</td>
                <td>
                  <code>{where}</code>
                </td>
                <td class="number">{libraries}</td>
                <td>
                  <code>{sha256}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** The run book of a plan, to be followed at night. What is ticked stands in the address. */
export function Plan({
  data,
  printing,
}: {
  readonly data: RunBook
  readonly printing: boolean
}): JSX.Element {
  const { services, untouched, notes, order, tool } = data
  const [location, go] = useLocation()
  const steps = services.flatMap(({ stages }) =>
    stages.filter(({ key }) => key !== 'restore').flatMap((stage) => stage.steps),
  )
  const numbers = new Map(steps.map(({ id }, number) => [id, number]))
  const recorded = new Set(steps.flatMap(({ result }, number) => (result === 'done' ? [number] : [])))
  const ticks = location.query.done === undefined ? recorded : parseTicks(location.query.done, steps.length)
  const anchorOf = (id: string): string => `step-${numbers.get(id)!}`
  const isTicked = (id: string): boolean => ticks.has(numbers.get(id)!)
  const next = steps.find(({ id, optional }) => optional === undefined && !isTicked(id))?.id
  const tick = (id: string, ticked: boolean): void => {
    const after = new Set(ticks)
    if (ticked) after.add(numbers.get(id)!)
    else after.delete(numbers.get(id)!)
    go({ path: [], query: { ...location.query, done: formatTicks(after) } }, 'replace')
  }

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return
      if (event.key === 'n' && next !== undefined) goToStep(anchorOf(next))
      if (event.key === 'c')
        document.activeElement?.closest('.step')?.querySelector<HTMLElement>('.copy')?.click()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })

  const sections: (readonly [string, string])[] = [
    ['timeline', 'Timeline'],
    ...services.slice(0, 6).map(({ service }, index) => [`service-${index + 1}`, service] as const),
    ...(untouched.length === 0 ? [] : [['untouched', 'Not touched'] as const]),
  ]
  return (
    <Frame
      location={location}
      go={go}
      about={`run book · ${data.engine} · Python ${data.python} · ${data.platform}`}
      sections={sections}
      footer={
        <p>
          {tool.name} {tool.version}, from {data.fleet}. Times are estimates to plan with, not measurements.
        </p>
      }
    >
      <PlanVerdict services={services} untouched={untouched.length} />
      {order.length + notes.length === 0 ? null : (
        <section class="notes" aria-labelledby="notes">
          <h2 id="notes" tabIndex={-1}>
            Before the first step
          </h2>
          <ul>
            {[...order, ...notes].map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </section>
      )}
      <Timeline services={services} isTicked={isTicked} anchor={anchorOf} />
      <div class="progress">
        <progress max={steps.length} value={ticks.size} aria-label="steps that are ticked" />
        <span role="status">
          {ticks.size} of {plural(steps.length, 'step')}
        </span>
        {next === undefined ? (
          <b>all done</b>
        ) : (
          <button type="button" onClick={() => goToStep(anchorOf(next))}>
            next: {next}
          </button>
        )}
        <span class="muted keyboard">
          <kbd>n</kbd> next <kbd>Space</kbd> tick <kbd>c</kbd> copy its command
        </span>
      </div>
      {services.map((service, index) => (
        <Service
          key={service.service}
          service={service}
          number={index + 1}
          isOnly={services.length === 1}
          anchorOf={anchorOf}
          isTicked={isTicked}
          next={next}
          tick={tick}
          printing={printing}
        />
      ))}
      <Untouched untouched={untouched} />
    </Frame>
  )
}

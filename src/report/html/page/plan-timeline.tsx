import type { JSX } from 'preact'
import type { BookService, BookStep } from '../run-book.js'

/** Shows a step and puts the keyboard there. */
export function goToStep(anchor: string): void {
  const step = document.getElementById(anchor)
  step?.scrollIntoView({ block: 'center' })
  step?.querySelector<HTMLElement>('input')?.focus({ preventScroll: true })
}

function kindOf(step: BookStep): string {
  if (step.final !== undefined) return 'final'
  return step.interrupts === undefined ? 'quiet' : 'interrupts'
}

const columns = [
  ['ahead', 'Ahead', 'nothing that runs is touched'],
  ['window', 'Window', 'what runs is replaced'],
  ['later', 'Later', 'when nobody wants to go back'],
] as const

/** Steps of all services from left to right, as long as they take. */
export function Timeline(props: {
  readonly services: readonly BookService[]
  readonly isTicked: (id: string) => boolean
  readonly anchor: (id: string) => string
}): JSX.Element {
  const { services, isTicked, anchor } = props
  return (
    <section id="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title" tabIndex={-1}>
        Timeline
      </h2>
      <p class="keys timeline-keys">
        <span>
          <i class="quiet" /> answers all the time
        </span>
        <span>
          <i class="interrupts" /> interrupts
        </span>
        <span>
          <i class="final" /> point of no return
        </span>
        <span>
          <i class="done" /> ticked
        </span>
      </p>
      <div class="scroll">
        <table class="timeline">
          <thead>
            <tr>
              <th scope="col">service</th>
              {columns.map(([key, name, about]) => (
                <th key={key} scope="col" class={key}>
                  <b>{name}</b> <span class="muted">{about}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {services.map((service, index) => (
              <tr key={service.service}>
                <th scope="row">
                  {services.length > 1 ? `${index + 1} ` : ''}
                  {service.service}
                </th>
                {columns.map(([key]) => {
                  const stage = service.stages.find((one) => one.key === key)
                  return (
                    <td key={key} class={key}>
                      {stage === undefined ? (
                        <span class="muted">nothing</span>
                      ) : (
                        <div class="track">
                          {stage.steps.map((step) => (
                            <button
                              key={step.id}
                              type="button"
                              tabIndex={-1}
                              class={`${kindOf(step)}${isTicked(step.id) ? ' done' : ''}`}
                              style={{ flexGrow: Math.max(1, Math.sqrt(step.seconds)) }}
                              title={`${step.id}, ${step.time}: ${step.title}`}
                              aria-label={`${step.id}, ${step.time}`}
                              onClick={() => goToStep(anchor(step.id))}
                            />
                          ))}
                        </div>
                      )}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

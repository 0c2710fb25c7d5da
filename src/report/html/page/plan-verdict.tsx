import type { JSX } from 'preact'
import type { BookService } from '../run-book.js'
import { Tones } from './verdict.js'
import { listed, plural } from './words.js'

/** How one service stands, in four figures. */
function One({ service }: { readonly service: BookService }): JSX.Element {
  const { window, back, pull, interrupted, interruptions, final, stages } = service
  const steps = stages.find(({ key }) => key === 'window')?.steps.length ?? 0
  return (
    <Tones
      tones={[
        {
          level: 'fine',
          title: 'Window',
          figure: `about ${window.text}`,
          text: `${plural(steps, 'step')}, and ${back.text} to undo all that can be undone.`,
        },
        {
          level: 'fine',
          title: 'To pull before it',
          figure: pull.amount === 0 ? 'nothing' : pull.text,
          text: service.moves,
        },
        interruptions.length === 0
          ? {
              level: 'fine',
              title: 'Interruption expected',
              figure: 'none',
              text: 'Something of each kind answers all the time.',
            }
          : {
              level: 'warning',
              title: 'Interruption expected',
              figure: `about ${interrupted.text}`,
              text: interruptions.map(({ why, time }) => `${why} (${time}).`).join(' '),
            },
        final === undefined
          ? { level: 'fine', title: 'Way back', figure: 'always', text: 'It has no point of no return.' }
          : {
              level: 'warning',
              title: 'Way back',
              figure: `until ${final.step}`,
              text: `Then not any more: ${final.why}.`,
            },
      ]}
    />
  )
}

function Several({ services }: { readonly services: readonly BookService[] }): JSX.Element {
  return (
    <div class="scroll">
      <table class="windows">
        <thead>
          <tr>
            <th scope="col">window</th>
            <th scope="col">moves</th>
            <th scope="col" class="number">
              takes
            </th>
            <th scope="col" class="number">
              way back
            </th>
            <th scope="col" class="number">
              to pull
            </th>
            <th scope="col">interrupted</th>
            <th scope="col">no return from</th>
          </tr>
        </thead>
        <tbody>
          {services.map((service, index) => (
            <tr key={service.service}>
              <th scope="row">{index + 1}</th>
              <td>
                <b>{service.service}</b>{' '}
                <span class="version">
                  {service.from} → {service.to}
                </span>
              </td>
              <td class="number">{service.window.text}</td>
              <td class="number">{service.back.text}</td>
              <td class="number">{service.pull.amount === 0 ? 'nothing' : service.pull.text}</td>
              <td>
                {service.interruptions.length === 0
                  ? 'not expected'
                  : `${service.interrupted.text}: ${[...new Set(service.interruptions.map(({ why }) => why))].join('; ')}`}
              </td>
              <td>{service.final === undefined ? 'none' : service.final.step}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** What moves, how long it takes and what it costs, before everything else. */
export function PlanVerdict(props: {
  readonly services: readonly BookService[]
  readonly untouched: number
}): JSX.Element {
  const { services, untouched } = props
  const [first, ...others] = services
  const isCut = services.some(({ interruptions }) => interruptions.length > 0)
  const longest = services.reduce((one, other) => (other.window.amount > one.window.amount ? other : one))
  return (
    <section class="verdict">
      <h1 tabIndex={-1}>
        {others.length === 0 ? (
          <span>
            {first!.service} {first!.from} → {first!.to}: a window of about {first!.window.text}.
          </span>
        ) : (
          <span>
            {listed(services.map(({ service }) => service))}: {plural(services.length, 'window')}, the longest
            about {longest.window.text}.
          </span>
        )}
        <span>
          {isCut ? 'Interruptions are expected' : 'No interruption is expected'}
          {untouched === 0
            ? '.'
            : `; ${plural(untouched, 'other service')} ${untouched === 1 ? 'is' : 'are'} not touched.`}
        </span>
      </h1>
      {others.length === 0 ? <One service={first!} /> : <Several services={services} />}
    </section>
  )
}

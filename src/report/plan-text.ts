import type { Plan, ServicePlan, Step } from '#upgrade/plan.js'
import type { StepRecord, WayBack } from '#upgrade/progress.js'
import { durationText } from './duration.js'
import {
  answersText,
  finalOf,
  hopText,
  processLines,
  pullText,
  titleOf,
  totalSeconds,
  untouchedText,
  windowText,
} from './plan-facts.js'
import { cutTo, painter, type TextOptions, wrapTo } from './terminal.js'

type Results = ReadonlyMap<string, StepRecord['result']>

function stepLines(step: Step, results: Results, options: TextOptions): readonly string[] {
  const paint = painter(options)
  const { id, title, host, commands, limit, interrupts, undo, final, optional, note } = step
  const result = results.get(id)
  const box = result === 'done' ? '[x]' : result === 'failed' ? '[!]' : '[ ]'
  const line = (label: string, text: string): string =>
    `      ${label} ${wrapTo(text, options.width, label.length + 7)}`
  return [
    `  ${box} ${paint('bold', id)}  ${wrapTo(title, options.width, id.length + 8, 8)}${host === undefined ? '' : `  (on ${host})`}`,
    ...(optional === undefined ? [] : [line('when     ', optional)]),
    // Commands are never broken: they are there to be copied.
    ...commands.map((command) => `      ${paint('cyan', `$ ${command}`)}`),
    line('expect   ', `${answersText(step)}; within ${durationText(limit)}`),
    ...(interrupts === undefined
      ? []
      : [`      ${paint('yellow', 'interrupts')} ${wrapTo(interrupts, options.width, 17)}`]),
    ...(note === undefined ? [] : [line('note     ', note)]),
    ...(final === undefined
      ? undo.commands.length === 0
        ? [line('undo     ', undo.means)]
        : [line('undo     ', undo.means), ...undo.commands.map((command) => `        $ ${command}`)]
      : [`      ${paint('red', 'POINT OF NO RETURN')}  ${wrapTo(final, options.width, 26, 8)}`]),
  ]
}

function stageLines(
  title: string,
  about: string,
  steps: readonly Step[],
  results: Results,
  options: TextOptions,
): readonly string[] {
  if (steps.length === 0) return []
  const paint = painter(options)
  return [
    '',
    `${paint('bold', title)}  ${wrapTo(about, options.width, title.length + 2, 2)}`,
    ...steps.flatMap((step) => stepLines(step, results, options)),
  ]
}

function serviceLines(
  plan: ServicePlan,
  name: string,
  results: Results,
  options: TextOptions,
): readonly string[] {
  const paint = painter(options)
  const { service, before, after, from, to, ahead, window, later } = plan
  const final = finalOf(plan)
  const row = (label: string, text: string): string =>
    `  ${label.padEnd(10)}${wrapTo(text, options.width, 12)}`
  return [
    '',
    `${paint('bold', `${service} ${before.version} -> ${after.version}`)}  (${from} -> ${to}: ${hopText(plan)})`,
    row('from', before.reference),
    row('to', after.reference),
    row('moves', pullText(plan)),
    ...processLines(plan).map((line, index) => row(index === 0 ? 'processes' : '', line)),
    row(
      'way back',
      final === undefined
        ? 'always: it has no point of no return'
        : `until ${final.id}: ${before.reference} runs again within minutes, nothing is built`,
    ),
    ...stageLines(
      'AHEAD',
      `nothing that runs is touched; about ${durationText(totalSeconds(ahead))}`,
      ahead,
      results,
      options,
    ),
    ...stageLines(name, `about ${durationText(totalSeconds(window))}`, window, results, options),
    ...stageLines(
      'LATER',
      'when nobody wants to go back any more; nothing is in a hurry',
      later,
      results,
      options,
    ),
  ]
}

/** A plan that one can follow by hand; `results` are those of a run that was begun. */
export function planText(plan: Plan, options: TextOptions, results: Results = new Map()): string {
  const paint = painter(options)
  const { services, windows, untouched, notes, order, engine, python, platform } = plan
  const because = order.flatMap(({ service, because: edges }) =>
    edges
      .filter(({ kind }) => kind === 'required')
      .map(({ after, why }) => `${after} before ${service}${why === undefined ? '' : `: ${why}`}`),
  )
  const estimates = 'times are estimates to plan with, not measurements'
  return [
    paint('bold', `PLAN  ${wrapTo(titleOf(plan), options.width, 6)}`),
    `${engine} · Python ${python} · ${platform} · ${estimates}`,
    ...because.map((line) => `order  ${wrapTo(line, options.width, 7)}`),
    ...notes.map((note) => `note   ${wrapTo(note, options.width, 7)}`),
    ...(windows.length === 0
      ? []
      : [
          '',
          ...windows.map(
            (window) =>
              `window ${window.number}  ${window.service}: ${wrapTo(windowText(window), options.width, 12)}`,
          ),
        ]),
    ...services.flatMap((service, index) =>
      serviceLines(service, windows.length === 0 ? 'WINDOW' : `WINDOW ${index + 1}`, results, options),
    ),
    ...(untouched.length === 0
      ? []
      : [
          '',
          `${paint('bold', 'NOT TOUCHED')}  images and libraries (their names and versions, hashed) are the same after as before`,
          ...untouched.map((one) => `  ${cutTo(untouchedText(one), options.width - 2)}`),
        ]),
    '',
  ].join('\n')
}

/** The way back from where a plan stands. */
export function wayBackText(back: WayBack, options: TextOptions): string {
  const paint = painter(options)
  const { service, from, to, by, steps } = back
  const seconds = totalSeconds(steps)
  const what =
    steps.length === 0
      ? 'nothing that runs was touched: there is nothing to undo'
      : by === 'undo'
        ? `nothing is built or pulled; about ${durationText(seconds)}`
        : `with the database as it was dumped; about ${durationText(seconds)}`
  return [
    `${paint('bold', `BACK  ${service} ${from} -> ${to}`)}  ${what}`,
    ...steps.flatMap(({ id, title, host, commands, note }) => [
      `  [ ] ${paint('bold', id)}  ${title}${host === undefined ? '' : `  (on ${host})`}`,
      ...commands.map((command) => `      ${paint('cyan', `$ ${command}`)}`),
      ...(note === undefined ? [] : [`      note      ${note}`]),
    ]),
    '',
  ].join('\n')
}

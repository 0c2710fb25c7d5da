import type { Plan, ServicePlan, Step } from '#upgrade/plan.js'
import type { StepRecord } from '#upgrade/progress.js'
import { toolVersion } from '#version.js'
import { bytesText } from '../bytes.js'
import { durationText } from '../duration.js'
import {
  answersText,
  finalOf,
  hopText,
  processLines,
  pullText,
  titleOf,
  totalSeconds,
  untouchedText,
} from '../plan-facts.js'
import { escapeHtml, pageFile, type Shell } from './page-file.js'
import type { BookService, BookStage, BookStep, RunBook } from './run-book.js'

type Results = ReadonlyMap<string, StepRecord['result']>

const time = (seconds: number) => ({ amount: seconds, text: durationText(seconds) })

function bookStep(step: Step, results: Results): BookStep {
  const { id, title, host, commands, answers, seconds, limit, interrupts, undo, final, optional, note } = step
  const result = results.get(id)
  return {
    id,
    title,
    commands,
    answers: answers.map(({ code, do: action, means }) => ({ code, do: action, means })),
    seconds,
    time: durationText(seconds),
    limit: durationText(limit),
    undo: { means: undo.means, commands: undo.commands },
    ...(host === undefined ? {} : { host }),
    ...(interrupts === undefined ? {} : { interrupts }),
    ...(final === undefined ? {} : { final }),
    ...(optional === undefined ? {} : { optional }),
    ...(note === undefined ? {} : { note }),
    ...(result === undefined ? {} : { result }),
  }
}

/** What undoes the steps of a window, from its end or from its point of no return. */
function backOf(window: readonly Step[]): readonly Step[] {
  const final = window.findIndex((step) => step.final !== undefined)
  return (final < 0 ? window : window.slice(0, final)).filter(({ undo }) => undo.commands.length > 0)
}

function bookService(plan: ServicePlan, results: Results): BookService {
  const { service, from, to, before, after, pull, ahead, window, later, restore, sources } = plan
  const stage = (
    key: BookStage['key'],
    title: string,
    about: string,
    steps: readonly Step[],
  ): readonly BookStage[] =>
    steps.length === 0 ? [] : [{ key, title, about, steps: steps.map((step) => bookStep(step, results)) }]
  const interruptions = window.flatMap(({ id, interrupts, seconds }) =>
    interrupts === undefined ? [] : [{ step: id, why: interrupts, time: durationText(seconds) }],
  )
  const final = finalOf(plan)
  return {
    service,
    from,
    to,
    versions: [before.version, after.version],
    images: [before.reference, after.reference],
    hop: hopText(plan),
    window: time(totalSeconds(window)),
    back: time(totalSeconds(backOf(window))),
    pull: { amount: pull.bytes, text: `${pull.exact ? '' : 'about '}${bytesText(pull.bytes)}` },
    moves: pullText(plan),
    interrupted: time(totalSeconds(window.filter(({ interrupts }) => interrupts !== undefined))),
    interruptions,
    processes: processLines(plan),
    ...(final === undefined ? {} : { final: { step: final.id, why: final.final! } }),
    stages: [
      ...stage(
        'ahead',
        'Ahead',
        `nothing that runs is touched; about ${durationText(totalSeconds(ahead))}`,
        ahead,
      ),
      ...stage('window', 'Window', `about ${durationText(totalSeconds(window))}`, window),
      ...stage('later', 'Later', 'when nobody wants to go back any more; nothing is in a hurry', later),
      ...stage(
        'restore',
        'Only after the point of no return',
        'brings the old release back with the database as it was dumped; what was written since is lost',
        restore,
      ),
    ],
    sources,
  }
}

function runBook(plan: Plan, results: Results): RunBook {
  const { engine, python, platform, fleet, order, notes, services, untouched } = plan
  return {
    tool: { name: 'svcsplit', version: toolVersion() },
    title: titleOf(plan),
    engine,
    python,
    platform,
    fleet,
    order: order.flatMap(({ service, because }) =>
      because
        .filter(({ kind }) => kind === 'required')
        .map(({ after, why }) => `${after} before ${service}${why === undefined ? '' : `: ${why}`}`),
    ),
    notes,
    services: services.map((service) => bookService(service, results)),
    untouched: untouched.map(({ service, release, image, on, libraries }) => ({
      service,
      release,
      where: on === undefined ? (image ?? '') : `on ${on}`,
      libraries: libraries.count,
      sha256: libraries.sha256,
    })),
  }
}

function plainStep(step: Step): string {
  const { id, title, host, commands, undo, final, interrupts } = step
  const code = (lines: readonly string[]): string =>
    lines.length === 0 ? '' : `<pre>${lines.map(escapeHtml).join('\n')}</pre>`
  return [
    `<li><b>${escapeHtml(id)}</b> ${escapeHtml(title)}${host === undefined ? '' : ` on ${escapeHtml(host)}`}`,
    code(commands),
    `<p>Expect: ${escapeHtml(answersText(step))}</p>`,
    interrupts === undefined ? '' : `<p>Interrupts: ${escapeHtml(interrupts)}</p>`,
    final === undefined
      ? `<p>Undo: ${escapeHtml(undo.means)}</p>${code(undo.commands)}`
      : `<p><b>POINT OF NO RETURN: ${escapeHtml(final)}</b></p>`,
    '</li>',
  ].join('')
}

/** For a reader without scripts: every step, as a list. */
function plainText(plan: Plan): string {
  const services = plan.services.map((service) => {
    const stages = (['ahead', 'window', 'later'] as const).filter((key) => service[key].length > 0)
    return `<h2>${escapeHtml(`${service.service} ${service.from} -> ${service.to}`)}</h2>${stages
      .map((key) => `<h3>${key}</h3><ol>${service[key].map(plainStep).join('')}</ol>`)
      .join('')}`
  })
  const untouched = plan.untouched.map((one) => `<li>${escapeHtml(untouchedText(one))}</li>`).join('')
  return `<h1>${escapeHtml(titleOf(plan))}</h1>${services.join('')}<h2>Not touched</h2><ul>${untouched}</ul>`
}

/** A plan as a run book in one file, with what was recorded of its steps. */
export function planPage(plan: Plan, results: Results, shell: Shell): string {
  const page = {
    title: `svcsplit: ${titleOf(plan)}`,
    kind: 'plan' as const,
    data: runBook(plan, results),
    plain: plainText(plan),
  }
  return pageFile(page, shell)
}

import { visible } from '#errors.js'
import type { Plan, ServicePlan, Step } from '#upgrade/plan.js'
import type { StepRecord, WayBack } from '#upgrade/progress.js'
import { durationText } from './duration.js'
import { code, plain } from './markdown-text.js'
import {
  answersText,
  finalOf,
  hopText,
  processLines,
  pullText,
  totalSeconds,
  untouchedText,
  windowText,
} from './plan-facts.js'

/** More than anything that means something has. */
const longest = 4000

const words = (text: string): string => plain(visible(text, longest))

const name = (text: string): string => code(visible(text, longest))

type Hop = Pick<ServicePlan, 'service' | 'from' | 'to'>

const titled = ({ service, from, to }: Hop): string => `${words(service)} ${words(from)} -> ${words(to)}`

/** A block of commands whose fence is longer than any run of backticks in it. */
function block(commands: readonly string[]): readonly string[] {
  const longest = Math.max(2, ...[...commands.join('\n').matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return ['', `  ${fence}sh`, ...commands.map((command) => `  ${command}`), `  ${fence}`, '']
}

function stepLines(step: Step, results: ReadonlyMap<string, StepRecord['result']>): readonly string[] {
  const { id, title, host, commands, limit, interrupts, undo, final, optional, note } = step
  const result = results.get(id)
  return [
    `- [${result === 'done' ? 'x' : ' '}] **${words(id)}** ${words(title)}${host === undefined ? '' : ` on ${name(host)}`}${result === 'failed' ? ' (failed)' : ''}`,
    ...(commands.length === 0 ? [] : block(commands)),
    ...(optional === undefined ? [] : [`  When: ${words(optional)}.  `]),
    `  Expect: ${words(answersText(step))}; within ${durationText(limit)}.  `,
    ...(interrupts === undefined ? [] : [`  **Interrupts**: ${words(interrupts)}.  `]),
    ...(note === undefined ? [] : [`  Note: ${words(note)}.  `]),
    ...(final === undefined
      ? [`  Undo: ${words(undo.means)}.`, ...(undo.commands.length === 0 ? [] : block(undo.commands))]
      : [`  **POINT OF NO RETURN**: ${words(final)}.`]),
  ]
}

function section(
  title: string,
  steps: readonly Step[],
  results: ReadonlyMap<string, StepRecord['result']>,
): readonly string[] {
  return steps.length === 0
    ? []
    : ['', `### ${title}`, '', ...steps.flatMap((step) => stepLines(step, results))]
}

function serviceLines(
  plan: ServicePlan,
  window: string,
  results: ReadonlyMap<string, StepRecord['result']>,
): readonly string[] {
  const { service, before, after, from, to } = plan
  const final = finalOf(plan)
  return [
    '',
    `## ${titled({ service, from, to })}`,
    '',
    `${name(before.version)} -> ${name(after.version)}: ${hopText(plan)}.`,
    '',
    `- from ${name(before.reference)}`,
    `- to ${name(after.reference)}`,
    `- ${words(pullText(plan))}`,
    ...processLines(plan).map((line) => `- ${words(line)}`),
    `- way back: ${final === undefined ? 'always' : `until ${words(final.id)}`}`,
    ...section(`Ahead, about ${durationText(totalSeconds(plan.ahead))}`, plan.ahead, results),
    ...section(`${window}, about ${durationText(totalSeconds(plan.window))}`, plan.window, results),
    ...section('Later', plan.later, results),
    ...section('After the point of no return', plan.restore, new Map()),
    '',
    `Written down in: ${plan.sources.map(words).join('; ')}.`,
  ]
}

/** A plan as a run book. */
export function planMarkdown(plan: Plan, results: ReadonlyMap<string, StepRecord['result']>): string {
  const { windows, services, notes, untouched, engine, python, platform } = plan
  return [
    `# ${services.map(titled).join(', ')}`,
    '',
    `${words(`${engine}, Python ${python}, ${platform}`)}. Times are estimates to plan with, not measurements.`,
    '',
    ...notes.map((note) => `- ${words(note)}`),
    ...(windows.length === 0
      ? []
      : [
          '| window | service | |',
          '|---|---|---|',
          ...windows.map((one) => `| ${one.number} | ${words(one.service)} | ${words(windowText(one))} |`),
        ]),
    ...services.flatMap((service, index) =>
      serviceLines(service, windows.length === 0 ? 'Window' : `Window ${index + 1}`, results),
    ),
    ...(untouched.length === 0
      ? []
      : ['', '## Not touched', '', ...untouched.map((one) => `- ${words(untouchedText(one))}`)]),
    '',
  ].join('\n')
}

export function wayBackMarkdown({ service, from, to, steps }: WayBack): string {
  return [
    `# ${titled({ service, from, to })}: the way back`,
    '',
    ...(steps.length === 0 ? ['Nothing that runs was touched.'] : []),
    ...steps.flatMap(({ id, title, host, commands, note }) => [
      `- [ ] **${words(id)}** ${words(title)}${host === undefined ? '' : ` on ${name(host)}`}`,
      ...block(commands),
      ...(note === undefined ? [] : [`  Note: ${words(note)}.`]),
    ]),
    '',
  ].join('\n')
}

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

/** Text from outside as Markdown shows it: nothing in it is markup. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')
}

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
    `- [${result === 'done' ? 'x' : ' '}] **${plain(id)}** ${plain(title)}${host === undefined ? '' : ` on \`${host}\``}${result === 'failed' ? ' (failed)' : ''}`,
    ...(commands.length === 0 ? [] : block(commands)),
    ...(optional === undefined ? [] : [`  When: ${plain(optional)}.  `]),
    `  Expect: ${plain(answersText(step))}; within ${durationText(limit)}.  `,
    ...(interrupts === undefined ? [] : [`  **Interrupts**: ${plain(interrupts)}.  `]),
    ...(note === undefined ? [] : [`  Note: ${plain(note)}.  `]),
    ...(final === undefined
      ? [`  Undo: ${plain(undo.means)}.`, ...(undo.commands.length === 0 ? [] : block(undo.commands))]
      : [`  **POINT OF NO RETURN**: ${plain(final)}.`]),
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
    `## ${plain(service)} ${from} -> ${to}`,
    '',
    `${plain(before.version)} -> ${plain(after.version)}: ${hopText(plan)}.`,
    '',
    `- from \`${before.reference}\``,
    `- to \`${after.reference}\``,
    `- ${plain(pullText(plan))}`,
    ...processLines(plan).map((line) => `- ${plain(line)}`),
    `- way back: ${final === undefined ? 'always' : `until ${plain(final.id)}`}`,
    ...section(`Ahead, about ${durationText(totalSeconds(plan.ahead))}`, plan.ahead, results),
    ...section(`${window}, about ${durationText(totalSeconds(plan.window))}`, plan.window, results),
    ...section('Later', plan.later, results),
    ...section('After the point of no return', plan.restore, new Map()),
    '',
    `Written down in: ${plan.sources.map(plain).join('; ')}.`,
  ]
}

/** A plan as a run book. */
export function planMarkdown(plan: Plan, results: ReadonlyMap<string, StepRecord['result']>): string {
  const { windows, services, notes, untouched, engine, python, platform } = plan
  return [
    `# ${plain(titleOf(plan))}`,
    '',
    `${engine}, Python ${python}, ${platform}. Times are estimates to plan with, not measurements.`,
    '',
    ...notes.map((note) => `- ${plain(note)}`),
    ...(windows.length === 0
      ? []
      : [
          '| window | service | |',
          '|---|---|---|',
          ...windows.map((one) => `| ${one.number} | ${plain(one.service)} | ${plain(windowText(one))} |`),
        ]),
    ...services.flatMap((service, index) =>
      serviceLines(service, windows.length === 0 ? 'Window' : `Window ${index + 1}`, results),
    ),
    ...(untouched.length === 0
      ? []
      : ['', '## Not touched', '', ...untouched.map((one) => `- ${plain(untouchedText(one))}`)]),
    '',
  ].join('\n')
}

export function wayBackMarkdown({ service, from, to, steps }: WayBack): string {
  return [
    `# ${plain(service)} ${from} -> ${to}: the way back`,
    '',
    ...(steps.length === 0 ? ['Nothing that runs was touched.'] : []),
    ...steps.flatMap(({ id, title, host, commands, note }) => [
      `- [ ] **${plain(id)}** ${plain(title)}${host === undefined ? '' : ` on \`${host}\``}`,
      ...block(commands),
      ...(note === undefined ? [] : [`  Note: ${plain(note)}.`]),
    ]),
    '',
  ].join('\n')
}

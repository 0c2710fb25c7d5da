import type { Plan, Step } from '#upgrade/plan.js'
import type { StepRecord, WayBack } from '#upgrade/progress.js'
import { titleOf } from './plan-facts.js'

const head = [
  '# Carries out one step after another and stops at the first that does not answer as it should.',
  '# Arguments: names of steps to carry out, in place of all. Commands for another machine go by ssh.',
  'set -u',
  'for name in "$@"; do',
  '  case $known in *" $name "*) ;; *) printf \'there is no step %s to be done\\n\' "$name" >&2; exit 2 ;; esac',
  'done',
  'wanted=" $* "',
  '# step NAME HOST TITLE GOOD-CODES COMMAND...: commands are carried out in turn; the last one answers.',
  'step() {',
  '  name=$1 host=$2 title=$3 good=$4; shift 4',
  '  case $wanted in "  "|*" $name "*) ;; *) return 0 ;; esac',
  '  printf \'== %s: %s\\n\' "$name" "$title"',
  '  while [ $# -gt 0 ]; do',
  '    if [ -z "$host" ]; then sh -c "$1"; else ssh -n "$host" "$1"; fi',
  '    code=$?',
  '    shift',
  '    if [ $# -gt 0 ] && [ $code -ne 0 ]; then break; fi',
  '  done',
  '  if [ $# -eq 0 ]; then case " $good " in *" $code "*) return 0 ;; esac; fi',
  '  printf \'== %s answered %s: stop\\n\' "$name" "$code" >&2',
  '  exit 1',
  '}',
]

/** Text that a shell reads back as it is. Line breaks cannot come here: every part of a step is one line. */
function word(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A comment that cannot end its line. */
function comment(text: string): string {
  return `# ${text.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ')}`
}

/** What a script begins with; a name that it does not know is told before anything is done. */
function beginning(title: string, steps: readonly Step[]): readonly string[] {
  const ids = steps.filter(({ commands }) => commands.length > 0).map(({ id }) => id)
  return ['#!/bin/sh', comment(title), `known=${word(` ${ids.join(' ')} `)}`, ...head]
}

function stepLines(step: Step): readonly string[] {
  const { id, host = '', title, answers, commands, final, optional } = step
  if (commands.length === 0) return []
  const good = answers.flatMap(({ code, do: action }) =>
    action === 'go on' || action === 'look' ? [code] : [],
  )
  const call = ['step', word(id), word(host), word(title), word(good.join(' ')), ...commands.map(word)]
  return [
    ...(final === undefined ? [] : [comment(`POINT OF NO RETURN: ${final}`)]),
    ...(optional === undefined ? [] : [comment(`only when asked for by name: ${optional}`)]),
    optional === undefined ? call.join(' ') : `case $wanted in *" ${id} "*) ${call.join(' ')} ;; esac`,
  ]
}

/**
 * A plan as a script: everything up to the end of the windows by default; what comes later, with its points of
 * no return, is carried out only when its steps are named.
 */
export function planShell(plan: Plan, results: ReadonlyMap<string, StepRecord['result']>): string {
  const left = (steps: readonly Step[]): readonly Step[] =>
    steps.filter(({ id }) => results.get(id) !== 'done')
  return [
    ...beginning(
      titleOf(plan),
      left(plan.services.flatMap(({ ahead, window, later }) => [...ahead, ...window, ...later])),
    ),
    ...plan.services.flatMap(({ service, ahead, window, later }) => [
      '',
      comment(`${service}: ahead of its window`),
      ...left(ahead).flatMap(stepLines),
      comment(`${service}: its window`),
      ...left(window).flatMap(stepLines),
      comment(`${service}: later, and only when asked for by name`),
      ...left(later).flatMap((step) =>
        stepLines({ ...step, optional: step.optional ?? 'when nobody wants to go back any more' }),
      ),
    ]),
    '',
  ].join('\n')
}

/** The way back as a script. */
export function wayBackShell({ service, from, to, steps }: WayBack): string {
  return [...beginning(`${service} ${from} -> ${to}`, steps), '', ...steps.flatMap(stepLines), ''].join('\n')
}

import { createRequire } from 'node:module'
import type { ImageFacts, Plan, ServicePlan, Step } from '#upgrade/plan.js'

/** A file of an export, by its path below the folder. */
export interface ExportFile {
  readonly path: string
  readonly text: string
  readonly executable?: true
}

/** Forward to the new release, or back to the old one. */
export type Direction = 'upgrade' | 'fallback'

export const directions: readonly Direction[] = ['upgrade', 'fallback']

/** The image that runs at the end of that way. */
export function imageOf({ before, after }: ServicePlan, direction: Direction): ImageFacts {
  return direction === 'upgrade' ? after : before
}

/** Where a service has come from a shared host: on the way back there, nothing of it runs in containers. */
export function isOnHost({ on }: ServicePlan, direction: Direction): boolean {
  return on !== undefined && direction === 'fallback'
}

export function releaseOf({ from, to }: ServicePlan, direction: Direction): string {
  return direction === 'upgrade' ? to : from
}

/** A comment on one line: what comes from outside cannot end it. */
export function comment(text: string): string {
  return `# ${text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')}`
}

/** A value as YAML, never folded: every text reads back as it was. Strings are quoted, so that 2025.10 stays text. */
export function yamlText(value: unknown, ...comments: readonly string[]): string {
  const yaml = createRequire(import.meta.url)('yaml') as typeof import('yaml')
  const body = yaml.stringify(value, {
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
    aliasDuplicateObjects: false,
  })
  return `${comments.map((line) => `${comment(line)}\n`).join('')}${body}`
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Steps that run a task in an image: ahead of the window, before the containers are replaced, after it, and later. */
export function tasksOf(plan: ServicePlan): {
  readonly ahead: readonly Step[]
  readonly before: readonly Step[]
  readonly after: readonly Step[]
  readonly later: readonly Step[]
} {
  const isTask = ({ run, optional }: Step): boolean => run !== undefined && optional === undefined
  const restart = plan.window.findIndex(({ phase }) => phase === 'restart')
  const split = restart < 0 ? plan.window.length : restart
  return {
    ahead: plan.ahead.filter(isTask),
    before: plan.window.slice(0, split).filter(isTask),
    after: plan.window.slice(split).filter(isTask),
    later: plan.later.filter(({ run }) => run !== undefined),
  }
}

/** Codes with which a task has succeeded. */
function goodCodes({ answers }: Step): readonly number[] {
  return answers.flatMap(({ code, do: action }) => (action === 'go on' || action === 'look' ? [code] : []))
}

/** `nova/expand-1` as the name of an object: `nova-expand-1`. */
export function objectName(id: string): string {
  return id.replaceAll('/', '-').replaceAll('_', '-').toLowerCase()
}

/** What every script of an export begins with. */
export function scriptHead(plan: Plan, direction: Direction): readonly string[] {
  const moves = plan.services.map((service) =>
    direction === 'upgrade'
      ? `${service.service} ${service.from} -> ${service.to}`
      : `${service.service} back to ${service.from}`,
  )
  return ['#!/bin/sh', comment(moves.join(', ')), 'set -eu', 'cd "$(dirname "$0")"']
}

/**
 * A step in a script that ends where a command fails: its last one may answer with other codes too, and the shell
 * takes no notice of one that begins with `!`.
 */
export function stepLines(step: Step): readonly string[] {
  const { title, commands } = step
  const good = goodCodes(step)
  const last = commands.at(-1)
  const plain = last === undefined || (good.join() === '0' && !last.startsWith('!'))
  const lines = plain
    ? commands
    : [
        ...commands.slice(0, -1),
        `code=0; ${last} || code=$?; case $code in ${good.join('|')}) ;; *) exit $code ;; esac`,
      ]
  return [comment(title), ...lines]
}

/** Lines of shell for the steps of a phase that no engine does by itself: options that are set, dumps. */
export function plainSteps(steps: readonly Step[]): readonly string[] {
  return steps
    .filter(
      ({ run, phase, optional }) =>
        run === undefined && optional === undefined && ['pin', 'backup', 'check'].includes(phase),
    )
    .flatMap(stepLines)
}

/** How a service that leaves a shared host is ended there, and started again; nothing for one in containers. */
export function unitCommands({ on, window }: ServicePlan): {
  readonly end: readonly string[]
  readonly start: readonly string[]
} {
  const stop = on === undefined ? undefined : window.find(({ phase }) => phase === 'stop')
  return { end: stop?.commands ?? [], start: stop?.undo.commands ?? [] }
}

/** What an engine does with all containers of a service at once. */
export interface Together {
  stop(): readonly string[]
  start(): readonly string[]
  restart(): readonly string[]
  task(step: Step): readonly string[]
}

/** What comes later, as comments: nobody carries it out by mistake. Spare places are not used, so none is retired. */
export function laterLines(
  { later }: ServicePlan,
  { stop, start, restart, task }: Together,
): readonly string[] {
  const lines = later.flatMap((step, index) => {
    if (step.phase === 'stop') return []
    if (step.phase === 'restart') {
      const isFirst = !later.slice(0, index).some(({ phase }) => phase === 'restart')
      return isFirst ? restart() : []
    }
    if (step.run === undefined) return step.commands
    // It wants every container stopped: the plan stops and starts them around it.
    const done = step.commands.length > 1 ? [...stop(), ...task(step), ...start()] : task(step)
    const end = step.final === undefined ? '' : '   # POINT OF NO RETURN'
    return [
      ...(step.optional === undefined ? [] : [comment(step.optional)]),
      ...done.map((line) => `${line}${end}`),
    ]
  })
  return [
    '# Later, when nobody wants to go back any more:',
    ...lines.map((line) => (line.startsWith('#') ? line : `#   ${line}`)),
  ]
}

/** A task that succeeds with other codes too, and one that is repeated while more is to do, in one shell. */
export function taskCommand(step: Step): readonly string[] {
  const run = step.run ?? []
  const again = step.answers.filter((answer) => answer.do === 'repeat').map(({ code }) => code)
  const good = goodCodes(step)
  if (again.length === 0 && good.length === 1 && good[0] === 0) return run
  const others = good.filter((code) => code !== 0)
  const cases = [
    ...(others.length === 0 ? [] : [`${others.join('|')}) exit 0 ;;`]),
    ...(again.length === 0 ? [] : [`${again.join('|')}) ;;`]),
    '*) exit $code ;;',
  ]
  const rounds = again.length === 0 ? '1' : '$(seq 100)'
  const script = `for round in ${rounds}; do code=0; "$@" || code=$?; case $code in ${cases.join(' ')} esac; done; exit $code`
  return ['sh', '-c', script, 'task', ...run]
}

/** Asks a process from inside its container, where there is Python and no curl. */
export function probeCommand(port: number, health: string | undefined): readonly string[] {
  const script =
    health === undefined
      ? `import socket; socket.create_connection(("127.0.0.1", ${port}), 5)`
      : `import urllib.request; urllib.request.urlopen("http://127.0.0.1:${port}${health}", timeout=5)`
  return ['/opt/venv/bin/python', '-c', script]
}

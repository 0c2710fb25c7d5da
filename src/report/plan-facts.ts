import type { Plan, ServicePlan, Step, Untouched, Window } from '#upgrade/plan.js'
import { bytesText } from './bytes.js'
import { durationText } from './duration.js'
import { plural } from './terminal.js'

/** What every form of a plan says in the same words. */

export const titleOf = ({ services }: Plan): string =>
  services.map(({ service, from, to }) => `${service} ${from} -> ${to}`).join(', ')

export const totalSeconds = (steps: readonly Step[]): number =>
  steps.reduce((sum, { seconds }) => sum + seconds, 0)

export function hopText({ hop, restart }: ServicePlan): string {
  const way = hop === 'slurp' ? 'one SLURP release to the next' : 'one release to the next'
  return `${way}, ${restart === 'rolling' ? 'container by container' : 'stopped in between'}`
}

export function pullText({ pull, distributions }: ServicePlan): string {
  const { changed, added, removed } = distributions
  const bytes = pull.exact
    ? bytesText(pull.bytes)
    : `about ${bytesText(pull.bytes)} and the base if it changes`
  return `${bytes} to pull; of its libraries ${changed} change, ${added} come, ${removed} go`
}

/** The codes of a step in a line: `0 all checks passed; 1 go on after reading: warnings`. */
export function answersText({ answers }: Step): string {
  return answers
    .map(
      ({ code, do: action, means }) =>
        `${code} ${action === 'go on' ? '' : `${action.toUpperCase()}: `}${means}`,
    )
    .join('; ')
}

/** The step after which the old release cannot come back, if there is one. */
export function finalOf({ ahead, window, later }: ServicePlan): Step | undefined {
  return [...ahead, ...window, ...later].find(({ final }) => final !== undefined)
}

export function untouchedText({ service, release, image, on, libraries }: Untouched): string {
  const where = on === undefined ? (image ?? '') : `on ${on}`
  return `${service} ${release}  ${where}  ${plural(libraries.count, 'library', 'libraries')} ${libraries.sha256.slice(0, 12)}`
}

export function windowText({ seconds, back, pull, interruptions }: Window): string {
  const interrupted = interruptions.reduce((sum, one) => sum + one.seconds, 0)
  return [
    `about ${durationText(seconds)}, ${durationText(back)} to go back`,
    pull === 0 ? 'nothing to pull' : `${bytesText(pull)} to pull before it`,
    interruptions.length === 0
      ? 'no interruption expected'
      : `interrupted for about ${durationText(interrupted)}`,
  ].join('; ')
}

/** Names that come, go and change, in lines. */
export function processLines({ processes, from, to }: ServicePlan): readonly string[] {
  const { comes, goes, changes, vanished } = processes
  return [
    ...(vanished.length === 0 ? [] : [`${to} has no longer: ${vanished.join(', ')}`]),
    ...goes.map(({ name }) => `${name} is a process of ${from} alone`),
    ...comes.map(({ name, command }) => `${name} is new in ${to}: ${command}`),
    ...changes.map(({ name, to: command }) => `${name} is started by: ${command}`),
  ]
}

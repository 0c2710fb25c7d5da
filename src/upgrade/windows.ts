import { SvcsplitError } from '#errors.js'
import { type ServicePlan, type Step, undoSeconds, type Window } from './plan.js'

const minutes = (seconds: number): string => `${Math.ceil(seconds / 60)} min`

const sum = (steps: readonly Step[]): number => steps.reduce((total, { seconds }) => total + seconds, 0)

/** Steps of a window that are undone by doing something, up to its point of no return. */
function backSeconds({ window }: ServicePlan): number {
  const final = window.findIndex((step) => step.final !== undefined)
  const reversible = final < 0 ? window : window.slice(0, final)
  return reversible
    .filter(({ undo }) => undo.commands.length > 0)
    .reduce((total, step) => total + undoSeconds(step), 0)
}

/**
 * One window for each service, in the order of the plan.
 * @throws E-PLN-WINDOW where `length` seconds do not hold one, with its way back
 */
export function windowsOf(services: readonly ServicePlan[], length: number): readonly Window[] {
  const windows = services.map((plan, index): Window => {
    const { service, window, pull } = plan
    return {
      number: index + 1,
      service,
      seconds: sum(window),
      back: backSeconds(plan),
      pull: pull.bytes,
      interruptions: window.flatMap(({ id, interrupts, seconds }) =>
        interrupts === undefined ? [] : [{ step: id, why: interrupts, seconds }],
      ),
    }
  })
  const short = windows.filter(({ seconds, back }) => seconds + back > length)
  if (short.length > 0) {
    const told = short.map(
      ({ service, seconds, back }) => `${service} ${minutes(seconds)} and ${minutes(back)} to go back`,
    )
    const longest = Math.max(...short.map(({ seconds, back }) => seconds + back))
    throw new SvcsplitError(
      'E-PLN-WINDOW',
      `a window of ${minutes(length)} is too short: ${told.join('; ')}`,
      { hint: `--window ${Math.ceil(longest / 60)}m holds each of them; or take fewer containers at once` },
    )
  }
  return windows
}

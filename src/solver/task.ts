import type { Needs } from './facts.js'

/**
 * Work that stops to ask for facts and goes on when they are there. The work itself is synchronous and pure;
 * only who drives it knows whether facts come from memory or from a network.
 */
export type Task<Result> = Generator<Needs, Result, void>

/** Drives a task whose facts are all loaded. */
export function finish<Result>(task: Task<Result>): Result {
  const step = task.next()
  if (step.done !== true) throw new Error('facts are missing that were said to be loaded')
  return step.value
}

/** Drives a task and loads what it asks for. */
export async function finishLoading<Result>(
  task: Task<Result>,
  load: (needs: Needs) => Promise<void>,
): Promise<Result> {
  for (;;) {
    const step = task.next()
    if (step.done === true) return step.value
    await load(step.value)
  }
}

import type { Task } from './task.js'

/** Whether items cannot hold together; then which of them were enough for that. */
export type Failure<Item> =
  | { readonly kind: 'fails'; readonly core: readonly Item[] }
  | { readonly kind: 'holds' | 'undecided' }

/**
 * A smallest set that still fails, in the sense that every item is needed: drops one item after the other, and
 * takes over the core of each failure, which usually drops many at once. Goes round again while something was
 * dropped after something was kept, because an item can also make a failure disappear (a line that names
 * a pre-release), so that what was needed once may be needed no more.
 */
export function* shrink<Item>(
  items: readonly Item[],
  ask: (items: readonly Item[]) => Task<Failure<Item>>,
): Task<{ readonly items: readonly Item[]; readonly isMinimal: boolean }> {
  let working = items
  let isMinimal = true
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false
    const tried = new Set<Item>()
    for (;;) {
      const item = working.find((candidate) => !tried.has(candidate))
      if (item === undefined) break
      tried.add(item)
      const answer = yield* ask(working.filter((other) => other !== item))
      if (answer.kind === 'undecided') isMinimal = false
      if (answer.kind !== 'fails') continue
      const core = new Set(answer.core)
      working = working.filter((other) => core.has(other))
      hasChanged ||= tried.size > 1
    }
  }
  return { items: working, isMinimal }
}

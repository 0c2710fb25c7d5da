/**
 * Numbers of ticked steps as the address keeps them: runs, in order. `0-3.7` is 0, 1, 2, 3 and 7; `none` is that
 * there is none, which differs from a link that says nothing.
 */
export function formatTicks(ticks: ReadonlySet<number>): string {
  const numbers = [...ticks].sort((one, other) => one - other)
  const runs: [number, number][] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  const text = runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join('.')
  return text === '' ? 'none' : text
}

/** @param count steps there are: what lies beyond them, or is no number, is nothing */
export function parseTicks(text: string, count: number): ReadonlySet<number> {
  const ticks = new Set<number>()
  for (const run of text.split('.')) {
    const [, from, to = from] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(run) ?? []
    if (from === undefined || to === undefined) continue
    for (let number = Number(from); number <= Math.min(Number(to), count - 1); number += 1) ticks.add(number)
  }
  return ticks
}

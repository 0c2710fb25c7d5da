/** Sets of versions, as positions in a list: `*` all, `-` none, else `0-4,6`. */

export function formatVersionSet(positions: readonly number[], count: number): string {
  if (positions.length === 0) return '-'
  if (positions.length === count) return '*'
  const runs: string[] = []
  for (let at = 0; at < positions.length; ) {
    let end = at
    while (positions[end + 1] === positions[end]! + 1) end++
    runs.push(end === at ? `${positions[at]}` : `${positions[at]}-${positions[end]}`)
    at = end + 1
  }
  return runs.join(',')
}

/** One byte for each version: whether it is in the set. Undefined if the text is no such set. */
export function parseVersionSet(text: string, count: number): Uint8Array | undefined {
  const set = new Uint8Array(count)
  if (text === '-') return set
  if (text === '*') return set.fill(1)
  for (const run of text.split(',')) {
    const found = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(run)
    if (found === null) return undefined
    const first = Number(found[1])
    const last = Number(found[2] ?? found[1])
    if (first > last || last >= count) return undefined
    set.fill(1, first, last + 1)
  }
  return set
}

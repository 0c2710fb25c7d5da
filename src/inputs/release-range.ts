const comparison = /^(>=|<=|==|<|>)([a-z0-9][a-z0-9.-]*)$/

const numbered = /^(\d+)\.(\d+)$/

/** Order of release names: by year, then by their number in it; names of another form come after, as text. */
export function compareReleases(one: string, other: string): number {
  const [a, b] = [numbered.exec(one), numbered.exec(other)]
  if (a === null || b === null)
    return Number(a === null) - Number(b === null) || (one < other ? -1 : one > other ? 1 : 0)
  return Number(a[1]) - Number(b[1]) || Number(a[2]) - Number(b[2])
}

/** Whether a release lies in a range such as `>=2023.1,<2026.1`; a range left out holds every release. */
export function inReleaseRange(release: string, range: string | undefined): boolean {
  if (range === undefined) return true
  return range.split(',').every((part) => {
    const found = comparison.exec(part.trim())
    if (found === null) return false
    const order = compareReleases(release, found[2]!)
    switch (found[1]) {
      case '>=':
        return order >= 0
      case '<=':
        return order <= 0
      case '<':
        return order < 0
      case '>':
        return order > 0
      default:
        return order === 0
    }
  })
}

/** A release that a range holds, of all that there could be from 2010 on: two a year; an empty range holds all. */
export function someReleaseIn(range: string): string | undefined {
  for (let year = 2010; year < 2100; year++)
    for (const number of [1, 2])
      if (range === '' || inReleaseRange(`${year}.${number}`, range)) return `${year}.${number}`
  return undefined
}

const comparison = /^(>=|<=|==|<|>)(\d+\.\d+)$/

/** Order of release names: by year, then by their number in it. */
export function compareReleases(one: string, other: string): number {
  const [year = 0, number = 0] = one.split('.').map(Number)
  const [otherYear = 0, otherNumber = 0] = other.split('.').map(Number)
  return year - otherYear || number - otherNumber
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

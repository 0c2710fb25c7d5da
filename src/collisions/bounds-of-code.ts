import { parseSpecifierSet, type SpecifierSet, specifierSetContains } from '#pep/specifier-set.js'

/**
 * The fewest specifiers that admit exactly those of some known versions, oldest first, that pass a test: `>=2`,
 * `<10`, and what is left out between. Some version has to pass.
 */
export function boundsOf(
  versions: readonly string[],
  isAdmitted: (version: string) => boolean,
): SpecifierSet {
  const admitted = versions.map(isAdmitted)
  const first = admitted.indexOf(true)
  const last = admitted.lastIndexOf(true)
  const ends = [
    ...(first > 0 ? [`>=${versions[first]}`] : []),
    ...(last < versions.length - 1 ? [`<${versions[last + 1]}`] : []),
  ]
  const holes = versions.filter((_, i) => i > first && i < last && !admitted[i]).map((one) => `!=${one}`)
  const usual = parseSpecifierSet([...ends, ...holes].join(','))
  const isExact = versions.every((one, i) => specifierSetContains(usual, one, true) === admitted[i])
  if (isExact) return usual
  // `<2` leaves out 2.0rc1, and `>=2` takes in 2.0+local: then every version is named.
  return parseSpecifierSet(
    versions
      .filter((_, i) => !admitted[i])
      .map((one) => `!=${one}`)
      .join(','),
  )
}

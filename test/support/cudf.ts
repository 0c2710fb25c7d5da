import type { DistributionName } from '#pep/name.js'
import { type SpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { compareVersions, parseVersion } from '#pep/version.js'
import type { Facts, VersionFacts } from '#solver/facts.js'

/** What is to stand together: demands, and limits on what may come along. */
export interface CudfQuestion {
  readonly name: string
  readonly demands: readonly CudfDemand[]
  readonly limits: readonly CudfDemand[]
}

export interface CudfDemand {
  readonly name: DistributionName
  readonly extras: readonly string[]
  readonly specifiers: SpecifierSet
}

/** CUDF of a universe, and the number that stands for a version in it. */
export interface Cudf {
  readonly text: string
  numberOf(name: DistributionName, version: string): number
}

/** A package that is never there. */
const nowhere = 'svcsplit-nowhere'

/**
 * A universe in CUDF, the format of the package managers' competition: versions are numbers in the order of PEP 440,
 * a distribution conflicts with its other versions, an extra is a package of its own that needs the distribution at
 * the same version, and each question is a package that depends on what is asked for. Versions that refuse the
 * Python, or whose metadata cannot be used, are left out. Pre-releases count as any version.
 */
export function toCudf(
  facts: Facts,
  names: readonly DistributionName[],
  python: string,
  questions: readonly CudfQuestion[] = [],
): Cudf {
  const versionsOf = new Map(
    names.map((name) => [
      name,
      facts
        .candidates(name)!
        .map(({ version }) => parseVersion(version))
        .sort(compareVersions),
    ]),
  )
  const numberOf = (name: DistributionName, version: string) =>
    versionsOf.get(name)!.findIndex(({ key }) => key === parseVersion(version).key) + 1
  const wanted = new Map<DistributionName, Set<string>>()
  const releases = names.flatMap((name) =>
    facts.candidates(name)!.flatMap(({ version }) => {
      const release = facts.release(name, version)!
      return fits(release, python) ? [{ name, version, release }] : []
    }),
  )
  for (const { extras, name } of [
    ...releases.flatMap(({ release }) => release.demands),
    ...questions.flatMap(({ demands }) => demands),
  ])
    for (const extra of extras) wanted.set(name, (wanted.get(name) ?? new Set()).add(extra))

  const anyOf = (name: DistributionName, specifiers: SpecifierSet, extra?: string) => {
    const fitting = (versionsOf.get(name) ?? []).flatMap((version, i) =>
      specifierSetContains(specifiers, version, true) ? [`${packageName(name, extra)} = ${i + 1}`] : [],
    )
    return fitting.length === 0 ? nowhere : fitting.join(' | ')
  }
  const depends = (demands: readonly CudfDemand[]) =>
    demands.flatMap(({ name, specifiers, extras }) => [
      anyOf(name, specifiers),
      ...extras.map((extra) => anyOf(name, specifiers, extra)),
    ])
  const stanzas = releases.flatMap(({ name, version, release }) => {
    const number = numberOf(name, version)
    const under = (extra: string) => release.demands.filter(({ underExtra = '' }) => underExtra === extra)
    return [
      stanza(name, number, depends(under('')), [name]),
      ...[...(wanted.get(name) ?? [])].map((extra) =>
        stanza(packageName(name, extra), number, [`${name} = ${number}`, ...depends(under(extra))], []),
      ),
    ]
  })
  const asked = questions.map(({ name, demands, limits }) =>
    stanza(
      name,
      1,
      depends(demands),
      limits.flatMap((limit) => refusedBy(limit, versionsOf)),
    ),
  )
  return { text: [...stanzas, ...asked].join('\n'), numberOf }
}

function fits({ trouble, requiresPython }: VersionFacts, python: string): boolean {
  return (
    trouble === undefined &&
    (requiresPython === undefined || specifierSetContains(requiresPython, python, true))
  )
}

function refusedBy(
  { name, specifiers }: CudfDemand,
  versionsOf: ReadonlyMap<DistributionName, readonly { readonly text: string }[]>,
): string[] {
  return (versionsOf.get(name) ?? []).flatMap(({ text }, i) =>
    specifierSetContains(specifiers, text, true) ? [] : [`${name} = ${i + 1}`],
  )
}

function packageName(name: DistributionName, extra?: string): string {
  return extra === undefined ? name : `${name}+${extra}`
}

function stanza(
  name: string,
  version: number,
  depends: readonly string[],
  conflicts: readonly string[],
): string {
  const lines = [`package: ${name}`, `version: ${version}`]
  if (depends.length > 0) lines.push(`depends: ${depends.join(', ')}`)
  if (conflicts.length > 0) lines.push(`conflicts: ${conflicts.join(', ')}`)
  return `${lines.join('\n')}\n`
}

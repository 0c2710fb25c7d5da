/**
 * A universe in CUDF, the format of the package managers' competition, for the tools that Debian asks about its archive.
 *
 * @typedef {import('#pep/name.js').DistributionName} DistributionName
 * @typedef {import('#pep/specifier-set.js').SpecifierSet} SpecifierSet
 * @typedef {import('#solver/facts.js').Facts} Facts
 * @typedef {import('#solver/facts.js').VersionFacts} VersionFacts
 * @typedef {{ readonly name: DistributionName, readonly extras: readonly string[], readonly specifiers: SpecifierSet }} CudfDemand
 * @typedef {{ readonly name: string, readonly demands: readonly CudfDemand[], readonly limits: readonly CudfDemand[] }} CudfQuestion
 * What is to stand together: demands, and limits on what may come along.
 * @typedef {{ readonly text: string, numberOf(name: DistributionName, version: string): number }} Cudf
 * CUDF of a universe, and the number that stands for a version in it.
 */
import { specifierSetContains } from '#pep/specifier-set.js'
import { compareVersions, parseVersion } from '#pep/version.js'

/** A package that is never there. */
const nowhere = 'svcsplit-nowhere'

/**
 * Versions are numbers in the order of PEP 440, a distribution conflicts with its other versions, an extra is a package
 * of its own that needs the distribution at the same version, and each question is a package that depends on what is
 * asked for. Versions that refuse the Python, or whose metadata cannot be used, are left out. Pre-releases count as any
 * version.
 * @param {Facts} facts @param {readonly DistributionName[]} names @param {string} python
 * @param {readonly CudfQuestion[]} [questions] @returns {Cudf}
 */
export function toCudf(facts, names, python, questions = []) {
  const candidatesOf = (/** @type {DistributionName} */ name) => facts.candidates(name) ?? []
  const versionsOf = new Map(
    names.map((name) => [
      name,
      candidatesOf(name)
        .map(({ version }) => parseVersion(version))
        .sort(compareVersions),
    ]),
  )
  const numberOf = (/** @type {DistributionName} */ name, /** @type {string} */ version) =>
    (versionsOf.get(name) ?? []).findIndex(({ key }) => key === parseVersion(version).key) + 1
  const releases = names.flatMap((name) =>
    candidatesOf(name).flatMap(({ version }) => {
      const release = facts.release(name, version)
      return release !== undefined && fits(release, python) ? [{ name, version, release }] : []
    }),
  )
  /** @type {Map<DistributionName, Set<string>>} */
  const wanted = new Map()
  for (const { extras, name } of [
    ...releases.flatMap(({ release }) => release.demands),
    ...questions.flatMap(({ demands }) => demands),
  ])
    for (const extra of extras) wanted.set(name, (wanted.get(name) ?? new Set()).add(extra))

  /** One line stands in many versions. @type {Map<string, string>} */
  const known = new Map()
  /** @param {DistributionName} name @param {SpecifierSet} specifiers @param {string} [extra] */
  const anyOf = (name, specifiers, extra) => {
    const key = `${packageName(name, extra)} ${specifiers.text}`
    const before = known.get(key)
    if (before !== undefined) return before
    const fitting = (versionsOf.get(name) ?? []).flatMap((version, i) =>
      specifierSetContains(specifiers, version, true) ? [`${packageName(name, extra)} = ${i + 1}`] : [],
    )
    const found = fitting.length === 0 ? nowhere : fitting.join(' | ')
    known.set(key, found)
    return found
  }
  const depends = (/** @type {readonly CudfDemand[]} */ demands) =>
    demands.flatMap(({ name, specifiers, extras }) => [
      anyOf(name, specifiers),
      ...extras.map((extra) => anyOf(name, specifiers, extra)),
    ])
  const stanzas = releases.flatMap(({ name, version, release }) => {
    const number = numberOf(name, version)
    const under = (/** @type {string} */ extra) =>
      release.demands.filter(({ underExtra = '' }) => underExtra === extra)
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

/** The distributions that any version of these can come to need, whatever is chosen. @param {Facts} facts @param {readonly DistributionName[]} roots */
export function coneOf(facts, roots) {
  const reached = new Set(roots)
  for (const name of reached)
    for (const { version } of facts.candidates(name) ?? [])
      for (const demand of facts.release(name, version)?.demands ?? [])
        if (demand.underExtra === undefined) reached.add(demand.name)
  return [...reached].sort()
}

/**
 * What `coinst -cudf -all -conflict-pairs-only` prints, asked of `name = number`. It shrinks the universe to classes that
 * behave alike and tells of each class what it clashes with.
 * @param {string} stdout
 */
export function readCoinst(stdout) {
  const lines = stdout.split('\n')
  const section = (/** @type {string} */ title) => {
    const start = lines.findIndex((line) => line.startsWith(title))
    const end = lines.findIndex((line, i) => i > start + 1 && line === '')
    return lines.slice(start + 2, end < 0 ? undefined : end)
  }
  const packages = (/** @type {string} */ list) => [...list.matchAll(/\S+ = \d+/g)].map(([one]) => one)
  /** @type {Map<string, string>} */
  const classOf = new Map()
  for (const line of section('EQUIVALENCE CLASSES')) {
    const [first = '', members = ''] = line.split(': ')
    for (const member of packages(members)) classOf.set(member, packages(first)[0] ?? '')
  }
  const broken = new Set(section('NON-INSTALLABLE PACKAGES').flatMap(packages))
  const clashing = new Set()
  for (const line of section('NON-COINSTALLABLE PAIRS')) {
    const [first = '', others = ''] = line.split(': ')
    for (const other of packages(others)) {
      clashing.add(`${packages(first)[0]} ${other}`)
      clashing.add(`${other} ${packages(first)[0]}`)
    }
  }
  // What clashes with nothing is in no class.
  const at = (/** @type {string} */ one) => classOf.get(one) ?? one
  return {
    isBroken: (/** @type {string} */ one) => broken.has(at(one)),
    clash: (/** @type {string} */ a, /** @type {string} */ b) => clashing.has(`${at(a)} ${at(b)}`),
  }
}

/** @param {VersionFacts} facts @param {string} python */
function fits({ trouble, requiresPython }, python) {
  return (
    trouble === undefined &&
    (requiresPython === undefined || specifierSetContains(requiresPython, python, true))
  )
}

/** @param {CudfDemand} demand @param {ReadonlyMap<DistributionName, readonly { readonly text: string }[]>} versionsOf */
function refusedBy({ name, specifiers }, versionsOf) {
  return (versionsOf.get(name) ?? []).flatMap(({ text }, i) =>
    specifierSetContains(specifiers, text, true) ? [] : [`${name} = ${i + 1}`],
  )
}

/** @param {DistributionName} name @param {string} [extra] */
function packageName(name, extra) {
  return extra === undefined ? name : `${name}+${extra}`
}

/** @param {string} name @param {number} version @param {readonly string[]} depends @param {readonly string[]} conflicts */
function stanza(name, version, depends, conflicts) {
  const lines = [`package: ${name}`, `version: ${version}`]
  if (depends.length > 0) lines.push(`depends: ${depends.join(', ')}`)
  if (conflicts.length > 0) lines.push(`conflicts: ${conflicts.join(', ')}`)
  return `${lines.join('\n')}\n`
}

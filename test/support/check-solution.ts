import { evaluateMarker } from '#pep/marker-evaluate.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { parseSpecifierSet, specifierSetContains } from '#pep/specifier-set.js'
import { parseVersion } from '#pep/version.js'
import { environment, python, type Release, type SmallUniverse } from './universe.js'

type Mode = 'pip' | 'allow' | 'disallow' | 'explicit'

export interface SmallProblem {
  readonly universe: SmallUniverse
  readonly demands: readonly string[]
  readonly pins?: readonly string[]
  readonly mode?: Mode
}

const requirements = new Map<string, Requirement>()
function requirement(text: string): Requirement {
  const known = requirements.get(text) ?? parseRequirement(text)
  requirements.set(text, known)
  return known
}

function requiresOf(release: Release): readonly string[] {
  return 'length' in release ? release : (release.requires ?? [])
}

function codeOf(release: Release | undefined): readonly string[] {
  return release === undefined || 'length' in release ? [] : (release.code ?? [])
}

/**
 * What is wrong with an answer, found without any part of the solver: walks the demands from the start and looks
 * at each. Empty means: every demand is met, nothing else is there, and each version may be chosen.
 */
export function faultsOf(
  { universe, demands, pins = [], mode = 'pip' }: SmallProblem,
  answer: ReadonlyMap<string, string>,
): string[] {
  const faults: string[] = []
  const active = demands.map((text) => ({ text, isLine: true }))
  const wanted = new Map<string, Set<string>>()
  const taken = new Set<string>()
  for (let i = 0; i < active.length; i++) {
    const { name, extras, specifiers } = requirement(active[i]!.text)
    const version = answer.get(name)
    if (version === undefined || universe[name]?.[version] === undefined) {
      faults.push(`${active[i]!.text} is not met: ${name} is absent`)
      continue
    }
    if (!specifierSetContains(specifiers, version, true))
      faults.push(`${active[i]!.text} is not met by ${version}`)
    const have = wanted.get(name) ?? new Set([''])
    wanted.set(name, have)
    for (const extra of extras) have.add(extra)
    for (const extra of have) {
      requiresOf(universe[name][version]).forEach((text, index) => {
        const { marker } = requirement(text)
        const holds =
          marker === undefined || evaluateMarker(marker, environment, new Set(extra === '' ? [] : [extra]))
        const id = `${name} ${version} ${index}`
        if (!holds || taken.has(id)) return
        taken.add(id)
        active.push({ text, isLine: false })
      })
    }
  }
  for (const name of answer.keys()) if (!wanted.has(name)) faults.push(`nobody demands ${name}`)
  for (const text of pins) active.push({ text, isLine: true })
  for (const [name, version] of answer)
    for (const text of codeOf(universe[name]?.[version])) active.push({ text, isLine: false })
  for (const [name, version] of answer) {
    const on = active.filter(({ text }) => requirement(text).name === name)
    for (const { text } of on) {
      if (!specifierSetContains(requirement(text).specifiers, version, true))
        faults.push(`${text} refuses ${version}`)
    }
    faults.push(...choiceFaults(universe, mode, name, version, on))
  }
  return faults
}

function choiceFaults(
  universe: SmallUniverse,
  mode: Mode,
  name: string,
  version: string,
  on: readonly { text: string; isLine: boolean }[],
): string[] {
  const faults: string[] = []
  const release = universe[name]?.[version]
  if (release === undefined) return [`${name} ${version} does not exist`]
  const fits = (candidate: Release) =>
    'length' in candidate || specifierSetContains(parseSpecifierSet(candidate.python ?? ''), python, true)
  if (!fits(release)) faults.push(`${name} ${version} is not for Python ${python}`)
  if (parseVersion(version).prerelease) {
    const named = on.some(
      ({ text, isLine }) => (mode === 'pip' || isLine) && requirement(text).specifiers.asksForPrereleases,
    )
    const finals = Object.entries(universe[name]!).filter(
      ([other, candidate]) =>
        !parseVersion(other).prerelease &&
        fits(candidate) &&
        on.every(({ text }) => specifierSetContains(requirement(text).specifiers, other, true)),
    )
    const mayBe =
      mode === 'allow' || (mode !== 'disallow' && (named || (mode === 'pip' && finals.length === 0)))
    if (!mayBe) faults.push(`${name} ${version} is a pre-release that nothing calls for`)
  }
  if (!('length' in release) && release.yanked === true) {
    const isPinned = on.some(({ text }) =>
      requirement(text).specifiers.specifiers.some(
        ({ operator, version: v }) => operator === '===' || (operator === '==' && !v.endsWith('.*')),
      ),
    )
    if (!isPinned) faults.push(`${name} ${version} is yanked and not pinned`)
  }
  return faults
}

/** Tries every assignment: whether some answer has no fault. */
export function bruteForce(problem: SmallProblem): Map<string, string> | undefined {
  const names = Object.keys(problem.universe)
  const choices = names.map((name) => [undefined, ...Object.keys(problem.universe[name]!)])
  const counter = names.map(() => 0)
  for (;;) {
    const answer = new Map<string, string>()
    names.forEach((name, i) => {
      const version = choices[i]![counter[i]!]
      if (version !== undefined) answer.set(name, version)
    })
    if (faultsOf(problem, answer).length === 0) return answer
    let at = 0
    while (at < names.length && ++counter[at]! === choices[at]!.length) counter[at++] = 0
    if (at === names.length) return undefined
  }
}

import { markerEnvironment } from '#pep/marker-evaluate.js'
import type { DistributionName } from '#pep/name.js'
import { normalizeName } from '#pep/name.js'
import { parseRequirement } from '#pep/requirement.js'
import { parseSpecifierSet } from '#pep/specifier-set.js'
import type { Candidate, CodeNeed, Facts, Needs, VersionFacts } from '#solver/facts.js'
import type { KnownFacts } from '#solver/known-facts.js'
import type { Line, PrereleaseMode } from '#solver/problem.js'
import { factsReader } from '#solver/release-facts.js'
import { createSession, type Session } from '#solver/session.js'

/** What one version demands; the short form is Requires-Dist alone. */
export type Release =
  | readonly string[]
  | {
      readonly requires?: readonly string[]
      readonly python?: string
      readonly yanked?: boolean
      /** What its code needs, as versions: `lib<2`. */
      readonly code?: readonly string[]
    }

/** Distributions by name, their versions, and what each demands. */
export type SmallUniverse = { readonly [name: string]: { readonly [version: string]: Release } }

export const python = '3.11.13'
export const environment = markerEnvironment('3.11', 'linux/amd64')

function partsOf(release: Release): { requires: readonly string[]; python?: string; yanked?: boolean } {
  return 'length' in release ? { requires: release } : { requires: [], ...release }
}

/** What the code of a version needs, each at a line of its own. */
export function codeOf(name: string, release: Release | undefined): readonly CodeNeed[] {
  const texts = release === undefined || 'length' in release ? [] : (release.code ?? [])
  return texts.map((text, index) => {
    const { name: target, specifiers } = parseRequirement(text)
    return { name: target, specifiers, needs: `${target}.name`, at: { path: `${name}.py`, line: index + 1 } }
  })
}

/** Facts that are all loaded. */
export function smallFacts(universe: SmallUniverse, env = environment): Facts {
  const read = factsReader(env)
  const known = new Map<string, readonly Candidate[]>()
  const facts = new Map<string, VersionFacts>()
  for (const [name, versions] of Object.entries(universe)) {
    const distribution = normalizeName(name)
    known.set(
      distribution,
      Object.entries(versions).map(([version, release]) => ({
        version,
        yanked: partsOf(release).yanked === true,
      })),
    )
    for (const [version, release] of Object.entries(versions)) {
      const { requires, python } = partsOf(release)
      const declared = read({
        distribution,
        version,
        requires,
        extras: [],
        from: 'wheel',
        ...(python !== undefined && { requiresPython: python }),
      })
      facts.set(`${distribution} ${version}`, { ...declared, code: codeOf(name, release) })
    }
  }
  return {
    knowsAllNames: true,
    candidates: (name) => known.get(name) ?? [],
    release: (name, version) => facts.get(`${name} ${version}`),
  }
}

export const pythonLine: Line = {
  key: 'python',
  kind: 'python',
  name: 'python' as DistributionName,
  extras: [],
  specifiers: parseSpecifierSet(`==${python}`),
  text: `Python ${python}`,
  by: 'command line',
}

export function smallSession(
  universe: SmallUniverse,
  options: { mode?: PrereleaseMode; budget?: number; python?: string } = {},
): Session {
  return createSession({
    facts: smallFacts(universe),
    python: options.python ?? python,
    prereleases: options.mode ?? 'pip',
    pythonLine,
    ...(options.budget !== undefined && { budget: options.budget }),
  })
}

/** Lines of one kind from their texts. */
export function lines(
  texts: readonly string[],
  kind: 'demand' | 'pin' = 'demand',
  by = 'command line',
): Line[] {
  return texts.map((text) => {
    const { name, extras, specifiers } = parseRequirement(text)
    return { key: `${kind} ${name} ${text} ${by}`, kind, name, extras, specifiers, text, by }
  })
}

export function linesOf(problem: {
  readonly demands: readonly string[]
  readonly pins?: readonly string[]
}): Line[] {
  return [...lines(problem.demands), ...lines(problem.pins ?? [], 'pin', 'constraints')]
}

/** The same facts, each unknown until it has been asked for once. */
export function slowFacts(facts: Facts): {
  facts: Facts
  load(needs: Needs): Promise<void>
  asked: string[]
} {
  const loaded = new Set<string>()
  const asked: string[] = []
  return {
    facts: {
      knowsAllNames: facts.knowsAllNames,
      candidates: (name) => (loaded.has(name) ? facts.candidates(name) : undefined),
      release: (name, version) =>
        loaded.has(`${name} ${version}`) ? facts.release(name, version) : undefined,
    },
    async load({ names, releases }) {
      const keys = [...names, ...releases.map(({ name, version }) => `${name} ${version}`)]
      asked.push(...keys)
      for (const key of keys) loaded.add(key)
    },
    asked,
  }
}

export function withoutYanked(universe: SmallUniverse): SmallUniverse {
  return Object.fromEntries(
    Object.entries(universe).map(([name, versions]) => [
      name,
      Object.fromEntries(
        Object.entries(versions).map(([version, release]) => [
          version,
          { ...partsOf(release), yanked: false },
        ]),
      ),
    ]),
  )
}

/** The universe as a snapshot would have it. */
export function knownUniverse(universe: SmallUniverse): KnownFacts {
  return {
    versions: (name) => Object.keys(universe[name] ?? {}),
    metadata(name, version) {
      const release = universe[name]?.[version]
      if (release === undefined) return undefined
      const { requires, python: requiresPython } = partsOf(release)
      const rest = requiresPython === undefined ? {} : { requiresPython }
      return { distribution: name, version, requires, extras: [], from: 'wheel', ...rest }
    },
  }
}

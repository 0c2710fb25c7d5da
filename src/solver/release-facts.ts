import type { Metadata } from '#catalog/catalog.js'
import { SvcsplitError } from '#errors.js'
import type { Marker, MarkerTerm } from '#pep/marker.js'
import { evaluateMarker, type MarkerEnvironment } from '#pep/marker-evaluate.js'
import { normalizeExtra } from '#pep/name.js'
import { parseRequirement, type Requirement } from '#pep/requirement.js'
import { parseSpecifierSet, type SpecifierSet } from '#pep/specifier-set.js'
import type { Demand, VersionFacts } from './facts.js'

/** One Requires-Dist text in one environment: under which extras it counts; `''` stands for "always". */
interface Reading {
  readonly requirement: Requirement
  readonly under: readonly string[]
}

const always: readonly string[] = ['']
const noExtras: ReadonlySet<string> = new Set()

/** Reads metadata for one environment. The same texts come back in version after version, so they are kept. */
export function factsReader(environment: MarkerEnvironment): (metadata: Metadata) => VersionFacts {
  const readings = new Map<string, Reading>()

  function read(text: string): Reading {
    const known = readings.get(text)
    if (known !== undefined) return known
    const requirement = parseRequirement(text)
    const reading = { requirement, under: extrasUnder(requirement.marker, environment) }
    readings.set(text, reading)
    return reading
  }

  return ({ requires, requiresPython, extras: provided }) => {
    const demands: Demand[] = []
    let python: SpecifierSet | undefined
    let trouble: string | undefined
    try {
      if (requiresPython !== undefined) python = parseSpecifierSet(requiresPython)
      for (const [index, text] of requires.entries()) {
        const { requirement, under } = read(text)
        if (under.length === 0) continue
        if (requirement.url !== undefined) trouble ??= `Requires-Dist[${index}] is a direct URL`
        const { name, extras, specifiers } = requirement
        for (const extra of under) {
          demands.push({ name, extras, specifiers, index, ...(extra !== '' && { underExtra: extra }) })
        }
      }
    } catch (error) {
      if (!(error instanceof SvcsplitError)) throw error
      trouble ??= error.message
    }
    return {
      demands: trouble === undefined ? demands : [],
      extras: provided.map(normalizeExtra),
      ...(python !== undefined && { requiresPython: python }),
      ...(trouble !== undefined && { trouble }),
    }
  }
}

/** A marker that holds without any extra always counts; else it counts under each extra that makes it hold. */
function extrasUnder(marker: Marker | undefined, environment: MarkerEnvironment): readonly string[] {
  if (marker === undefined || evaluateMarker(marker, environment, noExtras)) return always
  const found = new Set<string>()
  collectExtras(marker, found)
  return [...found].filter((extra) => evaluateMarker(marker, environment, new Set([extra]))).sort()
}

/** The parser bounds how deep markers nest, so recursion does too. */
function collectExtras(term: MarkerTerm, found: Set<string>): void {
  if ('alternatives' in term) {
    for (const alternative of term.alternatives) for (const inner of alternative) collectExtras(inner, found)
    return
  }
  const { left, right } = term
  if ('variable' in left && left.variable === 'extra' && 'value' in right)
    found.add(normalizeExtra(right.value))
  if ('variable' in right && right.variable === 'extra' && 'value' in left)
    found.add(normalizeExtra(left.value))
}

import { visible } from '#errors.js'
import { failure } from './failure.js'
import type { Marker, MarkerComparison, MarkerOperator, MarkerTerm } from './marker.js'
import type { MarkerEnvironment } from './marker-environment.js'
import { formatMarker } from './marker-format.js'
import { normalizeExtra } from './name.js'
import { specifierSetContains, tryParseSingle } from './specifier-set.js'

export { type MarkerEnvironment, markerEnvironment } from './marker-environment.js'

type Value = string | ReadonlySet<string>

/** Compared as versions where both sides are (PEP 508). */
const versionVariables: ReadonlySet<string> = new Set([
  'implementation_version',
  'platform_release',
  'python_full_version',
  'python_version',
])

/**
 * Whether the marker holds; with several extras, whether it holds for any of them, and with none `extra` is ''.
 * Throws E-REQ-MARKER for a comparison that has no meaning (`os_name ~= "x"`) and for a variable that the
 * environment does not have.
 */
export function evaluateMarker(
  marker: Marker,
  environment: MarkerEnvironment,
  extras: ReadonlySet<string>,
): boolean {
  const values = new Map<string, Value>(Object.entries(environment))
  const full = environment.python_full_version
  // Builds between two tags report '3.13.0+', which is not a version.
  if (full.endsWith('+')) values.set('python_full_version', `${full}local`)
  if (extras.size === 0) return holds(marker, values.set('extra', ''))
  let any = false
  for (const extra of extras) if (holds(marker, values.set('extra', normalizeExtra(extra)))) any = true
  return any
}

/** Every comparison is made even if others decide, so that one without meaning is always reported. */
function holds(marker: Marker, values: ReadonlyMap<string, Value>): boolean {
  let any = false
  for (const terms of marker.alternatives) {
    let all = true
    for (const term of terms) if (!termHolds(term, values)) all = false
    if (all) any = true
  }
  return any
}

function termHolds(term: MarkerTerm, values: ReadonlyMap<string, Value>): boolean {
  return 'alternatives' in term ? holds(term, values) : comparisonHolds(term, values)
}

function comparisonHolds(comparison: MarkerComparison, values: ReadonlyMap<string, Value>): boolean {
  const { left, operator, right } = comparison
  // Of two variables the right one stands for its own name, and of two strings the right one is looked up:
  // neither has a meaning in PEP 508, and this is what packaging makes of them.
  const rightText = 'value' in right ? right.value : right.variable
  const key = 'variable' in left ? left.variable : rightText
  const found = values.get(key)
  if (found === undefined) throw undefinedComparison(comparison, `the environment has no '${visible(key)}'`)
  const leftValue = 'variable' in left ? found : left.value
  const rightValue = 'variable' in left ? rightText : found
  if (typeof leftValue !== 'string')
    throw undefinedComparison(comparison, `'${key}' is a set: ask '"name" in ${key}'`)
  if (typeof rightValue !== 'string') return setHolds(comparison, leftValue, rightValue)
  if (versionVariables.has(key)) {
    const set = operator === 'in' || operator === 'not in' ? undefined : tryParseSingle(operator + rightValue)
    if (set !== undefined) return specifierSetContains(set, leftValue, true)
  }
  return textHolds(comparison, leftValue, rightValue)
}

function textHolds(comparison: MarkerComparison, left: string, right: string): boolean {
  switch (comparison.operator) {
    case 'in':
      return right.includes(left)
    case 'not in':
      return !right.includes(left)
    case '==':
    case '<=':
    case '>=':
      return left === right
    case '!=':
      return left !== right
    case '<':
    case '>':
      return false
    default:
      throw undefinedComparison(comparison, withoutMeaning(comparison.operator))
  }
}

function setHolds(comparison: MarkerComparison, left: string, right: ReadonlySet<string>): boolean {
  const wanted = normalizeExtra(left)
  switch (comparison.operator) {
    case 'in':
      return has(right, wanted)
    case 'not in':
      return !has(right, wanted)
    case '!=':
      return true
    case '===':
    case '~=':
      throw undefinedComparison(comparison, withoutMeaning(comparison.operator))
    default:
      return false
  }
}

function has(names: ReadonlySet<string>, wanted: string): boolean {
  for (const name of names) if (normalizeExtra(name) === wanted) return true
  return false
}

function withoutMeaning(operator: MarkerOperator): string {
  return `'${operator}' compares versions, and these are not two versions`
}

function undefinedComparison(comparison: MarkerComparison, why: string): Error {
  const text = formatMarker({ alternatives: [[comparison]] })
  return failure('E-REQ-MARKER', `the marker ${visible(text)} has no answer: ${why}`, text, 0)
}

import { visible } from '#errors.js'
import { failure } from './failure.js'
import type { Marker, MarkerComparison, MarkerOperator } from './marker.js'
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
  if (extras.size === 0) return holds(marker, environment, '')
  let any = false
  for (const extra of extras) if (holds(marker, environment, normalizeExtra(extra))) any = true
  return any
}

/** Every comparison is made even if others decide, so that one without meaning is always reported. */
function holds(marker: Marker, environment: MarkerEnvironment, extra: string): boolean {
  let any = false
  for (const terms of marker.alternatives) {
    let all = true
    for (const term of terms)
      if ('alternatives' in term ? !holds(term, environment, extra) : !compare(term, environment, extra))
        all = false
    if (all) any = true
  }
  return any
}

function compare(comparison: MarkerComparison, environment: MarkerEnvironment, extra: string): boolean {
  const { left, operator, right } = comparison
  // Of two variables the right one stands for its own name, and of two strings the right one is looked up:
  // neither has a meaning in PEP 508, and this is what packaging makes of them.
  const rightText = 'value' in right ? right.value : right.variable
  const key = 'variable' in left ? left.variable : rightText
  const found = lookUp(environment, key, extra)
  if (found === undefined) throw withoutAnswer(comparison, `the environment has no '${visible(key)}'`)
  const leftValue = 'variable' in left ? found : left.value
  const rightValue = 'variable' in left ? rightText : found
  if (typeof leftValue !== 'string')
    throw withoutAnswer(comparison, `'${key}' is a set: ask '"name" in ${key}'`)
  if (typeof rightValue !== 'string') return compareSet(comparison, leftValue, rightValue)
  if (versionVariables.has(key) && operator !== 'in' && operator !== 'not in') {
    const set = tryParseSingle(operator + rightValue)
    if (set !== undefined) return specifierSetContains(set, leftValue, true)
  }
  return compareText(comparison, leftValue, rightValue)
}

function lookUp(environment: MarkerEnvironment, key: string, extra: string): Value | undefined {
  if (key === 'extra') return extra
  if (!Object.hasOwn(environment, key)) return undefined
  const value = environment[key as keyof MarkerEnvironment]
  // Builds between two tags report '3.13.0+', which is not a version.
  return key === 'python_full_version' && typeof value === 'string' && value.endsWith('+')
    ? `${value}local`
    : value
}

function compareText(comparison: MarkerComparison, left: string, right: string): boolean {
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
      throw withoutAnswer(comparison, withoutMeaning(comparison.operator))
  }
}

function compareSet(comparison: MarkerComparison, left: string, right: ReadonlySet<string>): boolean {
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
      throw withoutAnswer(comparison, withoutMeaning(comparison.operator))
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

function withoutAnswer(comparison: MarkerComparison, why: string): Error {
  const text = formatMarker({ alternatives: [[comparison]] })
  return failure('E-REQ-MARKER', `the marker ${visible(text)} has no answer: ${why}`, text, 0)
}
